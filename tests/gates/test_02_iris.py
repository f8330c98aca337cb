"""Gate 2: every address of another publisher is a term that exists, in a place where it may stand.

The allowed terms are those of ontology/reused-terms.txt, and of RDF, RDFS, OWL, XSD and SHACL;
values of code lists are those of ontology/reused-values.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urljoin

import pytest
from pyoxigraph import Literal, NamedNode, Triple
from rdflib import OWL, RDF, RDFS, SH, XSD

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, PREFIXES, short, term
from ecosystem_graph.resources import ROOT
from gates_support import triples_of, unwaived

VOCABULARY = frozenset((ROOT / "ontology" / "reused-terms.txt").read_text("utf-8").split())
ENTRIES = ROOT / "ontology" / "schemes" / "authority-tables.ttl"
PAGES = frozenset({"foaf:page", "dcterms:source", "rdfs:seeAlso", "dcterms:license"})
"""Properties whose values are web addresses, whoever publishes them."""
FORBIDDEN = ("https://schema.org/", "http://w3.org/", "nuts.geovocab.org")
"""Wrong spellings of vocabularies, and a site that now serves something else."""
INVENTED = re.compile(r"https?://example\.org/.*|mailto:\w+@example\.org|tel:\+0+")
"""Addresses that are nobody's (RFC 2606), so that the examples of the shapes may use them."""
SYSTEM = (names.ONTOLOGY_GRAPH, names.SCHEMES_GRAPH, names.SHAPES_GRAPH)
Use = tuple[str, str]
"""An address and the place where it stands."""


def uses(triples: Iterable[Triple]) -> Iterator[Use]:
    """Yield each address with its place: subject, predicate, class, datatype, query or property."""
    for triple in triples:
        predicate = short(triple.predicate.value)
        yield triple.predicate.value, "predicate"
        if isinstance(triple.subject, NamedNode):
            yield triple.subject.value, "subject"
        if isinstance(triple.object, NamedNode):
            yield triple.object.value, "class" if predicate == "rdf:type" else predicate
        elif isinstance(triple.object, Literal):
            yield triple.object.datatype.value, "datatype"
            if predicate == "sh:select":
                yield from in_sparql(triple.object.value)


def in_sparql(text: str) -> Iterator[Use]:
    """Yield each address of a query; a name whose prefix is unknown is yielded as it is."""
    text = re.sub(r'"[^"\n]*"|(?<=[\s.;])#[^\n]*', "", text)
    declaration = r"(?i)\bprefix\s+([\w-]+):\s*<([^>]*)>"
    prefixes = {"oa": "http://www.w3.org/ns/oa#"} | PREFIXES | dict(re.findall(declaration, text))
    text = re.sub(declaration, "", text)
    for address in re.findall(r"<([^<>\s]*)>", text):
        yield urljoin(BASE, address), "query"
    for prefix, name in re.findall(
        r"(?<![\w?$:-])([a-z][\w-]*):(\w[\w-]*)", re.sub("<[^<>\\s]*>", "", text)
    ):
        yield prefixes.get(prefix, prefix + ":") + name, "query"


@cache
def value_patterns() -> dict[re.Pattern[str], list[str]]:
    lines = (ROOT / "ontology" / "reused-values.txt").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return {re.compile(pattern): places.split(",") for pattern, places, _ in rows}


def known(use: Use, *, entries: bool = False) -> bool:
    address, place = use
    if address.startswith(BASE) or address in VOCABULARY or place in PAGES:
        return True
    if any(address in language for language in (RDF, RDFS, OWL, XSD, SH)):
        return True
    if place == "rdfs:isDefinedBy":
        return any(known_term.startswith(address) for known_term in VOCABULARY)
    if place == "subject":
        place = "entry" if entries else "subject"
    elif place not in {"predicate", "class", "datatype"}:
        place = "value"
    return any(
        place in places and pattern.fullmatch(address)
        for pattern, places in value_patterns().items()
    )


def unknown(found: Iterable[Use], *, entries: bool = False) -> list[str]:
    return sorted(
        {
            f"{place} {address}"
            for address, place in found
            if not known((address, place), entries=entries)
        }
    )


def forbidden(text: str) -> list[str]:
    return [address for address in FORBIDDEN if address in text]


def text_files() -> list[Path]:
    endings = {".ttl", ".rq", ".ru", ".tsv", ".csv", ".json", ".md", ".py", ".txt", ".html", ".js"}
    folders = (ROOT / name for name in ("ontology", "shapes", "queries", "data", "src", "docs"))
    return [
        path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in endings
    ]


def test_ontology_schemes_cubes_and_shapes_use_terms_that_exist():
    paths = sorted([*(ROOT / "ontology").rglob("*.ttl"), *(ROOT / "shapes").rglob("*.ttl")])
    assert paths
    found = {
        fault
        for path in paths
        for fault in unknown(uses(read_rdf(path)), entries=path == ENTRIES)
        if not INVENTED.fullmatch(fault.partition(" ")[2])
    }
    assert unwaived(2, "terms", found) == []


def test_the_data_use_terms_that_exist(contributions: list[Contribution]):
    data = [c for c in contributions if c.graph not in SYSTEM]
    assert data
    assert unknown(use for c in data for use in set(uses(c.triples))) == []


