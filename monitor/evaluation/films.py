"""Pain against everything else, in films: each is replayed as ``vigil replay`` does, without leaving files.

The list is a CSV ``file,label,onset_s``: when the grimace becomes visible, empty for a film without pain. Columns
``hold_s`` and ``loop_s`` ask for a further replay with the last picture held, or the last second repeated, for so long.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.bundle import open_bundle
from models.errors import DataMissing
from models.evaluation.intervals import wilson
from monitor.config import VigilSettings
from monitor.errors import InputError
from monitor.evaluation.labelled import LabelledRow, read_labelled
from monitor.evaluation.lengthened import Lengthened
from monitor.records import AlertCode
from monitor.replay.assembly import assemble
from monitor.replay.progress import ReplayProgress
from monitor.report.alert_ledger import AlertLedger
from monitor.report.totals import Totals
from monitor.sources.opening import open_source

COLUMNS = ("file", "label", "onset_s")
LATEST_S = 1.5
"""A judgement counts as in time from the visible onset until so long after it."""
PAIN_ALERTS = (AlertCode.PAIN, AlertCode.PAIN_WEAK_EVIDENCE)
End = Literal["as is", "hold", "loop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFilm:
    """One replay. ``pain_onset_s`` and ``alert_s`` are None when there was none; ``error`` says why it was not read."""

    row: LabelledRow
    pain: bool
    onset_s: float | None
    end: End = "as is"
    pain_onset_s: float | None = None
    pain_max: float | None = None
    alert_s: float | None = None
    assessable: float | None = None
    error: str | None = None

    @property
    def delay_s(self) -> float | None:
        """From the visible onset to the judgement; negative when it came before."""
        if self.onset_s is None or self.pain_onset_s is None:
            return None
        return self.pain_onset_s - self.onset_s

    def as_json(self) -> dict[str, Any]:
        """The entry in the figures."""
        return {
            "row": self.row.number,
            "file": self.row.cells["file"],
            "end": self.end,
            "label": "pain" if self.pain else "no pain",
            "onset_s": self.onset_s,
            "pain_onset_s": _rounded(self.pain_onset_s),
            "delay_s": _rounded(self.delay_s),
            "pain_max": _rounded(self.pain_max),
            "alerted": None if self.error else self.alert_s is not None,
            "alert_s": _rounded(self.alert_s),
            "assessable": _rounded(self.assessable),
            "error": self.error,
        }


def films_figures(model: Path, file: Path | None, landmarker: Path | None) -> dict[str, Any]:
    """Shares judged in time, falsely and not at all, with every replay; by kind of end under ``held`` and ``looped``.

    A film that cannot be read is said on stderr and counted (``unreadable``), the others go on. DataMissing without
    ``file``, InputError for a wrong list or when no film of it can be read.
    """
    if file is None:
        raise DataMissing("models evaluate --dataset films: needs --file, a CSV file,label,onset_s")
    bundle = open_bundle(model)
    settings = VigilSettings(landmarker=landmarker)
    films = [film for row in read_labelled(file, COLUMNS) for film in _asked(row)]
    paths = [film.row.path("file") for film, _ in films]
    judged = [
        replay_film(film, path, more_s, model, settings) for (film, more_s), path in zip(films, paths, strict=True)
    ]
    if all(film.error for film in judged):
        raise InputError(f"{file}: not one film can be read; row {judged[0].row.number}: {judged[0].error}")
    ends = {"hold": "held", "loop": "looped"}
    lengthened = {
        name: _figures([film for film in judged if film.end == end])
        for end, name in ends.items()
        if any(film.end == end for film in judged)
    }
    return {
        **_figures([film for film in judged if film.end == "as is"]),
        **({"lengthened": lengthened} if lengthened else {}),
        "model_id": bundle.spec.model_id,
        "films": [film.as_json() for film in judged],
    }


def replay_film(film: JudgedFilm, path: Path, more_s: float, model: Path, settings: VigilSettings) -> JudgedFilm:
    """``film`` with what a replay of ``path`` found, its end lengthened by ``more_s`` in the film's way."""
    totals, ledger = Totals(), AlertLedger()
    try:
        with ExitStack() as stack:
            source = open_source(path, settings.source)
            stack.callback(source.close)
            pictures = source if film.end == "as is" else Lengthened(source=source, how=film.end, more_s=more_s)
            way = assemble(settings, pictures, model, stack, explain=False)
            progress = stack.enter_context(ReplayProgress(path.name, source.info.frame_count))
            way.pipeline.run([totals, ledger, progress])
            if totals.frames == 0:
                raise InputError(f"{path}: not one picture of it can be read")
    except InputError as error:
        print(f"vigil: {film.row.source}: row {film.row.number}: {error}", file=sys.stderr)
        return replace(film, error=str(error))
    alerts = [entry.first.start_s for entry in ledger.entries if entry.first.code in PAIN_ALERTS]
    return replace(
        film,
        pain_onset_s=way.assessor.pain_onset_s,
        pain_max=totals.pain_max,
        alert_s=min(alerts, default=None),
        assessable=totals.assessable_frames / totals.frames,
    )


def _asked(row: LabelledRow) -> list[tuple[JudgedFilm, float]]:
    """The replays that a row asks for, with the seconds by which each is lengthened."""
    pain, onset_s = row.pain(), row.seconds("onset_s")
    if not pain and onset_s is not None:
        raise row.wrong(f"label says no pain, so onset_s must be empty, got {row.cells['onset_s']!r}")
    film = JudgedFilm(row=row, pain=pain, onset_s=onset_s)
    asked = [(film, 0.0)]
    if hold_s := row.seconds("hold_s"):
        asked.append((replace(film, end="hold"), hold_s))
    if loop_s := row.seconds("loop_s"):
        asked.append((replace(film, end="loop"), loop_s))
    return asked


def _figures(films: Sequence[JudgedFilm]) -> dict[str, Any]:
    read = [film for film in films if film.error is None]
    pain, other = [film for film in read if film.pain], [film for film in read if not film.pain]
    dated = [film for film in pain if film.onset_s is not None]
    delays = [film.delay_s for film in dated if film.delay_s is not None]
    return {
        "n": len(films),
        "unreadable": len(films) - len(read),
        "pain": len(pain),
        "no_pain": len(other),
        **_share("in_time", sum(0.0 <= delay <= LATEST_S for delay in delays), len(dated)),
        "early": sum(delay < 0.0 for delay in delays),
        "late": sum(delay > LATEST_S for delay in delays),
        "missed": sum(film.pain_onset_s is None for film in pain),
        "median_delay_s": _rounded(float(np.median(delays))) if delays else None,
        **_share("false_onsets", sum(film.pain_onset_s is not None for film in other), len(other)),
        **_share("pain_alerted", sum(film.alert_s is not None for film in pain), len(pain)),
        **_share("no_pain_alerted", sum(film.alert_s is not None for film in other), len(other)),
    }


def _share(name: str, count: int, among: int) -> dict[str, Any]:
    return {
        name: _rounded(count / among) if among else None,
        f"{name}_n": among,
        f"{name}_interval_95": wilson(count, among),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
