"""What may run: SPARQL 1.1 queries that stay inside the graph.

An update is no query, so the engine refuses it by its grammar. What is left to refuse is
``SERVICE``, which would send requests to other addresses.
"""

from __future__ import annotations

import re

from pyparsing.exceptions import ParseException
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from ecosystem_graph.errors import BadQuery

# SPARQL 1.1 section 19.2: \u escapes may stand anywhere in a query, also inside a keyword.
_MAY_HOLD_SERVICE = re.compile(r"service|\\u", re.IGNORECASE)
_NOT_HERE = "Ask the other endpoint itself, or load its data here."


def admit(query: str) -> None:
    """Let a query pass, or say why it may not run.

    Raises:
        BadQuery: the query asks other endpoints, or may do so and cannot be read.
    """
    if not _MAY_HOLD_SERVICE.search(query):
        return
    try:
        # A carriage return ends a remark; rdflib would take what follows for part of it.
        parsed = parseQuery(query.replace("\r", "\n"))
    except (ParseException, RecursionError, ValueError) as error:
        raise BadQuery(
            f"The query mentions SERVICE and cannot be checked: {error}",
            remedy="Write the query without SERVICE and without \\u escapes.",
        ) from error
    if _holds_service(parsed):
        raise BadQuery("SERVICE is not allowed: queries stay inside this graph", remedy=_NOT_HERE)


def _holds_service(node: object) -> bool:
    if isinstance(node, CompValue):
        return node.name == "ServiceGraphPattern" or any(map(_holds_service, node.values()))
    if isinstance(node, str | bytes):
        return False
    try:
        return any(map(_holds_service, node))  # type: ignore[call-overload]  # parse results
    except TypeError:
        return False
