"""Gate 3: our own terms are declared and used, and our own addresses follow their patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution
from ecosystem_graph.engine import Graph
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, term
from ecosystem_graph.resources import ROOT
from gates_support import triples_of, unwaived

ECO = names.PREFIXES["eco"]
MENTION = re.compile(rf"(?:\beco:|{re.escape(ECO)})(\w[\w-]*)")
EXAMPLES = ROOT / "shapes" / "examples"
# Patterns of the design; keys are those that CORE-19 allows, and the version of an area.
PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"ns",
        r"ns/[a-z]+",
        r"ns/([a-z]+/)?\d+\.\d+\.\d+",
        r"ns#[A-Za-z][A-Za-z0-9]*",
        r"scheme/[a-z][a-z-]*",
        r"scheme/area/(nuts20\d\d-[A-Z]{2}[A-Z0-9]*|[a-z][a-z-]*)",
        r"scheme/(?!area/)[a-z][a-z-]*/[a-z0-9][a-z0-9-]*",
        r"id/(source-span|observation)/[a-z0-9][A-Za-z0-9.-]*",
        r"id/(?!source-span|observation)[a-z][a-z-]*/[a-z0-9][a-z0-9.-]*",
        r"graph/[a-z][a-z0-9-]*/[a-z0-9][a-z0-9-]*(/distribution)?",
        r"shapes/[a-z]+#([A-Z]{3,4}-\d\d(-[a-z][a-z-]*)?)?",
        r"cube/[a-z][a-z-]*(/structure(/[a-z]+)?)?",
        r"query/[a-z][a-z0-9-]*",
        r"sparql(/dataset(/[a-z][a-z-]*)?)?",
    )
)


def declared(triples: Iterable[Triple]) -> set[str]:
    """Return the own terms that some triples give a type."""
    return {
        t.subject.value.removeprefix(ECO)
        for t in triples
        if t.predicate == term("rdf:type")
        and isinstance(t.subject, NamedNode)
        and t.subject.value.startswith(ECO)
    }


def mentioned(paths: Iterable[Path]) -> set[str]:
    """Return the own terms that files name, in whatever language they are written."""
    return {name for path in paths for name in MENTION.findall(path.read_text("utf-8"))}


def undeclared(path: Path, ontology: set[str]) -> list[str]:
    """Return the own terms of a file that neither the ontology nor the file itself declares."""
    own = declared(read_rdf(path)) if path.suffix == ".ttl" else set()
    return sorted(mentioned([path]) - ontology - own)


def badly_formed(triples: Iterable[Triple]) -> list[str]:
    addresses = {
        node.value.removeprefix(BASE)
        for triple in triples
        for node in (triple.subject, triple.predicate, triple.object)
        if isinstance(node, NamedNode) and node.value.startswith(BASE)
    }
    return sorted(a for a in addresses if not any(p.fullmatch(a) for p in PATTERNS))


@pytest.fixture(scope="module")
def ontology(contributions: list[Contribution]) -> set[str]:
    (found,) = (c for c in contributions if c.graph == names.ONTOLOGY_GRAPH)
    return declared(found.triples)


def test_every_own_term_that_a_file_names_is_declared(ontology: set[str]):
    folders = ("ontology", "shapes", "queries", "data", "src", "docs")
    endings = {".ttl", ".rq", ".ru", ".tsv", ".csv", ".json", ".md", ".py", ".html", ".js"}
    paths = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in endings
    ]
    assert len(paths) > 100
    found = {str(path): undeclared(path, ontology) for path in paths}
    assert {path: terms for path, terms in found.items() if terms} == {}


def test_an_own_term_that_is_not_declared_is_found(tmp_path: Path):
    query, data = tmp_path / "bad.rq", tmp_path / "bad.ttl"
    query.write_text(f"SELECT ?x {{ ?x a eco:Project , eco:Projekt , <{ECO}Prosjekt> }}", "utf-8")
    data.write_text(f"@prefix eco: <{ECO}> . eco:Mine a eco:Yours .", encoding="utf-8")
    assert undeclared(query, {"Project"}) == ["Projekt", "Prosjekt"]
    assert undeclared(data, {"Project"}) == ["Yours"]


def test_every_declared_term_is_used(ontology: set[str], graph: Graph):
    """In a shape, an example, a query or the data, also the inferred ones; else it is waived."""
    in_data = graph.query("SELECT DISTINCT ?term { { ?s ?term ?o } UNION { ?s a ?term } }")
    files = [*(ROOT / "shapes").rglob("*.ttl"), *(ROOT / "queries").rglob("*.rq")]
    assert ontology
    assert unwaived(3, "used", unused(ontology, files, (str(row[0]) for row in in_data.rows))) == []


def test_a_term_that_nothing_uses_is_found(tmp_path: Path):
    shape = tmp_path / "shape.ttl"
    shape.write_text("<x> sh:path eco:during .", encoding="utf-8")
    assert unused({"during", "asOf", "Award"}, [shape], [ECO + "Award"]) == ["eco:asOf"]


def unused(ontology: set[str], files: Iterable[Path], in_data: Iterable[str]) -> list[str]:
    used = mentioned(files) | {address.removeprefix(ECO) for address in in_data}
    return sorted(f"eco:{name}" for name in ontology - used)


def test_every_own_address_follows_its_pattern(contributions: list[Contribution]):
    valid = sorted(EXAMPLES.rglob("valid.ttl"))
    assert valid
    published = badly_formed(t for c in contributions for t in c.triples)
    examples = badly_formed(t for path in valid for t in read_rdf(path))
    assert (published, examples) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "ns/",
        "ns#",
        "ns/Core",
        "ns/core/1.0",
        "ns#living-lab",
        "scheme/Trl",
        "scheme/trl/9_proven",
        "scheme/area/DK05",
        "id/project",
        "id/project/HELIUM",
        "id/project/helium/1",
        "id/Project/helium",
        "graph/curated",
        "graph/curated/areas/part",
        "shapes/core",
        "shapes/core#CORE-1",
        "cube/figures/structure/a/b",
        "query/A01",
        "person/ann",
    ],
)
def test_an_address_that_follows_no_pattern_is_found(address: str):
    assert badly_formed(triples_of(f"<{address}> foaf:page <ns> .")) == [address]
