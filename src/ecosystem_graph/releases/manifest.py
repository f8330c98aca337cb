"""A release's manifest: which graphs it is made of, by hash, and what they passed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ecosystem_graph.contribution import Layer, digest


@dataclass(frozen=True, slots=True)
class GraphEntry:
    """One graph of a release.

    Attributes:
        sha256: Hash of its canonical N-Quads; also the name of its blob.
        triples: Number of triples.
        layer: Which body of facts it belongs to.
        publisher: Who is responsible for it.
        source: Hash of the files it was read from; empty when it was inferred.
    """

    sha256: str
    triples: int
    layer: Layer
    publisher: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A complete set of graphs, named by its place in the line and by its content.

    Attributes:
        id: Number in the line and first 8 hex digits of the content hash.
        parent: The release that was current when this one was made.
        created: When, in UTC, ISO 8601.
        graphs: The graphs by IRI.
        ontology_version: ``owl:versionInfo`` of the ontology.
        software_version: Version of this package that made it.
        inference: Hash of the inference rules.
        problems: Number of findings by rule; a release has no violations.
        restores: The release that this one brings back, when it is a roll-back.
    """

    id: str
    parent: str | None
    created: str
    graphs: Mapping[str, GraphEntry]
    ontology_version: str
    software_version: str
    inference: str
    problems: Mapping[str, int] = field(default_factory=dict)
    restores: str | None = None

    @property
    def content(self) -> str:
        """Hash of what the release says, whenever and after whatever it was made."""
        return content_hash(self.graphs)

    def says(self, graphs: Mapping[str, GraphEntry], inference: str) -> bool:
        """Tell whether it is made of these graphs, inferred by these rules."""
        return self.inference == inference and self.content == content_hash(graphs)

    @property
    def triples(self) -> int:
        """Number of triples in all graphs."""
        return sum(entry.triples for entry in self.graphs.values())

    def to_json(self) -> str:
        """Return the manifest as it stands on disk."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, default=_plain) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Release:
        """Read a manifest."""
        values: dict[str, Any] = json.loads(text)
        graphs = {
            iri: GraphEntry(**{**entry, "layer": Layer(entry["layer"])})
            for iri, entry in values.pop("graphs").items()
        }
        return cls(graphs=graphs, **values)


def content_hash(graphs: Mapping[str, GraphEntry]) -> str:
    """Return the hash of a set of graphs: equal graphs in equal layers give equal hashes."""
    lines = (f"{iri} {entry.layer.value} {entry.sha256}\n" for iri, entry in sorted(graphs.items()))
    return digest("".join(lines).encode())


def _plain(value: object) -> object:
    if isinstance(value, Layer):
        return value.value
    raise TypeError(f"no JSON for {type(value)}")
