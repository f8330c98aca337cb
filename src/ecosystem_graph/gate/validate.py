"""Checks data against shapes and says what is wrong with which record."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    Store,
    serialize,
)
from pyrudof import RDFFormat, Rudof, RudofConfig, ShaclFormat

from ecosystem_graph.gate.shapes import Shapes, Source
from ecosystem_graph.names import BASE, short
from ecosystem_graph.problem import Problem

_VARIABLE = re.compile(r"\{[?$](\w+)\}")


def validate(store: Store, shapes: Shapes) -> list[Problem]:
    """Return what is wrong with the data in a store's default graph, worst first.

    Args:
        store: Asserted and inferred triples; shapes do no reasoning of their own.
        shapes: The shapes to hold them against.
    """
    found = (*_core(store, shapes), *_sparql(store, shapes))
    distinct = {
        (p.rule, p.shape, p.focus, p.value or "", tuple(sorted(p.messages.items()))): p
        for p in found
    }
    return [problem for _, problem in sorted(distinct.items(), key=_worst_first)]


def _worst_first(item: tuple[tuple[object, ...], Problem]) -> tuple[object, ...]:
    key, problem = item
    return (-problem.severity, *key)


def _core(store: Store, shapes: Shapes) -> Iterator[Problem]:
    rudof = Rudof(RudofConfig())
    rudof.read_shacl(shapes.core_turtle, format=ShaclFormat.Turtle, base=BASE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.nt")
        quads = store.quads_for_pattern(None, None, None, DefaultGraph())
        serialize((quad.triple for quad in quads), path, format=RdfFormat.N_TRIPLES)
        rudof.read_data(path, format=RDFFormat.NTriples)
    for entry in rudof.validate_shacl():
        source = shapes.sources[str(entry.source_shape)]
        yield _problem(source, entry.focus_node, source.messages, entry.value)


def _sparql(store: Store, shapes: Shapes) -> Iterator[Problem]:
    for constraint in shapes.constraints:
        solutions = store.query(constraint.query)
        assert isinstance(solutions, QuerySolutions)
        for solution in solutions:
            focus = str(solution["this"]).strip("<>")  # as the Core engine writes it
            messages = {
                language: _fill(text, solution)
                for language, text in constraint.source.messages.items()
            }
            yield _problem(constraint.source, focus, messages, None)


def _problem(source: Source, focus: str, messages: Mapping[str, str], value: str | None) -> Problem:
    return Problem(
        rule=source.rule.id,
        shape=source.name,
        severity=source.severity,
        focus=focus,
        messages=messages,
        remedies=source.rule.remedies,
        value=None if value == focus else value,
    )


def _fill(text: str, solution: QuerySolution) -> str:
    """Put a solution's values in the place of a message's variables."""

    def value(match: re.Match[str]) -> str:
        found = solution[match.group(1)]
        if isinstance(found, Literal):
            return found.value
        return short(found.value) if isinstance(found, NamedNode) else match.group()

    return _VARIABLE.sub(value, text)
