"""The ledger of statements: which triple states which fact, where, and on what basis.

A ledger is a tab-separated file beside a dataset. Each row becomes a statement record in the
dataset's companion graph; the records say where single triples come from without copying a
word of the source.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.names import TURTLE_PROLOGUE, iri, term

COLUMNS = ("fact", "source", "basis", "subject", "predicate", "object")
NONE = "-"
"""How a ledger writes that a row has no numbered fact, or no place in a source."""


def read_statements(
    path: Path, graph: NamedNode, triples: tuple[Triple, ...]
) -> tuple[Triple, ...]:
    """Return the statement records of a ledger.

    Args:
        path: The ledger.
        graph: The dataset that the recorded triples stand in.
        triples: The triples of that dataset.

    Raises:
        BadSyntax: a row is malformed, names a triple that the dataset does not state,
            or a source that the dataset does not describe.
    """
    stated = frozenset(triples)
    described = {triple.subject for triple in triples}
    records: dict[Triple, None] = {}
    for line, row in _rows(path):
        triple = _triple(path, line, row)
        if triple not in stated:
            raise BadSyntax(
                f"{path}:{line}: {row['fact']} records a triple that the dataset does not state: "
                f"{triple}",
                remedy="Write the triple in the dataset, or correct this row.",
            )
        record = record_iri(graph, triple)
        try:
            records |= dict.fromkeys(_record(record, triple, row))
            sources = _source(path, line, row, described)
            records |= dict.fromkeys(Triple(record, *source) for source in sources)
        except ValueError as error:
            raise BadSyntax(
                f"{path}:{line}: {row['fact']}: {error}",
                remedy="Write source and basis as keys of letters, digits, dots and hyphens.",
            ) from error
    return tuple(records)


def record_iri(graph: NamedNode, triple: Triple) -> NamedNode:
    """Return the IRI of the record of a triple: the first 12 hex digits of its SHA-256."""
    text = f"{graph} {triple.subject} {triple.predicate} {triple.object}"
    return iri("id/statement/" + hashlib.sha256(text.encode()).hexdigest()[:12])


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            header = tuple(next(reader, ()))
            if header != COLUMNS:
                raise BadSyntax(
                    f"{path}:1: the columns are {' '.join(header) or 'missing'}",
                    remedy="The first line must be, separated by tabs: " + " ".join(COLUMNS),
                )
            for cells in reader:
                if len(cells) != len(COLUMNS):
                    raise BadSyntax(
                        f"{path}:{reader.line_num}: {len(cells)} cells instead of {len(COLUMNS)}",
                        remedy="Separate the cells by single tabs; write - for an empty one.",
                    )
                yield reader.line_num, dict(zip(COLUMNS, cells, strict=True))
    except UnicodeDecodeError as error:
        raise BadSyntax(f"{path}: {error}", remedy="Save the file as UTF-8.") from error


def _triple(path: Path, line: int, row: dict[str, str]) -> Triple:
    text = f"{TURTLE_PROLOGUE}{row['subject']} {row['predicate']} {row['object']} ."
    try:
        (quad,) = parse(text, format=RdfFormat.TURTLE)
    except (SyntaxError, ValueError) as error:
        raise BadSyntax(
            f"{path}:{line}: {row['fact']} is not one triple: "
            f"{row['subject']} {row['predicate']} {row['object']}",
            remedy="Write subject, predicate and object as single Turtle terms.",
        ) from error
    return Triple(quad.subject, quad.predicate, quad.object)


def _record(record: NamedNode, triple: Triple, row: dict[str, str]) -> Iterator[Triple]:
    yield Triple(record, term("rdf:type"), term("eco:StatementRecord"))
    yield Triple(record, term("rdf:type"), term("rdf:Statement"))
    yield Triple(record, term("rdf:subject"), triple.subject)
    yield Triple(record, term("rdf:predicate"), triple.predicate)
    yield Triple(record, term("rdf:object"), triple.object)
    yield Triple(record, term("eco:assertionBasis"), iri(f"scheme/assertion-basis/{row['basis']}"))
    if row["fact"] != NONE:
        yield Triple(record, term("dcterms:identifier"), Literal(row["fact"]))


def _source(
    path: Path, line: int, row: dict[str, str], described: AbstractSet[object]
) -> Iterator[tuple[NamedNode, NamedNode]]:
    if row["source"] == NONE:
        return
    span, page = iri(f"id/source-span/{row['source']}"), iri(f"id/document/{row['source']}")
    if span in described:
        yield term("eco:statedIn"), span
    elif page in described:
        yield term("prov:hadPrimarySource"), page
    else:
        raise BadSyntax(
            f"{path}:{line}: {row['fact']} names the source {row['source']}, "
            "which the dataset does not describe",
            remedy=f"Describe <{span.value}> or <{page.value}> in the dataset.",
        )
