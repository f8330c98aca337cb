"""An answer: rows as Python values, a truth, or triples; and each of them in every format."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from pyoxigraph import (
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)

from ecosystem_graph.contribution import canonical
from ecosystem_graph.engine import Answer
from ecosystem_graph.engine.answer import Value
from ecosystem_graph.engine.formats import ROWS, TRIPLES
from ecosystem_graph.errors import UnknownFormat
from ecosystem_graph.names import PREFIXES, term

RELEASE = "0001-abcdef01"
# Invented values, one for each datatype that Python knows too.
VALUES: dict[str, Value] = {
    "7": 7,
    "1.50": Decimal("1.50"),
    "1.5e0": 1.5,
    "true": True,
    "'0'^^xsd:boolean": False,
    "'2026-11-21'^^xsd:date": date(2026, 11, 21),
    "'7'^^xsd:nonNegativeInteger": 7,
    "'0.5'^^xsd:float": 0.5,
    "'INF'^^xsd:double": math.inf,
    "'text'": "text",
    "'Text'@da": "Text",
    "'2026'^^xsd:gYear": "2026",
    "<http://x/a>": "http://x/a",
    "UNDEF": None,
    "'seven'^^xsd:integer": "seven",
    "'no day'^^xsd:date": "no day",
    "'no number'^^xsd:decimal": "no number",
}
CONSTRUCT = (
    """CONSTRUCT { <http://x/a> skos:prefLabel "Å, ü"@da , "a\\nb" ; eco:nutsLevel 1.50 } {}"""
)


def ask(query: str) -> Answer:
    return Answer.of(RELEASE, Store().query(query, prefixes=PREFIXES))


@pytest.mark.parametrize(("term_text", "value"), VALUES.items(), ids=VALUES)
def test_a_term_becomes_the_python_value_of_its_datatype(term_text: str, value: Value) -> None:
    ((found,),) = ask(f"SELECT ?x {{ VALUES ?x {{ {term_text} }} }}").rows
    assert (found, type(found)) == (value, type(value))


def test_rows_keep_their_order_and_columns_and_can_be_read_again() -> None:
    answer = ask("SELECT ?b ?a { VALUES (?a ?b) { (2 'x') (1 UNDEF) } }")
    assert answer.columns == ["b", "a"]
    assert answer.rows == answer.rows == [("x", 2), (None, 1)]
    assert (answer.release, answer.is_graph, answer.is_truth) == (RELEASE, False, False)


def test_a_nameless_node_is_shown_as_such() -> None:
    ((node,),) = ask("SELECT (BNODE() AS ?x) {}").rows
    assert str(node).startswith("_:")


@pytest.mark.parametrize(("query", "truth"), [("ASK {}", True), ("ASK { ?s ?p ?o }", False)])
def test_a_question_has_a_truth(query: str, *, truth: bool) -> None:
    answer = ask(query)
    assert (answer.truth, answer.is_truth, answer.is_graph) == (truth, True, False)


def test_a_construct_gives_triples_that_can_be_read_again() -> None:
    answer = ask("CONSTRUCT { <http://x/a> eco:acronym 'A' } {}")
    expected = [Triple(NamedNode("http://x/a"), term("eco:acronym"), Literal("A"))]
    assert list(answer.triples) == list(answer.triples) == expected
    assert (answer.is_graph, answer.is_truth) == (True, False)


@pytest.mark.parametrize(
    ("query", "read", "told"),
    [
        ("ASK {}", lambda answer: answer.rows, "yes or no; read its truth"),
        ("ASK {}", lambda answer: answer.triples, "no graph; ask with CONSTRUCT"),
        ("SELECT * {}", lambda answer: answer.truth, "no yes or no; ask with ASK"),
        ("SELECT * {}", lambda answer: answer.triples, "no graph; ask with CONSTRUCT"),
        (CONSTRUCT, lambda answer: answer.rows, "a graph; read its triples"),
        (CONSTRUCT, lambda answer: answer.truth, "a graph; read its triples"),
    ],
)
def test_an_answer_of_another_kind_says_what_to_do(
    query: str, read: Callable[[Answer], object], told: str
) -> None:
    with pytest.raises(TypeError, match=told):
        read(ask(query))


