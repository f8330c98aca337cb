"""Gate 5: the schemes keep the conditions of SKOS and pass checks in the manner of qSKOS.

All concepts are looked at, also those that stand in the data: areas and strands of helix models.
Whether each label and definition is there in three languages is a shape too (SKO-01 to SKO-04);
here the whole of a scheme counts, which no shape sees.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pyoxigraph import NamedNode, Quad, QuerySolutions, Store, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution, Layer
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, PREFIXES, short
from ecosystem_graph.resources import ROOT
from gates_support import triples_of, unwaived, waivers

SKOS = PREFIXES["skos"]
OURS = "FILTER (STRSTARTS(STR(?x), STR(<scheme/>)))"
NAMES_ONLY = "FILTER NOT EXISTS { ?x a eco:HelixStrand }"
"""A strand is called what its source calls it, in the source's language, and not defined."""
ONE_LIST = """
    ?x skos:inScheme ?scheme . ?y skos:inScheme ?scheme .
    FILTER (STR(?x) < STR(?y))
    FILTER NOT EXISTS {
      ?x eco:strandOf ?model . ?y eco:strandOf ?rival . FILTER (?model != ?rival)
    }
"""
"""Two concepts of one scheme; strands count as one list only within their model."""

# For each check, in words: the pattern that finds faults, an invented fault, and its rows.
CHECKS = {
    "S9: something is a concept and a scheme": (
        "?x a skos:Concept , skos:ConceptScheme .",
        "<x> a skos:Concept , skos:ConceptScheme .",
        ["x"],
    ),
    "S13: a label is of two kinds at once": (
        """
        { ?x skos:prefLabel ?y ; skos:altLabel|skos:hiddenLabel ?y }
        UNION { ?x skos:altLabel ?y ; skos:hiddenLabel ?y }
        """,
        """
        <x> skos:prefLabel 'x'@en ; skos:altLabel 'x'@en , 'y'@en ; skos:hiddenLabel 'y'@en .
        <y> skos:prefLabel 'x'@en ; skos:altLabel 'x'@da .
        """,
        ["x x", "x y"],
    ),
    "S14: a concept has two preferred labels in a language": (
        """
        ?x skos:prefLabel ?one , ?other .
        FILTER (LANG(?one) = LANG(?other) && STR(?one) < STR(?other))
        """,
        "<x> skos:prefLabel 'x'@en , 'y'@en . <y> skos:prefLabel 'x'@en , 'y'@da .",
        ["x"],
    ),
    "S27: a concept is related to a broader one": (
        """
        ?x skos:related|^skos:related ?y .
        ?x (skos:broader|skos:broaderTransitive|^skos:narrower|^skos:narrowerTransitive)+ ?y .
        """,
        "<x> skos:broader <y> . <z> skos:narrower <y> ; skos:related <x> .",
        ["x z"],
    ),
    "S37: a collection is a concept or a scheme": (
        "?x a skos:Collection , ?y . FILTER (?y IN (skos:Concept, skos:ConceptScheme))",
        """
        <x> a skos:Collection , skos:Concept . <y> a skos:OrderedCollection , skos:ConceptScheme .
        skos:OrderedCollection rdfs:subClassOf skos:Collection .
        """,
        ["x skos:Concept", "y skos:ConceptScheme"],
    ),
    "S46: an exact match is a broader, narrower or related match too": (
        """
        ?x skos:exactMatch|^skos:exactMatch ?y .
        ?x skos:broadMatch|skos:narrowMatch|skos:relatedMatch ?y .
        """,
        "<x> skos:exactMatch <y> . <y> skos:broadMatch <x> . <x> skos:closeMatch <y> .",
        ["y x"],
    ),
    "a concept has no preferred label": (
        "?x a skos:Concept . FILTER NOT EXISTS { ?x skos:prefLabel ?label }",
        "<x> a skos:Concept ; skos:altLabel 'x' . <y> a skos:Concept ; skos:prefLabel 'y' .",
        ["x"],
    ),
    "a text of a concept is empty": (
        """
        ?x a skos:Concept ; ?y ?text .
        FILTER (isLiteral(?text) && !REGEX(STR(?text), "[^\\\\s]"))
        """,
        "<x> a skos:Concept ; skos:prefLabel ' '@en , 'x'@da ; skos:altLabel ''@en .",
        ["x skos:altLabel", "x skos:prefLabel"],
    ),
    "two concepts of one scheme share a label": (
        f"""
        {ONE_LIST}
        ?x skos:prefLabel|skos:altLabel ?one . ?y skos:prefLabel|skos:altLabel ?other .
        FILTER (LANG(?one) = LANG(?other) && LCASE(STR(?one)) = LCASE(STR(?other)))
        """,
        """
        <x> skos:inScheme <s> ; skos:prefLabel 'X'@en .
        <y> skos:inScheme <s> ; skos:altLabel 'x'@en .
        <z> skos:inScheme <s> ; skos:prefLabel 'x'@da .
        <v> skos:inScheme <t> ; skos:prefLabel 'x'@en .
        <a> skos:inScheme <s> ; skos:prefLabel 'a'@en ; eco:strandOf <m> .
        <b> skos:inScheme <s> ; skos:prefLabel 'a'@en ; eco:strandOf <n> .
        """,
        ["x y"],
    ),
    "a text of a concept holds a character that cannot be printed": (
        """
        ?x a skos:Concept ; ?y ?text .
        FILTER (isLiteral(?text) && REGEX(STR(?text), "\\\\p{C}"))
        """,
        "<x> a skos:Concept ; skos:prefLabel 'a\\u0007b'@en ; skos:altLabel 'a\\u00ADb' .",
        ["x skos:altLabel", "x skos:prefLabel"],
    ),
    "a label or a note has no language, or one that is none of ours": (
        """
        VALUES ?y { skos:prefLabel skos:altLabel skos:definition skos:scopeNote skos:editorialNote }
        ?x a skos:Concept ; ?y ?text .
        FILTER (!REGEX(LANG(?text), "^(da|de|en|fi|fr|hu|it|nl|pl|pt|sv)$"))
        """,
        "<x> a skos:Concept ; skos:prefLabel 'x' , 'x'@en ; skos:definition 'X.'@dk .",
        ["x skos:definition", "x skos:prefLabel"],
    ),
    "a concept has no label in one of the three languages": (
        f"""
        ?x a skos:Concept . {NAMES_ONLY}
        VALUES ?y {{ "en" "da" "sv" }}
        FILTER NOT EXISTS {{ ?x skos:prefLabel ?label FILTER (LANG(?label) = ?y) }}
        """,
        """
        <x> a skos:Concept ; skos:prefLabel 'x'@en , 'x'@sv .
        <y> a skos:Concept , eco:HelixStrand ; skos:prefLabel 'y'@en .
        """,
        ["x da"],
    ),
    "a concept of ours has no definition and no note": (
        f"""
        ?x a skos:Concept . {OURS} {NAMES_ONLY}
        FILTER NOT EXISTS {{ ?x a eco:StatisticalUnit }}
        FILTER NOT EXISTS {{ ?x skos:definition|skos:scopeNote|skos:note ?text }}
        """,
        """
        <scheme/a/x> a skos:Concept . cur:DKK a skos:Concept .
        <scheme/a/y> a skos:Concept ; skos:definition 'Y.'@en .
        """,
        ["scheme/a/x"],
    ),
    "a concept cannot be reached from the top of its scheme": (
        f"""
        ?x a skos:Concept ; skos:inScheme ?y . {OURS} {NAMES_ONLY}
        FILTER NOT EXISTS {{ ?x (skos:broader|^skos:narrower)*/skos:topConceptOf ?y }}
        """,
        """
        <scheme/a/x> a skos:Concept ; skos:inScheme <scheme/a> ; skos:related <scheme/a/y> .
        <scheme/a/y> a skos:Concept ; skos:inScheme <scheme/a> ; skos:broader <scheme/a/z> .
        <scheme/a/z> a skos:Concept ; skos:inScheme <scheme/a> ; skos:topConceptOf <scheme/a> .
        """,
        ["scheme/a/x scheme/a"],
    ),
    "a concept is broader than itself, at whatever distance": (
        "?x (skos:broader|^skos:narrower)+ ?x .",
        "<x> skos:broader <y> . <x> skos:narrower <y> . <z> skos:broader <y> .",
        ["x", "y"],
    ),
    "two concepts are related and under the same broader one": (
        "?x skos:related ?y . ?x skos:broader ?up . ?y skos:broader ?up .",
        "<x> skos:related <y> , <z> ; skos:broader <u> . <y> skos:broader <u> .",
        ["x y"],
    ),
    "a transitive relation is written down, which is for readers to infer": (
        "?x skos:broaderTransitive|skos:narrowerTransitive|skos:semanticRelation ?y .",
        "<x> skos:broaderTransitive <y> ; skos:broader <z> .",
        ["x y"],
    ),
    "only one side says that a concept is at the top": (
        """
        { ?y skos:hasTopConcept ?x FILTER NOT EXISTS { ?x skos:topConceptOf ?y } }
        UNION { ?x skos:topConceptOf ?y FILTER NOT EXISTS { ?y skos:hasTopConcept ?x } }
        """,
        """
        <s> skos:hasTopConcept <x> , <z> .
        <y> skos:topConceptOf <s> . <z> skos:topConceptOf <s> .
        """,
        ["x s", "y s"],
    ),
    "a concept is linked to itself": (
        """
        VALUES ?y { skos:broader skos:narrower skos:related skos:exactMatch skos:closeMatch
                    skos:broadMatch skos:narrowMatch skos:relatedMatch dcterms:replaces }
        ?x ?y ?x .
        """,
        "<x> skos:related <x> , <y> ; skos:closeMatch <x> .",
        ["x skos:closeMatch", "x skos:related"],
    ),
    "a broader concept is named that is reached another way": (
        "?x skos:broader ?y . ?x skos:broader/skos:broader+ ?y .",
        "<x> skos:broader <y> , <z> . <y> skos:broader <z> .",
        ["x z"],
    ),
    "a scheme of ours has no top concept": (
        f"?x a skos:ConceptScheme . {OURS} FILTER NOT EXISTS {{ ?x skos:hasTopConcept ?top }}",
        """
        <scheme/a> a skos:ConceptScheme .
        <scheme/b> a skos:ConceptScheme ; skos:hasTopConcept <x> .
        """,
        ["scheme/a"],
    ),
    "a top concept has a broader one in its scheme": (
        "?x skos:topConceptOf ?y ; skos:broader/skos:inScheme ?y .",
        """
        <x> skos:topConceptOf <s> ; skos:broader <y> . <y> skos:inScheme <s> .
        <z> skos:topConceptOf <t> ; skos:broader <y> .
        """,
        ["x s"],
    ),
    "a concept is in no scheme": (
        "?x a skos:Concept . FILTER NOT EXISTS { ?x skos:inScheme ?scheme }",
        "<x> a skos:Concept . <y> a eco:Kind . eco:Kind rdfs:subClassOf skos:Concept .",
        ["x", "y"],
    ),
    "concepts of two schemes are joined by more than a mapping": (
        """
        ?x skos:broader|skos:narrower|skos:related ?y . ?x skos:inScheme ?one .
        FILTER NOT EXISTS { ?y skos:inScheme ?one }
        """,
        "<x> skos:inScheme <s> ; skos:broader <y> ; skos:broadMatch <y> . <y> skos:inScheme <t> .",
        ["x y"],
    ),
    "a mapping stays inside one scheme": (
        """
        ?x skos:exactMatch|skos:closeMatch|skos:broadMatch|skos:narrowMatch|skos:relatedMatch ?y .
        ?x skos:inScheme ?scheme . ?y skos:inScheme ?scheme .
        """,
        """
        <x> skos:inScheme <s> ; skos:closeMatch <y> , <z> .
        <y> skos:inScheme <s> . <z> skos:inScheme <t> .
        """,
        ["x y"],
    ),
    "two concepts of one scheme have the same notation": (
        f"{ONE_LIST} ?x skos:notation ?notation . ?y skos:notation ?notation .",
        """
        <x> skos:inScheme <s> ; skos:notation 'a' . <y> skos:inScheme <s> ; skos:notation 'a' .
        <z> skos:inScheme <t> ; skos:notation 'a' .
        """,
        ["x y"],
    ),
    "a notation is not the last part of the address": (
        """
        ?x a skos:Concept .
        FILTER NOT EXISTS { ?x skos:notation ?key FILTER (STRENDS(STR(?x), CONCAT("/", ?key))) }
        """,
        """
        <s/x> a skos:Concept ; skos:notation 'X' . <s/y> a skos:Concept .
        <s/z> a skos:Concept ; skos:notation 'z' .
        """,
        ["s/x", "s/y"],
    ),
    "a scheme or concept is named that does not exist": (
        f"?subject ?property ?x . {OURS} FILTER NOT EXISTS {{ ?x a ?kind }}",
        "<scheme/a/x> a skos:Concept ; skos:inScheme <scheme/a> . <y> sh:hasValue <scheme/b> .",
        ["scheme/a", "scheme/b"],
    ),
}
USE = "every concept is used"


