"""RDF files: read as they stand, or told where they stop being RDF."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from ecosystem_graph.errors import BadInput, BadSyntax, UnknownFormat
from ecosystem_graph.intake import RDF_SUFFIXES, read_rdf
from ecosystem_graph.names import iri

# One invented triple in every syntax.
IN_SYNTAX = {
    ".ttl": '<http://x/a> <http://x/p> "1.50" .',
    ".nt": '<http://x/a> <http://x/p> "1.50" .',
    ".nq": '<http://x/a> <http://x/p> "1.50" <http://x/g> .',
    ".trig": '<http://x/g> { <http://x/a> <http://x/p> "1.50" . }',
    ".rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://x/">'
    '<rdf:Description rdf:about="http://x/a"><p>1.50</p></rdf:Description></rdf:RDF>',
    ".jsonld": '{"@id": "http://x/a", "http://x/p": "1.50"}',
}


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("suffix", RDF_SUFFIXES)
def test_each_syntax_is_read(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path, f"x{suffix}", IN_SYNTAX[suffix])
    assert read_rdf(path) == (
        Triple(NamedNode("http://x/a"), NamedNode("http://x/p"), Literal("1.50")),
    )


def test_relative_iris_stand_below_the_site(tmp_path: Path) -> None:
    (triple,) = read_rdf(_write(tmp_path, "x.ttl", "<id/a> <id/p> <> ."))
    assert (triple.subject, triple.object) == (iri("id/a"), iri(""))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.ttl", "<a> <p> <b> .\n<a> <p> ; .\n", ":2:9: ; is not a valid RDF object"),
        (
            "x.ttl",
            "<a> <p> <b> .\n\n<a> no:p <b> .\n",
            ":3:5: The prefix no: has not been declared",
        ),
        (
            "x.nt",
            "<http://x/a> <http://x/p> .\n",
            ":1:27: The object of a triple must be an IRI, a blank node or a literal",
        ),
        # Oxigraph's RDF/XML parser does not say where.
        ("x.rdf", "<rdf:RDF>", ": Unknown prefix rdf:"),
        ("x.jsonld", '{"@id": ', ":1:9: Unexpected end of file, a value was expected"),
    ],
    ids=["missing-object", "unknown-prefix", "two-terms", "xml", "json"],
)
def test_a_syntax_error_names_file_line_and_column(
    tmp_path: Path, name: str, content: str, told: str
) -> None:
    path = _write(tmp_path, name, content)
    with pytest.raises(BadSyntax) as caught:
        read_rdf(path)
    assert caught.value.message == f"{path}{told}"
    assert "None" not in caught.value.remedy


def test_a_file_that_is_not_utf_8_names_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "x.ttl", '<a> <p> "Größe" .'.encode("latin-1"))
    with pytest.raises(BadSyntax) as caught:
        read_rdf(path)
    assert caught.value.message.startswith(f"{path}:1:12: Invalid UTF-8: ")


@pytest.mark.parametrize(("name", "ending"), [("x.txt", ".txt"), ("x", "(none)")])
def test_an_unknown_ending_lists_those_there_are(tmp_path: Path, name: str, ending: str) -> None:
    with pytest.raises(UnknownFormat) as caught:
        read_rdf(_write(tmp_path, name, ""))
    assert caught.value.message == f"{tmp_path / name}: the ending {ending} is no RDF syntax"
    assert caught.value.remedy == "Use one of .ttl, .nt, .nq, .trig, .rdf, .jsonld."


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder.ttl").mkdir()
    reasons = {"none.ttl": "No such file or directory", "folder.ttl": "Is a directory"}
    for name, reason in reasons.items():
        with pytest.raises(BadInput) as caught:
            read_rdf(tmp_path / name)
        assert caught.value.message == f"{tmp_path / name}: cannot be read: {reason}"


def test_a_byte_order_mark_and_a_capital_ending_do_no_harm(tmp_path: Path) -> None:
    path = _write(tmp_path, "x.TTL", b"\xef\xbb\xbf" + IN_SYNTAX[".ttl"].encode())
    assert len(read_rdf(path)) == 1
