"""SPARQL over HTTP: three ways to ask, eight formats, and errors in words."""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, parse, parse_query_results
from werkzeug.test import TestResponse

from ecosystem_graph.engine import Graph
from ecosystem_graph.engine.formats import ROWS, TRIPLES
from ecosystem_graph.settings import Settings
from ecosystem_graph.web import create_app

SELECT = 'SELECT ?region { ?region a eco:Region ; skos:prefLabel "Baden-Württemberg"@en }'
CONSTRUCT = "CONSTRUCT { ?s a eco:Region } { ?s a eco:Region }"
ASK = "ASK { ?s a eco:Region }"
DIRECT = "application/sparql-query"
LIMIT = 2000


@pytest.fixture
def client(graph: Graph) -> FlaskClient:
    return create_app(graph, Settings(max_query_bytes=LIMIT)).test_client()


def _get(client: FlaskClient, query: str, **more) -> TestResponse:
    return client.get("/sparql", query_string={"query": query}, **more)


@pytest.fixture
def rows(graph: Graph) -> bytes:
    return graph.query(SELECT).content


def test_three_ways_to_ask_give_the_same_rows(client: FlaskClient, rows: bytes) -> None:
    answers = [
        _get(client, SELECT),
        client.post("/sparql", data={"query": SELECT}),
        client.post("/sparql", data=SELECT.encode(), content_type=DIRECT),
        client.post("/sparql", data=SELECT.encode(), content_type=f"{DIRECT}; charset=utf-8"),
    ]
    assert len(json.loads(rows)["results"]["bindings"]) == 1
    assert [(a.status_code, a.data) for a in answers] == [(200, rows)] * 4


def test_an_answer_says_where_it_is_from_and_who_may_read_it(
    client: FlaskClient, graph: Graph
) -> None:
    headers = _get(client, ASK).headers
    assert headers["Ecosystem-Graph-Release"] == graph.release.id
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Vary"] == "Accept"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("known", [*ROWS, *TRIPLES], ids=lambda known: known.name)
@pytest.mark.parametrize("by_name", [True, False], ids=["format", "accept"])
def test_every_format_is_given_by_name_and_by_type(client: FlaskClient, known, by_name) -> None:
    query = CONSTRUCT if known.is_graph else SELECT
    answer = (
        client.get("/sparql", query_string={"query": query, "format": known.name})
        if by_name
        else _get(client, query, headers={"Accept": known.media_type})
    )
    assert (answer.status_code, answer.content_type) == (200, known.media_type)
    if known.name == "csv":
        assert answer.data.decode().splitlines()[0] == "region"
    elif isinstance(known.syntax, QueryResultsFormat):
        read = parse_query_results(answer.data, format=known.syntax)
        assert isinstance(read, QuerySolutions)
        assert len(list(read)) == 1
    else:
        assert isinstance(known.syntax, RdfFormat)
        assert len(list(parse(answer.data, format=known.syntax))) > 10


def test_the_format_can_be_named_in_a_form_and_wins_over_accept(client: FlaskClient) -> None:
    form = {"query": ASK, "format": "csv"}
    answer = client.post("/sparql", data=form, headers={"Accept": "application/json"})
    assert (answer.content_type, answer.data) == ("text/csv", b"true")


def test_a_direct_query_can_name_its_format_in_the_address(client: FlaskClient) -> None:
    answer = client.post("/sparql?format=csv", data=ASK, content_type=DIRECT)
    assert answer.data == b"true"


def test_head_gives_the_headers_of_get(client: FlaskClient) -> None:
    get, head = _get(client, SELECT), client.head("/sparql", query_string={"query": SELECT})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert head.headers["Ecosystem-Graph-Release"] == get.headers["Ecosystem-Graph-Release"]


def test_letters_of_all_languages_come_back_as_they_went(client: FlaskClient) -> None:
    text = "Åse Ærø Øst, São, 中文, 🧪"
    address = "/sparql?format=tsv&query=" + quote(f'SELECT ("{text}"@da AS ?å) {{}}')
    assert client.get(address).data.decode() == f'?å\n"{text}"@da\n'


def test_the_front_page_shows_how_to_ask(client: FlaskClient, graph: Graph) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert graph.release.id in answer.text
    assert "/sparql?query=" in answer.text


