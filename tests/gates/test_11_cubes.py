"""Gate 11: the cubes keep the integrity constraints of the Data Cube vocabulary that apply.

Constraints 7 to 10 and 18 speak of slices, 15 to 17 of measure dimensions, 19b of collections,
20 and 21 of hierarchical code lists: the cubes use none of them, which is checked too.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, RdfFormat, Store

from ecosystem_graph import resources
from ecosystem_graph.engine import Graph
from ecosystem_graph.names import short
from ecosystem_graph.queries import read_query

pytestmark = pytest.mark.xdist_group("cubes")  # one worker loads the release

FIXTURES = Path(__file__).parents[1] / "fixtures" / "cubes"
SOUND = (FIXTURES / "sound.ttl").read_text(encoding="utf-8")

CONSTRAINTS = {
    path.stem: read_query(path)
    for pattern in ("ic-*.rq", "cube-*.rq")
    for path in sorted((resources.QUERIES / "verify").glob(pattern))
}

IN_USE = """
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?more WHERE {
  { ?cube qb:slice ?slice . BIND ("7 to 10 and 18" AS ?more) }
  UNION { ?structure qb:sliceKey ?key . BIND ("7 to 10 and 18" AS ?more) }
  UNION { ?component qb:componentProperty qb:measureType . BIND ("15 to 17" AS ?more) }
  UNION { ?dimension qb:codeList ?list . ?list a skos:Collection . BIND ("19b" AS ?more) }
  UNION { ?list a qb:HierarchicalCodeList . BIND ("20 and 21" AS ?more) }
}
ORDER BY ?more
"""
"""Which further constraints apply."""

DIMENSIONS = """
PREFIX qb: <http://purl.org/linked-data/cube#>
SELECT DISTINCT ?dimension WHERE {
  ?structure qb:component/qb:componentProperty ?dimension .
  ?dimension a qb:DimensionProperty .
}
ORDER BY ?dimension
"""

FIRST = "<id/observation/x.1> a qb:Observation ;\n    qb:dataSet <cube/x> ;\n"
SECOND_CUBE = "<cube/y> a qb:DataSet ; qb:structure <cube/x/structure> ."

# For each constraint: a small change to the sound cube that breaks it, and what is then at fault.
BREAKS = [
    ("ic-01-one-cube", "qb:dataSet <cube/x> ;", "", "id/observation/x.1"),
    (
        "ic-01-one-cube",
        FIRST,
        SECOND_CUBE + FIRST.replace("<cube/x>", "<cube/x> , <cube/y>"),
        "id/observation/x.1",
    ),
    ("ic-02-one-structure", " ;\n    qb:structure <cube/x/structure>", "", "cube/x"),
    (
        "ic-02-one-structure",
        "qb:structure <cube/x/structure>",
        "qb:structure <cube/x/structure> , <cube/y/structure>",
        "cube/x",
    ),
    ("ic-03-a-measure", " , <cube/x/structure/value>", "", "cube/x/structure"),
    (
        "ic-04-dimensions-have-a-range",
        " ;\n    rdfs:range eco:TimeExtent",
        "",
        "eco:refPeriod",
    ),
    (
        "ic-05-concept-dimensions-have-a-code-list",
        " ;\n    qb:codeList <scheme/value-basis>",
        "",
        "eco:valueBasis",
    ),
    (
        "ic-06-only-attributes-are-optional",
        "qb:componentProperty eco:refArea",
        "qb:componentProperty eco:refArea ; qb:componentRequired false",
        "cube/x/structure/area",
    ),
    ("ic-11-all-dimensions", "    eco:refPeriod <id/time/2021> ;\n", "", "id/observation/x.1"),
    ("ic-12-no-duplicates", "<id/time/2022>", "<id/time/2021>", "cube/x"),
    (
        "ic-13-required-attributes",
        " ;\n    sdmx-attribute:unitMeasure <scheme/unit/x>",
        "",
        "id/observation/x.1",
    ),
    ("ic-14-all-measures", "    sdmx-measure:obsValue 1.0 ;\n", "", "id/observation/x.1"),
    (
        "ic-19a-codes-are-in-their-list",
        "eco:valueBasis <scheme/value-basis/x>",
        "eco:valueBasis <scheme/value-basis/y>",
        "id/observation/x.1",
    ),
    (
        "cube-unit-of-the-indicator",
        "sdmx-attribute:unitMeasure <scheme/unit/x>",
        "sdmx-attribute:unitMeasure <scheme/unit/y>",
        "id/observation/x.1",
    ),
    (
        "cube-area-has-a-nuts-version",
        "eco:nutsVersion <scheme/nuts-version/x>",
        "eco:nutsVersion <scheme/nuts-version/y>",
        "id/observation/x.1 id/observation/x.2",
    ),
]


def rows(turtle: str, query: str) -> list[str]:
    """Return what a query finds in a piece of Turtle: the first column of each row."""
    store = Store()
    store.load(turtle.encode(), format=RdfFormat.TURTLE)
    solutions = store.query(query)
    assert isinstance(solutions, QuerySolutions)
    return [short(solution[0].value) for solution in solutions]


def faults(turtle: str) -> dict[str, list[str]]:
    """Return the constraints that a piece of Turtle breaks, with what is at fault."""
    found = {slug: rows(turtle, query.text) for slug, query in CONSTRAINTS.items()}
    return {slug: at_fault for slug, at_fault in found.items() if at_fault}


def test_each_constraint_that_applies_is_there_with_a_title_in_three_languages() -> None:
    numbers = [slug.split("-")[1] for slug in CONSTRAINTS if slug.startswith("ic-")]
    assert numbers == ["01", "02", "03", "04", "05", "06", "11", "12", "13", "14", "19a"]
    assert all(query.titles.keys() == {"en", "da", "sv"} for query in CONSTRAINTS.values())


def test_there_are_observations_to_check(graph: Graph) -> None:
    rows_of_cubes = graph.query(
        "SELECT ?cube (COUNT(?o) AS ?n) WHERE { ?o qb:dataSet ?cube } GROUP BY ?cube ORDER BY ?cube"
    ).rows
    found = {short(str(cube)): int(str(number)) for cube, number in rows_of_cubes}
    assert found.keys() == {"cube/regional-indicators", "cube/reported-figures"}
    assert found["cube/regional-indicators"] > 6000
    assert found["cube/reported-figures"] > 40


@pytest.mark.parametrize("slug", CONSTRAINTS)
def test_the_cubes_keep_the_constraint(slug: str, graph: Graph) -> None:
    assert graph.query(CONSTRAINTS[slug].text).rows == []


def test_no_further_constraint_applies(graph: Graph) -> None:
    assert graph.query(IN_USE).rows == []


def test_what_would_make_further_constraints_apply_is_found() -> None:
    more = """
        <cube/x> qb:slice <slice/x> .
        <cube/x/structure/kind> qb:componentProperty qb:measureType .
        <scheme/area> a skos:Collection , qb:HierarchicalCodeList .
    """
    assert rows(SOUND + more, IN_USE) == ["15 to 17", "19b", "20 and 21", "7 to 10 and 18"]


def test_duplicates_are_looked_for_in_all_dimensions_of_the_cubes(graph: Graph) -> None:
    declared = {short(str(dimension)) for (dimension,) in graph.query(DIMENSIONS).rows}
    compared = re.findall(r"\beco:\w+", CONSTRAINTS["ic-12-no-duplicates"].text)
    assert declared == set(compared)
    assert len(declared) == 6


def test_a_sound_cube_breaks_nothing() -> None:
    assert faults(SOUND) == {}


@pytest.mark.parametrize(("slug", "old", "new", "at_fault"), BREAKS)
def test_a_small_fault_breaks_exactly_its_constraint(
    slug: str, old: str, new: str, at_fault: str
) -> None:
    assert old in SOUND
    assert faults(SOUND.replace(old, new, 1)) == {slug: at_fault.split()}


def test_each_constraint_has_a_fault_that_breaks_it() -> None:
    assert {slug for slug, *_ in BREAKS} == set(CONSTRAINTS)
