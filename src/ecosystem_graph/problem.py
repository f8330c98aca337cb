"""One finding of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ecosystem_graph.names import short

FALLBACK_LANGUAGE = "en"


class Severity(IntEnum):
    """How much a finding matters; only violations close the gate."""

    Info = 1
    Warning = 2
    Violation = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a record does not fit.

    Attributes:
        rule: Stable rule id, such as ``FUN-06``.
        shape: The part of the rule that did not hold, such as ``FUN-06-larger``.
        severity: `Severity`.
        focus: IRI of the record.
        messages: What is wrong, by language.
        remedies: What to do, by language.
        value: The value at fault, when one value is.
    """

    rule: str
    shape: str
    severity: Severity
    focus: str
    messages: Mapping[str, str]
    remedies: Mapping[str, str]
    value: str | None = None

    def message(self, language: str = FALLBACK_LANGUAGE) -> str:
        """Return what is wrong, in a language or else in English."""
        return self.messages.get(language) or self.messages.get(FALLBACK_LANGUAGE, "")

    def remedy(self, language: str = FALLBACK_LANGUAGE) -> str:
        """Return what to do, in a language or else in English."""
        return self.remedies.get(language) or self.remedies.get(FALLBACK_LANGUAGE, "")

    def line(self, language: str = FALLBACK_LANGUAGE) -> str:
        """Return the finding as one line of text."""
        value = f" [{short(self.value)}]" if self.value else ""
        return (
            f"{self.severity.name} {self.rule} {short(self.focus)}{value}: "
            f"{self.message(language)} {self.remedy(language)}"
        ).rstrip()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {
            "rule": self.rule,
            "shape": self.shape,
            "severity": self.severity.name,
            "record": self.focus,
            "value": self.value,
            "messages": dict(self.messages),
            "remedies": dict(self.remedies),
        }
