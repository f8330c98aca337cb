"""Releases on disk: blobs by hash, manifests, and one line that names the current release.

::

    home/
      graphs/<sha256>.nq.zst   one graph, canonical, written once, never changed
      releases/<id>.json       a manifest, written when every blob it names is on disk and synced
      current                  the id of the current release, replaced atomically
      lock                     held while something is published

Every file is written beside its place, synced and renamed, and the folder is synced after it, so
a process killed at any moment leaves the old release whole.
"""

from __future__ import annotations

import builtins
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import zstandard
from pyoxigraph import RdfFormat, Triple, parse

from ecosystem_graph.contribution import digest
from ecosystem_graph.errors import DamagedRelease, NoRelease, UnknownRelease
from ecosystem_graph.releases.manifest import GraphEntry, Release, content_hash
from ecosystem_graph.version import __version__

_UNFINISHED = ".unfinished-"


class ReleaseStore:
    """The releases in one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._graphs = home / "graphs"
        self._releases = home / "releases"
        self._current = home / "current"

    def list(self) -> list[Release]:
        """Return the releases, oldest first."""
        return [_read_manifest(path) for path in sorted(self._releases.glob("*.json"))]

    def current(self) -> Release:
        """Return the release that is served.

        Raises:
            NoRelease: nothing has been built here.
            DamagedRelease: what should name it names no release, or its manifest cannot be read.
        """
        if not self._current.exists():
            raise NoRelease(
                f"There is no release in {self.home.resolve()}",
                remedy="Run ecosystem-graph build first, or name another folder "
                "with --home or ECOSYSTEM_GRAPH_HOME.",
            )
        name = self._current.read_bytes().decode("utf-8", errors="replace").strip()
        if not name or not self._manifest(name).is_file():
            raise _damaged(self._current, f"names no release: {name!r}")
        return _read_manifest(self._manifest(name))

    def get(self, name: str) -> Release:
        """Return a release by its id, the beginning of its id, or the word ``current``.

        Raises:
            UnknownRelease: no release, or more than one, is called so.
            NoRelease: ``current`` was asked for and nothing has been built here.
            DamagedRelease: its manifest cannot be read.
        """
        if name == "current":
            return self.current()
        found = [path for path in self._releases.glob("*.json") if path.stem.startswith(name)]
        exact = [path for path in found if path.stem == name]
        if len(exact or found) != 1:
            known = ", ".join(path.stem for path in sorted(self._releases.glob("*.json")))
            raise UnknownRelease(
                f"{len(found) or 'No'} releases are called {name!r}",
                remedy=f"Name one of: {known or '(none; run ecosystem-graph build)'}.",
            )
        return _read_manifest((exact or found)[0])

    def read(self, sha256: str) -> bytes:
        """Return a graph, named by its hash, as canonical N-Quads.

        Raises:
            DamagedRelease: the blob is missing or not what its name says.
        """
        path = self._blob(sha256)
        try:
            content = zstandard.ZstdDecompressor().decompress(path.read_bytes())
        except (OSError, zstandard.ZstdError) as error:
            raise _damaged(path, f"cannot be read: {error}") from error
        if digest(content) != sha256:
            raise _damaged(path, "is not what its name says")
        return content

    def triples(self, entry: GraphEntry) -> Iterator[Triple]:
        """Yield the triples of a graph, literals as their source has them."""
        for quad in parse(self.read(entry.sha256), format=RdfFormat.N_QUADS):
            yield quad.triple

    def verify(self, release: Release) -> builtins.list[str]:
        """Return what is wrong with a release on disk; nothing, when it is whole."""
        found = []
        for iri, entry in release.graphs.items():
            try:
                lines = self.read(entry.sha256).count(b"\n")
            except DamagedRelease as error:
                found.append(f"{iri}: {error.message}")
                continue
            if lines != entry.triples:
                found.append(f"{iri}: {lines} triples, {entry.triples} in the manifest")
        if not release.id.endswith(release.content[:8]):
            found.append(f"{release.id}: the graphs are not those that its id was made from")
        return found

    def publish(
        self,
        graphs: Mapping[str, GraphEntry],
        blobs: Mapping[str, bytes],
        *,
        ontology_version: str,
        inference: str,
        problems: Mapping[str, int],
        restores: str | None = None,
    ) -> Release:
        """Make a set of graphs the current release. Until the last step, the old one is.

        A set that is current already stays current, and blobs that it lacks are written.

        Args:
            graphs: What the release is made of, by graph IRI.
            blobs: Canonical N-Quads by hash, for every graph that may not be on disk yet.
            ontology_version: Version of the ontology that the graphs were checked against.
            inference: Hash of the inference rules.
            problems: Number of findings of the gate, by rule.
            restores: The release that this one brings back.
        """
        with self._locked():
            for sha256 in {entry.sha256 for entry in graphs.values()} & blobs.keys():
                if not self._is_whole(sha256):
                    packed = zstandard.ZstdCompressor(level=10).compress(blobs[sha256])
                    _write(self._blob(sha256), packed)
            current = self.current_if_readable()
            if current is not None and restores is None and current.says(graphs, inference):
                return current  # somebody else was quicker, or only a blob was missing
            release = Release(
                id=f"{self._next_number():04}-{content_hash(graphs)[:8]}",
                parent=current.id if current else None,
                created=datetime.now(UTC).isoformat(timespec="seconds"),
                graphs=dict(graphs),
                ontology_version=ontology_version,
                software_version=__version__,
                inference=inference,
                problems=dict(problems),
                restores=restores,
            )
            _write(self._manifest(release.id), release.to_json().encode())
            _write(self._current, f"{release.id}\n".encode())
            return release

    def rollback(self, release: Release) -> Release:
        """Make a new release that equals an old one.

        Raises:
            DamagedRelease: the old release is not whole.
        """
        if faults := self.verify(release):
            raise DamagedRelease(
                f"{release.id} is damaged: {'; '.join(faults)}",
                remedy="Roll back to another release, or build again from the files.",
            )
        return self.publish(
            release.graphs,
            {},
            ontology_version=release.ontology_version,
            inference=release.inference,
            problems=release.problems,
            restores=release.id,
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for unfinished in self.home.rglob(f"{_UNFINISHED}*"):
                unfinished.unlink(missing_ok=True)
            yield

    def current_if_readable(self) -> Release | None:
        """Return the current release; nothing, when there is none that can be read."""
        try:
            return self.current()
        except (NoRelease, DamagedRelease):
            return None

    def _next_number(self) -> int:
        """Return a number that no release has had."""
        numbers = (path.stem.partition("-")[0] for path in self._releases.glob("*.json"))
        return max((int(number) for number in numbers if number.isdecimal()), default=0) + 1

    def _manifest(self, name: str) -> Path:
        return self._releases / f"{name}.json"

    def _is_whole(self, sha256: str) -> bool:
        try:
            self.read(sha256)
        except DamagedRelease:
            return False
        return True

    def _blob(self, sha256: str) -> Path:
        return self._graphs / f"{sha256}.nq.zst"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{_UNFINISHED}{path.name}-{os.getpid()}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read_manifest(path: Path) -> Release:
    try:
        return Release.from_json(path.read_text(encoding="utf-8"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _damaged(path, f"is no manifest: {error}") from error


def _damaged(path: Path, fault: str) -> DamagedRelease:
    return DamagedRelease(
        f"{path.name} {fault}",
        remedy="Build again from the files, or roll back to a whole release.",
    )
