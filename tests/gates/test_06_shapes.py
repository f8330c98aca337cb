"""Gate 6: every rule is in the catalogue, is right by its examples, and none of it is superfluous.

The gate's own engine is two: rudof for SHACL Core, and one query over the whole store for each
SPARQL constraint. Both are held to pySHACL, the reference, on every example.
"""

from __future__ import annotations

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyshacl
import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple
from pyshacl.errors import ReportableRuntimeError, ShapeLoadError
from rdflib import OWL, RDF, RDFS, SH, Graph
from rdflib import BNode as RdflibBlankNode

from ecosystem_graph import resources
from ecosystem_graph.contribution import in_bytes
from ecosystem_graph.gate import Shapes, validate
from ecosystem_graph.inference import Materialiser
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, PREFIXES, short, term
from gates_support import triples_of

HERE = Path(__file__).parent
EXAMPLES = resources.SHAPES / "examples"
MODULES = sorted(path.stem for path in resources.SHAPES.glob("*.ttl"))
LANGUAGES = {"en", "da", "sv"}
SHACL = PREFIXES["sh"]

MODULE_OF = {
    "CORE": "core",
    "PLA": "place",
    "ACT": "actor",
    "PRA": "practice",
    "POL": "policy",
    "FUN": "funding",
    "PRJ": "project",
    "EVT": "event",
    "ASM": "assessment",
    "IND": "indicator",
    "CAT": "catalogue",
    "TBX": "ontology",
    "SKO": "schemes",
}

CONSTRAINTS = {
    term(f"sh:{name}")
    for name in """
        class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive
        maxInclusive minLength maxLength pattern languageIn uniqueLang equals disjoint lessThan
        lessThanOrEquals not and or xone node qualifiedValueShape qualifiedMinCount
        qualifiedMaxCount closed hasValue in sparql
    """.split()  # noqa: SIM905  # read as a list of words
}
"""What makes a shape demand something: each of these must be needed by an example."""

OWN_MESSAGE = {term("sh:property"), term("sh:sparql")}
"""What reports under an IRI and with a message of its own."""

FORBIDDEN = {"https://schema.org/text"}
"""A spelling that is wrong in any data, and that CORE-17 names to catch it."""

COMPARED = {term(f"sh:{name}") for name in ("equals", "disjoint", "lessThan", "lessThanOrEquals")}

Finding = tuple[str, str, str]
"""Focus node, shape and severity, as in expected.tsv."""


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


RULES = dict(table(HERE / "rules.tsv"))


@cache
def of_shapes(module: str) -> tuple[Triple, ...]:
    return read_rdf(resources.SHAPES / f"{module}.ttl")


@cache
def shapes() -> Shapes:
    return Shapes(triple for module in MODULES for triple in of_shapes(module))


@cache
def ontology() -> tuple[Triple, ...]:
    return tuple(t for path in sorted(resources.ONTOLOGY.glob("*.ttl")) for t in read_rdf(path))


# The catalogue


def test_the_catalogue_has_exactly_the_rules_of_the_table() -> None:
    assert sorted(shapes().rules) == sorted(RULES)
    assert len(RULES) == 139


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_its_severity_its_messages_and_a_remedy(rule: str) -> None:
    assert faults_of_catalogue(shapes().only(rule), rule, RULES[rule]) == []


def test_the_catalogue_check_finds_what_is_missing() -> None:
    bad = triples_of(
        """
        <shapes/core#CORE-99> a sh:NodeShape ; dcterms:identifier "CORE-99" ;
            sh:targetClass eco:Project ; vann:usageNote "Mend it."@en ;
            sh:property <shapes/core#CORE-99-a> ; sh:sparql <shapes/core#CORE-99-b> .
        <shapes/core#CORE-99-a> sh:path eco:acronym ; sh:minCount 1 ; sh:severity sh:Info ;
            sh:message "Missing."@en , "Mangler."@da .
        <shapes/core#CORE-99-b> sh:message "{?x}"@en , "{?y}"@da , "{?x}"@sv .
        """
    )
    assert faults_of_catalogue(Shapes(bad), "CORE-99", "Violation") == [
        "CORE-99: remedies in en",
        "CORE-99-a: severity Info",
        "CORE-99-a: messages in da en",
        "CORE-99-b: variables differ between languages",
    ]


