"""Canonical bytes: the same data is the same bytes, other data is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ecosystem_graph import names
from ecosystem_graph.contribution import Contribution, Layer, canonical, digest, in_bytes

# Invented triples.
PLAIN = '<x:a> <x:p> <x:b> . <x:a> <x:q> "1.50" .'
NAMELESS = '<x:a> <x:p> _:m . _:m <x:q> _:n . _:n <x:q> "1" .'


def _read(text: str, syntax: RdfFormat = RdfFormat.TURTLE) -> list[Triple]:
    return [quad.triple for quad in parse(text, format=syntax)]


def test_canonical_is_sorted_n_quads() -> None:
    assert canonical(_read(PLAIN)) == b'<x:a> <x:p> <x:b> .\n<x:a> <x:q> "1.50" .\n'


def test_nothing_is_no_bytes() -> None:
    assert canonical([]) == b""


@pytest.mark.parametrize(
    "same",
    [
        '<x:a> <x:q> "1.50" . <x:a> <x:p> <x:b> .',
        '<x:a> <x:p> <x:b> ; <x:q> "1.50" . <x:a> <x:p> <x:b> .',
        '@prefix x: <x:> . x:a x:p x:b ; x:q """1.50""" . # a remark',
    ],
    ids=["order", "repetition", "layout"],
)
def test_another_way_to_write_it_is_the_same_bytes(same: str) -> None:
    assert canonical(_read(same)) == canonical(_read(PLAIN))


def test_another_syntax_is_the_same_bytes() -> None:
    xml = in_bytes(_read(NAMELESS.replace("x:", "http://x/")), RdfFormat.RDF_XML).decode()
    again = _read(xml, RdfFormat.RDF_XML)
    assert canonical(again) == canonical(_read(NAMELESS.replace("x:", "http://x/")))


def test_labels_of_blank_nodes_make_no_difference() -> None:
    renamed = NAMELESS.replace("_:m", "_:z").replace("_:n", "_:a")
    assert canonical(_read(renamed)) == canonical(_read(NAMELESS))


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("1.50", "1.5"),
        PLAIN.replace('"1.50"', '"1.50"@en'),
        PLAIN.replace("<x:q>", "<x:Q>"),
        PLAIN + " <x:a> <x:p> <x:c> .",
    ],
    ids=["lexical-form", "language", "predicate", "one-more"],
)
def test_other_data_are_other_bytes(other: str) -> None:
    assert canonical(_read(other)) != canonical(_read(PLAIN))


def test_blank_nodes_joined_another_way_are_other_bytes() -> None:
    other = NAMELESS.replace('_:n <x:q> "1"', '_:m <x:q> "1"')
    assert canonical(_read(other)) != canonical(_read(NAMELESS))


def test_blank_nodes_that_cannot_be_told_apart_are_counted() -> None:
    one, two = ([Triple(BlankNode(), NamedNode("x:p"), Literal("1"))] * n for n in (1, 2))
    twins = [Triple(BlankNode(), NamedNode("x:p"), Literal("1")) for _ in range(2)]
    assert canonical(one) == canonical(two)
    assert canonical(twins).count(b"\n") == 2


def test_the_digest_is_sha_256() -> None:
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_publisher_is_read_from_the_name_of_the_graph() -> None:
    graph = names.graph("curated", "mini")
    assert Contribution(graph, Layer.PUBLIC, (), Path("mini.ttl")).publisher == "curated"
