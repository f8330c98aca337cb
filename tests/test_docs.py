"""The docs are true: commands, settings, error codes, links and answers are those of the code."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import CliRunner
from pyoxigraph import NamedNode

from ecosystem_graph import names, resources
from ecosystem_graph.cli import main
from ecosystem_graph.contribution import Contribution
from ecosystem_graph.engine import Graph, Library
from ecosystem_graph.errors import EcosystemGraphError
from ecosystem_graph.names import term

ROOT = resources.ROOT
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PROGRAM = ".venv/bin/ecosystem-graph"


def blocks(language: str) -> list[tuple[Path, str]]:
    return [
        (page, text)
        for page in PAGES
        for found, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if found == language
    ]


def commands() -> list[tuple[Path, str]]:
    return [
        (page, line.removeprefix("$ "))
        for page, text in blocks("console")
        for line in text.splitlines()
        if line.startswith("$ ")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_command_in_the_docs_exists_with_its_options() -> None:
    checked = 0
    for page, line in commands():
        for part in line.split("|"):
            words = shlex.split(part.partition(">")[0])
            if words and words[0] == PROGRAM:
                checked += 1
                _assert_parses(page, words[1:])
    assert checked > 10


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"`make ([a-z]+)`|\$ make ([a-z]+)", text))
    assert {a or b for a, b in named} <= targets


def test_the_generated_pages_are_what_the_code_says() -> None:
    generate = _generate()
    stale = [
        name
        for name, page in generate.PAGES.items()
        if (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") != page()
    ]
    assert stale == [], "run make docs"


def test_every_error_code_is_documented_with_its_status() -> None:
    text = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) ", text, re.MULTILINE))
    assert rows == {kind.code: str(kind.status) for kind in _tree(EcosystemGraphError)}


@pytest.mark.parametrize(
    ("page", "query"), blocks("sparql"), ids=lambda value: getattr(value, "name", "query")
)
def test_every_query_in_the_docs_has_rows(page: Path, query: str, graph: Graph) -> None:
    assert len(graph.query(query).rows) > 0, page


def test_the_answers_in_the_readme_are_the_real_ones(built_home: Path) -> None:
    checked = 0
    for _, text in blocks("console"):
        first, *rest = text.splitlines()
        if first.startswith(f"$ {PROGRAM} query") and rest and not rest[0].startswith("$"):
            checked += 1
            arguments = shlex.split(first)[2:]
            result = CliRunner().invoke(main, ["--home", str(built_home), *arguments])
            told = [line.rstrip() for line in result.output.splitlines()[:-1]]
            assert told == rest
    assert checked == 2


def test_the_python_in_the_docs_runs(built_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_HOME", str(built_home))
    ran = 0
    for _, code in blocks("python"):
        if "SPARQLWrapper" not in code:  # that one needs a server; a journey asks one
            exec(compile(code, "docs", "exec"), {})  # noqa: S102  # our own docs
            ran += 1
    assert ran == 2


def test_the_numbers_in_the_changelog_are_those_of_the_repository(
    contributions: list[Contribution],
) -> None:
    assert _told(_first_entry()) == {
        "classes": _declared(contributions, "owl:Class", "ns#"),
        "object properties": _declared(contributions, "owl:ObjectProperty", "ns#"),
        "datatype properties": _declared(contributions, "owl:DatatypeProperty", "ns#"),
        "schemes": _declared(contributions, "skos:ConceptScheme", "scheme/"),
        "rules": sum(path.is_dir() for path in (ROOT / "shapes" / "examples").iterdir()),
        "observations": _observations(contributions),
        "questions": len(list(Library(ROOT / "queries" / "competency"))),
    }


def test_another_number_in_the_changelog_would_be_noticed() -> None:
    changed = _first_entry().replace(" classes", "0 classes")
    assert _told(changed)["classes"] == 10 * _told(_first_entry())["classes"]


def _first_entry() -> str:
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").partition("## 0.1.0")[2]


def _told(entry: str) -> dict[str, int]:
    """Return the numbers that an entry of the changelog gives."""
    patterns = {
        "classes": r"([\d,]+) classes",
        "object properties": r"([\d,]+) object and",
        "datatype properties": r"([\d,]+) datatype properties",
        "schemes": r"([\d,]+) SKOS schemes",
        "rules": r"([\d,]+) SHACL rules",
        "observations": r"([\d,]+)\s+regional observations",
        "questions": r"([\d,]+) competency questions",
    }
    found = {what: re.search(pattern, entry) for what, pattern in patterns.items()}
    return {what: int(match[1].replace(",", "")) for what, match in found.items() if match}


def _declared(contributions: list[Contribution], kind: str, under: str) -> int:
    """Return how many of the graph's own terms are of a kind."""
    own = names.BASE + under
    return len(
        {
            triple.subject
            for contribution in contributions
            for triple in contribution.triples
            if triple.predicate == term("rdf:type")
            and triple.object == term(kind)
            and isinstance(triple.subject, NamedNode)
            and triple.subject.value.startswith(own)
        }
    )


def _observations(contributions: list[Contribution]) -> int:
    cube = names.iri("cube/regional-indicators")
    return sum(
        triple.predicate == term("qb:dataSet") and triple.object == cube
        for contribution in contributions
        for triple in contribution.triples
    )


def _assert_parses(page: Path, words: list[str]) -> None:
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in words if word.startswith("--") and word not in known]
    assert unknown == [], f"{page}: {command.name}"
    assert command is not main, f"{page}: {words}"


def _generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tree(kind: type[EcosystemGraphError]) -> list[type[EcosystemGraphError]]:
    return [kind, *(part for child in kind.__subclasses__() for part in _tree(child))]
