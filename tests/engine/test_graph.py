"""The release in memory: what is in the default graph, and what is only reached by name."""

from __future__ import annotations

import pytest

from ecosystem_graph import names
from ecosystem_graph.contribution import Layer
from ecosystem_graph.engine import Graph
from ecosystem_graph.engine.answer import Value
from ecosystem_graph.errors import BadQuery
from ecosystem_graph.names import BASE
from ecosystem_graph.queries import Scope

BADEN = 'ASK { ?region skos:prefLabel "Baden-Württemberg"@en ; a eco:Region }'
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def _graphs(graph: Graph, *layers: Layer) -> set[str]:
    return {iri for iri, entry in graph.release.graphs.items() if entry.layer in layers}


def _number(graph: Graph, query: str, **limits) -> Value:
    ((number,),) = graph.query(query, **limits).rows
    return number


def test_the_documents_alone_do_not_know_what_public_pages_say(graph: Graph) -> None:
    assert graph.query(BADEN).truth
    assert not graph.query(BADEN, scope=Scope.DOCUMENTS).truth
    assert graph.query("ASK { ?project skos:prefLabel ?name ; a eco:Project }").truth


def test_the_default_graph_is_every_fact_once(graph: Graph) -> None:
    """The same triple may stand in many graphs, as asserted and as inferred."""
    layers = _graphs(graph, Layer.DOCUMENTS, Layer.PUBLIC, Layer.SCHEMES)
    values = " ".join(f"<{iri}>" for iri in layers)
    merged = f"SELECT DISTINCT ?s ?p ?o {{ VALUES ?g {{ {values} }} GRAPH ?g {{ ?s ?p ?o }} }}"
    distinct = _number(graph, f"SELECT (COUNT(*) AS ?n) {{ {{ {merged} }} }}")
    assert _number(graph, COUNT) == len(graph) == distinct
    assert distinct < sum(graph.release.graphs[iri].triples for iri in layers)


def test_every_graph_is_reached_by_its_name(graph: Graph) -> None:
    counted = graph.query("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g").rows
    assert dict(counted) == {
        iri: entry.triples for iri, entry in graph.release.graphs.items() if entry.triples
    }
    assert len(counted) > 10


@pytest.mark.parametrize("kind", ["eco:StatementRecord", "eco:CompetencyQuestion", "owl:Class"])
def test_records_queries_and_the_ontology_are_reached_by_name_only(graph: Graph, kind: str) -> None:
    assert not graph.query(f"ASK {{ ?x a {kind} }}").truth
    assert graph.query(f"ASK {{ GRAPH ?g {{ ?x a {kind} }} }}").truth


def test_statement_graphs_are_records(graph: Graph) -> None:
    companions = {iri for iri in graph.release.graphs if iri.endswith(names.STATEMENTS_SUFFIX)}
    assert len(companions) >= 5
    assert companions <= _graphs(graph, Layer.RECORDS)


def test_without_inference_only_what_is_stated_is_asked(graph: Graph) -> None:
    inferred = "ASK { ?project a prov:Activity }"
    only_inferred = f"ASK {{ GRAPH <{names.INFERRED_FROM_DOCUMENTS_GRAPH.value}> {{ ?s ?p ?o }} }}"
    assert graph.query(only_inferred).truth
    assert graph.query(inferred).truth
    assert not graph.query(inferred, inference=False).truth
    assert graph.query(BADEN, inference=False).truth


def test_each_limit_leaves_fewer_facts(graph: Graph) -> None:
    numbers = [
        _number(graph, COUNT, scope=scope, inference=inference)
        for scope in (Scope.ALL, Scope.DOCUMENTS)
        for inference in (True, False)
    ]
    assert numbers == sorted(numbers, key=int, reverse=True)
    assert len(set(numbers)) == 4


def test_what_follows_from_the_documents_needs_no_public_fact(graph: Graph) -> None:
    public = _graphs(graph, Layer.PUBLIC)
    assert names.INFERRED_GRAPH.value in public
    assert names.INFERRED_FROM_DOCUMENTS_GRAPH.value not in public


def test_prefixes_and_the_base_are_known_to_a_query(graph: Graph) -> None:
    answer = graph.query("SELECT ?p { <id/project/medtech4europe> a ?p } LIMIT 1")
    assert len(answer.rows) == 1
    assert answer.release == graph.release.id


def test_a_dataset_clause_in_the_query_comes_first(graph: Graph) -> None:
    ontology = names.ONTOLOGY_GRAPH
    assert graph.query(f"ASK FROM {ontology} {{ ?class a owl:Class }}").truth
    assert not graph.query(f"ASK FROM {ontology} {{ ?region a eco:Region }}").truth


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT\n", "line 2, column 1: the end of the line is not expected here"),
        ("SELECT ?s {", "line 1, column 12: the end of the line is not expected here"),
        ("SELECT *\n{ ?å", "line 2, column 5: the end of the line is not expected here"),
        ("SELECT *\r\n{", "line 2, column 2: the end of the line is not expected here"),
    ],
    ids=["only-a-word", "open-brace", "second-line", "carriage-return"],
)
def test_a_query_that_is_no_sparql_is_told_with_its_place(
    graph: Graph, query: str, told: str
) -> None:
    with pytest.raises(BadQuery) as caught:
        graph.query(query)
    assert caught.value.message == f"The query is not SPARQL: {told}"
    assert "^ expected one of: " in caught.value.remedy


@pytest.mark.parametrize(
    "query",
    ["SELECT (no:f(1) AS ?x) {}", "SELECT (<http://x/f>(1) AS ?x) {}", "SELECT ?z (1 AS ?z) {}"],
    ids=["unknown-prefix", "unknown-function", "column-twice"],
)
def test_a_query_that_cannot_run_is_told_in_words(graph: Graph, query: str) -> None:
    with pytest.raises(BadQuery) as caught:
        graph.query(query)
    assert caught.value.message.startswith("The query ")
    assert caught.value.remedy


def test_a_record_keeps_the_address_of_its_site(graph: Graph) -> None:
    ((region,),) = graph.query(BADEN.replace("ASK", "SELECT ?region")).rows
    assert str(region).startswith(f"{BASE}id/")


@pytest.mark.parametrize("query", ["", " \n\t"], ids=["nothing", "white-space"])
def test_an_empty_query_is_told_as_one(graph: Graph, query: str) -> None:
    with pytest.raises(BadQuery, match="The query is empty"):
        graph.query(query)
