"""Stored queries: files of SPARQL with a header that says what they answer.

A header is lines that begin with ``#+``, in YAML, as grlc reads them
(https://github.com/CLARIAH/grlc)::

    #+ title:
    #+   en: Which task forces does HELIUM have, in order?
    #+ scope: documents
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from ecosystem_graph.errors import BadSyntax

HEADER = "#+"
_SCOPE = re.compile(r"^#\+\s*scope:\s*(documents|all)\s*$", re.MULTILINE)


class Scope(Enum):
    """Which facts a query is about."""

    DOCUMENTS = "documents"
    """The five source documents, the areas they speak of, and what follows from them."""

    ALL = "all"
    """Everything that is published."""


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A stored query.

    Attributes:
        slug: Its name, such as ``a01-task-forces-of-helium``.
        titles: The question it answers, by language.
        scope: Which facts it is about.
        text: The SPARQL, with its header.
        header: Everything else that the header says.
        path: The file.
    """

    slug: str
    titles: dict[str, str]
    scope: Scope
    text: str
    header: dict[str, Any]
    path: Path

    @property
    def needs_inference(self) -> bool:
        """Tell whether its rows differ when only what is stated is asked."""
        return bool(self.header.get("needs-inference", False))

    @property
    def is_competency_question(self) -> bool:
        """Tell whether it answers one of the questions that the graph must be able to answer."""
        return "question" in self.header


def read_query(path: Path) -> NamedQuery:
    """Read a stored query.

    Raises:
        BadSyntax: the header is missing, is not YAML or has no English title.
    """
    try:
        text = path.read_text(encoding="utf-8")
        lines = (line.removeprefix(HEADER) for line in text.splitlines() if line.startswith(HEADER))
        header: dict[str, Any] = yaml.safe_load("\n".join(lines)) or {}
        titles, scope = dict(header.pop("title")), Scope(header.pop("scope", Scope.ALL.value))
        titles["en"]  # every other language falls back on it
    except (yaml.YAMLError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadSyntax(
            f"{path}: the header cannot be read: {error}",
            remedy=f"Begin the file with lines of YAML after {HEADER}, with a title in English.",
        ) from error
    return NamedQuery(path.stem, titles, scope, text, header, path)


def scope_of(text: str) -> Scope:
    """Return the scope that a query's own header names; everything, when it names none."""
    found = _SCOPE.search(text)
    return Scope(found.group(1)) if found else Scope.ALL
