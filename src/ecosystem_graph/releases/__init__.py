"""Releases: complete, immutable sets of graphs that passed the gate together."""

from ecosystem_graph.releases.build import Stage, build, check, check_file
from ecosystem_graph.releases.diff import GraphDiff, diff
from ecosystem_graph.releases.manifest import GraphEntry, Release
from ecosystem_graph.releases.store import ReleaseStore

__all__ = [
    "GraphDiff",
    "GraphEntry",
    "Release",
    "ReleaseStore",
    "Stage",
    "build",
    "check",
    "check_file",
    "diff",
]
