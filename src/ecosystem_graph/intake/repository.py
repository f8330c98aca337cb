"""The repository's own files as contributions: ontology, schemes, shapes and data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution, Layer
from ecosystem_graph.intake.rdf import read_rdf
from ecosystem_graph.intake.statements import read_statements
from ecosystem_graph.intake.stored_queries import read_stored_queries
from ecosystem_graph.intake.tables import read_observations, read_sources, read_units

CURATED = "curated"
"""Publisher key of the facts that the editors transcribed."""


def read_repository(root: Path) -> list[Contribution]:
    """Return every graph that the files below a folder hold.

    Raises:
        BadSyntax: a file is malformed; names file, line and column.
    """
    return [
        _system(root, names.ONTOLOGY_GRAPH, Layer.SYSTEM, "ontology/*.ttl"),
        _system(
            root,
            names.SCHEMES_GRAPH,
            Layer.SCHEMES,
            "ontology/schemes/*.ttl",
            "ontology/cubes/*.ttl",
        ),
        _system(root, names.SHAPES_GRAPH, Layer.SYSTEM, "shapes/*.ttl"),
        Contribution(
            names.QUERIES_GRAPH,
            Layer.RECORDS,
            tuple(read_stored_queries(root / "queries")),
            root / "queries",
        ),
        *_datasets(root / "data" / "documents", Layer.DOCUMENTS),
        *_areas(root / "data" / "areas"),
        *_datasets(root / "data" / "public", Layer.PUBLIC),
        *_indicators(root / "data" / "indicators"),
    ]


def _system(root: Path, graph: NamedNode, layer: Layer, *patterns: str) -> Contribution:
    files = (path for pattern in patterns for path in sorted(root.glob(pattern)))
    triples = tuple(triple for path in files for triple in read_rdf(path))
    return Contribution(graph, layer, triples, root / patterns[0].partition("/*")[0])


def _datasets(folder: Path, layer: Layer) -> Iterator[Contribution]:
    for path in sorted(folder.glob("*.ttl")):
        yield from _with_ledger(path, path.stem, layer, read_rdf(path))


def _areas(folder: Path) -> Iterator[Contribution]:
    path = folder / "areas.ttl"
    if not path.exists():
        return
    triples = (*read_rdf(path), *read_units(folder / "units.csv"))
    yield from _with_ledger(path, "areas", Layer.DOCUMENTS, triples)


def _indicators(folder: Path) -> Iterator[Contribution]:
    path = folder / "indicators.ttl"
    if not path.exists():
        return
    triples = (
        *read_rdf(path),
        *read_sources(folder / "sources.csv"),
        *read_observations(folder / "observations.csv"),
    )
    yield Contribution(names.graph(CURATED, "indicators"), Layer.PUBLIC, triples, folder)


def _with_ledger(
    path: Path, dataset: str, layer: Layer, triples: tuple[Triple, ...]
) -> Iterator[Contribution]:
    graph = names.graph(CURATED, dataset)
    yield Contribution(graph, layer, triples, path)
    ledger = path.with_suffix(".statements.tsv")
    if ledger.exists():
        records = read_statements(ledger, graph, triples)
        companion = names.graph(CURATED, dataset + names.STATEMENTS_SUFFIX)
        yield Contribution(companion, Layer.RECORDS, records, ledger)
