"""Whether data use the ontology's words as words: known ones, and each for its kind of value.

Shapes look at the terms they name. A misspelt term is named by none, so it would pass in silence,
and so would a text in the place of a thing where a shape only follows the property further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode, QuerySolutions, Store

from ecosystem_graph.names import ONTOLOGY_GRAPH, PREFIXES, short
from ecosystem_graph.problem import Problem, Severity


@dataclass(frozen=True, slots=True)
class _Check:
    """A query for the records at fault: ``?this``, and the term of ours that is misused."""

    rule: str
    query: str
    messages: dict[str, str]
    remedies: dict[str, str]


_KNOWN = f"FILTER NOT EXISTS {{ GRAPH {ONTOLOGY_GRAPH} {{ ?term a ?kind }} }}"
_OURS = f'FILTER (STRSTARTS(STR(?term), "{PREFIXES["eco"]}"))'

_CHECKS = (
    _Check(
        "VOC-01",
        "SELECT DISTINCT ?this ?term WHERE { { ?this ?term ?value } UNION { ?this a ?term } "
        f"{_OURS} {_KNOWN} }}",
        {
            "en": "{term} is no word of the ontology.",
            "da": "{term} er ikke et ord i ontologien.",
            "sv": "{term} är inget ord i ontologin.",
        },
        {
            "en": "Check the spelling, capital letters included.",
            "da": "Kontrollér stavemåden, også store og små bogstaver.",
            "sv": "Kontrollera stavningen, även stora och små bokstäver.",
        },
    ),
    _Check(
        "VOC-02",
        f"SELECT DISTINCT ?this ?term WHERE {{ GRAPH {ONTOLOGY_GRAPH} "
        "{ ?term a owl:ObjectProperty } ?this ?term ?value FILTER (isLiteral(?value)) }",
        {
            "en": "{term} points to a record, and a text or number stands there.",
            "da": "{term} peger på en post, men der står en tekst eller et tal.",
            "sv": "{term} pekar på en post, men där står en text eller ett tal.",
        },
        {
            "en": "Give the address of the record, in angle brackets.",
            "da": "Angiv postens adresse i vinkelparenteser.",
            "sv": "Ange postens adress inom vinkelparenteser.",
        },
    ),
    _Check(
        "VOC-03",
        f"SELECT DISTINCT ?this ?term WHERE {{ GRAPH {ONTOLOGY_GRAPH} "
        "{ ?term a owl:DatatypeProperty } ?this ?term ?value FILTER (!isLiteral(?value)) }",
        {
            "en": "{term} takes a text or number, and an address stands there.",
            "da": "{term} skal have en tekst eller et tal, men der står en adresse.",
            "sv": "{term} ska ha en text eller ett tal, men där står en adress.",
        },
        {
            "en": "Write the value in quotes, or as a number or date.",
            "da": "Skriv værdien i anførselstegn, eller som tal eller dato.",
            "sv": "Skriv värdet inom citattecken, eller som tal eller datum.",
        },
    ),
)


def misused_terms(store: Store) -> Iterator[Problem]:
    """Yield the records that misuse a term; the store holds the ontology as a named graph."""
    for check in _CHECKS:
        solutions = store.query(check.query, prefixes=PREFIXES)
        assert isinstance(solutions, QuerySolutions)
        for solution in solutions:
            focus, term = solution["this"], solution["term"]
            assert isinstance(focus, NamedNode)
            assert isinstance(term, NamedNode)
            yield Problem(
                rule=check.rule,
                shape=check.rule,
                severity=Severity.Violation,
                focus=focus.value,
                messages={k: v.format(term=short(term.value)) for k, v in check.messages.items()},
                remedies=check.remedies,
                value=None,
            )