def _lines(written: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(written.decode(), newline=""), delimiter=delimiter))


def test_rows_can_be_read_back_from_every_format() -> None:
    answer = ask("SELECT ?a ?b { VALUES (?a ?b) { ('Å, \"ü\"'@da 1.5) (<http://x/a> UNDEF) } }")
    assert [known.name for known in ROWS] == ["json", "xml", "csv", "tsv"]
    for name in ("json", "xml", "tsv"):
        syntax = {"json": "JSON", "xml": "XML", "tsv": "TSV"}[name]
        read = parse_query_results(answer.to(name), format=getattr(QueryResultsFormat, syntax))
        assert isinstance(read, QuerySolutions)
        assert Answer.of(RELEASE, read).rows == answer.rows, name
    assert _lines(answer.to("csv"), ",") == [["a", "b"], ['Å, "ü"', "1.5"], ["http://x/a", ""]]


def test_a_truth_can_be_read_back_from_every_format() -> None:
    answer = ask("ASK {}")
    for name in ("json", "xml", "tsv"):
        syntax = {"json": "JSON", "xml": "XML", "tsv": "TSV"}[name]
        read = parse_query_results(answer.to(name), format=getattr(QueryResultsFormat, syntax))
        assert isinstance(read, QueryBoolean)
        assert bool(read), name
    assert answer.to("csv") == b"true"


@pytest.mark.parametrize("output", TRIPLES, ids=lambda known: known.name)
def test_triples_can_be_read_back_from_every_format(output) -> None:
    answer = ask(CONSTRUCT)
    assert isinstance(output.syntax, RdfFormat)
    read = [quad.triple for quad in parse(answer.to(output), format=output.syntax)]
    assert len(read) == 3
    assert canonical(read) == canonical(answer.triples)


def test_turtle_is_written_with_prefixes() -> None:
    assert b"<http://x/a> eco:nutsLevel 1.50" in ask(CONSTRUCT).to("ttl").replace(b"\n\t", b" ")


@pytest.mark.parametrize(
    ("query", "name", "kind"),
    [("SELECT * {}", "ttl", "rows"), ("ASK {}", "nt", "rows"), (CONSTRUCT, "csv", "triples")],
)
def test_a_format_of_the_other_kind_is_refused(query: str, name: str, kind: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        ask(query).to(name)
    assert caught.value.message == f"This answer is {kind}, which {name} cannot hold"
    assert "ttl, nt, jsonld or rdf for triples" in caught.value.remedy


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UnknownFormat):
        ask("ASK {}").to("pdf")


def test_a_frame_has_columns_types_and_the_release() -> None:
    frame = ask(
        "SELECT ?name ?n ?x { VALUES (?name ?n ?x) { ('a' 1 1.5e0) ('b' 2 2.5e0) } }"
    ).to_pandas()
    assert list(frame.columns) == ["name", "n", "x"]
    assert pd.api.types.is_integer_dtype(frame["n"])
    assert pd.api.types.is_float_dtype(frame["x"])
    assert pd.api.types.is_string_dtype(frame["name"])
    assert (frame["n"].sum(), frame["x"].sum()) == (3, 4.0)
    assert frame.attrs == {"release": RELEASE}


def test_decimals_stay_exact_in_a_frame_and_can_be_added() -> None:
    frame = ask("SELECT ?x { VALUES ?x { 0.1 0.2 } }").to_pandas()
    assert frame["x"].sum() == Decimal("0.3")


def test_a_frame_of_no_rows_still_has_its_columns() -> None:
    frame = ask("SELECT ?a ?b { ?a ?p ?b }").to_pandas()
    assert (list(frame.columns), len(frame)) == (["a", "b"], 0)
