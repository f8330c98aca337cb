"""Gate 12: each competency question gives exactly its rows, stated and inferred."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from ecosystem_graph import resources
from ecosystem_graph.engine import Answer, Graph, Library
from ecosystem_graph.queries import NamedQuery, Scope

FOLDER = resources.QUERIES / "competency"
QUESTIONS = list(Library(FOLDER))
LANGUAGES = {"en", "da", "sv"}
FORBIDDEN = {
    Decimal(44650000): "pending, with E-Scale's total in the place of what it applied for",
    Decimal(26100000): "granted, with the pool counted as a grant",
    Decimal(158000000): "the pool, with its decimal point read as a thousands separator",
}
SUMS = """
SELECT ?currency (SUM(?value) AS ?sum) WHERE {
  ?amount a eco:MonetaryAmount ; eco:amountValue ?value ; eco:currency/skos:notation ?currency
} GROUP BY ?currency ORDER BY ?currency
"""
WRONG = {
    "E-Scale's total added": (
        44650000,
        """SELECT (SUM(?value) AS ?sum) WHERE {
             ?application eco:hasStatusRecord/eco:statusValue <scheme/application-status/pending> ;
                          eco:hasAmount/eco:amountValue ?value
           }""",
    ),
    "currencies added": (
        138750000,
        """SELECT (SUM(?value) AS ?sum) WHERE {
             ?amount a eco:MonetaryAmount ; eco:amountValue ?value
           }""",
    ),
}
"""Queries with a mistake, each with the sum that it gives over the documents."""


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.slug)
def test_the_rows_are_those_expected(question: NamedQuery, graph: Graph) -> None:
    answer = graph.ask(question)
    assert _rows(answer, question) == _expected(question)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.slug)
def test_inference_is_needed_exactly_where_the_header_says(
    question: NamedQuery, graph: Graph
) -> None:
    stated = _rows(graph.ask(question, inference=False), question)
    assert (stated != _expected(question)) == question.needs_inference


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.slug)
def test_the_header_is_complete(question: NamedQuery) -> None:
    assert set(question.titles) == LANGUAGES
    assert {"question", "flag", "module"} <= set(question.header)
    assert question.header["flag"] in {"D", "P", "N"}


def test_every_question_has_a_query_of_its_own() -> None:
    asked = sorted(str(question.header["question"]) for question in QUESTIONS)
    assert len(asked) == len(set(asked))
    parts = {part: sum(name.startswith(part) for name in asked) for part in "ABCI"}
    assert parts == {"A": 29, "B": 12, "C": 20, "I": 4}


def test_numbers_that_must_never_appear_do_not(graph: Graph) -> None:
    answers = [graph.ask(question) for question in QUESTIONS]
    assert len(_numbers(answers)) > 50
    assert _numbers(answers) & (FORBIDDEN.keys() | _sums_over_currencies(graph)) == set()


@pytest.mark.parametrize("mistake", WRONG)
def test_a_number_that_must_never_appear_would_be_noticed(mistake: str, graph: Graph) -> None:
    number, query = WRONG[mistake]
    answer = graph.query(query, scope=Scope.DOCUMENTS)
    forbidden = FORBIDDEN.keys() | _sums_over_currencies(graph)
    assert _numbers([answer]) & forbidden == {Decimal(number)}


def test_a_wrong_row_would_be_noticed(graph: Graph) -> None:
    question = Library(FOLDER).get("a01-task-forces-of-helium")
    header, *rows = _expected(question)
    assert _rows(graph.ask(question), question) != [header, *rows[1:]]


def _numbers(answers: Iterable[Answer]) -> set[Decimal]:
    """Return all numbers in some answers, also those within texts."""
    text = "\n".join(answer.to("csv").decode() for answer in answers)
    return {Decimal(number) for number in re.findall(r"\d+(?:\.\d+)?", text)}


def _sums_over_currencies(graph: Graph) -> set[Decimal]:
    """Return what all amounts in kroner and all amounts in euro would add up to, by scope."""
    found = set()
    for scope in Scope:
        sums = dict(graph.query(SUMS, scope=scope).rows)
        assert sorted(sums) == ["DKK", "EUR"]
        found.add(sums["DKK"] + sums["EUR"])
    return found


def _rows(answer: Answer, question: NamedQuery) -> list[str]:
    return _ordered(answer.to("tsv").decode().splitlines(), question)


def _expected(question: NamedQuery) -> list[str]:
    path: Path = question.path.with_suffix(".tsv")
    return _ordered(path.read_text(encoding="utf-8").splitlines(), question)


def _ordered(lines: list[str], question: NamedQuery) -> list[str]:
    header, *rows = lines
    return [header, *(rows if "ORDER BY" in question.text else sorted(rows))]