FORM = "application/x-www-form-urlencoded"
TOO_LONG = "ASK {} #" + "x" * LIMIT
BAD = {
    "no-query": (400, "bad-query", {"path": "/sparql"}),
    "no-query-posted": (400, "bad-query", {"method": "POST", "content_type": FORM}),
    "empty-query": (400, "bad-query", {"query_string": {"query": ""}}),
    "two-queries": (400, "bad-query", {"query_string": {"query": [ASK, ASK]}}),
    "no-sparql": (400, "bad-query", {"query_string": {"query": "SELECT *\n{ ?s ?p"}}),
    "service": (400, "bad-query", {"query_string": {"query": "ASK { SERVICE <http://x/> {} }"}}),
    "update-as-query": (400, "bad-query", {"query_string": {"query": "DROP ALL"}}),
    "update": (400, "bad-query", {"method": "POST", "data": {"update": "DROP ALL"}}),
    "update-by-get": (400, "bad-query", {"query_string": {"update": "DROP ALL"}}),
    "update-direct": (
        400,
        "bad-query",
        {"method": "POST", "data": "DROP ALL", "content_type": "application/sparql-update"},
    ),
    "query-in-the-address-of-a-post": (
        400,
        "bad-query",
        {"method": "POST", "query_string": {"query": ASK}, "content_type": FORM},
    ),
    "other-body": (400, "bad-query", {"method": "POST", "data": "{}", "content_type": "text/json"}),
    "body-without-type": (400, "bad-query", {"method": "POST", "input_stream": io.BytesIO(b"{}")}),
    "body-not-utf-8": (
        400,
        "bad-query",
        {"method": "POST", "data": b"ASK { ?s ?p '\xe9' }", "content_type": DIRECT},
    ),
    "unknown-format": (406, "unknown-format", {"query_string": {"query": ASK, "format": "pdf"}}),
    "format-of-the-other-kind": (
        406,
        "unknown-format",
        {"query_string": {"query": ASK, "format": "ttl"}},
    ),
    "unknown-type": (
        406,
        "unknown-format",
        {"query_string": {"query": ASK}, "headers": {"Accept": "image/png"}},
    ),
    "body-too-large": (
        413,
        "request-entity-too-large",
        {"method": "POST", "data": TOO_LONG, "content_type": DIRECT},
    ),
    "form-too-large": (
        413,
        "request-entity-too-large",
        {"method": "POST", "data": {"query": TOO_LONG}},
    ),
    "address-too-large": (
        413,
        "request-entity-too-large",
        {"query_string": {"query": TOO_LONG}},
    ),
    "other-method": (405, "method-not-allowed", {"method": "DELETE"}),
    "other-path": (404, "not-found", {"path": "/sparkle"}),
}


@pytest.mark.parametrize(("status", "code", "asked"), BAD.values(), ids=BAD)
def test_every_error_is_told_as_problem_details(
    client: FlaskClient, status: int, code: str, asked: dict
) -> None:
    answer = client.open(**({"path": "/sparql"} | asked))
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    problem = json.loads(answer.data)
    assert set(problem) == {"type", "title", "detail", "status"}
    assert (problem["status"], problem["type"].rpartition("#")[2]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


def test_a_method_that_is_not_allowed_names_those_that_are(client: FlaskClient) -> None:
    assert set(client.put("/sparql").headers["Allow"].split(", ")) == {
        "GET",
        "HEAD",
        "OPTIONS",
        "POST",
    }


def test_a_query_of_just_the_allowed_length_is_answered(client: FlaskClient) -> None:
    longest = TOO_LONG[:LIMIT]
    assert _get(client, longest).status_code == 200
    assert client.post("/sparql", data=longest, content_type=DIRECT).status_code == 200


def test_a_fault_of_the_service_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def query(self, _text: str) -> None:
            raise ZeroDivisionError("secret")

    client = create_app(Broken(), Settings()).test_client()
    with caplog.at_level(logging.ERROR):
        answer = _get(client, ASK)
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "secret" in caplog.text


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri"])
def test_a_dataset_of_the_protocol_is_refused_however_the_query_comes(
    client: FlaskClient, parameter: str
) -> None:
    dataset = f"{parameter}={quote('http://x/g', safe='')}"
    answers = [
        client.get(f"/sparql?query={quote(ASK)}&{dataset}"),
        client.post("/sparql", data={"query": ASK, parameter: "http://x/g"}),
        client.post(f"/sparql?{dataset}", data={"query": ASK}),
        client.post(f"/sparql?{dataset}", data=ASK.encode(), content_type=DIRECT),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert {answer.get_json(force=True)["title"] for answer in answers} == {
        f"{parameter} cannot be used here"
    }


def test_a_browser_may_post_a_query_from_another_page(client: FlaskClient) -> None:
    headers = client.options("/sparql").headers
    assert headers["Access-Control-Allow-Headers"] == "Accept, Content-Type"
