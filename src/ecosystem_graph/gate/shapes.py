"""The shapes as a catalogue: rules, their messages, and the SPARQL constraints as plain queries.

SHACL Core is checked by rudof. A SPARQL constraint is checked by one query over the whole store
instead of one query for each node: its target takes the place of the pre-bound ``$this``
(SHACL section 5.3.1). The shapes are written so that both readings give the same rows, and a
test holds them to pySHACL on every example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Store, Triple

from ecosystem_graph.contribution import in_bytes
from ecosystem_graph.names import term
from ecosystem_graph.problem import Severity

Node = NamedNode | BlankNode

_TARGETS = {
    "sh:targetClass": "?this <{rdf_type}> <{target}> .",
    "sh:targetSubjectsOf": "?this <{target}> ?_target .",
    "sh:targetObjectsOf": "?_target <{target}> ?this .",
}
_OPENING = re.compile(r"\bWHERE\s*\{", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One node shape with an id, and what to tell a person whose record does not fit."""

    id: str
    node: Node
    remedies: dict[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """The part of a rule that a result comes from: a shape, or a SPARQL constraint."""

    rule: Rule
    name: str
    severity: Severity
    messages: dict[str, str]


@dataclass(frozen=True, slots=True)
class SparqlConstraint:
    """A SPARQL constraint as one query that returns ``?this`` for each record at fault."""

    source: Source
    query: str


class Shapes:
    """A set of shapes, ready to be checked."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._store = Store()
        self._store.extend(Quad(t.subject, t.predicate, t.object) for t in triples)
        self.rules = {rule.id: rule for rule in self._read_rules()}

    def of(self, *modules: str) -> Shapes:
        """Return the shapes of some modules only, with the prefixes they share."""
        nodes = [rule.node for rule in self.rules.values() if _module(rule.node) in modules]
        return Shapes(self._closure(nodes))

    def without(self, *modules: str) -> Shapes:
        """Return the shapes of all modules but some."""
        return self.of(*{_module(rule.node) for rule in self.rules.values()} - set(modules))

    def only(self, rule: str) -> Shapes:
        """Return one rule's shapes."""
        return Shapes(self._closure([self.rules[rule].node]))

    def triples(self) -> list[Triple]:
        """Return the shapes as triples."""
        return [quad.triple for quad in self._store]

    @cached_property
    def core_turtle(self) -> str:
        """The shapes without their SPARQL constraints, for the Core engine."""
        core = (
            Triple(quad.subject, quad.predicate, quad.object)
            for quad in self._store
            if quad.predicate != term("sh:sparql")
        )
        return in_bytes(core, RdfFormat.TURTLE).decode()

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Where results can come from, by IRI."""
        found: dict[str, Source] = {}
        for rule in self.rules.values():
            for node in self._reachable([rule.node]):
                if isinstance(node, NamedNode) and node.value not in found:
                    found[node.value] = Source(
                        rule,
                        node.value.partition("#")[2],
                        self._severity(node) or self._severity(rule.node) or Severity.Violation,
                        self._texts(node, "sh:message") or self._texts(rule.node, "sh:message"),
                    )
        return found

    @cached_property
    def constraints(self) -> list[SparqlConstraint]:
        """The SPARQL constraints."""
        return [
            SparqlConstraint(self.sources[constraint.value], query)
            for rule in self.rules.values()
            for constraint in self._objects(rule.node, "sh:sparql")
            if isinstance(constraint, NamedNode)
            for query in self._queries(rule, constraint)
        ]

    def _queries(self, rule: Rule, constraint: NamedNode) -> Iterator[str]:
        (select,) = (
            text.value
            for text in self._objects(constraint, "sh:select")
            if isinstance(text, Literal)
        )
        body = select.replace("$this", "?this")
        for predicate, pattern in _TARGETS.items():
            for target in self._objects(rule.node, predicate):
                if isinstance(target, NamedNode):
                    bound = pattern.format(rdf_type=term("rdf:type").value, target=target.value)
                    start = _OPENING.search(body)
                    assert start is not None
                    yield f"{self._prefixes()}{body[: start.end()]} {bound} {body[start.end() :]}"

    def _prefixes(self) -> str:
        declared = {
            (str(prefix.value), str(namespace.value))
            for quad in self._store.quads_for_pattern(None, term("sh:declare"), None)
            for prefix in self._objects(quad.object, "sh:prefix")
            for namespace in self._objects(quad.object, "sh:namespace")
            if isinstance(prefix, Literal) and isinstance(namespace, Literal)
        }
        return "".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in sorted(declared))

    def _read_rules(self) -> Iterator[Rule]:
        for quad in sorted(
            self._store.quads_for_pattern(None, term("dcterms:identifier"), None), key=str
        ):
            if isinstance(quad.object, Literal) and isinstance(quad.subject, NamedNode):
                remedies = self._texts(quad.subject, "vann:usageNote")
                yield Rule(quad.object.value, quad.subject, remedies)

    def _objects(self, subject: object, predicate: str) -> list[NamedNode | BlankNode | Literal]:
        if not isinstance(subject, NamedNode | BlankNode):
            return []
        quads = self._store.quads_for_pattern(subject, term(predicate), None)
        return [quad.object for quad in quads if not isinstance(quad.object, Triple)]

    def _texts(self, subject: Node, predicate: str) -> dict[str, str]:
        return {
            text.language or "": text.value
            for text in sorted(self._objects(subject, predicate), key=str)
            if isinstance(text, Literal)
        }

    def _severity(self, node: Node) -> Severity | None:
        for value in self._objects(node, "sh:severity"):
            if isinstance(value, NamedNode):
                return Severity[value.value.partition("#")[2]]
        return None

    def _reachable(self, nodes: Iterable[Node]) -> set[Node]:
        """Return the nodes of a shape: its own, its blank ones and its named parts."""
        waiting, seen = list(nodes), set[Node]()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            for quad in self._store.quads_for_pattern(node, None, None):
                waiting += _parts(quad.object)
        return seen

    def _closure(self, nodes: list[Node]) -> list[Triple]:
        return [
            quad.triple
            for node in self._reachable(nodes)
            for quad in self._store.quads_for_pattern(node, None, None)
        ]


def _module(node: Node) -> str:
    return node.value.partition("#")[0].rpartition("/")[2]


def _parts(node: object) -> list[Node]:
    """Return a node if it belongs to a shape: blank, or itself one of our shapes."""
    if isinstance(node, BlankNode) or (isinstance(node, NamedNode) and "/shapes/" in node.value):
        return [node]
    return []
