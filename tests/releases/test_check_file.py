"""A file seen together with a repository: its own findings, and nothing that is not its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ecosystem_graph.errors import BadInput
from ecosystem_graph.names import TURTLE_PROLOGUE
from ecosystem_graph.releases import check_file
from mini import make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "repository")


def _file(folder: Path, turtle: str) -> Path:
    path = folder / "mine.ttl"
    path.write_text(TURTLE_PROLOGUE + turtle, encoding="utf-8")
    return path


def test_a_text_where_a_status_belongs_is_found(repository: Path, tmp_path: Path) -> None:
    lab = (
        '<id/organisation/x> a eco:LivingLab ; skos:prefLabel "X"@en ; eco:hasStatusRecord "junk" .'
    )
    found = {problem.rule for problem in check_file(repository, _file(tmp_path, lab))}
    assert "VOC-02" in found


def test_only_the_records_of_the_file_are_reported(repository: Path, tmp_path: Path) -> None:
    country = '<id/country/yy> a eco:Country ; skos:prefLabel "Country Y"@en .'
    assert check_file(repository, _file(tmp_path, country)) == []


@pytest.mark.parametrize("graph", ["ontology", "schemes", "shapes"])
def test_a_file_cannot_take_the_place_of_a_graph_of_the_system(
    graph: str, repository: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=f"graph/system/{graph} is no dataset of yours"):
        check_file(repository, _file(tmp_path, f"<graph/system/{graph}> a dcat:Dataset ."))


def test_a_file_without_records_is_told_as_one(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no records in this file"):
        check_file(repository, _file(tmp_path, ""))


def test_a_repository_without_shapes_checks_nothing_and_says_so(
    repository: Path, tmp_path: Path
) -> None:
    shutil.rmtree(repository / "shapes")
    with pytest.raises(BadInput, match="no shapes"):
        check_file(repository, _file(tmp_path, '<id/country/yy> skos:prefLabel "Y"@en .'))
