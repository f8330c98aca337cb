"""The alignments are sound: SSSOM tables that match declared terms of ours with known ones.

They help people and converters. Nothing reads them into a graph, so nothing follows from them.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from pyoxigraph import Literal, NamedNode, Triple

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution
from ecosystem_graph.engine import Graph
from ecosystem_graph.names import BASE, PREFIXES, short, term
from ecosystem_graph.resources import ONTOLOGY
from gates_support import triples_of

FOLDER = ONTOLOGY / "alignments"
ENDING = ".sssom.tsv"
COLUMNS = [
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "comment",
]
SEMAPV = "https://w3id.org/semapv/vocab/"
RELATIONS = [
    f"{PREFIXES['skos']}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")
]
ORGANISATIONS = {
    "http://schema.org/Project": {PREFIXES["skos"] + "relatedMatch"},
    "http://schema.org/FundingScheme": set(),
}
"""What sounds like ours but is an organisation there, and the relations it may stand in."""


@dataclass(frozen=True, slots=True)
class Match:
    """One row, with whole addresses."""

    subject: str
    label: str
    relation: str
    object: str
    justification: str
    comment: str

    @property
    def triple(self) -> Triple:
        return Triple(NamedNode(self.subject), NamedNode(self.relation), NamedNode(self.object))

    def __str__(self) -> str:
        relation = self.relation.removeprefix(PREFIXES["skos"])
        return f"{short(self.subject)} {relation} {short(self.object)}"


def read(text: str) -> tuple[dict[str, object], list[Match]]:
    """Return the header of an SSSOM table and its rows.

    Raises:
        ValueError: the header is no YAML, or the table has no such columns, cells or prefixes.
    """
    lines = text.splitlines()
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    try:
        header = yaml.safe_load("\n".join(line[1:] for line in lines[:count]))
    except yaml.YAMLError as error:
        raise ValueError("the header is no YAML") from error
    table = list(
        csv.reader(lines[count:], delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    ) or [[]]
    if not isinstance(header, dict) or not isinstance(header.get("curie_map"), dict):
        raise ValueError("the header has no curie_map")  # noqa: TRY004 one error for all faults
    if table[0] != COLUMNS:
        raise ValueError(f"columns {table[0]}")
    prefixes = header["curie_map"]
    used, rows = set(), []
    for number, row in enumerate(table[1:], start=count + 2):
        if len(row) != len(COLUMNS) or not all(cell == cell.strip() != "" for cell in row):
            raise ValueError(f"line {number} has cells missing, empty or padded")
        cells = dict(zip(COLUMNS, row, strict=True))
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            prefix, colon, local = cells[column].partition(":")
            if not colon or prefix not in prefixes:
                raise ValueError(f"line {number} has a prefix that is not declared: {prefix}")
            used.add(prefix)
            cells[column] = prefixes[prefix] + local
        rows.append(Match(*cells.values()))
    if prefixes.keys() - used:
        raise ValueError(f"prefixes that no row uses: {sorted(prefixes.keys() - used)}")
    return header, rows


def unparsed(text: str) -> list[str]:
    try:
        read(text)
    except (ValueError, csv.Error) as error:
        return [str(error)]
    return []


def header_faults(vocabulary: str, header: dict[str, object]) -> list[str]:
    expected = {
        "mapping_set_id": f"{BASE}alignment/{vocabulary}",
        "mapping_set_version": "0.1.0",
        "license": "https://creativecommons.org/licenses/by/4.0/",
    }
    return [f"{key}: {header.get(key)}" for key in expected if header.get(key) != expected[key]]


def undeclared(rows: Iterable[Match], labels: dict[str, str]) -> list[str]:
    return [short(row.subject) for row in rows if row.subject not in labels]


def mislabelled(rows: Iterable[Match], labels: dict[str, str]) -> list[str]:
    return [
        f"{short(row.subject)} {row.label}"
        for row in rows
        if row.label != labels.get(row.subject, row.label)
    ]


@cache
def vocabulary_terms() -> frozenset[str]:
    return frozenset((ONTOLOGY / "reused-terms.txt").read_text("utf-8").split())


@cache
def patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of addresses that may stand in alignments only."""
    lines = (ONTOLOGY / "reused-values.txt").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return tuple(re.compile(row[0]) for row in rows if "alignment" in row[1].split(","))


