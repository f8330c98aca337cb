"""Gate 1: every file parses and is laid out in the one way; prefixes and tags are tidy."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Store, Triple

from ecosystem_graph.errors import BadSyntax
from ecosystem_graph.intake import read_rdf
from ecosystem_graph.names import BASE, PREFIXES
from ecosystem_graph.queries import read_query
from ecosystem_graph.resources import ROOT
from gates_support import triples_of

FOLDERS = ("ontology", "shapes", "queries", "data")
TURTLEFMT = Path(sys.executable).with_name("turtlefmt")
# Strings and comments, and addresses so that their # begins no comment.
TOKEN = re.compile(
    r'(?P<text>"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*")|(?P<iri><[^<>\s]*>)|#[^\n]*',
    re.DOTALL,
)


def files(ending: str) -> list[Path]:
    found = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob(f"*{ending}"))
    assert found
    return found


def parse_query(path: Path) -> None:
    Store().query(read_query(path).text, base_iri=BASE, prefixes=PREFIXES)


def parse_table(path: Path, delimiter: str, quoting: int) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        # A mapping set begins with a header in remarks (SSSOM), which is read elsewhere.
        lines = (line for line in file if not line.startswith("#"))
        rows = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
        widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise ValueError(f"rows of {sorted(widths)} cells")


PARSERS: dict[str, Callable[[Path], object]] = {
    ".ttl": read_rdf,
    ".rq": parse_query,
    ".tsv": lambda path: parse_table(path, "\t", csv.QUOTE_NONE),
    ".csv": lambda path: parse_table(path, ",", csv.QUOTE_MINIMAL),
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
}


def unparsed(paths: Iterable[Path]) -> list[str]:
    """Return the files that do not parse, each with the reason."""
    faults = []
    for path in paths:
        try:
            PARSERS[path.suffix](path)
        except (BadSyntax, SyntaxError, ValueError, csv.Error) as error:
            faults.append(f"{path.name}: {error}")
    return faults


def bare(text: str) -> str:
    """Return Turtle or SPARQL without comments and without what stands in strings."""
    return TOKEN.sub(lambda m: '""' if m["text"] else m["iri"] or "", text)


def tags_with_capitals(text: str) -> list[str]:
    return [tag for tag in re.findall(r'""@([\w-]+)', bare(text)) if tag != tag.lower()]


def prefix_faults(text: str) -> list[str]:
    """Return prefixes and namespaces declared twice, and prefixes that nothing uses."""
    content = bare(text)
    declared = re.findall(r"(?i)@?\bprefix\s+([\w-]*:)\s*(<[^>]*>)", content)
    twice = [
        name for name, n in Counter(part for pair in declared for part in pair).items() if n > 1
    ]
    unused = [
        name
        for name, _ in declared
        if not re.search(rf"(?<![\w-]){re.escape(name)}(?!\s*<)", content)
    ]
    return sorted({f"twice: {name}" for name in twice} | {f"unused: {name}" for name in unused})


def blank_nodes(triples: Iterable[Triple]) -> list[Triple]:
    return [
        t for t in triples if isinstance(t.subject, BlankNode) or isinstance(t.object, BlankNode)
    ]


def layout(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TURTLEFMT, "--check", *paths], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("ending", PARSERS)
def test_every_file_parses(ending: str):
    assert unparsed(files(ending)) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bad.ttl", "<a> <b> ."),
        ("bad.rq", "#+ title:\n#+   en: Invented\nSELECT ?x WHERE { ?x"),
        ("no-title.rq", "SELECT ?x WHERE { ?x ?y ?z }"),
        ("bad.tsv", "one\ttwo\n1\n"),
        ("bad.csv", 'one,two\n"1,2\n'),
        ("empty.csv", ""),
        ("bad.json", '{"one": }'),
    ],
)
def test_a_file_that_does_not_parse_is_reported(name: str, content: str, tmp_path: Path):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    (fault,) = unparsed([path])
    assert fault.startswith(name)


def test_every_turtle_file_is_in_the_one_layout():
    checked = layout(*(ROOT / folder for folder in ("ontology", "shapes", "data")))
    assert (checked.returncode, checked.stdout) == (0, "")


def test_a_turtle_file_in_another_layout_is_reported(tmp_path: Path):
    good, bad = tmp_path / "good.ttl", tmp_path / "bad.ttl"
    good.write_text("<http://example.org/a> a <http://example.org/B> .\n", encoding="utf-8")
    bad.write_text("<http://example.org/a>\ta   <http://example.org/B>.\n", encoding="utf-8")
    assert layout(good).returncode == 0
    assert layout(bad).returncode != 0


def test_the_data_have_no_blank_nodes():
    paths = sorted((ROOT / "data").rglob("*.ttl"))
    assert paths
    assert {str(path): found for path in paths if (found := blank_nodes(read_rdf(path)))} == {}


@pytest.mark.parametrize("turtle", ["<x> foaf:page [] .", "[] foaf:page <x> ."])
def test_a_blank_node_is_found(turtle: str):
    assert len(blank_nodes(triples_of(turtle))) == 1


def test_language_tags_are_in_lower_case():
    paths = [*files(".ttl"), *files(".rq"), *files(".statements.tsv")]
    assert {
        str(p): found for p in paths if (found := tags_with_capitals(p.read_text("utf-8")))
    } == {}


def test_a_language_tag_with_capitals_is_found():
    text = '<a> <b#c> "x"@en-GB , """@EN "y"@DA"""@sv , "@FR" . # "z"@FI'
    assert tags_with_capitals(text) == ["en-GB"]


def test_no_prefix_is_declared_twice_or_in_vain():
    paths = [*files(".ttl"), *files(".rq")]
    assert {str(p): found for p in paths if (found := prefix_faults(p.read_text("utf-8")))} == {}


def test_a_prefix_declared_twice_or_in_vain_is_found():
    text = """
    @prefix a: <http://example.org/a#> .
    @prefix b: <http://example.org/a#> .
    @prefix c: <http://example.org/c#> .
    PREFIX d: <http://example.org/d1#>
    PREFIX d: <http://example.org/d2#>
    a:x b:y "c:z" , d:e . # c:z
    """
    assert prefix_faults(text) == ["twice: <http://example.org/a#>", "twice: d:", "unused: c:"]
