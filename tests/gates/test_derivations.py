"""Every derived value is recomputed by the stored query that it names."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ecosystem_graph import resources
from ecosystem_graph.engine import Graph, Library
from ecosystem_graph.queries import NamedQuery, Scope

METHODS = list(Library(resources.QUERIES / "derivations"))
DERIVED = {
    "mean-weighted-by-gdp": 53,
    "mean-weighted-by-population": 247,
    "personnel-per-100k": 32,
    "ratio-of-sums": 44,
    "sum-of-parts": 146,
    "sum-per-100k": 4,
}
RECOUNTS = {
    "fund-applications-of-the-year": 6,
    "fund-applications-listed": 8,
    "network-participants-sum": 104,
}
"""Queries that stand in the data, each with the figure that it recounts from the report."""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.slug)
def test_the_values_are_recomputed_to_their_last_digit(method: NamedQuery, graph: Graph) -> None:
    rows = graph.ask(method).rows
    assert len(rows) == DERIVED[method.slug]
    assert [row for row in rows if not _agree(row[1], row[2])] == []


def test_every_derived_value_names_one_of_the_methods(graph: Graph) -> None:
    answer = graph.query(
        """
        SELECT ?method (COUNT(*) AS ?values) WHERE {
          ?observation eco:derivedByQuery ?method ;
                       qb:dataSet <cube/regional-indicators> .
        } GROUP BY ?method
        """
    )
    assert {str(m).rpartition("/")[2]: n for m, n in answer.rows} == DERIVED


def test_the_queries_in_the_data_are_those_known(graph: Graph) -> None:
    answer = graph.query(
        "SELECT ?query WHERE { ?query eco:queryText ?text }", scope=Scope.DOCUMENTS
    )
    found = {str(query).rpartition("/")[2] for (query,) in answer.rows}
    assert found == RECOUNTS.keys()


@pytest.mark.parametrize("recount", RECOUNTS)
def test_a_figure_of_the_report_is_recounted_by_the_query_in_the_data(
    recount: str, graph: Graph
) -> None:
    ((text,),) = graph.query(
        f"SELECT ?text WHERE {{ <query/{recount}> a eco:StoredQuery ; eco:queryText ?text }}",
        scope=Scope.DOCUMENTS,
    ).rows
    ((counted,),) = graph.query(str(text), scope=Scope.DOCUMENTS).rows
    ((stored,),) = graph.query(
        f"""SELECT ?value WHERE {{
              ?figure eco:derivedByQuery <query/{recount}> ; sdmx-measure:obsValue ?value
            }}""",
        scope=Scope.DOCUMENTS,
    ).rows
    assert (counted, stored) == (RECOUNTS[recount], RECOUNTS[recount])


def test_a_value_beyond_its_last_digit_would_be_noticed() -> None:
    assert _agree(Decimal("2.88"), 2.8849)
    assert not _agree(Decimal("2.88"), 2.8851)
    assert not _agree(Decimal("2.88"), None)


def _agree(stored: object, computed: object) -> bool:
    """Tell whether a computed value rounds to the stored one, at the stored one's last digit."""
    if computed is None:
        return False
    value = Decimal(str(stored))
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal(1).scaleb(exponent) / 2
    return abs(value - Decimal(str(computed))) <= half * Decimal("1.0001")
