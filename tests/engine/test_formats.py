"""Which format a client gets, by what it accepts (RFC 9110, section 12)."""

from __future__ import annotations

import pytest
from pyoxigraph import QueryResultsFormat, RdfFormat
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from ecosystem_graph.engine import format_by_name, negotiate
from ecosystem_graph.engine.formats import ROWS, TRIPLES
from ecosystem_graph.errors import UnknownFormat

CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
# What rdflib's SPARQLStore and Jena's client send.
RDFLIB = "application/sparql-results+xml, application/rdf+xml"
JENA = (
    "application/sparql-results+json,application/sparql-results+xml;q=0.9,"
    "text/tab-separated-values;q=0.7,text/csv;q=0.5,application/json;q=0.2,"
    "application/xml;q=0.2,*/*;q=0.1"
)


def _got(accept: str | None, *, is_graph: bool) -> str:
    return negotiate(parse_accept_header(accept, MIMEAccept), is_graph=is_graph).name


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(None, "json", id="absent"),
        pytest.param("", "json", id="empty"),
        pytest.param("application/sparql-results+json", "json", id="exact_json"),
        pytest.param("application/sparql-results+xml", "xml", id="exact_xml"),
        pytest.param("text/csv", "csv", id="exact_csv"),
        pytest.param("text/tab-separated-values", "tsv", id="exact_tsv"),
        pytest.param("TEXT/CSV", "csv", id="exact_in_capitals"),
        pytest.param("application/json", "json", id="plain_json"),
        pytest.param("text/xml", "xml", id="plain_xml"),
        pytest.param("*/*", "json", id="wildcard"),
        pytest.param("text/*", "csv", id="wildcard_subtype"),
        pytest.param("text/html, */*", "json", id="unknown_and_wildcard"),
        pytest.param("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "xml", id="q_values"),
        pytest.param("text/csv, text/tab-separated-values;q=0.9", "csv", id="q_default_is_one"),
        pytest.param("text/csv;q=0.1, */*", "json", id="q_of_exact_below_wildcard"),
        pytest.param("text/csv;q=0.1, text/*", "tsv", id="q_of_exact_below_wildcard_subtype"),
        pytest.param(
            "application/sparql-results+json;q=0, */*", "xml", id="excluded_from_wildcard_by_q_0"
        ),
        pytest.param("text/csv; charset=utf-8", "csv", id="charset_parameter"),
        pytest.param("text/csv;header=present;q=0.2, */*;q=0.1", "csv", id="parameter_and_q"),
        pytest.param(CHROME, "xml", id="browser_chrome"),
        pytest.param(FIREFOX, "xml", id="browser_firefox"),
        pytest.param(RDFLIB, "xml", id="client_rdflib"),
        pytest.param(JENA, "json", id="client_jena"),
    ],
)
def test_rows_come_as_the_client_likes_best(accept: str | None, expected: str) -> None:
    assert _got(accept, is_graph=False) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param(None, "ttl", id="absent"),
        pytest.param("text/turtle", "ttl", id="exact_turtle"),
        pytest.param("application/n-triples", "nt", id="exact_n_triples"),
        pytest.param("application/ld+json", "jsonld", id="exact_json_ld"),
        pytest.param("application/rdf+xml", "rdf", id="exact_rdf_xml"),
        pytest.param("*/*", "ttl", id="wildcard"),
        pytest.param("text/turtle;q=0.3, application/ld+json;q=0.9", "jsonld", id="q_values"),
        pytest.param("text/turtle;q=0, */*", "nt", id="excluded_from_wildcard_by_q_0"),
        pytest.param("text/turtle;charset=utf-8", "ttl", id="charset_parameter"),
        pytest.param(CHROME, "ttl", id="browser_chrome"),
        pytest.param(RDFLIB, "rdf", id="client_rdflib"),
        pytest.param(JENA, "ttl", id="client_jena"),
    ],
)
def test_triples_come_as_the_client_likes_best(accept: str | None, expected: str) -> None:
    assert _got(accept, is_graph=True) == expected


@pytest.mark.parametrize(
    ("accept", "is_graph"),
    [
        pytest.param("text/html", False, id="unknown"),
        pytest.param("image/*", False, id="unknown_wildcard_subtype"),
        pytest.param("text/csv;q=0", False, id="only_excluded"),
        pytest.param("*/*;q=0", True, id="everything_excluded"),
        pytest.param("text/turtle", False, id="triples_for_rows"),
        pytest.param("text/csv", True, id="rows_for_triples"),
        pytest.param("application/json", True, id="plain_json_for_triples"),
    ],
)
def test_a_client_that_takes_nothing_is_told_what_there_is(accept: str, *, is_graph: bool) -> None:
    with pytest.raises(UnknownFormat) as caught:
        _got(accept, is_graph=is_graph)
    types = [known.media_type for known in (TRIPLES if is_graph else ROWS)]
    assert caught.value.remedy == f"Accept one of {', '.join(types)}."


def test_each_format_has_a_name_and_a_type_of_its_own() -> None:
    formats = ROWS + TRIPLES
    assert [format_by_name(known.name) for known in formats] == list(formats)
    assert len({known.media_type for known in formats}) == len(formats)
    assert [type(known.syntax) for known in formats] == [QueryResultsFormat] * 4 + [RdfFormat] * 4
    assert [known.is_graph for known in formats] == [False] * 4 + [True] * 4


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(UnknownFormat) as caught:
        format_by_name("pdf")
    assert caught.value.remedy == "Use one of json, xml, csv, tsv, ttl, nt, jsonld, rdf."
