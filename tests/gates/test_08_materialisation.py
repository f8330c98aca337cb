"""Gate 8: the seven rules infer all that follows from the ontology, and nothing else.

They are held to expected files, to owlrl (an OWL 2 RL reasoner that shares no line with them),
and to themselves: order and layers of the data make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path

import owlrl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
)
from rdflib import Graph
from rdflib import Literal as RdflibLiteral
from rdflib import URIRef as RdflibIri

from ecosystem_graph import resources
from ecosystem_graph.contribution import Contribution, Layer, in_bytes
from ecosystem_graph.inference import Materialiser
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, PREFIXES, term
from gates_support import triples_of

pytestmark = pytest.mark.xdist_group("materialisation")  # one worker infers what follows

FIXTURES = Path(__file__).parents[1] / "fixtures" / "inference"
TOPICS = sorted(path.name for path in FIXTURES.iterdir())
LANGUAGES = tuple(PREFIXES[prefix] for prefix in ("rdf", "rdfs", "owl"))

CHAINS = {
    "chain-01-site-in-larger-places": "eco:siteIn",
    "chain-02-based-in": "eco:basedIn",
    "chain-03-has-participant": "eco:hasParticipant",
    "chain-04-active-in": "eco:activeIn",
    "chain-05-transferred-to": "eco:transferredTo",
    "chain-06-builds-on": "eco:buildsOn",
    "chain-07-learns-from": "eco:learnsFrom",
    "chain-08-improves": "eco:improves",
    "chain-09-awarded-under": "eco:awardedUnder",
    "chain-10-funded-under": "eco:fundedUnder",
}

COVERAGE = """
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT ?term ?why WHERE {
  { ?term owl:equivalentClass ?x . BIND ("equivalent class" AS ?why) }
  UNION { ?term owl:equivalentProperty ?x . BIND ("equivalent property" AS ?why) }
  UNION { ?term owl:hasKey ?x . BIND ("key" AS ?why) }
  UNION { ?term a owl:SymmetricProperty . BIND ("symmetric" AS ?why) }
  UNION { ?term a owl:InverseFunctionalProperty . BIND ("inverse functional" AS ?why) }
  UNION { ?term rdfs:subClassOf ?x . FILTER (isBlank(?x)) BIND ("restriction" AS ?why) }
  UNION { ?term rdfs:domain|rdfs:range ?x . FILTER (isBlank(?x))
          BIND ("complex domain or range" AS ?why) }
  UNION { ?term owl:propertyChainAxiom ?x .
          FILTER NOT EXISTS { ?x rdf:rest/rdf:rest rdf:nil }
          BIND ("chain is not of two links" AS ?why) }
  UNION { ?term rdfs:subPropertyOf rdf:type . BIND ("property below rdf:type" AS ?why) }
  UNION { rdf:type rdfs:subPropertyOf ?term . BIND ("property above rdf:type" AS ?why) }
}
"""
"""Axioms of a kind that the seven rules do not know."""


@cache
def axioms() -> tuple[Triple, ...]:
    """The ontology without its labels, which nothing follows from."""
    files = sorted(resources.ONTOLOGY.glob("*.ttl"))
    return tuple(
        triple
        for path in files
        for triple in read_rdf(path)
        if not (isinstance(triple.object, Literal) and triple.object.language)
    )


@cache
def read(topic: str, name: str) -> frozenset[Triple]:
    """Return a file of a fixture, its literals as a store writes them."""
    store = Store()
    store.extend(Quad(*triple) for triple in read_rdf(FIXTURES / topic / f"{name}.ttl"))
    return frozenset(quad.triple for quad in store)


def closure(*layers: Iterable[Triple], ontology: Iterable[Triple] = ()) -> frozenset[Triple]:
    """Return some triples and everything that the rules infer from them, layer by layer."""
    materialiser = Materialiser(ontology or axioms())
    for layer in layers:
        materialiser.add(layer)
        materialiser.infer()
    return in_store(materialiser)


def in_store(materialiser: Materialiser) -> frozenset[Triple]:
    quads = materialiser.store.quads_for_pattern(None, None, None, DefaultGraph())
    return frozenset(quad.triple for quad in quads)


# What is expected


@pytest.mark.parametrize("topic", TOPICS)
def test_all_that_is_expected_follows_and_nothing_that_must_not(topic: str) -> None:
    expected, forbidden = read(topic, "expected"), read(topic, "not-expected")
    found = closure(read(topic, "data"))
    assert expected
    assert forbidden
    assert not expected & read(topic, "data"), "what is expected must not be stated"
    assert (expected - found, forbidden & found) == (set(), set())


def test_the_fixtures_are_the_chains_that_the_ontology_declares() -> None:
    heads = {t.subject for t in axioms() if t.predicate == term("owl:propertyChainAxiom")}
    assert heads == {term(head) for head in CHAINS.values()}
    assert sorted(CHAINS) == [topic for topic in TOPICS if topic.startswith("chain-")]
    assert len(CHAINS) == 10


@pytest.mark.parametrize("topic", CHAINS)
def test_without_its_chain_what_is_expected_does_not_follow(topic: str) -> None:
    chain = term("owl:propertyChainAxiom")
    weaker = [t for t in axioms() if (t.subject, t.predicate) != (term(CHAINS[topic]), chain)]
    assert len(weaker) == len(axioms()) - 1
    assert not read(topic, "expected") & closure(read(topic, "data"), ontology=weaker)


# Equal to owlrl


def by_value(lexical: str, datatype: str) -> object:
    """Return a literal as its value, since stores and reasoners write numbers each their way."""
    is_number = datatype.endswith(("#decimal", "#integer"))
    return (Decimal(lexical) if is_number else lexical, datatype)


def ours(triples: Iterable[Triple], ontology: Iterable[Triple]) -> set[tuple[object, ...]]:
    found = set()
    for t in closure(triples, ontology=ontology):
        value: object = str(getattr(t.object, "value", t.object))
        if isinstance(t.object, Literal):
            value = by_value(t.object.value, t.object.datatype.value)
        if isinstance(t.subject, NamedNode):
            found.add((t.subject.value, t.predicate.value, value))
    return worth_comparing(found, ontology)


def of_owlrl(triples: Iterable[Triple], ontology: Iterable[Triple]) -> set[tuple[object, ...]]:
    graph = Graph()
    for part in (ontology, triples):
        graph.parse(data=in_bytes(part, RdfFormat.N_TRIPLES).decode(), format="nt")
    owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False
    ).expand(graph)
    found = set()
    for s, p, o in graph:
        value: object = str(o)
        if isinstance(o, RdflibLiteral):
            kind = "rdf:langString" if o.language else "xsd:string"
            value = by_value(str(o), str(o.datatype or term(kind).value))
        if isinstance(s, RdflibIri):
            found.add((str(s), str(p), value))
    return worth_comparing(found, ontology)


def worth_comparing(
    found: set[tuple[object, ...]], ontology: Iterable[Triple]
) -> set[tuple[object, ...]]:
    """Leave out what we leave out on purpose: the ontology itself, and terms of the languages."""
    terms = {t.subject.value for t in ontology if isinstance(t.subject, NamedNode)}
    rdf_type, entity = term("rdf:type").value, term("prov:Entity").value
    return {
        (s, p, o)
        for s, p, o in found
        if s not in terms
        and not str(p).startswith(LANGUAGES[1:])
        and not (p == rdf_type and (str(o).startswith(LANGUAGES) or o == entity))
    }


def network(size: int) -> list[Triple]:
    """Return an invented network: partners in places, projects, money, practices and plans."""
    turtle = ["<id/region/r> eco:locatedIn <id/country/c> ."]
    for n in range(size):
        turtle += [
            f"<id/organisation/{n}> a eco:Company ; org:hasSite <id/site/{n}> .",
            f"<id/site/{n}> eco:siteIn <id/place/{n % 3}> .",
            f"<id/place/{n % 3}> eco:locatedIn <id/region/r> .",
            f"<id/project/{n // 6}> eco:hasParticipation <id/participation/{n}> .",
            f"<id/participation/{n}> eco:participant <id/organisation/{n}> .",
            f"<id/project/{n // 6}> eco:supportedBy <id/award/{n // 6}> .",
            f"<id/award/{n // 6}> eco:resultsFrom <id/application/{n // 6}> .",
            f"<id/application/{n // 6}> eco:submittedUnder <id/programme/p> .",
            f"<id/amount/{n}> eco:amountOf <id/award/{n // 6}> ; eco:amountValue {n}.50 .",
            f"<id/practice/{n}> eco:originatesIn <id/region/r> ; skos:prefLabel 'P{n}'@en .",
            f"<id/transfer/{n}> eco:ofPractice <id/practice/{n}> ; eco:toRegion <id/region/t> .",
            f"<id/plan/{n // 4}> eco:hasAction <id/plan-item/{n}> .",
            f"<id/plan-item/{n}> eco:inspiredBy <id/practice/{n}> ; eco:addresses <id/i/{n}> .",
        ]
    return triples_of("\n".join(turtle))


COMPARED = {
    "fixtures": lambda: [triple for topic in TOPICS for triple in read(topic, "data")],
    "network": lambda: network(30),
}


@pytest.mark.parametrize("case", COMPARED)
def test_the_rules_and_owlrl_infer_the_same(case: str) -> None:
    data = COMPARED[case]()
    mine, theirs = ours(data, axioms()), of_owlrl(data, axioms())
    assert (mine - theirs, theirs - mine) == (set(), set())
    assert len(mine) > 1.5 * len(data), "hardly anything was inferred"


def test_an_axiom_that_the_rules_do_not_know_makes_a_difference() -> None:
    """The comparison above can fail: owlrl knows symmetric properties, the rules do not."""
    odd = triples_of("eco:twinOf a owl:SymmetricProperty , owl:ObjectProperty .")
    data = triples_of("<id/region/a> eco:twinOf <id/region/b> .")
    pair = (f"{BASE}id/region/b", term("eco:twinOf").value, f"{BASE}id/region/a")
    assert of_owlrl(data, odd) - ours(data, odd) == {pair}


# All kinds of axioms are known


def unknown(triples: Iterable[Triple]) -> list[tuple[str, str]]:
    """Return the axioms that the rules do not know, each with its term."""
    store = Store()
    store.extend(Quad(*triple) for triple in triples)
    rows = store.query(COVERAGE)
    assert isinstance(rows, QuerySolutions)
    return sorted((str(row["term"].value), str(row["why"].value)) for row in rows)


def test_the_ontology_has_no_kind_of_axiom_that_the_rules_do_not_know() -> None:
    assert len(axioms()) > 1000
    assert unknown(axioms()) == []


def test_each_unknown_kind_of_axiom_is_found() -> None:
    bad = triples_of(
        """
        eco:a owl:equivalentClass eco:x .
        eco:b owl:equivalentProperty eco:x .
        eco:c owl:hasKey ( eco:x ) .
        eco:d a owl:SymmetricProperty .
        eco:e a owl:InverseFunctionalProperty .
        eco:f rdfs:subClassOf [ a owl:Restriction ] .
        eco:g rdfs:domain [ owl:unionOf ( eco:x eco:y ) ] .
        eco:h owl:propertyChainAxiom ( eco:x eco:y eco:z ) .
        eco:i rdfs:subPropertyOf rdf:type .
        rdf:type rdfs:subPropertyOf eco:j .
        eco:fine rdfs:subClassOf eco:x ; owl:propertyChainAxiom ( eco:x eco:y ) .
        """
    )
    found = [(name.partition("#")[2], why) for name, why in unknown(bad)]
    assert found == [
        ("a", "equivalent class"),
        ("b", "equivalent property"),
        ("c", "key"),
        ("d", "symmetric"),
        ("e", "inverse functional"),
        ("f", "restriction"),
        ("g", "complex domain or range"),
        ("h", "chain is not of two links"),
        ("i", "property below rdf:type"),
        ("j", "property above rdf:type"),
    ]


# The way there


@pytest.fixture(scope="module")
def published(contributions: list[Contribution]) -> tuple[int, Materialiser]:
    """Everything that is published: how much is stated, and all that follows."""
    served = (Layer.SCHEMES, Layer.DOCUMENTS, Layer.PUBLIC)
    stated = {t for c in contributions if c.layer in served for t in c.triples}
    materialiser = Materialiser(axioms())
    materialiser.add(stated)
    materialiser.infer()
    return len(stated), materialiser


def test_the_closure_of_what_is_published_does_not_get_out_of_hand(
    published: tuple[int, Materialiser],
) -> None:
    stated, materialiser = published
    share = len(in_store(materialiser)) / stated
    assert stated > 10_000
    assert 1 < share < 6, f"{share:.2f} times what is stated"


def test_a_second_pass_adds_nothing(published: tuple[int, Materialiser]) -> None:
    _, materialiser = published
    before = in_store(materialiser)
    assert materialiser.infer() == []
    assert in_store(materialiser) == before


def test_what_tells_a_reader_nothing_is_left_out(published: tuple[int, Materialiser]) -> None:
    _, materialiser = published
    entity = Triple(NamedNode(f"{BASE}id/region/x"), term("rdf:type"), term("prov:Entity"))
    types = {t.object for t in in_store(materialiser) if t.predicate == term("rdf:type")}
    assert entity.object not in types
    assert term("foaf:Agent") in types
    assert entity in closure([entity]), "what is stated stays"


def test_inferred_triples_are_new_each_time_and_never_stated_ones() -> None:
    materialiser = Materialiser(axioms())
    first, second = read("chain-01-site-in-larger-places", "data"), read("ten-chains", "data")
    materialiser.add(first)
    inferred = set(materialiser.infer())
    materialiser.add(second)
    later = set(materialiser.infer())
    assert inferred
    assert later
    assert not inferred & later
    assert not (inferred | later) & (first | second)


def test_a_thing_is_not_put_inside_itself() -> None:
    circle = triples_of(
        "<id/place/a> eco:locatedIn <id/place/b> . <id/place/b> eco:locatedIn <id/place/a> ."
    )
    loops = [t for t in closure(circle) if t.subject == t.object]
    assert loops == []


def test_a_loop_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecosystem_graph.inference.materialise.MAX_ROUNDS", 1)
    with pytest.raises(RuntimeError, match="no fixpoint after 1 rounds"):
        closure(read("ten-chains", "data"))


@cache
def all_fixtures() -> tuple[tuple[Triple, ...], frozenset[Triple]]:
    data = read("ten-chains", "data") | read("hard-cases", "data")
    return tuple(sorted(data, key=str)), closure(data)


@settings(max_examples=30, deadline=None)
@given(
    order=st.permutations(range(len(all_fixtures()[0]))),
    cuts=st.lists(st.integers(0, len(all_fixtures()[0])), max_size=4),
)
def test_order_and_layers_make_no_difference(order: Sequence[int], cuts: list[int]) -> None:
    data, expected = all_fixtures()
    edges = [0, *sorted(cuts), len(data)]
    layers = [[data[n] for n in order[start:end]] for start, end in pairwise(edges)]
    assert closure(*layers) == expected


def test_blank_nodes_are_nobodys_subject_in_what_is_inferred() -> None:
    materialiser = Materialiser(axioms())
    materialiser.add([Triple(BlankNode("x"), term("rdf:type"), term("eco:LivingLab"))])
    assert materialiser.infer() == []
