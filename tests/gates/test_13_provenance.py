"""Gate 13: everything that is stated says where it stands, and no source's words are copied.

The five documents are not in the repository. What must be known of them is kept beside this
file: their digests and lengths here, the places of their facts in facts.tsv, and in
source-shingles.txt the hash of each run of six words, by which a copied sentence is recognised.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from ecosystem_graph import resources
from ecosystem_graph.contribution import Contribution, Layer
from ecosystem_graph.names import STATEMENTS_SUFFIX, graph, iri, short, term
from gates_support import triples_of

HERE = Path(__file__).parent
NOT_MODELLED = resources.DATA / "not-modelled.md"

DOCUMENTS = {
    "lcr-helium": ("33860328d29a946249a1512561d5f18373ba90804df123d7d5dd2f52ebea14f9", 32),
    "helium-phase-2": ("f8e0f7769b41a81c8ef59cc47ea42fcf1527976df8acfb2154c317a4a67150a9", 5),
    "vaesterbotten-2018": ("f7a85f597ae6355ac39380cee0f455d94501532d54e19a612e3b3628a73913f9", 27),
    "dlsc-2023": ("e878c73ea3c8fb57c3d503860b6fd21a1a7c9d10afc496fb4e4e826ed6fc0f11", 257),
    "leti-2021": ("667b2b7edafe0695d49ad89a563e4b3c429661a29df6fe3bb74d07b4521cac44", 103),
}
"""SHA-256 and number of lines of each document."""

FACTS = {"S0": 45, "S1": 20, "S2": 34, "S3": 171, "S4": 51}
"""How many facts were found in each document."""

SOURCES = {term("eco:statedIn"), term("eco:refSource"), term("prov:hadPrimarySource")}

EXEMPT = {
    "dcat:Dataset": "the record of the dataset itself: its editors state it",
    "eco:SourceDocument": "the source itself",
    "fabio:WebPage": "the source itself",
    "foaf:Document": "the source itself",
    "eco:SourceSpan": "the place in the source itself",
    "eco:TimeExtent": "computed from the value in its address",
    "eco:StatisticalUnit": "read from the table of units beside the dataset",
}
"""Kinds of records that need no source of their own, and why."""

EXEMPT_RECORDS = {
    "scheme/area": "a scheme, of which the dataset only lists the top concepts",
    "id/organisation/ecosystem-graph-editors": "the editors state it of themselves",
}

NAMES = {
    term(name)
    for name in (
        "skos:prefLabel",
        "skos:altLabel",
        "dcterms:title",
        "dcterms:alternative",
        "eco:officialName",
        "eco:roleTitle",
        "eco:sectionLabel",
        "foaf:name",
    )
}
"""Names and titles are as they are in the source."""

RUN = 6
"""As many words in the same order as in a source are a copy."""


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def datasets(contributions: Iterable[Contribution]) -> list[Contribution]:
    return [c for c in contributions if c.layer in (Layer.DOCUMENTS, Layer.PUBLIC)]


def ledgers(contributions: Iterable[Contribution]) -> dict[NamedNode, Contribution]:
    """Return the statement records by the dataset that they are about."""
    return {
        NamedNode(c.graph.value.removesuffix(STATEMENTS_SUFFIX)): c
        for c in contributions
        if c.graph.value.endswith(STATEMENTS_SUFFIX)
    }


def by_subject(triples: Iterable[Triple]) -> dict[object, dict[NamedNode, list[object]]]:
    found: dict[object, dict[NamedNode, list[object]]] = defaultdict(lambda: defaultdict(list))
    for t in triples:
        found[t.subject][t.predicate].append(t.object)
    return found


# Every triple has a source


def recorded(ledger: Iterable[Triple]) -> set[Triple]:
    """Return the triples that statement records speak of."""
    parts = [term("rdf:subject"), term("rdf:predicate"), term("rdf:object")]
    return {
        Triple(*(record[part][0] for part in parts))
        for record in by_subject(ledger).values()
        if record[parts[0]]
    }


def without_source(triples: Iterable[Triple], ledger: Iterable[Triple] = ()) -> list[Triple]:
    """Return the triples for which nothing says where they come from."""
    triples, known = list(triples), recorded(ledger)
    records = by_subject(triples)
    covered = {
        subject
        for subject, of in records.items()
        if of.keys() & SOURCES
        or is_exempt(subject, of)
        or (term("eco:derivedByQuery") in of and term("prov:wasDerivedFrom") in of)
    }
    return [t for t in triples if t.subject not in covered and t not in known]


def is_exempt(subject: object, of: dict[NamedNode, list[object]]) -> bool:
    types = {short(kind.value) for kind in of[term("rdf:type")] if isinstance(kind, NamedNode)}
    return bool(types & EXEMPT.keys()) or short(str(subject)[1:-1]) in EXEMPT_RECORDS


def test_every_triple_of_every_dataset_has_a_source(contributions: list[Contribution]) -> None:
    records = ledgers(contributions)
    found, bare = 0, []
    for dataset in datasets(contributions):
        ledger = records[dataset.graph].triples if dataset.graph in records else ()
        found += len(dataset.triples)
        bare += without_source(dataset.triples, ledger)
    share = 100 * (1 - len(bare) / found)
    assert found > 10_000
    assert bare == [], f"{share:.2f} % of {found} triples have a source"


def test_the_reasons_for_having_no_source_are_all_in_use(
    contributions: list[Contribution],
) -> None:
    triples = [t for c in datasets(contributions) for t in c.triples]
    types = {short(t.object.value) for t in triples if t.predicate == term("rdf:type")}
    assert types >= EXEMPT.keys()
    assert {short(t.subject.value) for t in triples} >= EXEMPT_RECORDS.keys()


def test_a_triple_without_source_is_found() -> None:
    data = triples_of(
        """
        <id/time/2023> a eco:TimeExtent .
        <id/project/a> a eco:Project ; eco:statedIn <id/source-span/x.L1> .
        <id/project/b> a eco:Project ; eco:acronym "B" .
        """
    )
    ledger = triples_of(
        """
        <id/statement/1> rdf:subject <id/project/b> ; rdf:predicate eco:acronym ; rdf:object "B" .
        """
    )
    assert without_source(data, ledger) == triples_of("<id/project/b> a eco:Project .")


# Every place is inside its document


def spans(triples: Iterable[Triple]) -> dict[object, tuple[str, int, int]]:
    """Return each span: the key of its document, its first line and its last."""
    return {
        subject: (
            short(of[term("eco:inDocument")][0].value).removeprefix("id/document/"),
            int(of[term("eco:lineStart")][0].value),
            int(of[term("eco:lineEnd")][0].value),
        )
        for subject, of in by_subject(triples).items()
        if term("eco:inDocument") in of
    }


def misplaced(triples: Iterable[Triple], lines: dict[str, int]) -> list[str]:
    """Return the spans that do not lie inside their document."""
    return [
        f"{short(span.value)}: {start} to {end} of {lines.get(document, 0)}"
        for span, (document, start, end) in spans(triples).items()
        if not 1 <= start <= end <= lines.get(document, 0)
    ]


def test_every_span_lies_inside_its_document(contributions: list[Contribution]) -> None:
    triples = [t for c in datasets(contributions) for t in c.triples]
    assert len(spans(triples)) > 150
    assert misplaced(triples, {key: lines for key, (_, lines) in DOCUMENTS.items()}) == []


def test_a_span_outside_its_document_is_found() -> None:
    data = triples_of(
        """
        <id/source-span/a> eco:inDocument <id/document/x> ; eco:lineStart 1 ; eco:lineEnd 9 .
        <id/source-span/b> eco:inDocument <id/document/x> ; eco:lineStart 9 ; eco:lineEnd 10 .
        <id/source-span/c> eco:inDocument <id/document/x> ; eco:lineStart 3 ; eco:lineEnd 2 .
        <id/source-span/d> eco:inDocument <id/document/y> ; eco:lineStart 1 ; eco:lineEnd 1 .
        """
    )
    assert misplaced(data, {"x": 9}) == [
        "id/source-span/b: 9 to 10 of 9",
        "id/source-span/c: 3 to 2 of 9",
        "id/source-span/d: 1 to 1 of 0",
    ]


def test_the_documents_are_those_that_were_read(contributions: list[Contribution]) -> None:
    found = {
        short(subject.value).removeprefix("id/document/"): (
            of[term("eco:documentDigest")][0].value,
            int(of[term("eco:lineCount")][0].value),
        )
        for c in datasets(contributions)
        for subject, of in by_subject(c.triples).items()
        if term("eco:documentDigest") in of
    }
    assert found == DOCUMENTS


# Every fact has its record


def not_modelled(text: str) -> dict[str, str]:
    """Return the facts that a list says are not in the graph, with the reasons."""
    return dict(re.findall(r"^\| (S\d\.\d+) \| (.+?) \| *$", text, re.MULTILINE))


def unrecorded(
    facts: Iterable[list[str]], triples: Iterable[Triple], ledger: Iterable[Triple]
) -> Iterator[str]:
    """Yield the facts that no statement record places on their lines."""
    places, records = spans(triples), defaultdict(list)
    for of in by_subject(ledger).values():
        for identifier in of[term("dcterms:identifier")]:
            records[identifier.value] += [places.get(s) for s in of[term("eco:statedIn")]]
    for fact, document, first, last in facts:
        if not any(
            place and place[0] == document and place[1] <= int(first) <= int(last) <= place[2]
            for place in records[fact]
        ):
            yield fact


def test_the_table_of_facts_is_complete() -> None:
    expected = [f"{s}.{n:02}" for s, number in FACTS.items() for n in range(1, number + 1)]
    assert [fact for fact, *_ in table(HERE / "facts.tsv")] == expected
    assert len(expected) == 321


def test_every_fact_has_a_record_on_its_lines_or_a_reason(
    contributions: list[Contribution],
) -> None:
    triples = [t for c in datasets(contributions) for t in c.triples]
    ledger = [t for c in ledgers(contributions).values() for t in c.triples]
    left_out = not_modelled(NOT_MODELLED.read_text(encoding="utf-8"))
    assert list(unrecorded(table(HERE / "facts.tsv"), triples, ledger)) == sorted(left_out)
    assert len(left_out) <= 16


def test_no_record_names_a_fact_that_there_is_not(contributions: list[Contribution]) -> None:
    known = {fact for fact, *_ in table(HERE / "facts.tsv")}
    named = {
        t.object.value
        for dataset, ledger in ledgers(contributions).items()
        if dataset in {graph("curated", key) for key in DOCUMENTS}
        for t in ledger.triples
        if t.predicate == term("dcterms:identifier")
    }
    assert named <= known


def test_a_fact_without_record_or_on_other_lines_is_found() -> None:
    data = triples_of(
        "<id/source-span/a> eco:inDocument <id/document/x> ; eco:lineStart 2 ; eco:lineEnd 3 ."
    )
    ledger = triples_of(
        """
        <id/statement/1> dcterms:identifier "S0.01" , "S0.02" ; eco:statedIn <id/source-span/a> .
        <id/statement/2> dcterms:identifier "S0.03" .
        """
    )
    facts = [["S0.01", "x", "2", "3"], ["S0.02", "x", "1", "2"], ["S0.03", "x", "2", "2"]]
    assert list(unrecorded(facts, data, ledger)) == ["S0.02", "S0.03"]


def test_the_list_of_facts_that_are_left_out_is_read() -> None:
    text = "| fact | reason |\n|---|---|\n| S0.01 | No word for it. |\n| S0.02 | | \n"
    assert not_modelled(text) == {"S0.01": "No word for it."}


# No sentence is copied


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield each run of words in a text, and its hash."""
    words = re.findall(r"\w+", text.lower())
    for start in range(len(words) - RUN + 1):
        run = " ".join(words[start : start + RUN])
        yield run, hashlib.sha256(run.encode()).hexdigest()[:12]


