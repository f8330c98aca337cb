"""The errors: one tree, as the module draws it, each with a code and a status."""

from __future__ import annotations

import inspect
import re
from types import ModuleType

import pytest

from ecosystem_graph import errors
from ecosystem_graph.errors import EcosystemGraphError, GateClosed
from ecosystem_graph.problem import Problem, Severity

CLASSES = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, EcosystemGraphError)
]
_BRANCH = re.compile(r"^((?:│   |    )*)(?:├── |└── )(\w+)")


def _drawn(text: str) -> dict[str, str]:
    """Read a tree of names: each name with the one that it hangs on."""
    parents: dict[str, str] = {}
    path = ["EcosystemGraphError"]
    for line in inspect.cleandoc(text).splitlines():
        if found := _BRANCH.match(line.removeprefix("    ")):
            depth, name = len(found[1]) // 4, found[2]
            path[depth + 1 :] = [name]
            parents[name] = path[depth]
    return parents


def _defined(classes: list[type]) -> dict[str, str]:
    return {kind.__name__: kind.__base__.__name__ for kind in classes[1:] if kind.__base__}


def _docstring(module: ModuleType) -> str:
    assert module.__doc__ is not None
    return module.__doc__


def test_the_tree_in_the_docstring_is_the_tree_of_classes() -> None:
    assert len(CLASSES) == 13
    assert _drawn(_docstring(errors)) == _defined(CLASSES)


def test_a_class_that_is_missing_or_hangs_elsewhere_would_be_noticed() -> None:
    drawing = _docstring(errors)
    without = re.sub(r"(?m)^.*NoRelease.*\n", "", drawing)
    assert _defined(CLASSES).items() - _drawn(without).items() == {("NoRelease", "NotFound")}
    moved = drawing.replace("├── NotFound", "│   ├── NotFound")
    assert _drawn(moved)["NotFound"] == "BadInput"


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_error_has_a_code_a_status_and_one_sentence(kind: type[EcosystemGraphError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", vars(kind)["code"])
    assert kind.status in {400, 404, 406, 422, 500, 503}
    assert re.fullmatch(r"[A-Z][^.!?\n]*(SPARQL 1\.1[^.!?\n]*)?\.", kind.__doc__ or "")


def test_codes_are_unique() -> None:
    assert len({kind.code for kind in CLASSES}) == len(CLASSES)


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = errors.BadQuery("It is no query", remedy="Ask otherwise.")
    assert (str(error), error.message, error.remedy) == (
        "It is no query",
        "It is no query",
        "Ask otherwise.",
    )


def test_a_closed_gate_hands_over_its_problems() -> None:
    problem = Problem("X-01", "X-01-a", Severity.Violation, "x:a", {"en": "Bad."}, {})
    assert GateClosed("No", [problem]).problems == (problem,)
