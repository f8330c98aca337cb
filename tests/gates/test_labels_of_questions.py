"""Gate 12, labels: a translation more or less changes how a question's rows read, never which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from ecosystem_graph import resources
from ecosystem_graph.engine import Answer, Graph, Library
from ecosystem_graph.names import BASE, term
from ecosystem_graph.queries import NamedQuery
from ecosystem_graph.releases import GraphEntry, ReleaseStore

QUESTIONS = list(Library(resources.QUERIES / "competency"))
ABOUT_LABELS = {"b11-language-tags", "b12-variants-of-names", "b20-things-without-an-english-label"}
NAMED_IN_ENGLISH = tuple(f"{BASE}id/{kind}/" for kind in ("region", "country"))
OF_THINGS = (f"{BASE}id/", f"{BASE}scheme/helix-strand/")
ELSEWHERE = {"da": "fi", "en": "et", "sv": "lv"}
"""Invented: each language of a label as one that no query asks for."""

Change = Callable[[Triple, Literal], Iterator[Triple]]


class Relabelled(ReleaseStore):
    """A store of releases that gives the names of things in other languages."""

    def __init__(self, home: Path, change: Change) -> None:
        super().__init__(home)
        self._change = change

    def triples(self, entry: GraphEntry) -> Iterator[Triple]:
        for triple in super().triples(entry):
            if _names_a_thing(triple) and isinstance(triple.object, Literal):
                yield from self._change(triple, triple.object)
            else:
                yield triple


def _names_a_thing(triple: Triple) -> bool:
    """Concepts, regions and countries are left out: a rule gives them an English label."""
    return (
        triple.predicate == term("skos:prefLabel")
        and isinstance(triple.subject, NamedNode)
        and triple.subject.value.startswith(OF_THINGS)
        and not triple.subject.value.startswith(NAMED_IN_ENGLISH)
    )


def _elsewhere(triple: Triple, name: Literal) -> Iterator[Triple]:
    language = ELSEWHERE.get(name.language or "", name.language)
    yield Triple(triple.subject, triple.predicate, Literal(name.value, language=language))


def _one_more(triple: Triple, _: Literal) -> Iterator[Triple]:
    yield triple
    # Invented, and after all others in the alphabet: where any name will do, the first is taken.
    yield Triple(triple.subject, triple.predicate, Literal("~", language="zz"))


def _asked(home: Path, change: Change) -> Graph:
    return Graph(Relabelled(home, change), ReleaseStore(home).current())


@pytest.fixture(scope="module")
def elsewhere(built_home: Path) -> Graph:
    return _asked(built_home, _elsewhere)


@pytest.fixture(scope="module")
def one_more(built_home: Path) -> Graph:
    return _asked(built_home, _one_more)


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if q.slug not in ABOUT_LABELS], ids=lambda q: q.slug
)
def test_no_row_is_lost_with_a_label(question: NamedQuery, graph: Graph, elsewhere: Graph) -> None:
    assert _filled(elsewhere.ask(question)) == _filled(graph.ask(question))


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS if q.slug not in ABOUT_LABELS], ids=lambda q: q.slug
)
def test_no_row_is_changed_by_a_label_more(
    question: NamedQuery, graph: Graph, one_more: Graph
) -> None:
    assert sorted(map(str, one_more.ask(question).rows)) == sorted(
        map(str, graph.ask(question).rows)
    )


def test_a_row_lost_and_a_row_doubled_would_be_noticed(
    graph: Graph, elsewhere: Graph, one_more: Graph
) -> None:
    any_name = "SELECT ?network ?name WHERE { ?network a eco:Network ; skos:prefLabel ?name"
    danish, every = any_name + ' FILTER (LANG(?name) = "da") }', any_name + " }"
    assert len(graph.query(danish).rows) > 3
    assert elsewhere.query(danish).rows == []
    networks = len({network for network, _ in graph.query(every).rows})
    assert len(one_more.query(every).rows) == len(graph.query(every).rows) + networks


def _filled(answer: Answer) -> list[tuple[bool, ...]]:
    """Return which cells of an answer have something in them."""
    return sorted(tuple(cell is not None for cell in row) for row in answer.rows)
