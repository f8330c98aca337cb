"""Materialisation: seven generic rules read the ontology and write what follows from it.

The rules cover sub-properties, inverses, transitivity, property chains of two links, domains,
ranges and subclasses: every kind of axiom by which the ontology derives facts. Contradictions
are the reasoner's work (`ecosystem_graph.ontology.consistency`), bad data the shapes'.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store, Triple

from ecosystem_graph.names import ONTOLOGY_GRAPH, PREFIXES, term

PROPERTY_RULES = ("M2-sub-property", "M5-inverse", "M6-transitive", "M7-chain")
"""Repeated until nothing is added; transitivity before chains saves a round."""

TYPE_RULES = ("M3-domain", "M4-range", "M1-subclass")
"""Once, afterwards: no property rule reads a type, and the last follows the whole class path."""

MAX_ROUNDS = 50
"""More rounds than any ontology of this kind needs: reaching it is a fault, not a size."""

# Nearly every node is a prov:Entity, which tells a reader nothing.
_LEFT_OUT_TYPES = frozenset({term("prov:Entity")})
_LANGUAGES = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl"))


def rules_digest() -> str:
    """Return the hash of the rules: what was inferred by others must be inferred again."""
    texts = (_rule(name) for name in (*PROPERTY_RULES, *TYPE_RULES))
    return hashlib.sha256("".join(texts).encode()).hexdigest()


class Materialiser:
    """A scratch store that holds asserted triples and everything that follows from them.

    Triples can be added in layers: `infer` returns what is new since the last call, so that
    the inferences of one layer can be told from those that need the next one as well.
    """

    def __init__(self, ontology: Iterable[Triple]) -> None:
        self._store = Store()
        self._store.extend(Quad(t.subject, t.predicate, t.object, ONTOLOGY_GRAPH) for t in ontology)
        self._asserted: set[Triple] = set()
        self._returned: set[Triple] = set()

    @property
    def store(self) -> Store:
        """The closure in the default graph, the ontology in its own named graph."""
        return self._store

    def add(self, triples: Iterable[Triple]) -> None:
        """Assert triples."""
        self._store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)

    def infer(self) -> list[Triple]:
        """Return the triples that follow, are asserted nowhere, and were not returned before.

        Raises:
            RuntimeError: no fixpoint within `MAX_ROUNDS`.
        """
        self._asserted |= self._closure() - self._returned
        self._reach_fixpoint()
        for rule in TYPE_RULES:
            self._store.update(_rule(rule))
        self._drop_left_out_types()
        new = self._closure() - self._asserted - self._returned
        self._returned |= new
        return sorted(new, key=str)

    def _reach_fixpoint(self) -> None:
        for _ in range(MAX_ROUNDS):
            before = len(self._store)
            for rule in PROPERTY_RULES:
                self._store.update(_rule(rule))
            if len(self._store) == before:
                return
        raise RuntimeError(f"no fixpoint after {MAX_ROUNDS} rounds of {PROPERTY_RULES}")

    def _drop_left_out_types(self) -> None:
        for left_out in _LEFT_OUT_TYPES:
            pattern = (None, term("rdf:type"), left_out, DefaultGraph())
            for quad in list(self._store.quads_for_pattern(*pattern)):
                if quad.triple not in self._asserted:
                    self._store.remove(quad)

    def _closure(self) -> set[Triple]:
        quads = self._store.quads_for_pattern(None, None, None, DefaultGraph())
        return {quad.triple for quad in quads if _is_worth_keeping(quad.triple)}


def _is_worth_keeping(triple: Triple) -> bool:
    """Tell whether a triple says something about data, not about the languages themselves."""
    return not (
        isinstance(triple.subject, BlankNode)
        or (
            triple.predicate == term("rdf:type")
            and isinstance(triple.object, NamedNode)
            and triple.object.value.startswith(_LANGUAGES)
        )
    )


@cache
def _rule(name: str) -> str:
    return files(__package__).joinpath("rules", f"{name}.ru").read_text(encoding="utf-8")
