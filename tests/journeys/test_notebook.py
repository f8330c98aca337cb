"""An analyst's way: open the graph in a notebook and get a frame."""

from __future__ import annotations

from pathlib import Path

import pytest

import ecosystem_graph as eg
from ecosystem_graph import resources
from ecosystem_graph.errors import NoRelease, UnknownRelease
from ecosystem_graph.version import __version__


def test_the_eight_regions_become_a_frame(built_home: Path) -> None:
    graph = eg.open(built_home)
    question = eg.Library(resources.QUERIES).get("c00-medtech4europe-regions")
    frame = graph.ask(question).to_pandas()
    assert list(frame.columns) == ["region", "country", "nutsCode", "partner", "plans"]
    assert frame.set_index("region")["nutsCode"].to_dict() == {
        "Auvergne-Rhône-Alpes": "FRK",
        "Baden-Württemberg": "DE1",
        "Capital Region of Denmark (territory)": "DK01",
        "Helsinki-Uusimaa": "FI1B",
        "South Transdanubia": "HU23",
        "Lombardy": "ITC4",
        "Limburg": "NL42",
        "Upper Silesia": "PL22",
    }
    assert frame["plans"].sum() == 8
    assert frame.attrs["release"] == graph.release.id


def test_a_query_can_be_typed_in(built_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_HOME", str(built_home))
    answer = eg.open().query(
        'ASK { ?region skos:prefLabel "Baden-Württemberg"@en }', scope=eg.Scope.ALL
    )
    assert answer.truth


def test_a_home_without_a_release_and_an_unknown_release_are_told(
    tmp_path: Path, built_home: Path
) -> None:
    with pytest.raises(NoRelease):
        eg.open(tmp_path)
    with pytest.raises(UnknownRelease) as caught:
        eg.open(str(built_home), release="9999")
    assert isinstance(caught.value, eg.EcosystemGraphError)


def test_what_the_package_offers_is_what_it_says() -> None:
    assert sorted(eg.__all__) == eg.__all__
    offered: dict[str, object] = {}
    exec("from ecosystem_graph import *", offered)  # noqa: S102  # what people write
    assert set(offered) - {"__builtins__"} == set(eg.__all__)
    assert eg.__version__ == __version__
