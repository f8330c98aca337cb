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

OWN_WORK = {iri(f"scheme/assertion-basis/{basis}") for basis in ("computed", "translated")}
"""Bases of statements that need no source: they follow from others, or are a translation."""

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
        "dcterms:title",
        "dcterms:alternative",
        "eco:officialName",
        "eco:roleTitle",
        "eco:sectionLabel",
        "foaf:name",
    )
}
"""Names and titles are as they are in the source."""

LABELS = {term("skos:prefLabel"), term("skos:altLabel")}

NAMED = {
    "agreement": "its title",
    "application": "the title under which money was applied for",
    "event": "its title",
    "event-series": "its title",
    "organisation": "its name",
    "project": "its title",
}
"""Kinds of records whose labels are names that a source gives, and what they are."""

QUOTED = {("plan-item", "da"): "the plan's own headings: what was planned is said in its words"}
"""Kinds of records whose labels are titles in the language of their source only, and why."""

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
    """Return the triples of which a statement record says where they come from."""
    parts = [term("rdf:subject"), term("rdf:predicate"), term("rdf:object")]
    return {
        Triple(*(record[part][0] for part in parts))
        for record in by_subject(ledger).values()
        if record[parts[0]]
        and (record.keys() & SOURCES or OWN_WORK.intersection(record[term("eco:assertionBasis")]))
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
        <id/project/b> eco:acronym "B" , "C" , "D" .
        """
    )
    ledger = triples_of(
        """
        <id/statement/1> rdf:subject <id/project/b> ; rdf:predicate eco:acronym ; rdf:object "B" ;
            eco:assertionBasis <scheme/assertion-basis/editor-inferred> ;
            eco:statedIn <id/source-span/x.L1> .
        <id/statement/2> rdf:subject <id/project/b> ; rdf:predicate eco:acronym ; rdf:object "C" ;
            eco:assertionBasis <scheme/assertion-basis/translated> .
        <id/statement/3> rdf:subject <id/project/b> ; rdf:predicate eco:acronym ; rdf:object "D" ;
            eco:assertionBasis <scheme/assertion-basis/editor-inferred> .
        """
    )
    assert without_source(data, ledger) == triples_of('<id/project/b> eco:acronym "D" .')


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


def mislabelled(facts: Iterable[list[str]], triples: Iterable[Triple]) -> list[str]:
    """Return the facts whose span does not name the section that they stand in."""
    triples = list(triples)
    records, places = by_subject(triples), spans(triples)
    sections = {
        place: "".join(label.value for label in records[span][term("eco:sectionLabel")])
        for span, place in places.items()
    }
    return [
        f"{fact}: {sections[place]!r} instead of {section!r}"
        for fact, document, first, last, section in facts
        if (place := (document, int(first), int(last))) in sections and sections[place] != section
    ]


def test_every_span_names_the_section_that_its_facts_stand_in(
    contributions: list[Contribution],
) -> None:
    """T37: two sections of one document are numbered 2, and two 3."""
    triples = [t for c in datasets(contributions) for t in c.triples]
    facts = table(HERE / "facts.tsv")
    places = set(spans(triples).values())
    located = [
        fact for fact, key, first, last, _ in facts if (key, int(first), int(last)) in places
    ]
    assert len(located) > 300
    assert mislabelled(facts, triples) == []
    sections = {section for _, document, *_, section in facts if document == "dlsc-2023"}
    assert [section for section in sorted(sections) if section.startswith(("2. ", "3. "))] == [
        "2. Aktiviteter og resultater i oversigt / 2023",
        "2. Oversigt aktiviteter og resultater",
        "3. Projekt Solutions For Future Impact (SOFI)",
        "3. Projekter",
    ]


def test_a_span_that_names_another_section_is_found() -> None:
    data = triples_of(
        """
        <id/source-span/a> eco:inDocument <id/document/x> ; eco:lineStart 1 ; eco:lineEnd 1 .
        <id/source-span/b> eco:inDocument <id/document/x> ; eco:lineStart 2 ; eco:lineEnd 3 ;
            eco:sectionLabel "2" .
        """
    )
    facts = [["S0.01", "x", "1", "1", ""], ["S0.02", "x", "2", "3", "2. Aims"]]
    assert mislabelled(facts, data) == ["S0.02: '2' instead of '2. Aims'"]


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
    for fact, document, first, last, *_ in facts:
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


def is_name(t: Triple) -> bool:
    """Whether a text is a name or title, as a predicate says or the kind of record."""
    if t.predicate not in LABELS:
        return t.predicate in NAMES
    kind = short(t.subject.value).removeprefix("id/").partition("/")[0]
    return kind in NAMED or (kind, t.object.language) in QUOTED


def copied(triples: Iterable[Triple], of_sources: set[str]) -> list[str]:
    """Return the texts that share a run of words with a source, and the run."""
    return [
        f"{short(t.subject.value)} {short(t.predicate.value)}: {run}"
        for t in triples
        if isinstance(t.object, Literal) and not is_name(t)
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


def test_the_kinds_of_records_with_names_of_a_source_are_all_in_use(
    contributions: list[Contribution], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_sources = set((HERE / "source-shingles.txt").read_text(encoding="utf-8").split())
    triples = [t for c in datasets(contributions) for t in c.triples if t.predicate in LABELS]
    monkeypatch.setitem(globals(), "is_name", lambda _: False)
    found = {hit.removeprefix("id/").partition("/")[0] for hit in copied(triples, of_sources)}
    assert found == NAMED.keys() | {kind for kind, _ in QUOTED}


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
    text = "One two three four five six"
    title = Triple(iri("id/x"), term("dcterms:title"), Literal(text))
    name = Triple(iri("id/project/x"), term("skos:prefLabel"), Literal(text, language="en"))
    item = Triple(iri("id/plan-item/x"), term("skos:prefLabel"), Literal(text, language="da"))
    assert copied([title, name, item], of_sources) == []


@pytest.mark.parametrize(("kind", "language"), [("objective", "en"), ("plan-item", "en")])
def test_a_label_that_is_no_name_may_not_be_copied(kind: str, language: str) -> None:
    of_sources = {digest for _, digest in runs("one two three four five six")}
    text = Literal("One two three four five six", language=language)
    label = Triple(iri(f"id/{kind}/x"), term("skos:prefLabel"), text)
    assert copied([label], of_sources) == [f"id/{kind}/x skos:prefLabel: {text.value.lower()}"]