def store_of(triples: Iterable[Triple]) -> Store:
    """Return triples, with the types that follow for concepts and collections."""
    store = Store()
    store.bulk_extend(Quad(t.subject, t.predicate, t.object) for t in triples)
    store.update(
        """
        INSERT { ?x a ?above }
        WHERE { VALUES ?above { skos:Concept skos:Collection } ?x a/rdfs:subClassOf+ ?above }
        """,
        prefixes=PREFIXES,
    )
    return store


def rows(store: Store, pattern: str) -> list[str]:
    """Return what a pattern finds: ?x, and ?y where it says more, as lines of text."""
    found = store.query(
        f"SELECT DISTINCT ?x ?y WHERE {{ {pattern} }}", base_iri=BASE, prefixes=PREFIXES
    )
    assert isinstance(found, QuerySolutions)
    return sorted(
        " ".join(short(v.value) if isinstance(v, NamedNode) else v.value for v in row if v)
        for row in found
    )


@pytest.fixture(scope="module")
def store(contributions: list[Contribution]) -> Store:
    return store_of(t for c in contributions if c.layer is not Layer.RECORDS for t in c.triples)


def test_there_are_schemes_and_concepts_to_check(store: Store):
    assert len(rows(store, "?x a skos:ConceptScheme")) > 30
    assert len(rows(store, "?x a skos:Concept")) > 300
    assert len(rows(store, "?x a eco:HelixStrand")) > 10
    assert len(rows(store, "?x a eco:StatisticalUnit")) > 20


