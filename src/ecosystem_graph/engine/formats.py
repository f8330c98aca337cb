"""Result formats, and which of them a client gets (RFC 9110, section 12)."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import QueryResultsFormat, RdfFormat
from werkzeug.datastructures import MIMEAccept

from ecosystem_graph.errors import UnknownFormat


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write an answer down."""

    name: str
    media_type: str
    syntax: QueryResultsFormat | RdfFormat

    @property
    def is_graph(self) -> bool:
        """Tell whether it writes triples, not rows."""
        return isinstance(self.syntax, RdfFormat)


ROWS = (
    Format("json", "application/sparql-results+json", QueryResultsFormat.JSON),
    Format("xml", "application/sparql-results+xml", QueryResultsFormat.XML),
    Format("csv", "text/csv", QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", QueryResultsFormat.TSV),
)
TRIPLES = (
    Format("ttl", "text/turtle", RdfFormat.TURTLE),
    Format("nt", "application/n-triples", RdfFormat.N_TRIPLES),
    Format("jsonld", "application/ld+json", RdfFormat.JSON_LD),
    Format("rdf", "application/rdf+xml", RdfFormat.RDF_XML),
)
_PLAIN = {"application/json": "json", "application/xml": "xml", "text/xml": "xml"}
"""Types that say less than ours, and what clients that ask for them expect."""


def format_by_name(name: str) -> Format:
    """Return the format of a short name, such as ``csv``.

    Raises:
        UnknownFormat: there is no such format.
    """
    for known in ROWS + TRIPLES:
        if known.name == name:
            return known
    raise UnknownFormat(
        f"There is no format {name!r}",
        remedy="Use one of " + ", ".join(known.name for known in ROWS + TRIPLES) + ".",
    )


def negotiate(accept: MIMEAccept, *, is_graph: bool) -> Format:
    """Return the format that a client likes best for rows or for triples.

    Raises:
        UnknownFormat: the client takes none of them.
    """
    offered = TRIPLES if is_graph else ROWS
    if not accept:
        return offered[0]
    by_type = {known.media_type: known for known in offered}
    if not is_graph:
        by_type |= {plain: format_by_name(name) for plain, name in _PLAIN.items()}
    # A parameter such as charset says nothing about which format is meant.
    wanted = MIMEAccept([(value.partition(";")[0].strip(), q) for value, q in accept])
    if best := wanted.best_match(by_type):
        return by_type[best]
    kind = "triples" if is_graph else "rows"
    raise UnknownFormat(
        f"This query returns {kind}, and none of the accepted types can hold them: {accept}",
        remedy="Accept one of " + ", ".join(known.media_type for known in offered) + ".",
    )