def test_the_queries_use_terms_that_exist():
    paths = [*(ROOT / "queries").rglob("*.rq"), *(ROOT / "src").rglob("*.ru")]
    assert paths
    found = {path.name: unknown(in_sparql(path.read_text("utf-8"))) for path in paths}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("turtle", "fault"),
    [
        ("<x> dcterms:abstrakt 'x' .", "predicate http://purl.org/dc/terms/abstrakt"),
        ("<x> skos:replaces <y> .", "predicate http://www.w3.org/2004/02/skos/core#replaces"),
        ("<x> a cv:PublicOrganization .", "class http://data.europa.eu/m8g/PublicOrganization"),
        ("<x> a sh:Shap .", "class http://www.w3.org/ns/shacl#Shap"),
        ("<x> eco:asOf '1'^^xsd:dat .", "datatype http://www.w3.org/2001/XMLSchema#dat"),
        ("<x> dcterms:relation <http://example.org/> .", "dcterms:relation http://example.org/"),
        ("<x> a cur:DKK .", f"class {PREFIXES['cur']}DKK"),
        ("<x> cur:DKK 1 .", f"predicate {PREFIXES['cur']}DKK"),
        ("cur:DKK a skos:Concept .", f"subject {PREFIXES['cur']}DKK"),
        ("<x> eco:currency cur:dkk .", f"eco:currency {PREFIXES['cur']}dkk"),
        (
            "<x> a <http://data.europa.eu/nuts/code/DK05> .",
            "class http://data.europa.eu/nuts/code/DK05",
        ),
        (
            "<x> skos:closeMatch <http://nuts.geovocab.org/id/DK05> .",
            "skos:closeMatch http://nuts.geovocab.org/id/DK05",
        ),
        ("<x> sh:select 'SELECT ?x { ?x eko:a 1 }' .", "query eko:a"),
        ("<x> sh:select 'SELECT ?x { ?x org:a/eco:b 1 }' .", f"query {PREFIXES['org']}a"),
    ],
)
def test_a_term_that_does_not_exist_or_stands_in_a_wrong_place_is_found(turtle: str, fault: str):
    assert unknown(uses(triples_of(turtle))) == [fault]


@pytest.mark.parametrize(
    "turtle",
    [
        "<x> a eco:Project , org:Organization ; rdfs:label 'x'@en .",
        "<x> foaf:page <http://example.org/> ; dcterms:license <http://example.org/licence> .",
        "<x> eco:currency cur:DKK ; skos:closeMatch <http://data.europa.eu/nuts/code/DK05> .",
        "<x> sdmx-attribute:obsStatus sdmx-code:obsStatus-B ; eco:asOf '2023'^^xsd:gYear .",
        "foaf:Agent rdfs:isDefinedBy <http://xmlns.com/foaf/0.1/> .",
        "<x> sh:select 'SELECT ?x { ?x a <ns#Project> ; skos:notation \"a:b\" # c:d\n }' .",
    ],
)
def test_a_term_that_exists_in_its_place_passes(turtle: str):
    assert unknown(uses(triples_of(turtle.replace("\n", "\\n")))) == []


def test_every_value_pattern_is_used(contributions: list[Contribution]):
    """Those of the alignments are in no graph; test_alignments.py looks at them."""
    addresses = {address for c in contributions for address, _ in uses(c.triples)}
    patterns = [p for p, places in value_patterns().items() if places != ["alignment"]]
    assert patterns
    assert [p.pattern for p in patterns if not any(map(p.fullmatch, addresses))] == []


def test_no_file_holds_a_wrong_spelling_of_a_vocabulary():
    paths = text_files()
    found = [
        f"{path.relative_to(ROOT)} {address}"
        for path in paths
        for address in forbidden(path.read_text("utf-8"))
    ]
    assert paths
    assert unwaived(2, "spellings", found) == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_wrong_spelling_is_found(address: str):
    assert forbidden(f"@prefix x: <{address}ns#> .") == [address]


def test_every_reused_property_and_class_of_the_data_is_declared(
    contributions: list[Contribution],
):
    (ontology,) = (c for c in contributions if c.graph == names.ONTOLOGY_GRAPH)
    data = [t for c in contributions if c.graph not in SYSTEM for t in c.triples]
    assert undeclared(data, ontology.triples) == []


def test_a_reused_term_that_is_not_declared_is_found():
    data = triples_of("<x> a foaf:Person , foaf:Image ; foaf:name 'x' ; foaf:mbox <y> .")
    ontology = triples_of("foaf:Person a owl:Class . foaf:name a owl:DatatypeProperty .")
    assert undeclared(data, ontology) == ["foaf:Image", "foaf:mbox"]


def undeclared(data: Iterable[Triple], ontology: Iterable[Triple]) -> list[str]:
    declared = {t.subject for t in ontology if t.predicate == term("rdf:type")}
    used = {t.predicate for t in data} | {t.object for t in data if t.predicate == term("rdf:type")}
    return sorted(
        short(node.value)
        for node in used - declared
        if not any(node.value in language for language in (RDF, RDFS, OWL, XSD, SH))
    )
