"""``--neutral``: "this is the neutral face", said with a picture or at a moment of the recording."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.assessor import Assessor
from monitor.config import VigilSettings
from monitor.errors import InputError, InputMissing, UsageError
from monitor.records import (
    Assessment,
    Explanation,
    FaceMissing,
    FaceObservation,
    Gap,
    Prediction,
)
from monitor.replay.still import explain_picture
from monitor.report import words

_RESET = "reset:"
_AT = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
LOOKED_FOR_S = 10.0
"""How long after its moment a neutral face is waited for; then the moment is given up and said in the notes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralWish:
    """One ``--neutral``. Either ``picture``, or ``at_s`` seconds from the start, where ``reset`` only forgets."""

    said: str
    picture: Path | None = None
    at_s: float = 0.0
    reset: bool = False


def read_neutral(said: str) -> NeutralWish:
    """``face.jpg``, ``95``, ``1:35`` or ``reset:95``. UsageError for a wrong time, InputMissing for no such picture."""
    path = Path(said)
    if path.is_file():
        return NeutralWish(said=said, picture=path)
    reset = said.startswith(_RESET)
    found = _AT.fullmatch(said.removeprefix(_RESET))
    if found is not None:
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        return NeutralWish(said=said, at_s=3600 * hours + 60 * minutes + seconds, reset=reset)
    if reset or said.lstrip("-").replace(".", "", 1).replace(":", "").isdigit():
        raise UsageError(f"--neutral {said}: give the moment as seconds or m:ss, not before 0")
    raise InputMissing(f"{said}: no such picture of a neutral face (or give seconds, m:ss, reset:SECONDS)")


def neutral_in(picture: Path, settings: VigilSettings, bundle: Path) -> Prediction:
    """What the network says of the largest face in ``picture``.

    InputError in one line when it shows no face, or one that cannot be judged and so cannot be judged against.
    """
    result = explain_picture(picture, settings, lambda _: None, bundle=bundle, explain=False)
    faces = sorted(result.faces, key=lambda face: face.face.quality.face_px, reverse=True)
    if not faces:
        raise InputError(f"{picture}: shows no face to take as neutral")
    largest = faces[0]
    if largest.prediction is None or not largest.face.quality.assessable:
        why = ", ".join(words.QUALITY[reason] for reason in largest.face.quality.reasons)
        raise InputError(f"{picture}: its face cannot be taken as neutral: {why}")
    return largest.prediction


class NeutralMoments:
    """The judge, told at the given moments what the neutral face is. A ``Judge`` of the pipeline."""

    def __init__(
        self, assessor: Assessor, wishes: Sequence[NeutralWish], picture: Callable[[Path], Prediction]
    ) -> None:
        """Pictures count from the beginning; ``picture`` reads one. Moments come in the order of their time."""
        self._assessor = assessor
        self._due = sorted((wish for wish in wishes if wish.picture is None), key=lambda wish: wish.at_s)
        self._waiting: NeutralWish | None = None
        self._unmet: list[NeutralWish] = []
        for wish in wishes:
            if wish.picture is not None:
                assessor.adopt(picture(wish.picture), wish.picture.name)

    def notes(self) -> list[str]:
        """What the report says of moments at which nothing could be done."""
        missed = [*self._unmet, *([self._waiting] if self._waiting is not None else [])]
        return [
            *(
                f"From {words.clock(wish.at_s)} on no neutral face could be taken (--neutral {wish.said}): the face "
                "was not seen well enough in time."
                for wish in missed
            ),
            *(
                f"The recording ended before {words.clock(wish.at_s)} (--neutral {wish.said} did nothing)."
                for wish in self._due
            ),
        ]

    def step(
        self,
        seen: FaceObservation | FaceMissing | Gap,
        prediction: Prediction | None,
        explanations: Sequence[Explanation] = (),
    ) -> Assessment:
        """Judge one frame, after saying what is due by its time."""
        while self._due and seen.captured_s >= self._due[0].at_s:
            self._give_up()
            wish = self._due.pop(0)
            if wish.reset:
                self._assessor.reset_baseline(wish.said)
            else:
                self._waiting = wish
        waiting = self._waiting
        if waiting is not None and not self._assessor.baseline.adopting:
            if seen.captured_s - waiting.at_s > LOOKED_FOR_S:
                self._give_up()
            elif isinstance(seen, FaceObservation) and seen.quality.assessable:
                self._assessor.adopt_now(waiting.said)
        assessment = self._assessor.step(seen, prediction, explanations)
        if waiting is not None and self._took(waiting):
            self._waiting = None
        return assessment

    def _took(self, wish: NeutralWish) -> bool:
        changes = self._assessor.baseline_changes
        return bool(changes) and changes[-1].detail == wish.said and not self._assessor.baseline.adopting

    def _give_up(self) -> None:
        if self._waiting is not None:
            self._unmet.append(self._waiting)
            self._waiting = None
