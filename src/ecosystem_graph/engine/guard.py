r"""What may run: SPARQL 1.1 queries of a sane shape that stay inside the graph.

The engine has no switch for ``SERVICE``, which would send requests to other addresses, and it
reads nested text by recursion. So a query's text is looked at before the engine sees it. Engines
differ in when they turn ``\u`` escapes into characters and in what ends a comment; the text is
read in each of these ways, and what any of them takes for ``SERVICE`` is refused.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from ecosystem_graph.errors import BadQuery

MAX_DEPTH = 100
"""Brackets inside brackets."""

MAX_OPERATORS = 500
"""Operators, steps of paths and alternatives."""

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_HIDDEN = r"""
      \\.                                        # an escaped character of a name is no quote
    | '''(?:[^'\\]|\\.|'(?!''))*'''
    | \"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"
    | '(?:[^'\\\n\r]|\\.)*'
    | "(?:[^"\\\n\r]|\\.)*"
    | <[^<>"{{}}|^`\\\x00-\x20]*>
    | \#[^{end}]*
    | [?$]\w+
    | :\w[\w-]*                                  # the local part of a name, never its prefix
"""
"""Texts, addresses, comments, variables and names: what stands in them is no keyword."""

_READINGS = tuple(
    re.compile(_HIDDEN.format(end=end), re.VERBOSE | re.DOTALL) for end in (r"\n", r"\n\r")
)
# The engine needs no space about a keyword: "1SERVICE:x" asks another address, too.
_SERVICE = re.compile("service", re.IGNORECASE)
_UPDATE = re.compile(
    r"\s*(?:(?:base|prefix\s+\S*:)\s+)*"
    r"(insert|delete|load|clear|drop|create|add|move|copy|with)\b",
    re.IGNORECASE,
)
_OPERATOR = re.compile(r"[+*/!|^]|(?<!\w)-|&&|\bunion\b|\bminus\b|\boptional\b", re.IGNORECASE)


def admit(query: str) -> None:
    """Let a query pass, or say why it may not run.

    Raises:
        BadQuery: it is empty, an update, asks other endpoints, or is nested too deeply.
    """
    if not query.strip():
        raise BadQuery("The query is empty", remedy="Write a SELECT, ASK, CONSTRUCT or DESCRIBE.")
    for text in _readings(query):
        if found := _UPDATE.match(text):
            raise BadQuery(
                f"{found.group(1).upper()} changes data, and this graph is read-only",
                remedy="Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.",
            )
        if _SERVICE.search(text):
            raise BadQuery(
                "SERVICE is not allowed: queries stay inside this graph",
                remedy="Ask the other endpoint itself, or load its data here.",
            )
        if _depth(text) > MAX_DEPTH:
            raise BadQuery(
                f"The query has more than {MAX_DEPTH} brackets inside each other",
                remedy="Write it flatter.",
            )
        if len(_OPERATOR.findall(text)) > MAX_OPERATORS:
            raise BadQuery(
                f"The query has more than {MAX_OPERATORS} operators and alternatives",
                remedy="Use VALUES for long lists, or ask in parts.",
            )


def _readings(query: str) -> Iterator[str]:
    """Yield what is left of a query without texts, addresses and comments, read in each way."""
    for text in {query, _ESCAPE.sub(_character, query)}:
        for hidden in _READINGS:
            yield hidden.sub(" ", text)


def _character(escape: re.Match[str]) -> str:
    code = int(escape.group(1) or escape.group(2), 16)
    # Beyond Unicode there is no character; the engine will say so.
    return chr(code) if code <= sys.maxunicode else escape.group()


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in "({[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")}]":
            depth -= 1
    return deepest