def copied(triples: Iterable[Triple], of_sources: set[str]) -> list[str]:
    """Return the texts that share a run of words with a source, and the run."""
    return [
        f"{short(t.subject.value)} {short(t.predicate.value)}: {run}"
        for t in triples
        if isinstance(t.object, Literal) and t.predicate not in NAMES
        for run, digest in runs(t.object.value)
        if digest in of_sources
    ]


def test_no_sentence_of_a_source_is_copied(contributions: list[Contribution]) -> None:
    of_sources = set((HERE / "source-shingles.txt").read_text(encoding="utf-8").split())
    served = (Layer.DOCUMENTS, Layer.PUBLIC, Layer.SCHEMES)
    triples = [t for c in contributions if c.layer in served for t in c.triples]
    texts = [t for t in triples if isinstance(t.object, Literal) and any(runs(t.object.value))]
    assert len(of_sources) > 4000
    assert len(texts) > 1000
    assert copied(triples, of_sources) == []


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("The plan says: One two, three\nFOUR five six!", ["one two three four five six"]),
        ("One two three four five seven", []),
        ("Five six", []),
    ],
)
def test_a_copied_run_of_words_is_found_however_it_is_written(text: str, hits: list[str]) -> None:
    of_sources = {digest for _, digest in runs("zero one two three four five six")}
    triples = [Triple(iri("id/x"), term("dcterms:description"), Literal(text))]
    assert copied(triples, of_sources) == [f"id/x dcterms:description: {run}" for run in hits]


def test_a_title_may_be_as_it_is_in_the_source() -> None:
    of_sources = {digest for _, digest in runs("one two three four five six")}
    title = Triple(iri("id/x"), term("dcterms:title"), Literal("One two three four five six"))
    assert copied([title], of_sources) == []
