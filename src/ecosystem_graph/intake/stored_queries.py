"""Stored queries as RDF, so that the graph can name the query behind a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import Literal, Triple

from ecosystem_graph.names import iri, term
from ecosystem_graph.queries import NamedQuery, read_query


def read_stored_queries(folder: Path) -> Iterator[Triple]:
    """Yield a record for each query below a folder.

    Raises:
        BadSyntax: a header cannot be read.
    """
    for path in sorted(folder.rglob("*.rq")):
        yield from _record(read_query(path))


def _record(query: NamedQuery) -> Iterator[Triple]:
    record = iri(f"query/{query.slug}")
    kind = "eco:CompetencyQuestion" if query.is_competency_question else "eco:StoredQuery"
    yield Triple(record, term("rdf:type"), term(kind))
    for language, title in query.titles.items():
        yield Triple(record, term("dcterms:title"), Literal(title, language=language))
    yield Triple(record, term("eco:queryText"), Literal(query.text))
    if query.is_competency_question:
        flag = Literal(str(query.needs_inference).lower(), datatype=term("xsd:boolean"))
        yield Triple(record, term("eco:needsInference"), flag)
