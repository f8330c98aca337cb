"""Gate 10: the published data have no violation; the warnings are those we know."""

from __future__ import annotations

import csv
from pathlib import Path

from ecosystem_graph.engine import Graph

KNOWN = Path(__file__).with_name("known-findings.tsv")


def test_the_release_has_only_the_findings_we_know(graph: Graph) -> None:
    """A rise is a fault, a fall is a success: both are written down with the reason."""
    with KNOWN.open(encoding="utf-8") as file:
        known = {row["rule"]: int(row["count"]) for row in csv.DictReader(file, delimiter="\t")}
    assert dict(graph.release.problems) == known
