"""A contribution: one publisher's one dataset, as a named graph with where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    serialize,
)

from ecosystem_graph.names import BASE


class Layer(Enum):
    """Which body of facts a graph belongs to, so that answers can be limited to it."""

    DOCUMENTS = "documents"
    """The five source documents, and the places they speak of."""

    PUBLIC = "public"
    """Facts of other public pages, and statistics."""

    RECORDS = "records"
    """Records about single triples, and stored queries; reached by name only, never reasoned on."""

    SYSTEM = "system"
    """Ontology, shapes and reports; reached by name only."""

    SCHEMES = "schemes"
    """Code lists and the structure of the cubes; part of the default graph."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One named graph; its source is a file or folder, or nothing when it was inferred."""

    graph: NamedNode
    layer: Layer
    triples: tuple[Triple, ...]
    source: Path | None

    @property
    def publisher(self) -> str:
        """The ``<publisher>`` part of the graph's IRI."""
        return self.graph.value.removeprefix(f"{BASE}graph/").partition("/")[0]


def source_digest(source: Path) -> str:
    """Return the hash of a file, or of all files below a folder with their names."""
    if source.is_file():
        return digest(source.read_bytes())
    files = sorted(path for path in source.rglob("*") if path.is_file())
    lines = (f"{path.relative_to(source)} {digest(path.read_bytes())}\n" for path in files)
    return digest("".join(lines).encode())


def canonical(triples: Iterable[Triple]) -> bytes:
    """Return triples as canonical N-Quads: the same data gives the same bytes.

    Blank nodes are named by RDFC-1.0 (https://www.w3.org/TR/rdf-canon/); order, syntax,
    repetition and blank-node labels of the source make no difference.
    """
    dataset = Dataset(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)
    if any(isinstance(node, BlankNode) for quad in dataset for node in (quad.subject, quad.object)):
        dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return b"".join(sorted(in_bytes(dataset, RdfFormat.N_QUADS).splitlines(keepends=True)))


def in_bytes(
    triples: Iterable[Triple] | Iterable[Quad],
    syntax: RdfFormat,
    prefixes: dict[str, str] | None = None,
) -> bytes:
    """Return triples written in a syntax."""
    written = serialize(triples, format=syntax, prefixes=prefixes)
    assert written is not None  # nothing is returned only when writing to a file
    return written


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
