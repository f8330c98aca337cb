"""Tables: exact triples for a row, exact complaints for a bad cell."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, RdfFormat, Triple, parse

from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.intake.tables import Row, read_observations, read_sources, read_units
from ecosystem_graph.names import TURTLE_PROLOGUE, term

Read = Callable[[Path], Iterator[Triple]]

# Invented rows.
UNIT = {
    "key": "nuts2021-XX1",
    "version": "nuts-2021",
    "code": "XX1",
    "level": "1",
    "label": "Übersee, Nord",
    "language": "de",
    "country": "xx",
    "broader": "",
    "replaces": "",
    "note": "",
}
OBSERVATION = {
    "area": "nuts2021-XX1",
    "indicator": "pop",
    "period": "2021",
    "basis": "published",
    "value": "1200.50",
    "unit": "persons",
    "status": "A",
    "quality": "",
    "method": "",
    "parts": "",
    "inputs": "",
    "source": "office-pop",
    "note": "",
}
DERIVED = {
    "basis": "derived",
    "source": "",
    "status": "E",
    "quality": "exact",
    "method": "sum-of-parts",
    "parts": "nuts2021-XX11 nuts2021-XX12",
    "inputs": "pop",
    "note": "Invented.",
}
SOURCE = {"key": "office-pop", "title": "Office", "address": "https://x.example/", "licence": "CC"}
YEAR = """<id/time/2021> a eco:TimeExtent ;
    dcat:startDate "2021"^^xsd:gYear ; dcat:endDate "2021"^^xsd:gYear ;
    eco:startEarliest "2021-01-01"^^xsd:date ; eco:startLatest "2021-01-01"^^xsd:date ;
    eco:endEarliest "2021-12-31"^^xsd:date ; eco:endLatest "2021-12-31"^^xsd:date ."""


def _write(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    return path


def _triples(text: str) -> list[Triple]:
    read = parse(TURTLE_PROLOGUE + text, format=RdfFormat.TURTLE)
    return sorted({quad.triple for quad in read}, key=str)


def _read(read: Read, folder: Path, *rows: dict[str, str]) -> list[Triple]:
    return sorted(read(_write(folder, *rows)), key=str)


def test_a_unit_at_the_top_is_exactly_this(tmp_path: Path) -> None:
    assert _read(read_units, tmp_path, UNIT) == _triples("""
        <scheme/area/nuts2021-XX1> a eco:StatisticalUnit ;
            skos:inScheme <scheme/area> ; skos:topConceptOf <scheme/area> ;
            skos:notation "nuts2021-XX1" ;
            skos:prefLabel
                "Übersee, Nord (NUTS 2021: XX1)"@de , "Übersee, Nord (NUTS 2021: XX1)"@en ,
                "Übersee, Nord (NUTS 2021: XX1)"@da , "Übersee, Nord (NUTS 2021: XX1)"@sv ;
            eco:nutsCode "XX1" ; eco:nutsLevel 1 ; eco:nutsVersion <scheme/nuts-version/nuts-2021> ;
            skos:closeMatch <http://data.europa.eu/nuts/code/XX1> .
        <scheme/area> skos:hasTopConcept <scheme/area/nuts2021-XX1> .""")


def test_a_unit_below_another_names_it_and_what_it_replaces(tmp_path: Path) -> None:
    below = UNIT | {"broader": "nuts2021-XX", "replaces": "nuts2016-XX1", "language": "en"}
    top, lower = (set(_read(read_units, tmp_path, row)) for row in (UNIT, below))
    assert sorted(lower - top, key=str) == _triples("""
        <scheme/area/nuts2021-XX1> skos:broader <scheme/area/nuts2021-XX> ;
            dcterms:replaces <scheme/area/nuts2016-XX1> .""")
    assert len(top - lower) == len({"in German", "top concept", "its inverse"})


def test_a_published_observation_is_exactly_this(tmp_path: Path) -> None:
    assert _read(read_observations, tmp_path, OBSERVATION) == _triples(f"""
        <id/observation/regional-indicators.nuts2021-XX1.2021.pop.published> a qb:Observation ;
            qb:dataSet <cube/regional-indicators> ;
            eco:refArea <scheme/area/nuts2021-XX1> ; eco:refPeriod <id/time/2021> ;
            eco:indicator <scheme/indicator/pop> ; eco:valueBasis <scheme/value-basis/published> ;
            sdmx-measure:obsValue 1200.50 ; sdmx-attribute:unitMeasure <scheme/unit/persons> ;
            sdmx-attribute:obsStatus sdmx-code:obsStatus-A ;
            prov:hadPrimarySource <id/document/office-pop> .
        {YEAR}""")


def test_a_derived_observation_names_its_method_and_inputs(tmp_path: Path) -> None:
    assert _read(read_observations, tmp_path, OBSERVATION | DERIVED) == _triples(f"""
        <id/observation/regional-indicators.nuts2021-XX1.2021.pop.derived> a qb:Observation ;
            qb:dataSet <cube/regional-indicators> ;
            eco:refArea <scheme/area/nuts2021-XX1> ; eco:refPeriod <id/time/2021> ;
            eco:indicator <scheme/indicator/pop> ; eco:valueBasis <scheme/value-basis/derived> ;
            sdmx-measure:obsValue 1200.50 ; sdmx-attribute:unitMeasure <scheme/unit/persons> ;
            sdmx-attribute:obsStatus sdmx-code:obsStatus-E ;
            eco:derivationQuality <scheme/derivation-quality/exact> ;
            eco:derivedByQuery <query/sum-of-parts> ;
            prov:wasDerivedFrom
                <id/observation/regional-indicators.nuts2021-XX11.2021.pop.published> ,
                <id/observation/regional-indicators.nuts2021-XX12.2021.pop.published> ;
            skos:editorialNote "Invented."@en .
        {YEAR}""")


def test_a_category_is_a_word_and_a_year_is_told_once(tmp_path: Path) -> None:
    word = OBSERVATION | {"unit": "category", "value": "Leader +", "basis": "reported"}
    triples = _read(read_observations, tmp_path, OBSERVATION, word)
    values = [t.object for t in triples if t.predicate == term("sdmx-measure:obsValue")]
    assert sorted(values, key=str) == [
        Literal("1200.50", datatype=term("xsd:decimal")),
        Literal("Leader +", language="en"),
    ]
    assert [t.predicate for t in triples].count(term("eco:endLatest")) == 1


def test_a_source_is_a_document_with_a_page_and_terms(tmp_path: Path) -> None:
    at_github = SOURCE | {"key": "b", "address": "github:owner/name@abc123"}
    assert _read(read_sources, tmp_path, SOURCE, at_github) == _triples("""
        <id/document/office-pop> a foaf:Document ; dcterms:title "Office"@en ;
            foaf:page <https://x.example/> ; dcterms:rights "CC"@en .
        <id/document/b> a foaf:Document ; dcterms:title "Office"@en ;
            foaf:page <https://github.com/owner/name/tree/abc123> ; dcterms:rights "CC"@en .""")


