"""Gate 4: the queries of queries/verify find nothing wrong with the ontology and the schemes.

They are pitfalls in the manner of OOPS! (p…), checks in the manner of a ROBOT report (report-…),
hygiene and the FAIR checks that need no network. How much each matters is in severity.tsv.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, NamedNode, Quad, QuerySolutions, Store, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution
from ecosystem_graph.engine import Graph, Library
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, iri, short, term
from ecosystem_graph.resources import ROOT
from gates_support import WAIVERS, triples_of, unwaived, waivers

FOLDER = ROOT / "queries" / "verify"
OF_CUBES = ("ic-", "cube-")
"""Queries on the data of the cubes, which gate 11 asks."""

QUERIES = {query.slug: query for query in Library(FOLDER) if not query.slug.startswith(OF_CUBES)}
MODULES = sorted((ROOT / "ontology").glob("*.ttl"))

# For each query: an invented fault, and the rows that it must give.
BAD = {
    "p03-property-called-is": (
        """
        eco:isPartner a owl:ObjectProperty ; rdfs:label 'partner'@en .
        eco:member a owl:DatatypeProperty ; rdfs:label 'is member'@en .
        eco:issue a owl:ObjectProperty ; rdfs:label 'issue'@en .
        """,
        ["eco:isPartner", "eco:member"],
    ),
    "p04-unconnected-class": (
        "eco:Alone a owl:Class . eco:Used a owl:Class . eco:uses rdfs:range eco:Used .",
        ["eco:Alone"],
    ),
    "p05-wrong-inverse": (
        """
        eco:a owl:inverseOf eco:b ; rdfs:domain eco:A ; rdfs:range eco:B .
        eco:b rdfs:domain eco:A ; rdfs:range eco:A .
        """,
        ["eco:a eco:b"],
    ),
    "p06-class-cycle": (
        """
        eco:A rdfs:subClassOf eco:B . eco:B rdfs:subClassOf eco:A .
        eco:C rdfs:subClassOf eco:A .
        """,
        ["eco:A", "eco:B"],
    ),
    "p07-merged-class": (
        """
        eco:LabAndSite a owl:Class ; rdfs:label 'lab'@en .
        eco:Lab a owl:Class ; rdfs:label 'lab or site'@en .
        eco:Android a owl:Class ; rdfs:label 'android'@en .
        """,
        ["eco:Lab", "eco:LabAndSite"],
    ),
    "p08-missing-label-or-definition": (
        """
        eco:a a owl:ObjectProperty ; rdfs:label 'a'@en , 'a'@sv ;
        skos:definition 'A.'@en , 'A.'@da , 'A.'@sv .
        """,
        ["eco:a label da"],
    ),
    "p10-no-disjointness": ("<ns> a owl:Ontology .", ["ns"]),
    "p10-roots-not-disjoint": (
        """
        eco:A rdfs:subClassOf foaf:A . eco:B rdfs:subClassOf foaf:B .
        eco:C rdfs:subClassOf foaf:C . foaf:A owl:disjointWith foaf:B .
        [] a owl:AllDisjointClasses ; owl:members ( foaf:C foaf:A ) .
        """,
        ["foaf:B foaf:C"],
    ),
    "p11-missing-domain-or-range": (
        """
        eco:a a owl:DatatypeProperty ; rdfs:range xsd:string .
        eco:b a owl:ObjectProperty ; rdfs:domain eco:A .
        """,
        ["eco:a domain", "eco:b range"],
    ),
    "p13-no-inverse": (
        """
        eco:a a owl:ObjectProperty ; owl:inverseOf eco:b .
        eco:b a owl:ObjectProperty . eco:c a owl:ObjectProperty .
        """,
        ["eco:c"],
    ),
    "p19-several-domains-or-ranges": (
        "eco:a rdfs:domain eco:A , eco:B ; rdfs:range eco:A . eco:b rdfs:range eco:A , eco:B .",
        ["eco:a domain", "eco:b range"],
    ),
    "p20-label-and-definition-swapped": (
        "eco:A rdfs:label 'Somebody who takes part.'@en ; skos:definition 'member'@en .",
        ["eco:A en"],
    ),
    "p21-class-for-the-rest": (
        """
        eco:OtherActor a owl:Class ; rdfs:label 'actor'@en .
        eco:Actor a owl:Class ; rdfs:label 'miscellaneous actor'@en .
        """,
        ["eco:Actor", "eco:OtherActor"],
    ),
    "p22-naming": (
        """
        eco:lab a owl:Class . eco:Has_Lab a owl:ObjectProperty .
        eco:Size a owl:DatatypeProperty .
        """,
        ["eco:Has_Lab", "eco:Size", "eco:lab"],
    ),
    "p24-recursive-definition": (
        """
        eco:A rdfs:label 'network'@en ; skos:definition 'A network of bodies.'@en .
        eco:B rdfs:label 'body'@en ; skos:definition 'Has no body above it.'@en .
        """,
        ["eco:A en"],
    ),
    "p25-inverse-of-itself": ("eco:a owl:inverseOf eco:a .", ["eco:a"]),
    "p26-inverse-of-symmetric": (
        "eco:a a owl:SymmetricProperty ; owl:inverseOf eco:b .",
        ["eco:a eco:b"],
    ),
    "p27-equivalence": (
        """
        eco:A owl:equivalentClass eco:B . eco:a owl:equivalentProperty eco:b .
        <x> owl:sameAs <y> .
        """,
        ["eco:A eco:B", "eco:a eco:b", "x y"],
    ),
    "p28-symmetric-with-unequal-ends": (
        "eco:a a owl:SymmetricProperty ; rdfs:domain eco:A ; rdfs:range eco:B .",
        ["eco:a"],
    ),
    "p29-transitive-with-unequal-ends": (
        "eco:a a owl:TransitiveProperty ; rdfs:domain eco:A ; rdfs:range eco:B .",
        ["eco:a"],
    ),
    "p32-same-label": (
        """
        eco:A a owl:Class ; rdfs:label 'lab'@en . eco:B a owl:Class ; rdfs:label 'Lab'@en .
        eco:C a owl:Class ; rdfs:label 'lab'@da . eco:a a owl:ObjectProperty ;
        rdfs:label 'lab'@en .
        """,
        ["eco:A eco:B"],
    ),
    "p33-chain-of-one-link": (
        "eco:a owl:propertyChainAxiom ( eco:b ) . eco:c owl:propertyChainAxiom ( eco:a eco:b ) .",
        ["eco:a"],
    ),
    "p34-undeclared-class": (
        """
        eco:A a owl:Class ; rdfs:subClassOf eco:B . eco:a rdfs:range eco:C , xsd:string .
        <x> a eco:D .
        """,
        ["eco:B", "eco:C", "eco:D"],
    ),
    "p35-undeclared-property": (
        "eco:a a owl:ObjectProperty ; owl:propertyChainAxiom ( eco:a eco:b ) . <x> eco:c 1 .",
        ["eco:b", "eco:c"],
    ),
    "p36-file-extension": ("<ns/core.ttl> a owl:Ontology .", ["ns/core.ttl"]),
    "p38-unknown-module": (
        """
        <ns> dcterms:hasPart <ns/core> . <ns/core> a owl:Ontology . <ns/more> a owl:Ontology .
        eco:A rdfs:isDefinedBy <ns/core> . eco:B rdfs:isDefinedBy <ns/more> .
        """,
        ["eco:B ns/more"],
    ),
    "p39-other-namespace": (
        """
        <ns/A> rdfs:isDefinedBy <ns/core> .
        foaf:A rdfs:isDefinedBy <http://xmlns.com/foaf/0.1/> .
        """,
        ["ns/A ns/core"],
    ),
    "p40-hijacked-term": (
        """
        foaf:name a owl:DatatypeProperty ; rdfs:domain foaf:Person .
        foaf:Person a owl:Class ; rdfs:subClassOf foaf:Agent .
        """,
        ["foaf:name rdfs:domain"],
    ),
    "p41-no-licence": (
        "<ns> a owl:Ontology ; dcterms:license 'free' . <scheme/x> a skos:ConceptScheme .",
        ["ns", "scheme/x"],
    ),
    "report-alternative-equals-label": (
        "eco:A rdfs:label 'a'@en ; skos:altLabel 'a'@en , 'b'@en .",
        ["eco:A a"],
    ),
    "report-bad-successor": (
        """
        eco:A dcterms:isReplacedBy eco:B , eco:C , eco:D . eco:B a owl:Class .
        eco:C a owl:Class ; owl:deprecated true .
        """,
        ["eco:A eco:C", "eco:A eco:D"],
    ),
    "report-class-without-superclass": (
        "eco:A a owl:Class . foaf:A a owl:Class .",
        ["eco:A"],
    ),
    "report-definition-in-lower-case": (
        "eco:A skos:definition 'a lab.'@en , 'Økosystem.'@da , 'ö i havet.'@sv .",
        ["eco:A en", "eco:A sv"],
    ),
    "report-deprecated-flag": (
        "eco:A owl:deprecated true . eco:B owl:deprecated 'yes' . eco:C owl:deprecated <yes> .",
        ["eco:B yes", "eco:C yes"],
    ),
    "report-deprecated-in-use": (
        """
        eco:A owl:deprecated true . eco:a owl:deprecated true . eco:B rdfs:subClassOf eco:A ;
        dcterms:replaces eco:A . <x> eco:a 1 .
        """,
        ["eco:B eco:A", "x eco:a"],
    ),
    "report-deprecated-without-successor": (
        "eco:A owl:deprecated true . eco:B owl:deprecated true ; dcterms:isReplacedBy eco:C .",
        ["eco:A"],
    ),
    "report-duplicate-definition": (
        """
        eco:A a owl:Class ; skos:definition 'Same.'@en .
        eco:B a owl:Class ; skos:definition 'Same.'@en .
        <scheme/x/y> a skos:Concept ; skos:definition 'Same.'@en .
        """,
        ["eco:A eco:B"],
    ),
    "report-language-term-as-ours": (
        "rdfs:label rdfs:domain eco:A . sh:Shape a owl:Class .",
        ["rdfs:label", "sh:Shape"],
    ),
    "report-reference-without-address": (
        "eco:A dcterms:source 'a book' ; rdfs:seeAlso <x> .",
        ["eco:A a book"],
    ),
    "report-several-texts": (
        "eco:A rdfs:label 'a'@en , 'b'@en ; skos:definition 'A.'@en , 'A.'@da .",
        ["eco:A rdfs:label"],
    ),
    "report-strange-address": (
        "eco:A rdfs:seeAlso <http://example.org/> , <http:/example.org/x> , <urn:x:y> , <x//> .",
        ["http:/example.org/x", "x//", "urn:x:y"],
    ),
    "report-untidy-text": (
        """
        eco:A rdfs:label 'a  b'@en ; skos:definition 'A.\\n'@en ; skos:altLabel 'a b'@en .
        eco:B rdfs:label ' a'@en .
        """,
        ["eco:A rdfs:label", "eco:A skos:definition", "eco:B rdfs:label"],
    ),
    "hygiene-datatype-property-in-chain": (
        "eco:a owl:propertyChainAxiom ( eco:b eco:c ) . eco:c a owl:DatatypeProperty .",
        ["eco:a eco:c"],
    ),
    "hygiene-thing-as-superclass": ("eco:A rdfs:subClassOf owl:Thing .", ["eco:A"]),
    "fair-header": (
        """
        <ns/x> a owl:Ontology ; dcterms:title 'x' ; dcterms:description 'x' ;
        dcterms:license <y> ; dcterms:creator <y> ; dcterms:publisher <y> ; dcterms:created 1 ;
        dcterms:issued 1 ; dcterms:modified 1 ; bibo:status 'draft' ; owl:versionIRI <y> ;
        owl:versionInfo '1' ; vann:preferredNamespacePrefix 'eco' .
        """,
        ["ns/x dcterms:bibliographicCitation", "ns/x vann:preferredNamespaceUri"],
    ),
    "fair-version": (
        """
        <ns/x> a owl:Ontology ; owl:versionIRI <ns/x/1.0.0> ; owl:versionInfo '1.1.0' .
        <ns/y> a owl:Ontology ; owl:versionIRI <ns/y/1.0.0> ; owl:versionInfo '1.0.0' .
        """,
        ["ns/x ns/x/1.0.0"],
    ),
}


def severities() -> dict[str, tuple[str, str]]:
    with (FOLDER / "severity.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {row["query"]: (row["severity"], row["accepted"]) for row in rows}


def store_of(triples: Iterable[Triple]) -> Store:
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object, names.ONTOLOGY_GRAPH) for t in triples)
    return store


def rows(store: Store, slug: str) -> list[str]:
    """Return the rows of a query, each as one line of text."""
    solutions = store.query(QUERIES[slug].text)
    assert isinstance(solutions, QuerySolutions)
    return [
        " ".join(
            short(value.value) if isinstance(value, NamedNode) else value.value for value in row
        )
        for row in solutions
    ]


@pytest.fixture(scope="module")
def store(contributions: list[Contribution]) -> Store:
    system = (names.ONTOLOGY_GRAPH, names.SCHEMES_GRAPH)
    return store_of(t for c in contributions if c.graph in system for t in c.triples)


@pytest.mark.parametrize("slug", [slug for slug, (s, _) in severities().items() if s == "ERROR"])
def test_an_error_is_found_nowhere(slug: str, store: Store):
    assert unwaived(4, slug, rows(store, slug)) == [], QUERIES[slug].titles["en"]


@pytest.mark.parametrize("slug", [slug for slug, (s, _) in severities().items() if s == "WARN"])
def test_a_warning_is_found_as_often_as_is_written_down(slug: str, store: Store):
    assert len(rows(store, slug)) == int(severities()[slug][1]), QUERIES[slug].titles["en"]


@pytest.mark.parametrize("slug", BAD)
def test_an_invented_fault_is_found(slug: str):
    turtle, expected = BAD[slug]
    assert rows(store_of(triples_of(turtle)), slug) == expected


def test_every_query_has_a_severity_and_an_invented_fault():
    assert QUERIES.keys() == severities().keys() == BAD.keys()
    assert {severity for severity, _ in severities().values()} == {"ERROR", "WARN", "INFO"}


def test_every_query_says_in_three_languages_what_is_wrong():
    assert {
        slug for slug, query in QUERIES.items() if query.titles.keys() != {"en", "da", "sv"}
    } == set()


def test_a_release_can_be_asked_the_same(graph: Graph, store: Store):
    """Each query names the graphs it reads, which the default graph does not hold."""
    asked = graph.ask(QUERIES["p13-no-inverse"])
    assert len(asked.rows) == len(rows(store, "p13-no-inverse")) > 0


# What single files say


def module_faults(path: Path) -> list[str]:
    """Return what is wrong with the headers of a module, and subjects that are not its own."""
    own = iri("ns") if path.stem == "ecosystem-graph" else iri(f"ns/{path.stem}")
    triples = read_rdf(path)
    headers = {t.subject for t in triples if t.object == term("owl:Ontology")}
    defined = {
        t.subject for t in triples if (t.predicate, t.object) == (term("rdfs:isDefinedBy"), own)
    }
    subjects = {t.subject for t in triples if not isinstance(t.subject, BlankNode)}
    strangers = subjects - headers - defined if path.stem != "stubs" else set()
    wrong = headers ^ {own}
    return sorted(
        {f"header {short(node.value)}" for node in wrong}
        | {f"stranger {short(node.value)}" for node in strangers}
    )


def test_every_module_has_its_own_header_and_defines_only_its_own_terms():
    assert len(MODULES) == 13
    assert {path.name: faults for path in MODULES if (faults := module_faults(path))} == {}


def test_a_wrong_header_and_a_term_of_another_module_are_found(tmp_path: Path):
    path = tmp_path / "event.ttl"
    turtle = (
        "<ns/events> a owl:Ontology . foaf:Agent a owl:Class . eco:A rdfs:isDefinedBy <ns/core> ."
    )
    path.write_text(names.TURTLE_PROLOGUE + turtle, encoding="utf-8")
    assert module_faults(path) == [
        "header ns/event",
        "header ns/events",
        "stranger eco:A",
        "stranger foaf:Agent",
    ]


def test_the_addresses_are_permanent_ones():
    """FAIR: https://w3id.org is made to outlive the host behind it."""
    assert BASE.startswith("https://w3id.org/")


# Waivers


def test_every_waiver_is_for_a_check_that_is_run_and_says_why():
    checks = {1: set(), 2: {"terms", "spellings"}, 3: {"used"}, 4: set(QUERIES)}
    for gate, known in checks.items():
        assert {row["check"] for row in waivers(gate)} <= known
    with WAIVERS.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert table
    for row in table:
        assert re.fullmatch(r"\w.{20,}", row["reason"])
        assert date.fromisoformat(row["date"])


def test_a_waiver_hides_its_finding_only_and_is_reported_when_it_is_idle():
    waived = [row["term"] for row in waivers(2) if row["check"] == "spellings"]
    assert unwaived(2, "spellings", [*waived, "another"]) == ["another"]
    assert unwaived(2, "spellings", waived[1:]) == [f"waived but not found: {waived[0]}"]
