"""A release in memory, ready to be asked."""

from __future__ import annotations

import re

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from ecosystem_graph import names
from ecosystem_graph.contribution import Layer
from ecosystem_graph.engine.answer import Answer
from ecosystem_graph.engine.guard import admit
from ecosystem_graph.errors import BadQuery
from ecosystem_graph.names import BASE, PREFIXES
from ecosystem_graph.queries import NamedQuery, Scope, scope_of
from ecosystem_graph.releases import Release, ReleaseStore

_SERVED = {
    Scope.DOCUMENTS: (Layer.DOCUMENTS, Layer.SCHEMES),
    Scope.ALL: (Layer.DOCUMENTS, Layer.PUBLIC, Layer.SCHEMES),
}
"""Layers that make up the default graph; the others are reached by name."""

MOST_EXPECTED = 12
_PLACE = re.compile(
    r"error at (?P<line>\d+):(?P<column>\d+): expected (?:one of )?(?P<expected>.*)", re.DOTALL
)

_INFERRED = (names.INFERRED_GRAPH.value, names.INFERRED_FROM_DOCUMENTS_GRAPH.value)


class Graph:
    """One release, loaded.

    What is published and what follows from it is the default graph; each graph also has its name.
    """

    def __init__(self, releases: ReleaseStore, release: Release) -> None:
        self.release = release
        self._releases = releases
        self._stores: dict[tuple[Scope, bool], Store] = {}
        self._store(Scope.ALL, inference=True)

    def __len__(self) -> int:
        """Number of triples in the default graph."""
        store = self._store(Scope.ALL, inference=True)
        return sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))

    def query(self, text: str, *, scope: Scope | None = None, inference: bool = True) -> Answer:
        """Answer a SPARQL query; the prefixes of the graph are known to it.

        Args:
            text: SPARQL 1.1, any query form.
            scope: Which facts to ask; by default those that the query's header names, else all.
                A dataset clause in the query itself comes first.
            inference: Whether to ask inferred triples too.

        Raises:
            BadQuery: the text is no query, or one that may not run.
        """
        admit(text)
        try:
            results = self._store(scope or scope_of(text), inference=inference).query(
                text, base_iri=BASE, prefixes=PREFIXES
            )
            return Answer.of(self.release.id, results)
        except SyntaxError as error:
            raise _syntax_error(text, error) from error
        except (ValueError, RuntimeError, OSError) as error:
            raise BadQuery(
                f"The query cannot be run: {error}", remedy="Write it in another way."
            ) from error

    def ask(self, query: NamedQuery, *, inference: bool = True) -> Answer:
        """Answer a stored query within its scope."""
        return self.query(query.text, scope=query.scope, inference=inference)

    def _store(self, scope: Scope, *, inference: bool) -> Store:
        """Return a store whose default graph is what a query may ask, merged.

        Each kind of default graph has a store of its own, made when it is first asked for:
        a list of graphs would do, but then a triple that stands in two of them counts twice.
        """
        kind = (scope, inference)
        if kind not in self._stores:
            self._stores[kind] = self._load(_SERVED[scope], inference=inference)
        return self._stores[kind]

    def _load(self, served: tuple[Layer, ...], *, inference: bool) -> Store:
        store = Store()
        for iri, entry in self.release.graphs.items():
            places: list[NamedNode | DefaultGraph] = [NamedNode(iri)]
            if entry.layer in served and (inference or iri not in _INFERRED):
                places.append(DefaultGraph())
            triples = list(self._releases.triples(entry))
            for place in places:
                store.bulk_extend(Quad(t.subject, t.predicate, t.object, place) for t in triples)
        return store


def _syntax_error(query: str, error: SyntaxError) -> BadQuery:
    """Say where a query stops being SPARQL, and show the place."""
    found = _PLACE.match(str(error.msg))
    if found is None:
        return BadQuery(f"The query is not SPARQL: {error}", remedy="Correct it and ask again.")
    line, column = int(found["line"]), int(found["column"])
    text = query.split("\n")[line - 1].rstrip("\r")
    what = repr(text[column - 1]) if column <= len(text) else "the end of the line"
    return BadQuery(
        f"The query is not SPARQL: line {line}, column {column}: {what} is not expected here",
        remedy=f"{text}\n{' ' * (column - 1)}^ expected one of: {_first_few(found['expected'])}",
    )


def _first_few(expected: str) -> str:
    """Return what the grammar would take, without the long tail of character classes."""
    words = re.findall(r'"([^"]+)"', expected) or [expected]
    return " ".join(words[:MOST_EXPECTED]) + (" …" if len(words) > MOST_EXPECTED else "")
