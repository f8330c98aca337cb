"""Tidy tables to triples: statistical units, and observations of the Data Cube.

Each table has CSVW metadata beside it that says what its columns mean
(https://www.w3.org/TR/tabular-metadata/). Codes are checked against their schemes later, by the
shapes; here a cell must only be what its column holds.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.names import PREFIXES, iri, term

CUBE = iri("cube/regional-indicators")
TEXT_UNIT = "category"
"""The unit of observations whose value is a word, such as a performance group."""
_LEXICAL = {
    "integer": (re.compile(r"[+-]?[0-9]+"), "a whole number, such as 2"),
    "decimal": (
        re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"),
        "a number, such as 36250000 or 2.5",
    ),
    "gYear": (re.compile(r"[0-9]{4}"), "a year, such as 2021"),
}
"""What XML Schema takes for a number, and how to say so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, which knows where it stands."""

    path: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def list(self, column: str) -> list[str]:
        """Return the keys that a cell lists, separated by spaces."""
        return self[column].split()

    def literal(self, column: str, datatype: str) -> Literal:
        """Return a cell as a number or year, written as it stands.

        Raises:
            BadSyntax: the cell does not hold a value of that XML Schema type.
        """
        text = self[column]
        lexical, meaning = _LEXICAL[datatype]
        if not lexical.fullmatch(text):
            raise BadSyntax(
                f"{self.path}:{self.line}: column {column}: {text!r} is not {meaning}",
                remedy="Write digits with a decimal point, without unit, exponent or separator.",
            )
        return Literal(text, datatype=NamedNode(PREFIXES["xsd"] + datatype))


def read_units(path: Path) -> Iterator[Triple]:
    """Yield the statistical units of a table as concepts of the scheme ``area``.

    Raises:
        BadSyntax: the table is malformed; names file, line and column.
    """
    for row in _rows(path, "key version code level label language country broader replaces note"):
        yield from _told(row, _unit(row))


def read_observations(path: Path) -> Iterator[Triple]:
    """Yield the observations of a table, with their periods.

    Raises:
        BadSyntax: the table is malformed; names file, line and column.
    """
    columns = "area indicator period basis value unit status quality method parts inputs source"
    years: dict[Literal, None] = {}
    for row in _rows(path, f"{columns} note"):
        years[row.literal("period", "gYear")] = None
        yield from _told(row, _observation(row))
    for year in years:
        yield from _year(year)


def read_sources(path: Path) -> Iterator[Triple]:
    """Yield the sources that observations name, each with where it was read and its licence.

    Raises:
        BadSyntax: the table is malformed; names file, line and column.
    """
    for row in _rows(path, "key title address licence"):
        yield from _told(row, _source(row))


def _rows(path: Path, columns: str) -> Iterator[Row]:
    expected = columns.split()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if header != expected:
                raise BadSyntax(
                    f"{path}:1: the columns are {','.join(header) or 'missing'}",
                    remedy="The first line must be " + ",".join(expected),
                )
            for cells in reader:
                if len(cells) != len(expected):
                    raise BadSyntax(
                        f"{path}:{reader.line_num}: {len(cells)} cells instead of {len(expected)}",
                        remedy="Give every line one cell a column; quote a cell with commas.",
                    )
                yield Row(path, reader.line_num, dict(zip(expected, cells, strict=True)))
    except csv.Error as error:
        raise BadSyntax(
            f"{path}:{reader.line_num}: {error}",
            remedy='Close every quote, and write a quote inside a quoted cell as "".',
        ) from error
    except UnicodeDecodeError as error:
        raise BadSyntax(f"{path}: {error}", remedy="Save the file as UTF-8.") from error


def _told(row: Row, triples: Iterable[Triple]) -> Iterator[Triple]:
    """Yield the triples of a row, or say in which line a key makes no IRI."""
    try:
        yield from triples
    except ValueError as error:
        raise BadSyntax(
            f"{row.path}:{row.line}: {error}",
            remedy="Write keys of letters, digits, dots and hyphens, and whole web addresses.",
        ) from error


def _source(row: Row) -> Iterator[Triple]:
    source = iri(f"id/document/{row['key']}")
    yield Triple(source, term("rdf:type"), term("foaf:Document"))
    yield Triple(source, term("dcterms:title"), Literal(row["title"], language="en"))
    yield Triple(source, term("foaf:page"), NamedNode(_address(row["address"])))
    yield Triple(source, term("dcterms:rights"), Literal(row["licence"], language="en"))


def _unit(row: Row) -> Iterator[Triple]:
    unit, year = iri(f"scheme/area/{row['key']}"), row["version"].removeprefix("nuts-")
    label = f"{row['label']} (NUTS {year}: {row['code']})"
    yield Triple(unit, term("rdf:type"), term("eco:StatisticalUnit"))
    yield Triple(unit, term("skos:inScheme"), iri("scheme/area"))
    yield Triple(unit, term("skos:notation"), Literal(row["key"]))
    # An area's name is the same in every language; the code makes it unique.
    for language in dict.fromkeys((row["language"], "en", "da", "sv")):
        yield Triple(unit, term("skos:prefLabel"), Literal(label, language=language))
    yield Triple(unit, term("eco:nutsCode"), Literal(row["code"]))
    yield Triple(unit, term("eco:nutsLevel"), row.literal("level", "integer"))
    yield Triple(unit, term("eco:nutsVersion"), iri(f"scheme/nuts-version/{row['version']}"))
    yield Triple(
        unit,
        term("skos:closeMatch"),
        NamedNode(f"http://data.europa.eu/nuts/code/{row['code']}"),
    )
    if row["broader"]:
        yield Triple(unit, term("skos:broader"), iri(f"scheme/area/{row['broader']}"))
    else:
        yield Triple(unit, term("skos:topConceptOf"), iri("scheme/area"))
        yield Triple(iri("scheme/area"), term("skos:hasTopConcept"), unit)
    if row["replaces"]:
        yield Triple(unit, term("dcterms:replaces"), iri(f"scheme/area/{row['replaces']}"))


def _observation(row: Row) -> Iterator[Triple]:
    observation = _observation_iri(row["area"], row["period"], row["indicator"], row["basis"])
    yield Triple(observation, term("rdf:type"), term("qb:Observation"))
    yield Triple(observation, term("qb:dataSet"), CUBE)
    yield Triple(observation, term("eco:refArea"), iri(f"scheme/area/{row['area']}"))
    yield Triple(observation, term("eco:refPeriod"), iri(f"id/time/{row['period']}"))
    yield Triple(observation, term("eco:indicator"), iri(f"scheme/indicator/{row['indicator']}"))
    yield Triple(observation, term("eco:valueBasis"), iri(f"scheme/value-basis/{row['basis']}"))
    yield Triple(observation, term("sdmx-measure:obsValue"), _value(row))
    yield Triple(observation, term("sdmx-attribute:unitMeasure"), iri(f"scheme/unit/{row['unit']}"))
    yield Triple(
        observation,
        term("sdmx-attribute:obsStatus"),
        term(f"sdmx-code:obsStatus-{row['status']}"),
    )
    if row["source"]:
        yield Triple(
            observation, term("prov:hadPrimarySource"), iri(f"id/document/{row['source']}")
        )
    if row["method"]:
        yield from _derivation(observation, row)
    if row["note"]:
        yield Triple(observation, term("skos:editorialNote"), Literal(row["note"], language="en"))


def _derivation(observation: NamedNode, row: Row) -> Iterator[Triple]:
    quality = iri(f"scheme/derivation-quality/{row['quality']}")
    yield Triple(observation, term("eco:derivationQuality"), quality)
    yield Triple(observation, term("eco:derivedByQuery"), iri(f"query/{row['method']}"))
    for part in row.list("parts"):
        for indicator in row.list("inputs"):
            published = _observation_iri(part, row["period"], indicator, "published")
            yield Triple(observation, term("prov:wasDerivedFrom"), published)


def _observation_iri(area: str, period: str, indicator: str, basis: str) -> NamedNode:
    return iri(f"id/observation/regional-indicators.{area}.{period}.{indicator}.{basis}")


def _value(row: Row) -> Literal:
    if row["unit"] == TEXT_UNIT:
        return Literal(row["value"], language="en")
    return row.literal("value", "decimal")


def _year(year: Literal) -> Iterator[Triple]:
    extent = iri(f"id/time/{year.value}")
    first, last = (
        Literal(f"{year.value}-01-01", datatype=term("xsd:date")),
        Literal(f"{year.value}-12-31", datatype=term("xsd:date")),
    )
    yield Triple(extent, term("rdf:type"), term("eco:TimeExtent"))
    for point in ("dcat:startDate", "dcat:endDate"):
        yield Triple(extent, term(point), year)
    for bound, day in (
        ("eco:startEarliest", first),
        ("eco:startLatest", first),
        ("eco:endEarliest", last),
        ("eco:endLatest", last),
    ):
        yield Triple(extent, term(bound), day)


def _address(text: str) -> str:
    """Return a web address; ``github:owner/name@commit`` is the tree of that commit."""
    if not text.startswith("github:"):
        return text
    repository, _, commit = text.removeprefix("github:").partition("@")
    return f"https://github.com/{repository}/tree/{commit}"
