"""Every setting: its default, its meaning and the environment variable that changes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ecosystem_graph.errors import BadInput

ENVIRONMENT_PREFIX = "ECOSYSTEM_GRAPH_"
MAX_PORT = 65535
_KINDS: dict[str, Callable[[str], Any]] = {"Path": Path, "str": str, "int": int}


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run."""

    home: Path = _setting(Path("home"), "Folder that holds the releases.")
    host: str = _setting("127.0.0.1", "Address the service listens on.")
    port: int = _setting(8000, "Port the service listens on; 0 takes a free one.")
    max_query_bytes: int = _setting(100_000, "Longest query text accepted over HTTP, in bytes.")

    @classmethod
    def from_environment(cls, **given: Any) -> Settings:
        """Read the settings: what is given, else the environment, else the default.

        Raises:
            BadInput: a variable does not hold a value of the setting's type.
        """
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        for setting in fields(cls):
            variable = ENVIRONMENT_PREFIX + setting.name.upper()
            if setting.name in values or not os.environ.get(variable):
                continue
            text, kind = os.environ[variable], _KINDS[str(setting.type)]
            try:
                values[setting.name] = kind(text)
            except ValueError as error:
                raise BadInput(
                    f"{variable} is {text!r}, which is not a value for: "
                    f"{setting.metadata['meaning']}",
                    remedy=f"Unset {variable} or give it a value like {setting.default}.",
                ) from error
        settings = cls(**values)
        if not 0 <= settings.port <= MAX_PORT:
            raise BadInput(
                f"{settings.port} is no port",
                remedy=f"Name one from 0 to {MAX_PORT}; 0 takes a free one.",
            )
        return settings
