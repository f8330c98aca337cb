"""Stored queries by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecosystem_graph import resources
from ecosystem_graph.engine import Library
from ecosystem_graph.errors import BadSyntax, UnknownQuery

QUERY = "#+ title:\n#+   en: Invented\nASK {}\n"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name in ("b/two.rq", "a/three.rq", "one.rq"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(QUERY, encoding="utf-8")
    (tmp_path / "one.tsv").write_text("no query", encoding="utf-8")
    return Library(tmp_path)


def test_queries_are_found_in_all_folders_in_order(library: Library) -> None:
    assert [query.slug for query in library] == ["three", "two", "one"]


def test_a_query_is_found_by_its_name(library: Library) -> None:
    assert (library.get("two").slug, library.get("two").text) == ("two", QUERY)


@pytest.mark.parametrize(
    ("slug", "remedy"),
    [
        ("tow", "Did you mean two?"),
        ("tree", "Did you mean three?"),
        ("zzzz", "ecosystem-graph query --list names them all."),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(library: Library, slug: str, remedy: str) -> None:
    with pytest.raises(UnknownQuery) as caught:
        library.get(slug)
    assert caught.value.message == f"There is no stored query or file {slug!r}"
    assert caught.value.remedy == remedy


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert list(Library(tmp_path / "none")) == []


def test_one_bad_query_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "good.rq").write_text(QUERY, encoding="utf-8")
    (tmp_path / "bad.rq").write_text("ASK {}", encoding="utf-8")
    library = Library(tmp_path)
    assert library.get("good").slug == "good"
    with pytest.raises(BadSyntax):
        library.get("bad")


def test_names_of_the_stored_queries_are_unique() -> None:
    paths = list(resources.QUERIES.rglob("*.rq"))
    assert len(paths) == len(list(Library(resources.QUERIES))) > 60
