"""One bed's way from a picture to its judgement: finder, crop, sampler, assessor. Knows no other bed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import cv2

from monitor.assessor import Assessor, why_not_assessable
from monitor.baseline import Baseline
from monitor.baseline_change import BaselineChange
from monitor.errors import InputError
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.quality import covered
from monitor.face.settings import FaceSettings
from monitor.records import (
    U8,
    Assessment,
    CannotAssess,
    Explanation,
    FaceCrop,
    FaceMissing,
    FaceObservation,
    Frame,
    Gap,
    GapCause,
    Level,
    Prediction,
    QualityReason,
    SampleRequest,
)
from monitor.sampler import Sampler, SamplerSettings
from monitor.service.inference.messages import AddBed
from monitor.service.inference.pictures import LivePicture
from monitor.service.inference.zone_cut import ZoneCut

Prior = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one picture showed of the bed. ``crop`` is None where nothing can be scored."""

    face: FaceObservation | FaceMissing
    crop: FaceCrop | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The judgement, why this very picture could not be judged, and the crop that should be explained."""

    assessment: Assessment
    why_not: CannotAssess | None
    request: SampleRequest | None
    face: FaceObservation | None


class BedWay:
    """``look`` and ``judge`` once a picture, in turn; ``gap`` where none came. All records carry the bed's name."""

    def __init__(self, bed: AddBed, asset: Path, prior: Prior) -> None:
        self.bed = bed
        self.baseline_refused: str | None = None
        self._asset = asset
        self._cut = ZoneCut(bed.face.zone, bed.rotate_deg)
        self._size: tuple[int, ...] = ()
        self._finder: FaceFinder | None = None
        self._sampler = Sampler(bed.sampling)
        self._assessor = Assessor(bed.judgement, prior, self._kept(bed, prior))
        self._level: Level | None = None
        self._frame_id = 0
        self._scored: tuple[datetime, FaceCrop] | None = None

    def look(self, picture: LivePicture) -> Look:
        """Find the resident in ``picture``. ServiceUnavailable without landmark asset."""
        size = picture.pixels.shape[:2]
        if self._finder is None or size != self._size:
            self.close()
            self._size = size
            self._finder = FaceFinder(self._asset, self._face_settings(picture.pixels))
        frame = Frame(
            frame_id=self._next_id(),
            source_id=self.bed.bed,
            captured_s=picture.captured_s,
            captured_at=picture.captured_at,
            pixels=self._cut.pixels(picture.pixels),
        )
        _, face = self._finder.observe(frame)
        if isinstance(face, FaceMissing) or QualityReason.UPSIDE_DOWN in face.quality.reasons:
            return Look(face=face, crop=None)
        crop = crop_face(frame, face)
        self._scored = frame.captured_at, crop
        return Look(face=face, crop=crop)

    def judge(self, look: Look, prediction: Prediction | None, explanations: Sequence[Explanation]) -> Outcome:
        """Judge what ``look`` found. ``explanations`` are those of this bed that came since the last time."""
        face = look.face
        request = None
        if isinstance(face, FaceObservation) and prediction is not None:
            visibility = dict(prediction.visibility)
            face = replace(face, quality=face.quality.with_visibility(visibility, covered(visibility)))
            if face.quality.assessable:
                request = self._sampler.step(prediction, self._level, face.captured_s)
        assessment = self._assessor.step(face, prediction, explanations)
        self._level = assessment.level
        return Outcome(
            assessment=assessment,
            why_not=why_not_assessable(face),
            request=request,
            face=face if isinstance(face, FaceObservation) else None,
        )

    def gap(self, now_s: float, now_at: datetime) -> Assessment:
        """No picture came. What was judged before is given up after the judgement's ``hold_s``."""
        seen = Gap(
            frame_id=self._next_id(),
            source_id=self.bed.bed,
            captured_s=now_s,
            captured_at=now_at,
            cause=GapCause.STALLED,
        )
        assessment = self._assessor.step(seen, None, ())
        self._level = assessment.level
        return assessment

    def change(self, sampling: SamplerSettings) -> None:
        """Explain as often as ``sampling`` says from now on."""
        self._sampler = Sampler(sampling)

    def neutral(self, *, reset: bool, seconds: float | None, by: str) -> None:
        """Take the next moments of face for neutral, or forget the person."""
        if reset:
            self._assessor.reset_baseline(by)
        else:
            self._assessor.adopt_now(by, seconds)

    def baseline_changes(self) -> list[BaselineChange]:
        """What became of the neutral face since the last call."""
        changes, self._assessor.baseline_changes = self._assessor.baseline_changes, []
        return changes

    def baseline(self) -> str:
        """The neutral face, to be kept."""
        return self._assessor.baseline.to_json()

    def face(self) -> tuple[datetime, bytes] | None:
        """The face that was scored last, as JPEG, and when it was seen; None before the first."""
        if self._scored is None:
            return None
        at, crop = self._scored
        _, jpeg = cv2.imencode(".jpg", crop.pixels, (cv2.IMWRITE_JPEG_QUALITY, 92))
        return at, jpeg.tobytes()

    def close(self) -> None:
        """Give the landmarkers back; the next ``look`` begins anew."""
        if self._finder is not None:
            self._finder.close()
            self._finder = None

    def _face_settings(self, picture: U8) -> FaceSettings:
        """The bed's settings of the face stage, with its zones where they lie in what it gets to see."""
        zone = self.bed.face.zone
        searched = (self._cut.within(each, picture) for each in self.bed.face.search_zones)
        return replace(
            self.bed.face,
            zone=None if zone is None else self._cut.within(zone, picture),
            search_zones=tuple(each for each in searched if each is not None),
        )

    def _next_id(self) -> int:
        self._frame_id += 1
        return self._frame_id

    def _kept(self, bed: AddBed, prior: Prior) -> Baseline | None:
        """The neutral face of before; None, and the reason kept, when it cannot be used."""
        if bed.baseline is None:
            return None
        try:
            return Baseline.from_json(bed.baseline, prior, bed.judgement.baseline, bed.judgement.pain)
        except InputError as error:
            self.baseline_refused = str(error)
            return None
