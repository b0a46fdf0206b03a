"""What the seconds of a minute come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from monitor.records import CannotAssess, Level
from monitor.storage.database.trend_row import TrendRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteRow:
    """One minute of one bed that begins at ``at``.

    ``seconds`` have rows, ``judged`` of them a score; ``pain_share`` is the share of pain among the judged (None when
    none was). Means are over the seconds that know the value. ``cannot_assess`` is the reason that was there most.
    """

    bed: str
    at: datetime
    seconds: int
    judged: int
    pain_share: float | None
    score_mean: float | None
    score_min: float | None
    score_max: float | None
    confidence_mean: float | None
    coverage_mean: float | None
    pspi_mean: float | None
    pspi_max: float | None
    mu_mean: float | None
    fps_mean: float | None
    cannot_assess: CannotAssess | None
    emotions: Mapping[str, float] | None


def minute_of(at: datetime) -> datetime:
    """The minute that ``at`` lies in."""
    return at.replace(second=0, microsecond=0)


def rolled_up(rows: Sequence[TrendRow]) -> MinuteRow:
    """The minute that ``rows`` (at least one, all of one bed and minute) come to."""
    scores = _known(row.score for row in rows)
    pspi = _known(row.pspi for row in rows)
    reasons = Counter(row.cannot_assess for row in rows if row.cannot_assess is not None)
    pain = sum(row.level is Level.PAIN for row in rows)
    return MinuteRow(
        bed=rows[0].bed,
        at=minute_of(rows[0].at),
        seconds=len(rows),
        judged=len(scores),
        pain_share=pain / len(scores) if scores else None,
        score_mean=_mean(scores),
        score_min=min(scores, default=None),
        score_max=max(scores, default=None),
        confidence_mean=_mean(_known(row.confidence for row in rows)),
        coverage_mean=_mean(_known(row.coverage for row in rows)),
        pspi_mean=_mean(pspi),
        pspi_max=max(pspi, default=None),
        mu_mean=_mean(_known(row.mu for row in rows)),
        fps_mean=_mean(_known(row.fps for row in rows)),
        cannot_assess=reasons.most_common(1)[0][0] if reasons else None,
        emotions=_mean_emotions([row.emotions for row in rows if row.emotions]),
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _mean_emotions(known: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    if not known:
        return None
    names = dict.fromkeys(name for emotions in known for name in emotions)
    return {name: fmean([emotions[name] for emotions in known if name in emotions]) for name in names}