@pytest.mark.parametrize(
    ("read", "good", "column", "cell", "told"),
    [
        *(
            (read_observations, OBSERVATION, "value", cell, f"column value: {cell!r} is not a")
            for cell in (
                "",
                "1,5",
                "1 000",
                "1_000",
                "1e3",
                "NaN",
                "Infinity",
                " 1",
                "\u0661",
                "5 %",
            )
        ),
        (read_observations, OBSERVATION, "period", "2021-Q1", "column period: '2021-Q1' is not a"),
        (read_units, UNIT, "level", "1.0", "column level: '1.0' is not a whole number"),
        (read_units, UNIT, "level", "two", "column level: 'two' is not a whole number"),
        (read_units, UNIT, "key", "two words", "Invalid IRI code point ' '"),
        (read_units, UNIT, "language", "not a tag", ""),
        (read_observations, OBSERVATION, "area", "<x>", "Invalid IRI code point '<'"),
        (read_sources, SOURCE, "address", "x.example", "No scheme found in an absolute IRI"),
    ],
)
def test_a_bad_cell_names_file_and_line(
    tmp_path: Path, read: Read, good: dict[str, str], column: str, cell: str, told: str
) -> None:
    path = _write(tmp_path, good, good | {column: cell})
    with pytest.raises(BadSyntax) as caught:
        list(read(path))
    assert caught.value.message.startswith(f"{path}:3: {told}")
    assert caught.value.remedy


@pytest.mark.parametrize("read", [read_units, read_observations, read_sources])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ":1: the columns are missing"),
        (b"a,b\n", ":1: the columns are a,b"),
        (b"\xff\n", ": 'utf-8' codec can't decode byte 0xff"),
        (b'"open', ":1: unexpected end of data"),
    ],
    ids=["empty", "other-columns", "not-utf-8", "open-quote"],
)
def test_a_file_that_is_no_such_table_is_told(
    tmp_path: Path, read: Read, content: bytes, told: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(BadSyntax) as caught:
        list(read(path))
    assert caught.value.message.startswith(f"{path}{told}")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "0 cells instead of 4"),
        ("a,b", "2 cells instead of 4"),
        ("a,b,c,d,e", "5 cells instead of 4"),
        ('a,"b"x,c,d', "',' expected after '\"'"),
    ],
)
def test_a_line_of_another_length_is_told(tmp_path: Path, line: str, told: str) -> None:
    path = _write(tmp_path, SOURCE)
    path.write_text(path.read_text() + line + "\n", encoding="utf-8")
    with pytest.raises(BadSyntax) as caught:
        list(read_sources(path))
    assert caught.value.message == f"{path}:3: {told}"


@given(st.from_regex(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})", fullmatch=True))
def test_any_digits_that_make_a_decimal_come_out_as_they_stand(text: str) -> None:
    Decimal(text)
    literal = Row(Path("t.csv"), 2, {"value": text}).literal("value", "decimal")
    assert literal == Literal(text, datatype=term("xsd:decimal"))


@given(st.text(st.characters(exclude_characters="0123456789")))
def test_text_without_a_digit_is_never_a_number(text: str) -> None:
    with pytest.raises(BadSyntax):
        Row(Path("t.csv"), 2, {"value": text}).literal("value", "decimal")