def faults_of_catalogue(one: Shapes, rule: str, severity: str) -> list[str]:
    """Return what a rule lacks, as words."""
    faults = []
    if set(one.rules[rule].remedies) != LANGUAGES:
        faults.append(f"{rule}: remedies in {' '.join(sorted(one.rules[rule].remedies))}")
    for name, source in sorted(one.sources.items()):
        if not reports(one, name):
            continue
        if source.severity.name != severity:
            faults.append(f"{source.name}: severity {source.severity.name}")
        if set(source.messages) != LANGUAGES or not all(source.messages.values()):
            faults.append(f"{source.name}: messages in {' '.join(sorted(source.messages))}")
        if len({frozenset(re.findall(r"\{.*?\}", text)) for text in source.messages.values()}) > 1:
            faults.append(f"{source.name}: variables differ between languages")
    return faults


def reports(one: Shapes, name: str) -> bool:
    """Tell whether results can come from a node: a constraint of its own, or SPARQL."""
    of_it = {t.predicate for t in one.triples() if t.subject == NamedNode(name)}
    is_sparql = any(
        t.predicate == term("sh:sparql") and t.object == NamedNode(name) for t in one.triples()
    )
    return is_sparql or bool(of_it & (CONSTRAINTS - OWN_MESSAGE))


# The examples


@dataclass(frozen=True)
class Example:
    """An example with all that follows from it and from the concepts it uses."""

    store: Store
    mentioned: frozenset[str]

    def findings(self, of: Shapes) -> set[Finding]:
        """Return what the gate says about the nodes of the example."""
        return {
            (problem.focus.removeprefix(BASE), problem.shape, problem.severity.name)
            for problem in validate(self.store, of)
            if problem.focus in self.mentioned
        }

    def findings_of_pyshacl(self, of: Shapes) -> set[Finding]:
        """Return what the reference says about the nodes of the example."""
        _, report, _ = pyshacl.validate(
            in_rdflib(quad.triple for quad in self.store),
            shacl_graph=in_rdflib(of.triples()),
            inference="none",
        )
        assert isinstance(report, Graph)
        return set(read_report(report, self.mentioned))


def read_report(report: Graph, mentioned: frozenset[str]) -> Iterator[Finding]:
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = str(report.value(result, SH.focusNode))
        source = report.value(result, SH.sourceConstraint)
        if source is None or isinstance(source, RdflibBlankNode):
            source = report.value(result, SH.sourceShape)
        severity = report.value(result, SH.resultSeverity)
        if focus in mentioned:
            yield (
                focus.removeprefix(BASE),
                str(source).partition("#")[2],
                str(severity).partition("#")[2],
            )


def in_rdflib(triples: Iterable[Triple]) -> Graph:
    return Graph().parse(data=in_bytes(triples, RdfFormat.N_TRIPLES).decode(), format="nt")


@cache
def axioms() -> list[Triple]:
    """The ontology without its labels, which nothing follows from."""
    return [t for t in ontology() if not (isinstance(t.object, Literal) and t.object.language)]


@cache
def described_concepts() -> dict[object, list[Triple]]:
    found = defaultdict(list)
    for folder in ("schemes", "cubes"):
        for path in sorted((resources.ONTOLOGY / folder).glob("*.ttl")):
            for triple in read_rdf(path):
                if triple.predicate != term("skos:hasTopConcept"):  # would bring in everything
                    found[triple.subject].append(triple)
    return found


def concepts_of(triples: Iterable[Triple]) -> list[Triple]:
    """Return what the schemes say of the concepts in some triples, and of those in turn."""
    known, seen, found = described_concepts(), set[object](), []
    waiting: list[object] = [node for t in triples for node in (t.subject, t.object)]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            found += known.get(node, [])
            waiting += [triple.object for triple in known.get(node, [])]
    return found


