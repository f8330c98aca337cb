"""From files to a release: read, infer, check, publish; nothing is published that fails a check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import (
    Contribution,
    Layer,
    canonical,
    digest,
    source_digest,
)
from ecosystem_graph.errors import BadInput, GateClosed
from ecosystem_graph.gate import Problem, Severity, Shapes, misused_terms, validate
from ecosystem_graph.inference import Materialiser, rules_digest
from ecosystem_graph.intake import read_rdf, read_repository
from ecosystem_graph.names import term
from ecosystem_graph.releases.manifest import GraphEntry, Release
from ecosystem_graph.releases.store import ReleaseStore

Stage = Callable[[str], None]
"""Is told, in words, what is being done."""

_INFERRED = {
    Layer.DOCUMENTS: names.INFERRED_FROM_DOCUMENTS_GRAPH,
    Layer.PUBLIC: names.INFERRED_GRAPH,
}


@dataclass(frozen=True, slots=True)
class Built:
    """What a build led to."""

    release: Release
    problems: tuple[Problem, ...]
    is_new: bool


def build(root: Path, releases: ReleaseStore, stage: Stage = lambda _: None) -> Built:
    """Make a release of the files below a folder, unless the current one already says the same.

    Raises:
        BadSyntax: a file is malformed; names file, line and column.
        GateClosed: data does not fit the shapes; nothing was published.
    """
    stage("Reading the files")
    asserted = read_repository(root)
    entries, blobs = _entries(asserted)
    current = releases.current_if_readable()
    if current is not None and _says_the_same(current, entries) and not releases.verify(current):
        return Built(current, (), is_new=False)
    inferred, problems = check(asserted, stage)
    if violations := [p for p in problems if p.severity is Severity.Violation]:
        raise GateClosed(
            f"{len(violations)} findings are violations of the shapes; nothing was published",
            violations,
            remedy="Correct them and build again; the current release is untouched.",
        )
    stage("Publishing the release")
    inferred_entries, inferred_blobs = _entries(inferred)
    release = releases.publish(
        entries | inferred_entries,
        blobs | inferred_blobs,
        ontology_version=_ontology_version(asserted),
        inference=rules_digest(),
        problems=Counter(problem.rule for problem in problems),
    )
    return Built(release, tuple(problems), is_new=release != current)


def check_file(root: Path, file: Path, stage: Stage = lambda _: None) -> list[Problem]:
    """Return what is wrong with the records of an RDF file, seen together with a repository.

    The file stands in for the dataset that it describes, if the repository has one.

    Raises:
        BadSyntax: a file is malformed; names file, line and column.
    """
    stage("Reading the files")
    triples = read_rdf(file)
    if not triples:
        raise BadInput(f"{file}: no records in this file", remedy="Write some, or name another.")
    contribution = Contribution(_dataset(file, triples), Layer.PUBLIC, triples, file)
    if contribution.publisher == "system":
        raise BadInput(
            f"{file}: {names.short(contribution.graph.value)} is no dataset of yours",
            remedy="Describe a dataset below graph/<your key>/, not a graph of the system.",
        )
    others = [c for c in read_repository(root) if c.graph != contribution.graph]
    _, problems = check([*others, contribution], stage)
    described = {str(t.subject).strip("<>") for t in triples}
    return [problem for problem in problems if problem.focus in described]


def check(
    contributions: Sequence[Contribution], stage: Stage = lambda _: None
) -> tuple[list[Contribution], list[Problem]]:
    """Return what follows from a set of contributions, and what is wrong with them."""
    stage("Inferring what follows")
    materialiser = Materialiser(_of(contributions, names.ONTOLOGY_GRAPH))
    materialiser.add(_in(contributions, Layer.SCHEMES))
    inferred = []
    for layer, graph in _INFERRED.items():
        materialiser.add(_in(contributions, layer))
        triples = tuple(materialiser.infer())
        inferred.append(Contribution(graph, layer, triples, source=None))
    stage("Checking the data against the shapes")
    shapes = Shapes(_of(contributions, names.SHAPES_GRAPH))
    if not shapes.rules:
        raise BadInput(
            "There are no shapes, so nothing can be checked",
            remedy="Name a folder that has ontology/ and shapes/ beside its data/.",
        )
    materialiser.add(_in(contributions, Layer.RECORDS))
    problems = [
        *misused_terms(materialiser.store),
        *validate(materialiser.store, shapes.without("ontology", "schemes")),
        *validate(_store(_of(contributions, names.ONTOLOGY_GRAPH)), shapes.of("ontology")),
        *validate(_store(_of(contributions, names.SCHEMES_GRAPH)), shapes.of("schemes")),
    ]
    return inferred, problems


def _entries(
    contributions: Iterable[Contribution],
) -> tuple[dict[str, GraphEntry], dict[str, bytes]]:
    entries, blobs = {}, {}
    for contribution in contributions:
        content = canonical(contribution.triples)
        sha256 = digest(content)
        blobs[sha256] = content
        entries[contribution.graph.value] = GraphEntry(
            sha256=sha256,
            triples=content.count(b"\n"),
            layer=contribution.layer,
            publisher=contribution.publisher,
            source=source_digest(contribution.source) if contribution.source else "",
        )
    return entries, blobs


def _says_the_same(release: Release, asserted: dict[str, GraphEntry]) -> bool:
    """Tell whether a release was made from these graphs, by the rules of today."""
    inferred = {graph.value for graph in _INFERRED.values()}
    kept = {iri: entry for iri, entry in release.graphs.items() if iri not in inferred}
    return replace(release, graphs=kept).says(asserted, rules_digest())


def _ontology_version(contributions: Iterable[Contribution]) -> str:
    for triple in _of(contributions, names.ONTOLOGY_GRAPH):
        if triple.subject == names.iri("ns") and triple.predicate == term("owl:versionInfo"):
            assert isinstance(triple.object, Literal)
            return triple.object.value
    return ""


def _dataset(file: Path, triples: Iterable[Triple]) -> NamedNode:
    """Return the graph that a file is about: the dataset it describes, else one of its name."""
    for triple in triples:
        is_dataset = triple.predicate == term("rdf:type") and triple.object == term("dcat:Dataset")
        if is_dataset and isinstance(triple.subject, NamedNode):
            return triple.subject
    return names.graph("local", file.stem)


def _in(contributions: Iterable[Contribution], layer: Layer) -> Iterable[Triple]:
    return (t for c in contributions if c.layer is layer for t in c.triples)


def _of(contributions: Iterable[Contribution], graph: NamedNode) -> list[Triple]:
    return [t for c in contributions if c.graph == graph for t in c.triples]


def _store(triples: Iterable[Triple]) -> Store:
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)
    return store
