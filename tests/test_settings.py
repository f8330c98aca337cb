"""Settings: given, else from the environment, else the default."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from ecosystem_graph.errors import BadInput
from ecosystem_graph.settings import ENVIRONMENT_PREFIX, Settings

OTHERS = {"home": "elsewhere", "host": "::1", "port": "0", "max_query_bytes": "10"}


def test_the_defaults_are_those_documented() -> None:
    assert Settings.from_environment() == Settings(
        home=Path("home"), host="127.0.0.1", port=8000, max_query_bytes=100_000
    )


def test_every_setting_says_what_it_means() -> None:
    assert {setting.name for setting in fields(Settings)} == set(OTHERS)
    assert [s.name for s in fields(Settings) if not s.metadata["meaning"].endswith(".")] == []


@pytest.mark.parametrize(("name", "text"), OTHERS.items())
def test_each_setting_is_read_from_its_variable(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT_PREFIX + name.upper(), text)
    value = getattr(Settings.from_environment(), name)
    assert (str(value), type(value)) == (text, type(getattr(Settings(), name)))


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_PORT", "1")
    monkeypatch.setenv("ECOSYSTEM_GRAPH_HOST", "::1")
    settings = Settings.from_environment(port=0, host=None)
    assert (settings.port, settings.host) == (0, "::1")


def test_a_variable_of_the_wrong_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_PORT", "eighty")
    with pytest.raises(BadInput) as caught:
        Settings.from_environment()
    assert caught.value.message == (
        "ECOSYSTEM_GRAPH_PORT is 'eighty', which is not a value for: "
        "Port the service listens on; 0 takes a free one."
    )
    assert caught.value.remedy == "Unset ECOSYSTEM_GRAPH_PORT or give it a value like 8000."


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_PORT", port)
    with pytest.raises(BadInput, match=f"{port} is no port"):
        Settings.from_environment()


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOSYSTEM_GRAPH_HOME", "")
    assert Settings.from_environment() == Settings()
