"""Everything that can go wrong, as one tree.

::

    EcosystemGraphError
    ├── BadInput                  what the user gave cannot be read
    │   ├── BadSyntax             a file is not the RDF or table it claims to be
    │   ├── BadQuery              a query is not SPARQL, or not one that may run
    │   └── UnknownFormat         no such result or file format
    ├── NotFound                  nothing has that name
    │   ├── UnknownRelease
    │   ├── UnknownQuery
    │   └── NoRelease             nothing has been built yet
    ├── GateClosed                data does not fit the shapes; nothing was published
    ├── InconsistentOntology      the ontology contradicts itself
    ├── DamagedRelease            a stored graph is not what its manifest says
    └── MissingTool               something outside Python is needed, such as Java

Each class has a stable ``code``, the HTTP ``status`` it becomes, and each
error says what went wrong, where, and in ``remedy`` what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ecosystem_graph.problem import Problem


class EcosystemGraphError(Exception):
    """Any error of this package; never raised itself."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class BadInput(EcosystemGraphError):
    """What the user gave cannot be read."""

    code = "bad-input"
    status = 400


class BadSyntax(BadInput):
    """A file is not the RDF or table it claims to be; names file, line and column."""

    code = "bad-syntax"


class BadQuery(BadInput):
    """A query is not SPARQL 1.1, or is of a kind that may not run here."""

    code = "bad-query"


class UnknownFormat(BadInput):
    """No such result or file format; the message lists those there are."""

    code = "unknown-format"
    status = 406


class NotFound(EcosystemGraphError):
    """Nothing has that name."""

    code = "not-found"
    status = 404


class UnknownRelease(NotFound):
    """No release, or more than one, has that id."""

    code = "unknown-release"


class UnknownQuery(NotFound):
    """No stored query has that name."""

    code = "unknown-query"


class NoRelease(NotFound):
    """Nothing has been built yet in this home folder."""

    code = "no-release"
    status = 503


class GateClosed(EcosystemGraphError):
    """Data does not fit the shapes; nothing was published and nothing is lost."""

    code = "gate-closed"
    status = 422

    def __init__(self, message: str, problems: Sequence[Problem], *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.problems = tuple(problems)


class InconsistentOntology(EcosystemGraphError):
    """The reasoner found a contradiction, or a class that can have no member."""

    code = "inconsistent-ontology"
    status = 422


class DamagedRelease(EcosystemGraphError):
    """A stored graph is missing or is not what its manifest says."""

    code = "damaged-release"


class MissingTool(EcosystemGraphError):
    """Something outside Python is needed and not there, such as Java."""

    code = "missing-tool"
