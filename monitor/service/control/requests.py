"""What can be asked of the running service, as one line of JSON, and what is answered."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from monitor.alerts.topics import Verdict
from monitor.errors import UsageError

LARGEST_BYTES = 64 << 10
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
Asked = Literal["list", "ack", "pause", "resume", "privacy", "end_privacy", "neutral", "reset_neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``alert`` for ``ack``, ``bed`` for all but ``list`` and ``ack``, ``seconds`` for pauses (and ``neutral``)."""

    do: Asked
    by: str = ""
    bed: str = ""
    alert: str = ""
    verdict: Verdict | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0.0 < self.seconds <= 86_400.0:
            raise UsageError(f"seconds must be above 0 and at most a day, got {self.seconds:g}")
        if self.do in ("pause", "privacy") and self.seconds is None:
            raise UsageError(f"{self.do}: say for how many seconds")
        if self.do == "ack" and not self.alert:
            raise UsageError("ack: say which alert")
        if self.do not in ("list", "ack") and not self.bed:
            raise UsageError(f"{self.do}: say which bed")
        if self.do != "list" and not self.by:
            raise UsageError(f"{self.do}: say who asks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``error`` says in one line why nothing was done, None when it was. ``result`` is what was asked for."""

    error: str | None = None
    result: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_request(line: bytes) -> Request:
    """The request in ``line``; UsageError, in one line, when it is none. Names lose control signs and length."""
    try:
        document = json.loads(line)
        if isinstance(document, dict) and isinstance(document.get("by"), str):
            document["by"] = tidy_name(document["by"])
        return _ADAPTER.validate_python(document)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise UsageError("wants one JSON object a line") from None


def request_line(request: Request) -> bytes:
    """``request`` as ``read_request`` takes it."""
    return json.dumps(asdict(request), ensure_ascii=False).encode() + b"\n"


def tidy_name(text: str) -> str:
    """Who asks, fit for journal and log: one line of at most 64 signs."""
    return _UNSHOWN.sub(" ", text).strip()[:64]


_ADAPTER = TypeAdapter(Request)
