"""What several gates share: invented Turtle, accepted findings, and short ways to ask."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyoxigraph import RdfFormat, Triple, parse

from ecosystem_graph.engine import Graph
from ecosystem_graph.names import TURTLE_PROLOGUE, short
from ecosystem_graph.queries import Scope

WAIVERS = Path(__file__).parent / "gates" / "waivers.tsv"


def triples_of(turtle: str) -> list[Triple]:
    """Return the triples of a piece of Turtle, which may use the prefixes of the graph."""
    return [quad.triple for quad in parse(TURTLE_PROLOGUE + turtle, format=RdfFormat.TURTLE)]


def waivers(gate: int) -> list[dict[str, str]]:
    """Return the rows of the table of waivers that a gate may use."""
    with WAIVERS.open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row for row in rows if row["gate"] == str(gate)]


def unwaived(gate: int, check: str, found: Iterable[str]) -> list[str]:
    """Return the findings that no waiver accepts, and the waivers that accept nothing."""
    accepted = {row["term"] for row in waivers(gate) if row["check"] == check}
    findings = set(found)
    idle = {f"waived but not found: {term}" for term in accepted - findings}
    return sorted(findings - accepted | idle)


def rows(graph: Graph, query: str, scope: Scope = Scope.DOCUMENTS) -> list[Any]:
    """Return what a query finds, sorted: IRIs as people read them, and one column as its values."""
    found = graph.query(query, scope=scope).rows
    told = [tuple(short(cell) if isinstance(cell, str) else cell for cell in row) for row in found]
    return sorted((row if len(row) > 1 else row[0] for row in told), key=str)


def bases(graph: Graph, subject: str, predicate: str) -> list[tuple[Any, str]]:
    """Return the values that the ledgers record of a subject, each with its basis."""
    return rows(
        graph,
        f"""SELECT DISTINCT ?value ?basis WHERE {{
              GRAPH ?ledger {{
                ?record rdf:subject <id/{subject}> ; rdf:predicate {predicate} ;
                        rdf:object ?value ; eco:assertionBasis ?why
              }}
              ?why skos:notation ?basis
            }}""",
    )
