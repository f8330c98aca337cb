"""What changed between two releases, graph by graph and triple by triple."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ecosystem_graph.releases.manifest import GraphEntry, Release
from ecosystem_graph.releases.store import ReleaseStore


@dataclass(frozen=True, slots=True)
class GraphDiff:
    """The triples of one graph that are in only one of two releases, as N-Triples lines."""

    graph: str
    removed: tuple[str, ...]
    added: tuple[str, ...]


def diff(store: ReleaseStore, old: Release, new: Release) -> Iterator[GraphDiff]:
    """Yield the graphs that differ, in order of their IRIs.

    Raises:
        DamagedRelease: a graph of one of them is missing or altered.
    """
    for graph in sorted(old.graphs.keys() | new.graphs.keys()):
        before, after = old.graphs.get(graph), new.graphs.get(graph)
        if before and after and before.sha256 == after.sha256:
            continue
        was, is_now = _lines(store, before), _lines(store, after)
        yield GraphDiff(graph, tuple(sorted(was - is_now)), tuple(sorted(is_now - was)))


def _lines(store: ReleaseStore, entry: GraphEntry | None) -> set[str]:
    return set() if entry is None else set(store.read(entry.sha256).decode().splitlines())
