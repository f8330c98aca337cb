"""Which records are checked against which shapes, and exactly what is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store

from ecosystem_graph.gate import Problem, Severity, Shapes, validate
from ecosystem_graph.names import BASE, TURTLE_PROLOGUE
from ecosystem_graph.releases import check_file
from mini import make_repository

# Invented shapes in two modules, one for each kind of target.
SHAPES = """
<shapes/a#> sh:declare [ sh:prefix "eco" ; sh:namespace "https://w3id.org/ecosystem-graph/ns#" ] .

<shapes/a#A-01> a sh:NodeShape ; dcterms:identifier "A-01" ; sh:targetClass eco:Project ;
    vann:usageNote "Write it."@en ; sh:message "Whole."@en ;
    sh:property <shapes/a#A-01-acronym> .
<shapes/a#A-01-acronym> a sh:PropertyShape ; sh:path eco:acronym ; sh:minCount 1 .

<shapes/b#B-01> a sh:NodeShape ; dcterms:identifier "B-01" ;
    sh:targetSubjectsOf eco:taskLeader ; sh:targetObjectsOf eco:taskLeader ;
    sh:message "Led by {?leader}."@en ; sh:severity sh:Info ; sh:sparql <shapes/b#B-01-led> .
<shapes/b#B-01-led> a sh:SPARQLConstraint ; sh:prefixes <shapes/a#> ;
    sh:select '''SELECT $this ?leader WHERE { $this eco:taskLeader ?leader }''' .
"""
DATA = "<id/x> a eco:Project ; eco:taskLeader <id/y> ."


def _store(turtle: str) -> Store:
    store = Store()
    store.load((TURTLE_PROLOGUE + turtle).encode(), format=RdfFormat.TURTLE)
    return store


@pytest.fixture
def shapes() -> Shapes:
    return Shapes(quad.triple for quad in _store(SHAPES))


def test_a_finding_has_all_its_parts(shapes: Shapes) -> None:
    """A part of a rule without message or severity has its rule's, else is a violation."""
    assert validate(_store(DATA), shapes) == [
        Problem(
            rule="A-01",
            shape="A-01-acronym",
            severity=Severity.Violation,
            focus=BASE + "id/x",
            messages={"en": "Whole."},
            remedies={"en": "Write it."},
        ),
        Problem(
            rule="B-01",
            shape="B-01-led",
            severity=Severity.Info,
            focus=BASE + "id/x",
            messages={"en": "Led by id/y."},
            remedies={},
        ),
    ]


def test_data_that_fits_has_no_finding(shapes: Shapes) -> None:
    assert validate(_store('<id/x> a eco:Project ; eco:acronym "X" .'), shapes) == []


def test_every_kind_of_target_is_looked_at(shapes: Shapes) -> None:
    circle = _store("<id/x> eco:taskLeader <id/y> . <id/y> eco:taskLeader <id/x> .")
    found = [
        (problem.rule, problem.focus.removeprefix(BASE)) for problem in validate(circle, shapes)
    ]
    assert len(shapes.constraints) == 2
    assert found == [("B-01", "id/x"), ("B-01", "id/y")]


def test_named_graphs_are_not_looked_at(shapes: Shapes) -> None:
    store = _store("")
    store.load(
        (TURTLE_PROLOGUE + DATA).encode(), format=RdfFormat.TURTLE, to_graph=NamedNode("x:g")
    )
    assert validate(store, shapes) == []
    store.add_graph(DefaultGraph())
    store.load((TURTLE_PROLOGUE + DATA).encode(), format=RdfFormat.TURTLE)
    assert len(validate(store, shapes)) == 2


def test_modules_and_single_rules_can_be_taken_out(shapes: Shapes) -> None:
    parts = [shapes.of("a"), shapes.without("a"), shapes.only("B-01"), shapes.of("a", "b")]
    assert [sorted(part.rules) for part in parts] == [
        ["A-01"],
        ["B-01"],
        ["B-01"],
        ["A-01", "B-01"],
    ]
    assert [len(validate(_store(DATA), part)) for part in parts] == [1, 1, 1, 2]


def test_a_record_without_a_name_of_its_own_is_told_too(shapes: Shapes) -> None:
    found = validate(_store("[] a eco:Project ; eco:taskLeader <id/y> ."), shapes)
    assert [problem.rule for problem in found] == ["A-01", "B-01"]
    (focus,) = {problem.focus for problem in found}
    assert focus.startswith("_:")


@pytest.mark.parametrize("subject", ["<id/region/z>", "[]"], ids=["named", "nameless"])
def test_a_file_is_checked_with_all_its_records(tmp_path: Path, subject: str) -> None:
    path = tmp_path / "regions.ttl"
    path.write_text(TURTLE_PROLOGUE + f"{subject} a eco:Region .", encoding="utf-8")
    problems = check_file(make_repository(tmp_path / "repository"), path)
    assert [problem.rule for problem in problems] == ["CORE-02", "PLA-01", "CORE-03"]