def unknown(rows: Iterable[Match]) -> list[str]:
    return [
        row.object
        for row in rows
        if row.object not in vocabulary_terms()
        and not any(pattern.fullmatch(row.object) for pattern in patterns())
    ]


def wrongly_related(rows: Iterable[Match]) -> list[str]:
    """Return the matches that are no SKOS mapping relation, or were not made by people."""
    return [
        str(row)
        for row in rows
        if row.relation not in RELATIONS
        or row.relation not in ORGANISATIONS.get(row.object, RELATIONS)
        or row.justification != SEMAPV + "ManualMappingCuration"
    ]


def clashes(rows: Iterable[Match]) -> list[str]:
    """Return the pairs with two rows: the same twice, or an exact match and a broad one."""
    relations = defaultdict(list)
    for row in rows:
        kind = row.relation.removeprefix(PREFIXES["skos"])
        relations[f"{short(row.subject)} {short(row.object)}"].append(kind)
    return [f"{pair}: {' '.join(kinds)}" for pair, kinds in relations.items() if len(kinds) > 1]


def unsorted_rows(rows: Iterable[Match]) -> list[str]:
    keys = [(row.subject, row.relation, row.object) for row in rows]
    return [short(later[0]) for one, later in pairwise(keys) if one > later]


def in_graphs(rows: Iterable[Match], triples: Iterable[Triple]) -> list[str]:
    """Return the matches that triples state, in either direction."""
    stated = {
        frozenset((t.subject.value, t.object.value))
        for t in triples
        if t.predicate.value in RELATIONS
        and isinstance(t.subject, NamedNode)
        and isinstance(t.object, NamedNode)
    }
    return [str(row) for row in rows if frozenset((row.subject, row.object)) in stated]


def for_alignments_only(triples: Iterable[Triple]) -> list[str]:
    """Return the addresses in triples that may stand in alignments only."""
    nodes = {node for t in triples for node in (t.subject, t.predicate, t.object)}
    addresses = sorted(node.value for node in nodes if isinstance(node, NamedNode))
    return [a for a in addresses if any(pattern.fullmatch(a) for pattern in patterns())]


def english_labels(triples: Iterable[Triple]) -> dict[str, str]:
    """Return the labels of our terms and concepts; schemes are neither."""
    known = list(triples)
    concepts = {
        t.subject
        for t in known
        if t.predicate == term("rdf:type") and t.object == term("skos:Concept")
    }
    return {
        t.subject.value: t.object.value
        for t in known
        if isinstance(t.subject, NamedNode)
        and isinstance(t.object, Literal)
        and t.object.language == "en"
        and (
            (t.predicate == term("rdfs:label") and t.subject.value.startswith(PREFIXES["eco"]))
            or (
                t.predicate == term("skos:prefLabel")
                and t.subject in concepts
                and t.subject.value.startswith(BASE)
            )
        )
    }


def files() -> dict[str, Path]:
    return {path.name.removesuffix(ENDING): path for path in sorted(FOLDER.iterdir())}


@pytest.fixture(scope="module")
def matches() -> list[Match]:
    return [row for path in files().values() for row in read(path.read_text("utf-8"))[1]]


@pytest.fixture(scope="module")
def labels(contributions: list[Contribution]) -> dict[str, str]:
    ours = (names.ONTOLOGY_GRAPH, names.SCHEMES_GRAPH)
    return english_labels(t for c in contributions if c.graph in ours for t in c.triples)


def test_every_file_parses():
    texts = {path.name: path.read_text("utf-8") for path in files().values()}
    assert texts
    assert all(name.endswith(ENDING) for name in texts)
    assert {name: unparsed(text) for name, text in texts.items() if unparsed(text)} == {}