@pytest.mark.parametrize("check", CHECKS)
def test_no_fault_is_found(check: str, store: Store):
    pattern, _, _ = CHECKS[check]
    assert unwaived(5, check, rows(store, pattern)) == [], check


@pytest.mark.parametrize("check", CHECKS)
def test_an_invented_fault_is_found(check: str):
    pattern, turtle, expected = CHECKS[check]
    assert rows(store_of(triples_of(turtle)), pattern) == expected


# Use


def unused(schemes: Iterable[Triple], others: Iterable[Triple], queries: str) -> list[str]:
    """Return the concepts of schemes that no record, example or query speaks of."""
    concepts = {t.subject for t in schemes if t.predicate.value == SKOS + "inScheme"}
    mappings = {"closeMatch", "exactMatch", "broadMatch", "narrowMatch", "relatedMatch"}
    used = {
        t.object
        for t in others
        if t.predicate.value.removeprefix(SKOS) in mappings or SKOS not in t.predicate.value
    }
    return sorted(c.value for c in concepts - used if short(c.value) not in queries)


def test_every_concept_is_used_or_its_scheme_says_why_not(contributions: list[Contribution]):
    """A waiver names a scheme, which is a complete list although not all of it is used yet."""
    (schemes,) = (c.triples for c in contributions if c.graph == names.SCHEMES_GRAPH)
    system = (names.ONTOLOGY_GRAPH, names.SCHEMES_GRAPH)
    examples = [t for path in (ROOT / "shapes" / "examples").rglob("*.ttl") for t in read_rdf(path)]
    data = [t for c in contributions if c.graph not in system for t in c.triples]
    queries = " ".join(path.read_text("utf-8") for path in (ROOT / "queries").rglob("*.rq"))
    found = unused(schemes, [*schemes, *data, *examples], queries)
    assert unwaived(5, USE, {short(c.rpartition("/")[0]) for c in found}) == []


def test_a_concept_that_nothing_uses_is_found():
    schemes = triples_of(
        """
        <scheme/a/x> skos:inScheme <scheme/a> . <scheme/a/y> skos:inScheme <scheme/a> .
        <scheme/a/z> skos:inScheme <scheme/a> . <scheme/a/v> skos:inScheme <scheme/a> .
        """
    )
    others = triples_of(
        """
        <scheme/a> skos:hasTopConcept <scheme/a/x> . <r> eco:eventType <scheme/a/y> .
        <r> skos:closeMatch <scheme/a/z> .
        """
    )
    assert unused(schemes, others, "{ ?x eco:eventType <scheme/a/v> }") == [BASE + "scheme/a/x"]


def test_every_waiver_is_for_a_check_that_is_run():
    assert {row["check"] for row in waivers(5)} <= CHECKS.keys() | {USE}
