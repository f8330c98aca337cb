"""RDF files to triples, with errors that name file, line and column."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pyoxigraph import RdfFormat, Triple, parse

from ecosystem_graph.errors import BadInput, BadSyntax, UnknownFormat
from ecosystem_graph.names import BASE

RDF_SUFFIXES = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".nq": RdfFormat.N_QUADS,
    ".trig": RdfFormat.TRIG,
    ".rdf": RdfFormat.RDF_XML,
    ".jsonld": RdfFormat.JSON_LD,
}


def read_rdf(path: Path) -> tuple[Triple, ...]:
    """Return the triples of an RDF file, literals exactly as written.

    Raises:
        UnknownFormat: the file's ending names no RDF syntax.
        BadSyntax: the file is not what its ending says; names line and column.
        BadInput: the file cannot be read.
    """
    syntax = RDF_SUFFIXES.get(path.suffix.lower())
    if syntax is None:
        raise UnknownFormat(
            f"{path}: the ending {path.suffix or '(none)'} is no RDF syntax",
            remedy="Use one of " + ", ".join(RDF_SUFFIXES) + ".",
        )
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise BadInput(
            f"{path}: cannot be read: {error.strerror}", remedy="Check name and rights."
        ) from error
    try:
        quads = list(parse(content, format=syntax, base_iri=BASE))
    except SyntaxError as error:
        raise _syntax_error(path, error) from error
    except ValueError as error:
        raise BadSyntax(
            f"{path}: {error}", remedy="Save the file as UTF-8 in the syntax its ending names."
        ) from error
    return tuple(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


def _syntax_error(path: Path, error: SyntaxError) -> BadSyntax:
    where = ":".join(str(part) for part in (path, error.lineno, error.offset) if part is not None)
    # The parser says "Parser error at line 3 column 5: …"; where it is, we say our own way.
    reason = re.sub(r"^Parser error [^:]*: ", "", str(error.msg))
    if error.lineno is None:
        return BadSyntax(
            f"{where}: {reason}",
            remedy="This syntax's parser does not say where; check that the file is whole.",
        )
    return BadSyntax(
        f"{where}: {reason}",
        remedy=(
            f"Look at line {error.lineno}, column {error.offset}, and at the end of the line "
            "before it: a missing dot, semicolon, quote or prefix is the usual cause."
        ),
    )