def test_every_header_names_the_set_its_version_and_its_licence():
    headers = {name: read(path.read_text("utf-8"))[0] for name, path in files().items()}
    assert headers
    assert [fault for name in headers for fault in header_faults(name, headers[name])] == []


def test_every_file_has_rows_in_order():
    rows = {name: read(path.read_text("utf-8"))[1] for name, path in files().items()}
    assert all(rows.values())
    assert [fault for found in rows.values() for fault in unsorted_rows(found)] == []


def test_subjects_are_our_terms_under_their_english_labels(
    matches: list[Match], labels: dict[str, str]
):
    assert matches
    assert undeclared(matches, labels) == []
    assert mislabelled(matches, labels) == []


def test_objects_are_known_and_every_pattern_for_them_is_used(matches: list[Match]):
    objects = {row.object for row in matches}
    assert patterns()
    assert unknown(matches) == []
    assert [p.pattern for p in patterns() if not any(map(p.fullmatch, objects))] == []


def test_relations_are_mapping_relations_of_skos_and_one_for_each_pair(matches: list[Match]):
    assert matches
    assert wrongly_related(matches) == []
    assert clashes(matches) == []


def test_no_alignment_is_in_a_graph_or_follows_from_one(
    matches: list[Match], contributions: list[Contribution], graph: Graph
):
    read_in = [triple for c in contributions for triple in c.triples]
    relations = " ".join(f"<{relation}>" for relation in RELATIONS)
    found = graph.query(
        f"""SELECT ?s ?p ?o {{
              VALUES ?p {{ {relations} }}
              {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }}
            }}"""
    )
    served = [Triple(*(NamedNode(cell) for cell in row)) for row in found.rows]
    assert matches
    assert read_in
    assert served
    assert in_graphs(matches, [*read_in, *served]) == []
    assert for_alignments_only(read_in) == []


GOOD = f"""\
#curie_map:
#  eco: {PREFIXES["eco"]}
#  skos: {PREFIXES["skos"]}
#  semapv: {SEMAPV}
#  vivo: http://vivoweb.org/ontology/core#
#mapping_set_id: {BASE}alignment/vivo
#mapping_set_version: "0.1.0"
#license: https://creativecommons.org/licenses/by/4.0/
subject_id\tsubject_label\tpredicate_id\tobject_id\tmapping_justification\tcomment
eco:Award\taward\tskos:closeMatch\tvivo:Grant\tsemapv:ManualMappingCuration\tInvented.
"""
"""An invented table without faults; those below each have one."""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("#curie_map:", "#curie_map: [", "the header is no YAML"),
        ("#curie_map:", "#prefixes:", "the header has no curie_map"),
        ("\tcomment\n", "\n", f"columns {COLUMNS[:-1]}"),
        ("\tInvented.", "", "line 10 has cells missing, empty or padded"),
        ("\taward", "\t", "line 10 has cells missing, empty or padded"),
        ("\tvivo:Grant", "\tviva:Grant", "line 10 has a prefix that is not declared: viva"),
        ("\tvivo:Grant", "\tskos:Grant", "prefixes that no row uses: ['vivo']"),
    ],
)
def test_a_file_that_does_not_parse_is_found(old: str, new: str, fault: str):
    assert unparsed(GOOD) == []
    assert unparsed(GOOD.replace(old, new)) == [fault]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("alignment/vivo", "alignment/viva", f"mapping_set_id: {BASE}alignment/viva"),
        ('"0.1.0"', "0.1", "mapping_set_version: 0.1"),
        ("#license:", "#licence:", "license: None"),
    ],
)
def test_a_wrong_header_is_found(old: str, new: str, fault: str):
    assert header_faults("vivo", read(GOOD)[0]) == []
    assert header_faults("vivo", read(GOOD.replace(old, new))[0]) == [fault]


INVENTED = english_labels(
    triples_of("""
        eco:Award rdfs:label 'award'@en , 'bevilling'@da . foaf:Agent rdfs:label 'agent'@en .
        <scheme/unit/eur> a skos:Concept ; skos:prefLabel 'Euro'@en , 'euro'@da .
        <scheme/unit> a skos:ConceptScheme ; skos:prefLabel 'Units'@en .
    """)
)


