"""Headers of stored queries: what they say, and how a bad one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.queries import NamedQuery, Scope, read_query

# An invented query.
GOOD = """#+ title:
#+   en: How many?
#+   da: Hvor mange?
#+ scope: documents
#+ question: Z1
#+ needs-inference: true
#+ traps: [T01]

# A remark, no header.
SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }
"""


def _read(folder: Path, text: str | bytes) -> NamedQuery:
    path = folder / "z01-how-many.rq"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_query(path)


def test_a_header_is_read_and_the_text_is_kept_whole(tmp_path: Path) -> None:
    query = _read(tmp_path, GOOD)
    assert query.slug == "z01-how-many"
    assert query.titles == {"en": "How many?", "da": "Hvor mange?"}
    assert query.scope is Scope.DOCUMENTS
    assert query.header == {"question": "Z1", "needs-inference": True, "traps": ["T01"]}
    assert (query.text, query.path) == (GOOD, tmp_path / "z01-how-many.rq")
    assert (query.needs_inference, query.is_competency_question) == (True, True)


def test_a_short_header_means_all_facts_and_no_competency_question(tmp_path: Path) -> None:
    query = _read(tmp_path, "#+ title:\n#+   en: Any?\nASK {}\n")
    assert query.scope is Scope.ALL
    assert (query.needs_inference, query.is_competency_question) == (False, False)


@pytest.mark.parametrize(
    "bad",
    [
        "ASK {}",
        "#+ scope: all\nASK {}",
        "#+ title: How many?\nASK {}",
        "#+ title: []\nASK {}",
        "#+ title:\n#+   da: Hvor mange?\nASK {}",
        "#+ just words\nASK {}",
        "#+ title: {en: [\nASK {}",
        "#+ title:\n#+   en: Any?\n#+ scope: some\nASK {}",
        "#+ title:\n#+   en: Größe?\nASK {}".encode("latin-1"),
    ],
    ids=[
        "none",
        "no-title",
        "title-without-language",
        "empty-title",
        "no-english-title",
        "no-mapping",
        "no-yaml",
        "unknown-scope",
        "not-utf-8",
    ],
)
def test_a_bad_header_names_the_file_and_what_to_write(tmp_path: Path, bad: str | bytes) -> None:
    with pytest.raises(BadSyntax) as caught:
        _read(tmp_path, bad)
    assert caught.value.message.startswith(f"{tmp_path / 'z01-how-many.rq'}: ")
    assert "#+" in caught.value.remedy