@cache
def example(rule: str, kind: str) -> Example:
    triples = read_rdf(EXAMPLES / rule / f"{kind}.ttl")
    materialiser = Materialiser(axioms())
    materialiser.add((*concepts_of(triples), *triples))
    materialiser.infer()
    store = Store()
    store.extend(
        Quad(*quad.triple)
        for quad in materialiser.store.quads_for_pattern(None, None, None, DefaultGraph())
    )
    nodes = (node for t in triples for node in (t.subject, t.object))
    return Example(store, frozenset(node.value for node in nodes if isinstance(node, NamedNode)))


@cache
def expected(rule: str) -> set[Finding]:
    return {(focus, shape, severity) for focus, shape, severity in table(rows_of(rule))}


def rows_of(rule: str) -> Path:
    return EXAMPLES / rule / "expected.tsv"


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare rudof the reading of certificates, which takes it a tenth of a second each time."""
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSL_CERT_DIR", os.devnull)


each_rule = pytest.mark.parametrize(
    # One worker does all the tests of a rule and infers its examples once.
    "rule",
    [pytest.param(rule, marks=pytest.mark.xdist_group(rule)) for rule in RULES],
)


def test_each_rule_has_its_examples_and_no_folder_is_left_over() -> None:
    assert sorted(path.name for path in EXAMPLES.iterdir()) == sorted(RULES)
    assert all(expected(rule) for rule in RULES)


@each_rule
def test_the_valid_example_gives_nothing(rule: str) -> None:
    assert example(rule, "valid").findings(shapes().only(rule)) == set()


@each_rule
def test_the_invalid_example_gives_exactly_the_expected_rows(rule: str) -> None:
    assert example(rule, "invalid").findings(shapes().only(rule)) == expected(rule)
    assert len(expected(rule)) == len(table(rows_of(rule))), "a row stands twice"


@each_rule
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_pyshacl_finds_the_same(rule: str, kind: str) -> None:
    one = shapes().only(rule)
    assert example(rule, kind).findings_of_pyshacl(one) == example(rule, kind).findings(one)


@each_rule
def test_each_constraint_that_is_taken_away_is_missed(rule: str) -> None:
    one = shapes().only(rule)
    assert any(triple.predicate in CONSTRAINTS for triple in one.triples())
    assert superfluous(one, example(rule, "valid"), example(rule, "invalid")) == []


def test_a_constraint_that_no_example_needs_is_found() -> None:
    one = shapes().only("CORE-12")
    (start,) = (
        t.subject
        for t in one.triples()
        if t.predicate == term("sh:path") and t.object == term("dcat:startDate")
    )
    extra = Triple(start, term("sh:nodeKind"), term("sh:Literal"))
    more = Shapes([*one.triples(), extra])
    found = superfluous(more, example("CORE-12", "valid"), example("CORE-12", "invalid"))
    assert found == ["shapes/core#CORE-12-start nodeKind <http://www.w3.org/ns/shacl#Literal>"]


def superfluous(one: Shapes, *examples: Example) -> list[str]:
    """Return the constraints of a rule without which its examples give the same."""
    before, triples = [e.findings(one) for e in examples], one.triples()
    faults = []
    for left_out in triples:
        if left_out.predicate not in CONSTRAINTS:
            continue
        weaker = Shapes(triple for triple in triples if triple != left_out)
        if all(e.findings(weaker) == was for e, was in zip(examples, before, strict=True)):
            where = short(str(getattr(left_out.subject, "value", left_out.subject)))
            faults.append(f"{where} {left_out.predicate.value.partition('#')[2]} {left_out.object}")
    return faults


# Well-formed SHACL


@pytest.mark.parametrize("module", MODULES)
def test_a_file_of_shapes_is_well_formed_by_the_shapes_of_shacl(module: str) -> None:
    file = in_rdflib(of_shapes(module))
    assert len(file) > 20
    pyshacl.validate(Graph(), shacl_graph=file, meta_shacl=True)


def test_the_meta_check_refuses_a_shape_that_is_not_well_formed() -> None:
    bad = triples_of("<shapes/core#CORE-99> a sh:NodeShape ; sh:property [ sh:minCount 1 ] .")
    with pytest.raises((ReportableRuntimeError, ShapeLoadError)):
        pyshacl.validate(Graph(), shacl_graph=in_rdflib(bad), meta_shacl=True)


@pytest.mark.parametrize("module", MODULES)
def test_a_file_of_shapes_has_no_slip(module: str) -> None:
    assert slips(of_shapes(module), module) == []


def test_the_lint_finds_each_slip() -> None:
    bad = triples_of(
        """
        <shapes/core#> a owl:Ontology .
        <shapes/core#FUN-99> a sh:NodeShape ; sh:targetClass eco:Nowhere ;
            sh:property [ sh:path eco:acronym ; sh:minCountt 1 ] , <shapes/core#CORE-99-b> ;
            sh:sparql <shapes/core#FUN-99-a> .
        <shapes/core#CORE-99-b> sh:path eco:acronyn ; sh:minCount 1 .
        <shapes/core#FUN-99-a> sh:select '''SELECT $this WHERE {
            VALUES ?x { 1 } $this eco:nothing ?x
            { SELECT ?x WHERE { $this eco:acronym ?x } }
        }''' .
        """
    )
    assert slips(bad, "core") == [
        "eco:Nowhere is declared nowhere",
        "eco:acronyn is declared nowhere",
        "eco:nothing is declared nowhere",
        "sh:minCountt is no term of SHACL",
        "shapes/core#CORE-99-b names no severity",
        "shapes/core#FUN-99 does not belong to core",
        "shapes/core#FUN-99 has a property shape without IRI",
        "shapes/core#FUN-99-a does not belong to core",
        "shapes/core#FUN-99-a: SELECT ?x does not return $this",
        "shapes/core#FUN-99-a: VALUES may not stand in a constraint",
    ]


def slips(triples: Iterable[Triple], module: str) -> list[str]:
    """Return what SHACL or our conventions do not allow in a file of shapes."""
    triples = list(triples)
    faults = {
        *strangers(triples, module),
        *unknown_terms(triples),
        *unnamed_shapes(triples),
        *(
            f"{short(t.subject.value)}: {slip}"
            for t in triples
            if t.predicate == term("sh:select")
            for slip in slips_of_query(t.object.value)
        ),
    }
    return sorted(faults)


def strangers(triples: list[Triple], module: str) -> Iterator[str]:
    for node in {t.subject for t in triples if isinstance(t.subject, NamedNode)}:
        rule = node.value.removeprefix(f"{BASE}shapes/{module}#")
        if rule and MODULE_OF.get(rule.partition("-")[0]) != module:
            yield f"{short(node.value)} does not belong to {module}"


def unknown_terms(triples: list[Triple]) -> Iterator[str]:
    for node in {node for t in triples for node in (t.predicate, t.object)}:
        if isinstance(node, NamedNode) and node.value.startswith(SHACL) and node.value not in SH:
            yield f"{short(node.value)} is no term of SHACL"
    for name in targets(triples) | on_paths(triples):
        if not is_declared(name):
            yield f"{short(name)} is declared nowhere"


def unnamed_shapes(triples: list[Triple]) -> Iterator[str]:
    with_severity = {t.subject for t in triples if t.predicate == term("sh:severity")}
    for t in triples:
        if t.predicate == term("sh:property") and isinstance(t.subject, NamedNode):
            if isinstance(t.object, BlankNode):
                yield f"{short(t.subject.value)} has a property shape without IRI"
            elif t.object not in with_severity:
                yield f"{short(t.object.value)} names no severity"


def slips_of_query(text: str) -> Iterator[str]:
    select = re.sub(r'<[^>]*>|"[^"]*"', "", text)
    for word in re.findall(r"\b(?:VALUES|MINUS|SERVICE)\b", select, re.IGNORECASE):
        yield f"{word} may not stand in a constraint"
    for variables in re.findall(r"\bSELECT\b(.*?)\bWHERE\b", select, re.IGNORECASE | re.DOTALL):
        if "$this" not in variables:
            yield f"SELECT {variables.strip()} does not return $this"


# What the shapes speak of


def targets(triples: Iterable[Triple]) -> set[str]:
    kinds = {term(f"sh:target{kind}") for kind in ("Class", "SubjectsOf", "ObjectsOf")}
    return {t.object.value for t in triples if t.predicate in kinds and is_iri(t.object)}


def on_paths(triples: Iterable[Triple]) -> set[str]:
    """Return the properties that a shape follows: on a path, compared with one, or in a query."""
    store = Store()
    store.extend(Quad(*triple) for triple in triples)
    waiting: list[object] = [q.object for q in store if q.predicate == term("sh:path")]
    found = {q.object.value for q in store if q.predicate in COMPARED and is_iri(q.object)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, NamedNode):
            found.add(node.value)
        elif isinstance(node, BlankNode):
            waiting += [quad.object for quad in store.quads_for_pattern(node, None, None)]
    return (found - {term("rdf:nil").value}) | in_queries(quad.triple for quad in store)


def in_queries(triples: Iterable[Triple]) -> set[str]:
    return {
        term(f"eco:{name}").value
        for t in triples
        if t.predicate == term("sh:select") and isinstance(t.object, Literal)
        for name in re.findall(r"\beco:(\w+)", t.object.value)
    }


def is_iri(node: object) -> bool:
    return isinstance(node, NamedNode)


@cache
def declared() -> frozenset[str]:
    """The terms of the ontology and those it reuses."""
    ours = {t.subject.value for t in ontology() if is_iri(t.subject)}
    reused = (resources.ONTOLOGY / "reused-terms.txt").read_text(encoding="utf-8").split()
    return frozenset(ours | set(reused))


def is_declared(name: str) -> bool:
    return name in declared() | FORBIDDEN or any(name in language for language in (RDF, RDFS, OWL))


def own(*kinds: str) -> set[str]:
    """Return our own terms of some kinds."""
    wanted = {term(kind) for kind in kinds}
    return {
        t.subject.value
        for t in ontology()
        if t.predicate == term("rdf:type")
        and t.object in wanted
        and isinstance(t.subject, NamedNode)
        and t.subject.value.startswith(PREFIXES["eco"])
    }


def wider() -> dict[str, set[str]]:
    found = defaultdict(set)
    for t in ontology():
        if t.predicate == term("rdfs:subClassOf") and is_iri(t.object):
            found[t.subject.value].add(t.object.value)
    return found


def without_shape(classes: set[str], properties: set[str], of: Iterable[Triple]) -> set[str]:
    """Return the classes that no shape targets, nor any of their superclasses, and the
    properties that no shape follows.
    """
    of = list(of)
    caught, above = targets(of), wider()

    def is_caught(name: str) -> bool:
        return name in caught or any(is_caught(superclass) for superclass in above[name])

    bare = {name for name in classes if not is_caught(name)} | (properties - on_paths(of))
    return {short(name) for name in bare}


def test_each_own_term_is_under_a_shape_or_needs_none_for_a_stated_reason() -> None:
    classes = own("owl:Class")
    properties = own("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
    listed = dict(table(HERE / "terms-without-shape.tsv"))
    assert len(classes) > 80
    assert len(properties) > 200
    bare = without_shape(classes, properties, shapes().triples())
    assert (sorted(bare - set(listed)), sorted(set(listed) - bare)) == ([], [])
    assert all(listed.values())


def test_a_term_without_a_shape_is_found() -> None:
    of = triples_of(
        "<shapes/core#X> sh:targetClass eco:Project ; sh:property [ sh:path eco:asOf ] ."
    )
    classes = {term("eco:InterregionalProject").value, term("eco:Method").value}
    properties = {term("eco:asOf").value, term("eco:acronym").value}
    assert without_shape(classes, properties, of) == {"eco:Method", "eco:acronym"}
