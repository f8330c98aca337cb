"""The ledger: each row a record of one triple, and each bad row told with its line."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Triple, parse

from ecosystem_graph import names
from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.intake.statements import COLUMNS, read_statements, record_iri
from ecosystem_graph.names import TURTLE_PROLOGUE

GRAPH = names.graph("curated", "mini")
# An invented dataset: one fact, and the two kinds of source that a row can name.
DATASET = """
<id/lab/a> skos:prefLabel "Lab; \\"A\\""@en ; eco:locatedIn <id/region/x> .
<id/source-span/plan.2> a eco:SourceSpan .
<id/document/page> a foaf:Document .
"""
HEADER = "\t".join(COLUMNS)
ROW = ("F01", "plan.2", "quoted", "<id/lab/a>", "skos:prefLabel", '"Lab; \\"A\\""@en')


def _triples(text: str) -> tuple[Triple, ...]:
    return tuple(quad.triple for quad in parse(TURTLE_PROLOGUE + text, format=RdfFormat.TURTLE))


def _read(folder: Path, *rows: str | tuple[str, ...], header: str = HEADER) -> set[Triple]:
    lines = [header, *("\t".join(row) if isinstance(row, tuple) else row for row in rows)]
    path = folder / "mini.statements.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return set(read_statements(path, GRAPH, _triples(DATASET)))


def _row(**cells: str) -> tuple[str, ...]:
    return tuple((dict(zip(COLUMNS, ROW, strict=True)) | cells).values())


def test_the_name_of_a_record_is_the_hash_of_graph_and_triple() -> None:
    text = (
        "<https://w3id.org/ecosystem-graph/graph/curated/mini> "
        "<https://w3id.org/ecosystem-graph/id/lab/a> "
        '<http://www.w3.org/2004/02/skos/core#prefLabel> "Lab; \\"A\\""@en'
    )
    name = "id/statement/" + sha256(text.encode()).hexdigest()[:12]
    assert record_iri(GRAPH, _triples(DATASET)[0]) == names.iri(name)
    assert name == "id/statement/6762fdadae9a"


def test_a_row_becomes_exactly_these_triples(tmp_path: Path) -> None:
    record = record_iri(GRAPH, _triples(DATASET)[0])
    assert _read(tmp_path, ROW) == set(
        _triples(f"""
        {record} a eco:StatementRecord , rdf:Statement ;
            rdf:subject <id/lab/a> ;
            rdf:predicate skos:prefLabel ;
            rdf:object "Lab; \\"A\\""@en ;
            eco:assertionBasis <scheme/assertion-basis/quoted> ;
            dcterms:identifier "F01" ;
            eco:statedIn <id/source-span/plan.2> .
        """)
    )


def test_a_page_is_a_primary_source_and_a_dash_is_none(tmp_path: Path) -> None:
    page = _read(tmp_path, _row(fact="-", source="page"))
    none = _read(tmp_path, _row(fact="-", source="-"))
    record = record_iri(GRAPH, _triples(DATASET)[0])
    more = _triples(f"{record} prov:hadPrimarySource <id/document/page> .")
    assert page - none == set(more)
    assert len(none) == 6


def test_two_facts_of_one_triple_share_a_record(tmp_path: Path) -> None:
    both = _read(tmp_path, ROW, _row(fact="F02"))
    assert len({triple.subject for triple in both}) == 1
    assert {t.object.value for t in both if t.predicate == names.term("dcterms:identifier")} == {
        "F01",
        "F02",
    }


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (_row(object='"Lab B"@en'), "F01 records a triple that the dataset does not state: "),
        (_row(source="plan.3"), "F01 names the source plan.3, which the dataset does not describe"),
        (_row(object="<a> , <b>"), "F01 is not one triple: "),
        (_row(object='"open'), "F01 is not one triple: "),
        (_row(predicate="no:p"), "F01 is not one triple: "),
        (_row(object=""), "F01 is not one triple: "),
        (_row(basis="two words"), "F01: "),
        (_row(source="two words"), "F01: "),
        (ROW[:-1], "5 cells instead of 6"),
        ((*ROW, "more"), "7 cells instead of 6"),
        ("", "0 cells instead of 6"),
    ],
    ids=[
        "not-stated",
        "unknown-source",
        "two-triples",
        "open-quote",
        "unknown-prefix",
        "no-object",
        "bad-basis",
        "bad-source",
        "cell-missing",
        "cell-too-many",
        "empty-line",
    ],
)
def test_a_bad_row_names_file_and_line(
    tmp_path: Path, row: tuple[str, ...] | str, told: str
) -> None:
    with pytest.raises(BadSyntax) as caught:
        _read(tmp_path, ROW, row)
    assert caught.value.message.startswith(f"{tmp_path / 'mini.statements.tsv'}:3: {told}")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("header", "told"),
    [("fact\tsource", "fact source"), ("", "missing"), (HEADER.title(), HEADER.title())],
)
def test_other_columns_are_told_with_those_expected(tmp_path: Path, header: str, told: str) -> None:
    with pytest.raises(BadSyntax) as caught:
        _read(tmp_path, header=header)
    path = tmp_path / "mini.statements.tsv"
    assert caught.value.message == f"{path}:1: the columns are {told.replace(chr(9), ' ')}"
    assert caught.value.remedy.endswith("fact source basis subject predicate object")


def test_a_ledger_that_is_not_utf_8_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mini.statements.tsv"
    path.write_bytes(f"{HEADER}\nGröße".encode("latin-1"))
    with pytest.raises(BadSyntax) as caught:
        read_statements(path, GRAPH, ())
    assert caught.value.message.startswith(f"{path}: ")
    assert "UTF-8" in caught.value.remedy
