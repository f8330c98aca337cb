"""Releases on disk: whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ecosystem_graph.errors import DamagedRelease, GateClosed, NoRelease, UnknownRelease
from ecosystem_graph.releases import ReleaseStore, build, diff
from mini import make_repository, write_dataset

NAMED = """
<id/region/y> a eco:Region ;
    skos:prefLabel "Region Y"@en ;
    eco:regionKind <scheme/region-kind/administrative> .
"""
NAMELESS = "\n<id/region/y> a eco:Region .\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


@pytest.fixture
def store(tmp_path: Path) -> ReleaseStore:
    return ReleaseStore(tmp_path / "home")


def test_nothing_built_says_what_to_do(store: ReleaseStore) -> None:
    with pytest.raises(NoRelease) as caught:
        store.current()
    assert "ecosystem-graph build" in caught.value.remedy


def test_a_second_build_with_nothing_changed_makes_no_release(
    repository: Path, store: ReleaseStore
) -> None:
    first = build(repository, store)
    second = build(repository, store)
    assert (first.is_new, second.is_new) == (True, False)
    assert [release.id for release in store.list()] == [first.release.id]


def test_another_layout_of_the_same_data_makes_no_release(
    repository: Path, store: ReleaseStore
) -> None:
    build(repository, store)
    path = repository / "data" / "documents" / "mini.ttl"
    path.write_text(path.read_text().replace(" ;\n    ", "; "), encoding="utf-8")
    assert not build(repository, store).is_new


def test_a_changed_triple_makes_a_release_with_the_old_one_as_parent(
    repository: Path, store: ReleaseStore
) -> None:
    old = build(repository, store).release
    write_dataset(repository, NAMED)
    new = build(repository, store).release
    assert (new.parent, store.current().id) == (old.id, new.id)
    changes = {change.graph.rpartition("/")[2]: change for change in diff(store, old, new)}
    assert set(changes) == {"mini", "inferred-documents"}
    assert (len(changes["mini"].removed), len(changes["mini"].added)) == (0, 3)


def test_a_violation_publishes_nothing_and_loses_nothing(
    repository: Path, store: ReleaseStore
) -> None:
    old = build(repository, store).release
    before = sorted(path.name for path in store.home.rglob("*"))
    write_dataset(repository, NAMELESS)
    with pytest.raises(GateClosed) as caught:
        build(repository, store)
    assert {p.rule for p in caught.value.problems} == {"CORE-02", "PLA-01"}
    assert {p.focus for p in caught.value.problems} == {
        "https://w3id.org/ecosystem-graph/id/region/y"
    }
    assert store.current() == old
    assert sorted(path.name for path in store.home.rglob("*")) == before


def test_rollback_makes_a_new_release_that_equals_the_old(
    repository: Path, store: ReleaseStore
) -> None:
    old = build(repository, store).release
    write_dataset(repository, NAMED)
    new = build(repository, store).release
    restored = store.rollback(old)
    assert (restored.content, restored.restores, restored.parent) == (old.content, old.id, new.id)
    assert store.current() == restored
    assert list(diff(store, old, restored)) == []


def test_an_altered_blob_is_found_and_not_rolled_back_to(
    repository: Path, store: ReleaseStore
) -> None:
    release = build(repository, store).release
    assert store.verify(release) == []
    entry = release.graphs["https://w3id.org/ecosystem-graph/graph/curated/mini"]
    blob = store.home / "graphs" / f"{entry.sha256}.nq.zst"
    blob.write_bytes(blob.read_bytes()[:-4])
    (fault,) = store.verify(release)
    assert fault.startswith("https://w3id.org/ecosystem-graph/graph/curated/mini: ")
    with pytest.raises(DamagedRelease):
        store.rollback(release)


def test_a_manifest_that_names_other_graphs_is_found(repository: Path, store: ReleaseStore) -> None:
    release = build(repository, store).release
    path = store.home / "releases" / f"{release.id}.json"
    altered = path.read_text().replace("graph/curated/mini", "graph/curated/maxi")
    path.write_text(altered, encoding="utf-8")
    (fault,) = store.verify(store.current())
    assert "not those that its id was made from" in fault


def test_a_release_is_found_by_the_beginning_of_its_id(
    repository: Path, store: ReleaseStore
) -> None:
    release = build(repository, store).release
    assert store.get("0001") == store.get(release.id) == store.get("current") == release
    with pytest.raises(UnknownRelease) as caught:
        store.get("0009")
    assert release.id in caught.value.remedy


@pytest.mark.parametrize("damage", ["altered", "gone"])
def test_building_again_mends_a_damaged_release(
    damage: str, repository: Path, store: ReleaseStore
) -> None:
    release = build(repository, store).release
    entry = release.graphs["https://w3id.org/ecosystem-graph/graph/curated/mini"]
    blob = store.home / "graphs" / f"{entry.sha256}.nq.zst"
    if damage == "altered":
        blob.write_bytes(b"nonsense")
    else:
        blob.unlink()
    assert store.verify(release) != []
    assert build(repository, store).release == release
    assert store.verify(release) == []


@pytest.mark.parametrize("content", ["", "0009-aaaaaaaa", "current"])
def test_building_again_mends_a_home_whose_current_names_nothing(
    content: str, repository: Path, store: ReleaseStore
) -> None:
    first = build(repository, store).release
    (store.home / "current").write_text(content, encoding="utf-8")
    with pytest.raises(DamagedRelease, match="names no release"):
        store.current()
    second = build(repository, store).release
    assert (second.id[:4], second.content) == ("0002", first.content)
    assert store.current() == second


def test_a_number_is_never_used_twice(repository: Path, store: ReleaseStore) -> None:
    build(repository, store)
    write_dataset(repository, NAMED)
    second = build(repository, store).release
    (first,) = (store.home / "releases").glob("0001-*.json")
    first.unlink()
    assert store.rollback(second).id.startswith("0003-")


def test_a_manifest_that_puts_a_graph_elsewhere_is_found(
    repository: Path, store: ReleaseStore
) -> None:
    release = build(repository, store).release
    path = store.home / "releases" / f"{release.id}.json"
    altered = path.read_text().replace('"layer": "documents"', '"layer": "records"')
    path.write_text(altered, encoding="utf-8")
    assert len(store.verify(store.current())) == 1


def test_words_that_the_ontology_lacks_are_found(repository: Path, store: ReleaseStore) -> None:
    write_dataset(
        repository,
        """
        <id/region/y> a eco:Regoin ; skos:prefLabel "Region Y"@en ; eco:locatedIn "Denmark" ;
            eco:nutsCode <id/region/x> .
        """,
    )
    with pytest.raises(GateClosed) as caught:
        build(repository, store)
    found = {(p.rule, p.message("en").partition(" ")[0]) for p in caught.value.problems}
    assert {
        ("VOC-01", "eco:Regoin"),
        ("VOC-02", "eco:locatedIn"),
        ("VOC-03", "eco:nutsCode"),
    } <= found


def test_the_manifest_says_what_each_graph_was_read_from(
    repository: Path, store: ReleaseStore
) -> None:
    graphs = build(repository, store).release.graphs
    path = repository / "data" / "documents" / "mini.ttl"
    sources = {iri.rpartition("/graph/")[2]: entry.source for iri, entry in graphs.items()}
    assert sources["curated/mini"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {name for name, source in sources.items() if not source} == {
        "system/inferred",
        "system/inferred-documents",
    }
