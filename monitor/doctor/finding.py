"""What the doctor found about one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well as it could, or only until something happens."""
    WRONG = "wrong"
    """Something that is needed is not there; the ward cannot be watched like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``area`` groups findings, ``about`` names the thing; ``said`` is what is, ``advice`` what to do."""

    area: str
    about: str
    verdict: Verdict
    said: str
    advice: str = ""

    def to_json(self) -> dict[str, str]:
        """For programs."""
        return {
            "area": self.area, "about": self.about, "verdict": str(self.verdict), "said": self.said,
            "advice": self.advice,
        }  # fmt: skip


def count(findings: Sequence[Finding], verdict: Verdict) -> int:
    """How many findings have this verdict."""
    return sum(finding.verdict is verdict for finding in findings)
