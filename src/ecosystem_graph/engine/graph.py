"""A release in memory, ready to be asked."""

from __future__ import annotations

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from ecosystem_graph import names
from ecosystem_graph.contribution import Layer
from ecosystem_graph.engine.answer import Answer
from ecosystem_graph.engine.guard import admit
from ecosystem_graph.errors import BadQuery
from ecosystem_graph.names import BASE, PREFIXES
from ecosystem_graph.queries import NamedQuery, Scope
from ecosystem_graph.releases import Release, ReleaseStore

_SERVED = {
    Scope.DOCUMENTS: (Layer.DOCUMENTS, Layer.SCHEMES),
    Scope.ALL: (Layer.DOCUMENTS, Layer.PUBLIC, Layer.SCHEMES),
}
"""Layers that make up the default graph; the others are reached by name."""

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

    def query(self, text: str, *, scope: Scope = Scope.ALL, inference: bool = True) -> Answer:
        """Answer a SPARQL query; the prefixes of the graph are known to it.

        Args:
            text: SPARQL 1.1, any query form.
            scope: Which facts to ask; a dataset clause in the query itself comes first.
            inference: Whether to ask inferred triples too.

        Raises:
            BadQuery: the text is no query, or one that may not run.
        """
        admit(text)
        try:
            results = self._store(scope, inference=inference).query(
                text, base_iri=BASE, prefixes=PREFIXES
            )
            return Answer.of(self.release.id, results)
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise BadQuery(
                f"The query cannot be run: {error}",
                remedy="Look at the line and column that the message names.",
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
