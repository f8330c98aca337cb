"""The stored queries of a folder, by name."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from ecosystem_graph.errors import UnknownQuery
from ecosystem_graph.queries import NamedQuery, read_query


class Library:
    """The stored queries of a folder and the folders in it."""

    def __init__(self, folder: Path) -> None:
        self._paths = {path.stem: path for path in sorted(folder.rglob("*.rq"))}

    def __iter__(self) -> Iterator[NamedQuery]:
        return map(read_query, self._paths.values())

    def get(self, slug: str) -> NamedQuery:
        """Return a query by its name.

        Raises:
            UnknownQuery: there is none; the error names the nearest.
        """
        if slug in self._paths:
            return read_query(self._paths[slug])
        near = get_close_matches(slug, self._paths, n=3, cutoff=0.4)
        raise UnknownQuery(
            f"There is no stored query or file {slug!r}",
            remedy=f"Did you mean {' or '.join(near)}?"
            if near
            else "ecosystem-graph query --list names them all.",
        )
