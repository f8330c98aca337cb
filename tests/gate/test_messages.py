"""What a person is told about a finding, in each language."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import RdfFormat, Store

from ecosystem_graph.gate import Problem, Severity, Shapes, validate
from ecosystem_graph.names import BASE, TURTLE_PROLOGUE

# Invented shapes: one of SHACL Core, two in SPARQL, and one that only informs.
SHAPES = """
<shapes/core#> sh:declare [
    sh:prefix "eco" ; sh:namespace "https://w3id.org/ecosystem-graph/ns#" ] .

<shapes/core#X-01> a sh:NodeShape ; dcterms:identifier "X-01" ; sh:targetClass eco:Project ;
    vann:usageNote "Write it."@en , "Skriv det."@da , "Skriv det här."@sv ;
    sh:property <shapes/core#X-01-acronym> .
<shapes/core#X-01-acronym> a sh:PropertyShape ; sh:path eco:acronym ; sh:maxLength 3 ;
    sh:severity sh:Warning ;
    sh:message "It is too long."@en , "Den er for lang."@da , "Den är för lång."@sv .

<shapes/core#X-02> a sh:NodeShape ; dcterms:identifier "X-02" ; sh:targetClass eco:Project ;
    vann:usageNote "Ask."@en ; sh:severity sh:Violation ; sh:sparql <shapes/core#X-02-same> .
<shapes/core#X-02-same> a sh:SPARQLConstraint ; sh:prefixes <shapes/core#> ;
    sh:message "Same as {?other}, {?count} times, {?nothing}."@en , "Som {?other}."@da ;
    sh:select '''SELECT $this ?other ?count WHERE {
        $this eco:buildsOnProject ?other . BIND (2 AS ?count) }''' .

<shapes/core#X-03> a sh:NodeShape ; dcterms:identifier "X-03" ; sh:targetClass eco:Project ;
    sh:property <shapes/core#X-03-acronym> .
<shapes/core#X-03-acronym> a sh:PropertyShape ; sh:path eco:acronym ; sh:maxCount 0 ;
    sh:severity sh:Info ; sh:message "There is one."@en .
"""

DATA = """
<id/project/x> a eco:Project ; eco:acronym "LONG" ; eco:buildsOnProject <id/project/y> .
"""


def store(turtle: str) -> Store:
    found = Store()
    found.load((TURTLE_PROLOGUE + turtle).encode(), format=RdfFormat.TURTLE)
    return found


@pytest.fixture
def problems() -> list[Problem]:
    shapes = Shapes(quad.triple for quad in store(SHAPES))
    return validate(store(DATA), shapes)


def test_the_worst_comes_first(problems: list[Problem]) -> None:
    assert [(p.severity, p.rule, p.shape) for p in problems] == [
        (Severity.Violation, "X-02", "X-02-same"),
        (Severity.Warning, "X-01", "X-01-acronym"),
        (Severity.Info, "X-03", "X-03-acronym"),
    ]


def test_a_message_and_its_remedy_are_in_the_language_asked_for(problems: list[Problem]) -> None:
    _, problem, _ = problems
    assert [(problem.message(lang), problem.remedy(lang)) for lang in ("en", "da", "sv")] == [
        ("It is too long.", "Write it."),
        ("Den er for lang.", "Skriv det."),
        ("Den är för lång.", "Skriv det här."),
    ]


def test_a_language_that_is_missing_falls_back_to_english(problems: list[Problem]) -> None:
    _, problem, _ = problems
    assert problem.message("fi") == problem.message() == "It is too long."
    assert problem.remedy("fi") == problem.remedy() == "Write it."


def test_what_has_no_remedy_says_none(problems: list[Problem]) -> None:
    assert problems[2].remedies == {}
    assert problems[2].line() == "Info X-03 id/project/x: There is one."


def test_variables_are_filled_in_every_language(problems: list[Problem]) -> None:
    assert problems[0].message("da") == "Som id/project/y."


def test_a_variable_that_has_no_value_stands_as_it_is(problems: list[Problem]) -> None:
    assert problems[0].message("en") == "Same as id/project/y, 2 times, {?nothing}."


def test_a_line_names_severity_rule_record_value_and_what_to_do(problems: list[Problem]) -> None:
    assert problems[1].line("sv") == (
        'Warning X-01 id/project/x ["LONG"]: Den är för lång. Skriv det här.'
    )


def test_a_finding_about_a_whole_record_has_no_value() -> None:
    shapes = """<shapes/core#X-04> a sh:NodeShape ; dcterms:identifier "X-04" ;
        sh:targetClass eco:Project ; sh:class eco:Event ; sh:message "No."@en ."""
    (problem,) = validate(store(DATA), Shapes(quad.triple for quad in store(shapes)))
    assert (problem.focus, problem.value) == (f"{BASE}id/project/x", None)


def test_a_finding_can_be_sent_as_json(problems: list[Problem]) -> None:
    assert json.loads(json.dumps(problems[1].as_dict())) == {
        "rule": "X-01",
        "shape": "X-01-acronym",
        "severity": "Warning",
        "record": f"{BASE}id/project/x",
        "value": '"LONG"',
        "messages": {"en": "It is too long.", "da": "Den er for lang.", "sv": "Den är för lång."},
        "remedies": {"en": "Write it.", "da": "Skriv det.", "sv": "Skriv det här."},
    }


def test_a_rule_that_breaks_twice_in_one_record_is_told_twice() -> None:
    twice = store(DATA)
    twice.extend(store('<id/project/x> eco:acronym "ALSO" .'))
    problems = validate(twice, Shapes(quad.triple for quad in store(SHAPES)).only("X-01"))
    assert [problem.value for problem in problems] == ['"ALSO"', '"LONG"']


def test_the_same_row_is_told_once() -> None:
    both = SHAPES.replace("sh:targetClass eco:Project", "sh:targetClass eco:Project, eco:Event")
    data = store(DATA + "<id/project/x> a eco:Event .")
    shapes = Shapes(quad.triple for quad in store(both)).only("X-02")
    assert len(shapes.constraints) == 2
    assert len(validate(data, shapes)) == 1


def test_a_value_that_is_a_record_is_shown_by_its_short_name() -> None:
    shapes = """<shapes/core#X-05> a sh:NodeShape ; dcterms:identifier "X-05" ;
        sh:targetClass eco:Project ; sh:property <shapes/core#X-05-a> .
        <shapes/core#X-05-a> sh:path eco:buildsOnProject ; sh:class eco:Event ;
        sh:severity sh:Info ; sh:message "No event."@en ."""
    (problem,) = validate(store(DATA), Shapes(quad.triple for quad in store(shapes)))
    assert problem.line() == "Info X-05 id/project/x [id/project/y]: No event."


def test_a_graph_without_records_has_no_findings() -> None:
    assert validate(Store(), Shapes(quad.triple for quad in store(SHAPES))) == []
