"""One round of judging: whose pictures are new, look at them side by side, score all faces at once, judge each bed.

Latest wins: a picture that a newer one has overtaken is left out and counted. What fails at one bed is that bed's
trouble alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.records import Explanation, FaceCrop, FaceObservation, Prediction, SampleReason, SampleRequest
from monitor.sampler import claimed_targets
from monitor.service.inference.bed_way import BedWay, Look, Outcome
from monitor.service.inference.messages import AddBed, EvidenceShown, Judged, Learned, ShowEvidence
from monitor.service.inference.pictures import LivePicture, Pictures
from monitor.service.inference.rota import Rota
from monitor.service.inference.showing import Showing
from monitor.stage_clock import StageClock

GAP_AFTER_S = 1.0
"""Without a picture for this long, its absence is judged."""
GAP_EVERY_S = 0.5


class FaceClassifier(Protocol):
    """Scores the faces of several beds at once."""

    def classify(self, crops: Sequence[tuple[FaceObservation, FaceCrop]]) -> list[Prediction]: ...  # noqa: D102


class Explainer(Protocol):
    """The side branch; explanations carry their bed as ``source_id``."""

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool: ...  # noqa: D102
    def poll(self) -> list[Explanation]: ...  # noqa: D102


@dataclass(slots=True, kw_only=True)
class _Watched:
    way: BedWay
    showing: Showing
    paused: bool = False
    sequence: int = 0
    judged_s: float = 0.0
    gap_s: float = 0.0
    trouble: str | None = None
    explanations: list[Explanation] = field(default_factory=list)


class InferenceCore:
    """All beds. Not for use from several threads; ``pool`` runs the looks of one round."""

    def __init__(
        self,
        classifier: FaceClassifier,
        make_way: Callable[[AddBed], BedWay],
        pictures: Pictures,
        pool: Executor,
        rota: Rota,
        clock: Callable[[], float],
    ) -> None:
        self.stages = StageClock()
        self._classifier = classifier
        self._make_way = make_way
        self._pictures = pictures
        self._pool = pool
        self._rota = rota
        self._clock = clock
        self._beds: dict[str, _Watched] = {}

    @property
    def troubles(self) -> dict[str, str]:
        """Beds whose last picture could not be carried through, and why."""
        return {name: watched.trouble for name, watched in self._beds.items() if watched.trouble is not None}

    def add(self, bed: AddBed) -> str | None:
        """Watch ``bed`` (anew). Returns why its kept neutral face was refused, None when it was not."""
        self.remove(bed.bed)
        way = self._make_way(bed)
        self._beds[bed.bed] = _Watched(way=way, showing=Showing(bed.bed), paused=bed.paused, judged_s=self._clock())
        return way.baseline_refused

    def remove(self, bed: str) -> Learned | None:
        """Watch ``bed`` no more; its neutral face, to be kept."""
        watched = self._beds.pop(bed, None)
        self._rota.forget(self._beds)
        if watched is None:
            return None
        watched.way.close()
        return Learned(bed=bed, baseline=watched.way.baseline())

    def way(self, bed: str) -> BedWay | None:
        """The way of ``bed``, None when it is not watched."""
        watched = self._beds.get(bed)
        return None if watched is None else watched.way

    def begin_anew(self, source: str) -> None:
        """The pictures of ``source`` come from another ring and count from 1 again."""
        for watched in self._beds.values():
            if watched.way.bed.source == source:
                watched.sequence = 0

    def pause(self, bed: str, paused: bool) -> None:
        """Look away from ``bed``, or look again."""
        if bed in self._beds:
            self._beds[bed].paused = paused
            self._beds[bed].showing.forget()
            self._beds[bed].sequence = 0  # nobody wanted the pictures of the pause: they are not left out

    def round(self, explainer: Explainer | None, gather: Callable[[], None]) -> list[Judged]:
        """Judge the newest pictures; ``gather`` waits a little for those of the others once there is one."""
        if explainer is not None:
            for explanation in explainer.poll():
                watched = self._beds.get(explanation.source_id)
                if watched is not None:
                    watched.explanations.append(explanation)
                    if not watched.paused:
                        watched.showing.explained(explanation)
        self._pictures.refresh()
        if self._ready() and len(self._ready()) < self._watching():
            gather()
            self._pictures.refresh()
        chosen = self._rota.choose(self._ready())
        if not chosen:
            return []
        began_s = self._clock()
        judged = list(self._judge(chosen, explainer))
        self._rota.spent(len(chosen), self._clock() - began_s)
        return judged

    def show(self, order: ShowEvidence) -> EvidenceShown | None:
        """Somebody wants to see the evidence of a bed; nothing to show at once where there is no such bed."""
        watched = self._beds.get(order.bed)
        if watched is None or watched.paused:
            return EvidenceShown(bed=order.bed, number=order.number, alert_id=order.alert_id)
        watched.showing.asked(order, self._clock())
        return None

    def shown(self) -> Iterator[EvidenceShown]:
        """What is ready for those who asked."""
        for watched in self._beds.values():
            yield from watched.showing.answers(self._clock())

    def gaps(self, now_at: datetime) -> list[Judged]:
        """Judgements of the beds that no picture came of."""
        now_s = self._clock()
        found = []
        for name, watched in self._beds.items():
            if watched.paused or now_s - watched.judged_s < GAP_AFTER_S or now_s - watched.gap_s < GAP_EVERY_S:
                continue
            watched.gap_s = now_s
            assessment = watched.way.gap(now_s, now_at)
            found.append(Judged(bed=name, assessment=assessment, captured_s=now_s, taken_s=now_s, judged_s=now_s))
        return found

    def learned(self, *, all_beds: bool) -> Iterator[Learned]:
        """Neutral faces to be kept: those that became another one, or all."""
        for name, watched in self._beds.items():
            changes = watched.way.baseline_changes()
            for change in changes:
                yield Learned(
                    bed=name,
                    baseline=watched.way.baseline(),
                    reason=change.reason,
                    detail=change.detail,
                    at=change.captured_at,
                )
            if all_beds and not changes:
                yield Learned(bed=name, baseline=watched.way.baseline())

    def close(self) -> None:
        """Give all landmarkers back."""
        for watched in self._beds.values():
            watched.way.close()
        self._beds.clear()

    def _watching(self) -> int:
        """Beds whose pictures come: there is no use in waiting for others."""
        now_s = self._clock()
        return sum(not watched.paused and now_s - watched.judged_s < GAP_AFTER_S for watched in self._beds.values())

    def _ready(self) -> list[str]:
        return [
            name
            for name, watched in self._beds.items()
            if not watched.paused and self._pictures.newest(watched.way.bed.source, watched.sequence) is not None
        ]

    def _judge(self, chosen: Sequence[str], explainer: Explainer | None) -> Iterator[Judged]:
        taken_s = self._clock()
        pictures: dict[str, LivePicture] = {}
        left_out: dict[str, int] = {}
        for name in chosen:
            watched = self._beds[name]
            picture = self._pictures.newest(watched.way.bed.source, watched.sequence)
            if picture is not None:
                pictures[name] = picture
                left_out[name] = picture.sequence - watched.sequence - 1 if watched.sequence else 0
                watched.sequence = picture.sequence
        with self.stages.stage("look"):
            looks = dict(zip(pictures, self._pool.map(self._look, pictures, pictures.values()), strict=True))
        scored = [
            (name, look.face, look.crop)
            for name, look in looks.items()
            if look is not None and look.crop is not None and isinstance(look.face, FaceObservation)
        ]
        with self.stages.stage("classify"):
            predictions = self._classifier.classify([(face, crop) for _, face, crop in scored])
        by_bed = {name: prediction for (name, _, _), prediction in zip(scored, predictions, strict=True)}
        with self.stages.stage("judge"):
            for name, look in looks.items():
                if look is None:
                    continue
                watched, prediction = self._beds[name], by_bed.get(name)
                explanations, watched.explanations = watched.explanations, []
                outcome = watched.way.judge(look, prediction, explanations)
                if explainer is not None and prediction is not None and look.crop is not None:
                    self._explain(explainer, watched, look.crop, prediction, outcome)
                watched.judged_s = self._clock()
                known = prediction if outcome.why_not is None else None
                yield Judged(
                    bed=name,
                    assessment=outcome.assessment,
                    sequence=pictures[name].sequence,
                    aus=None if known is None else known.aus,
                    pspi=None if known is None else known.pspi.value,
                    why_not=outcome.why_not,
                    captured_s=pictures[name].captured_s,
                    taken_s=taken_s,
                    judged_s=watched.judged_s,
                    batch=len(pictures),
                    left_out=left_out[name],
                )

    def _explain(
        self, explainer: Explainer, watched: _Watched, crop: FaceCrop, prediction: Prediction, outcome: Outcome
    ) -> None:
        """Hand the face to the side branch where the sampler wants it, or people do."""
        request, for_people = outcome.request, False
        if outcome.face is None:
            return
        if request is None and outcome.why_not is None and watched.showing.wants(self._clock()):
            targets = claimed_targets(prediction, watched.way.bed.sampling)
            request = SampleRequest(
                frame_id=prediction.frame_id, reason=SampleReason.REQUESTED, targets=targets, in_pain=True
            )
            for_people = True
        if request is not None and request.targets and explainer.submit(crop, outcome.face, request):
            watched.showing.explains(crop, prediction, self._clock(), for_people=for_people)

    def _look(self, name: str, picture: LivePicture) -> Look | None:
        """One bed's look. What fails here is that bed's trouble: it begins anew with the next picture."""
        watched = self._beds[name]
        try:
            look = watched.way.look(picture)
        except Exception as error:  # noqa: BLE001 — one camera's picture must not end the judging of the others
            watched.trouble = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            watched.way.close()
            return None
        watched.trouble = None
        return look
