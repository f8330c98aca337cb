"""A developer's way: start the service, ask it over HTTP, stop it."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from ecosystem_graph import resources
from ecosystem_graph.settings import Settings

QUERY = resources.QUERIES / "competency" / "c00-medtech4europe-regions.rq"
ROWS = QUERY.with_suffix(".tsv")
READY = re.compile(r"Answering SPARQL on (http://127\.0\.0\.1:\d+/sparql)")
REQUEST = re.compile(r"127\.0\.0\.1 - - \[[^]]+\] '(GET|POST) /sparql\S* HTTP/1\.1' (200|400) -")
PATIENCE = 120
LONGEST = Settings().max_query_bytes


@pytest.fixture(scope="module")
def service(built_home: Path) -> Iterator[tuple[str, Path]]:
    """The service's address, and the file that its standard error goes to."""
    command = [sys.executable, "-m", "ecosystem_graph", "--home", str(built_home)]
    with tempfile.NamedTemporaryFile() as log:
        process = subprocess.Popen(
            [*command, "serve", "--port", "0"], stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            yield _address(process, Path(log.name)), Path(log.name)
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(PATIENCE * 10):
        if found := READY.search(log.read_text(encoding="utf-8")):
            return found[1]
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"the service did not start: {log.read_text(encoding='utf-8')}")


def _ask(request: str | Request) -> tuple[str, str]:
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # our own service
        return answer.headers["Content-Type"], answer.read().decode()


def test_get_gives_the_eight_regions_exactly(service: tuple[str, Path]) -> None:
    fields = {"query": QUERY.read_text(encoding="utf-8"), "format": "tsv"}
    kind, rows = _ask(f"{service[0]}?{urlencode(fields)}")
    assert kind == "text/tab-separated-values"
    assert rows == ROWS.read_text(encoding="utf-8")
    assert rows.count("\n") == len({"header"}) + 8


def test_post_gives_the_same_rows(service: tuple[str, Path]) -> None:
    query = QUERY.read_bytes()
    headers = {"Accept": "text/tab-separated-values", "Content-Type": "application/sparql-query"}
    direct = Request(service[0], query, headers)  # noqa: S310  # our own service
    form = urlencode({"query": query.decode(), "format": "tsv"}).encode()
    expected = ROWS.read_text(encoding="utf-8")
    assert [_ask(direct)[1], _ask(Request(service[0], form))[1]] == [expected] * 2  # noqa: S310


def test_a_spreadsheet_gets_the_eight_regions(service: tuple[str, Path]) -> None:
    fields = {"query": QUERY.read_text(encoding="utf-8"), "format": "csv"}
    kind, text = _ask(f"{service[0]}?{urlencode(fields)}")
    assert kind == "text/csv"
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["region", "country", "nutsCode", "partner", "plans"]
    assert [row[0] for row in rows] == [
        "Auvergne-Rhône-Alpes",
        "Baden-Württemberg",
        "Capital Region of Denmark (territory)",
        "Helsinki-Uusimaa",
        "South Transdanubia",
        "Lombardy",
        "Limburg",
        "Upper Silesia",
    ]
    assert {row[4] for row in rows} == {"1"}


def test_a_mistake_is_told_in_words(service: tuple[str, Path]) -> None:
    with pytest.raises(HTTPError) as caught:
        _ask(f"{service[0]}?{urlencode({'query': 'SELECT ?region {'})}")
    with caught.value as answer:
        assert (answer.code, answer.headers["Content-Type"]) == (400, "application/problem+json")
        assert "line 1, column 17" in answer.read().decode()


DEEP = {
    "groups": ("ASK ", "{", "{}", "}", ""),
    "exists": ("ASK ", "{ FILTER EXISTS ", "{}", "}", ""),
    "functions": ("ASK { FILTER(", "str(", "1", ")", ") }"),
}


@pytest.mark.parametrize("parts", DEEP.values(), ids=DEEP)
def test_a_query_as_deep_as_can_be_sent_does_not_stop_the_service(
    service: tuple[str, Path], parts: tuple[str, ...]
) -> None:
    """The engine calls itself for each level, and a full stack would end the process."""
    before, opening, middle, closing, after = parts
    levels = (LONGEST - len(before + middle + after)) // len(opening + closing)
    query = f"{before}{opening * levels}{middle}{closing * levels}{after}".encode()
    with contextlib.suppress(HTTPError):
        _ask(Request(service[0], query, {"Content-Type": "application/sparql-query"}))  # noqa: S310
    assert _ask(f"{service[0]}?query=ASK%7B%7D&format=csv")[1] == "true"


def test_standard_error_holds_nothing_but_words(service: tuple[str, Path]) -> None:
    lines = service[1].read_text(encoding="utf-8").splitlines()
    assert re.fullmatch(r"Loading release \d{4}-[0-9a-f]{8} …", lines[0])
    assert READY.match(lines[1])
    requests = [line for line in lines[2:] if REQUEST.fullmatch(line)]
    assert lines[2:] == requests
    assert [line for line in lines if not line.isprintable()] == []
