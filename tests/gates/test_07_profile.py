"""Gate 7: the ontology is in OWL 2 DL and in OWL 2 RL, asked of the OWL API.

The OWL API comes with HermiT, which comes with owlready2; no network is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jpype
import owlready2
import pytest
from pyoxigraph import RdfFormat, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution, in_bytes
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import term


class Profiles(NamedTuple):
    """How many axioms the OWL API read, and those of them that each profile does not have."""

    axioms: int
    violations: dict[str, list[str]]


AskProfiles = Callable[[list[Triple]], Profiles]

BAD = {
    "a date as range": "eco:p a owl:DatatypeProperty ; rdfs:range xsd:date .",
    "a functional chain head": (
        "eco:p a owl:ObjectProperty , owl:FunctionalProperty ; "
        "owl:propertyChainAxiom ( eco:hasParticipation eco:participant ) ."
    ),
    "a union as domain": (
        "eco:p a owl:ObjectProperty ; "
        "rdfs:domain [ a owl:Class ; owl:unionOf ( eco:Project eco:Event ) ] ."
    ),
    "anything as range": "eco:p a owl:ObjectProperty ; rdfs:range owl:Thing .",
    "a text with a language as range": "eco:p a owl:DatatypeProperty ; rdfs:range rdf:langString .",
    "a subclass of a statement": "eco:C a owl:Class ; rdfs:subClassOf rdf:Statement .",
    "a property of two kinds": "eco:p a owl:AnnotationProperty , owl:ObjectProperty .",
}
# This OWL API (3.4) lets any XML Schema datatype pass as DL; RL names the date.
NOT_DL = (
    "a functional chain head",
    "a text with a language as range",
    "a subclass of a statement",
    "a property of two kinds",
)
NOT_RL = tuple(BAD)


@pytest.fixture(scope="module")
def profiles() -> AskProfiles:
    """Ask whether an ontology is in both profiles."""
    if not jpype.isJVMStarted():
        jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
        jpype.startJVM(classpath=[str(jar)], convertStrings=True)
    api = jpype.JPackage("org").semanticweb.owlapi
    source = jpype.JClass("org.semanticweb.owlapi.io.StringDocumentSource")

    def ask(triples: list[Triple]) -> Profiles:
        manager = api.apibinding.OWLManager.createOWLOntologyManager()
        text = in_bytes(triples, RdfFormat.RDF_XML).decode()
        ontology = manager.loadOntologyFromOntologyDocument(source(text))
        violations = {
            name: sorted(str(v) for v in profile().checkOntology(ontology).getViolations())
            for name, profile in (
                ("DL", api.profiles.OWL2DLProfile),
                ("RL", api.profiles.OWL2RLProfile),
            )
        }
        return Profiles(int(ontology.getAxiomCount()), violations)

    return ask


def test_the_ontology_is_in_both_profiles(
    contributions: list[Contribution], profiles: AskProfiles
) -> None:
    found = profiles(_ontology(contributions))
    assert found.violations == {"DL": [], "RL": []}
    assert found.axioms > 1700


@pytest.mark.parametrize("fault", BAD)
def test_an_axiom_outside_a_profile_is_found(
    fault: str, contributions: list[Contribution], profiles: AskProfiles, tmp_path: Path
) -> None:
    path = tmp_path / "bad.ttl"
    path.write_text(names.TURTLE_PROLOGUE + BAD[fault], encoding="utf-8")
    found = profiles([*_ontology(contributions), *read_rdf(path)]).violations
    assert bool(found["DL"]) == (fault in NOT_DL)
    assert bool(found["RL"]) == (fault in NOT_RL)


def _ontology(contributions: list[Contribution]) -> list[Triple]:
    """Return the axioms under one bare header: dates in a header are no part of a profile."""
    (ontology,) = (c for c in contributions if c.graph == names.ONTOLOGY_GRAPH)
    header = names.iri("ns")
    return [
        Triple(header, term("rdf:type"), term("owl:Ontology")),
        *(
            triple
            for triple in ontology.triples
            if triple.subject != header and not triple.subject.value.startswith(f"{header.value}/")
        ),
    ]