def match(subject: str, relation: str, target: str, label: str = "award") -> Match:
    """An invented match of one of our terms."""
    by_hand = SEMAPV + "ManualMappingCuration"
    return Match(BASE + subject, label, PREFIXES["skos"] + relation, target, by_hand, "Invented.")


GRANT = "http://vivoweb.org/ontology/core#Grant"


def test_a_subject_that_is_not_ours_or_not_declared_is_found():
    subjects = ("ns#Award", "scheme/unit/eur", "ns#Prize", "scheme/unit", "scheme/unit/gbp")
    rows = [match(subject, "closeMatch", GRANT) for subject in subjects]
    assert undeclared(rows, INVENTED) == ["eco:Prize", "scheme/unit", "scheme/unit/gbp"]


def test_a_label_that_is_not_the_english_one_is_found():
    rows = [match("ns#Award", "closeMatch", GRANT, label) for label in ("award", "bevilling")]
    assert mislabelled(rows, INVENTED) == ["eco:Award bevilling"]


def test_an_object_that_is_not_known_is_found():
    value = "http://data.europa.eu/nuts/code/DK05"
    known = [GRANT, "http://data.europa.eu/s66#Grant"]
    wrong = [GRANT + "s", "http://data.europa.eu/s66#Grants", value]
    assert unknown(match("ns#Award", "closeMatch", target) for target in known + wrong) == wrong


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (match("ns#Award", "broader", GRANT), f"eco:Award broader {GRANT}"),
        (
            match("ns#Project", "closeMatch", "http://schema.org/Project"),
            "eco:Project closeMatch http://schema.org/Project",
        ),
        (
            match("ns#FundingProgramme", "relatedMatch", "http://schema.org/FundingScheme"),
            "eco:FundingProgramme relatedMatch http://schema.org/FundingScheme",
        ),
        (
            Match(
                f"{BASE}ns#Award", "award", RELATIONS[1], GRANT, SEMAPV + "LexicalMatching", "No."
            ),
            f"eco:Award closeMatch {GRANT}",
        ),
    ],
)
def test_a_relation_or_justification_that_may_not_stand_is_found(row: Match, fault: str):
    good = match("ns#Project", "relatedMatch", "http://schema.org/Project")
    assert wrongly_related([good, row]) == [fault]


def test_a_pair_with_two_matches_is_found():
    rows = [
        match("ns#Award", "exactMatch", GRANT),
        match("ns#Award", "broadMatch", GRANT),
        match("ns#Project", "closeMatch", GRANT),
        match("ns#Project", "closeMatch", GRANT),
        match("ns#Event", "closeMatch", GRANT),
    ]
    assert clashes(rows) == [
        f"eco:Award {GRANT}: exactMatch broadMatch",
        f"eco:Project {GRANT}: closeMatch closeMatch",
    ]


def test_rows_out_of_order_are_found():
    rows = [match(f"ns#{name}", "closeMatch", GRANT) for name in ("Award", "Project", "Event")]
    assert unsorted_rows(rows) == ["eco:Event"]


def test_a_match_that_a_graph_states_is_found():
    rows = [match(f"ns#{name}", "closeMatch", GRANT) for name in ("Award", "Event", "Project")]
    stated = triples_of(f"""
        eco:Award skos:closeMatch <{GRANT}> . <{GRANT}> skos:narrowMatch eco:Event .
        eco:Project rdfs:seeAlso <{GRANT}> .
    """)
    assert in_graphs(rows, stated) == [
        f"eco:Award closeMatch {GRANT}",
        f"eco:Event closeMatch {GRANT}",
    ]


def test_an_address_for_alignments_only_is_found_in_a_graph():
    stated = triples_of("<x> a <http://data.europa.eu/s66#Grant> , eco:Award ; foaf:page <y> .")
    assert for_alignments_only(stated) == ["http://data.europa.eu/s66#Grant"]
