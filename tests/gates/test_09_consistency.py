"""Gate 9: HermiT finds the ontology consistent, alone and with data, and the forbidden not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution, Layer
from ecosystem_graph.errors import InconsistentOntology
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.ontology import check_consistency

FIXTURES = Path(__file__).parents[1] / "fixtures"
HARD_CASES = FIXTURES / "inference" / "hard-cases" / "data.ttl"
INCONSISTENT = sorted((FIXTURES / "inconsistent").glob("*.ttl"))
CONSISTENT = sorted((FIXTURES / "consistent").glob("*.ttl"))


@pytest.fixture(scope="module")
def ontology(contributions: list[Contribution]) -> list[Triple]:
    (found,) = (c for c in contributions if c.graph == names.ONTOLOGY_GRAPH)
    return list(found.triples)


def test_the_ontology_is_consistent_and_every_class_can_have_members(
    ontology: list[Triple],
) -> None:
    assert check_consistency(ontology) > 3000


def test_the_ontology_and_all_facts_of_documents_and_pages_are_consistent(
    ontology: list[Triple], contributions: list[Contribution]
) -> None:
    facts = [
        triple
        for contribution in contributions
        if contribution.layer in (Layer.DOCUMENTS, Layer.PUBLIC)
        and not contribution.graph.value.endswith("/indicators")
        for triple in contribution.triples
    ]
    assert len(facts) > 5000
    check_consistency([*ontology, *facts])


@pytest.mark.parametrize("path", INCONSISTENT, ids=lambda path: path.stem)
def test_what_must_not_be_is_inconsistent(path: Path, ontology: list[Triple]) -> None:
    with pytest.raises(InconsistentOntology):
        check_consistency([*ontology, *read_rdf(path)])


@pytest.mark.parametrize("path", CONSISTENT, ids=lambda path: path.stem)
def test_what_may_be_is_consistent(path: Path, ontology: list[Triple]) -> None:
    check_consistency([*ontology, *read_rdf(path)])


def test_the_six_cases_that_are_easily_modelled_wrong_are_consistent(
    ontology: list[Triple],
) -> None:
    cases = read_rdf(HARD_CASES)
    assert len(cases) > 60
    assert check_consistency([*ontology, *cases]) > len(ontology) + 60


def test_one_of_them_modelled_wrong_is_not(ontology: list[Triple], tmp_path: Path) -> None:
    path = tmp_path / "wrong.ttl"
    path.write_text(names.TURTLE_PROLOGUE + "<id/pool/opi-els2> a eco:Award .", encoding="utf-8")
    with pytest.raises(InconsistentOntology):
        check_consistency([*ontology, *read_rdf(HARD_CASES), *read_rdf(path)])


def test_a_class_that_can_have_no_member_is_named(ontology: list[Triple], tmp_path: Path) -> None:
    path = tmp_path / "impossible.ttl"
    path.write_text(
        names.TURTLE_PROLOGUE
        + "eco:Impossible a owl:Class ; rdfs:subClassOf eco:Region , eco:StatisticalUnit .",
        encoding="utf-8",
    )
    with pytest.raises(InconsistentOntology, match="eco:Impossible"):
        check_consistency([*ontology, *read_rdf(path)])


def test_there_are_as_many_fixtures_as_were_written() -> None:
    assert (len(INCONSISTENT), len(CONSISTENT)) == (19, 4)
