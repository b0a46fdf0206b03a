"""The neutral face that pain was judged against: for ``summary.json``, and in words for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.action_units import ActionUnit
from monitor.baseline import Baseline, Lesson
from monitor.baseline_change import BaselineChange, BaselineReason
from monitor.report import words

LESSON: Mapping[str, str] = {
    Lesson.CALM: "calm face: learned",
    Lesson.ADOPTED: "taken as neutral because someone said so",
    Lesson.LASTING: "tense for longer than an expression is held: learned a little",
    Lesson.DOUBTFUL: "frown or squint that may be held: not learned",
    Lesson.IN_PAIN: "pain, or close to it: not learned",
    Lesson.EMOTIONAL: "laughing, surprised or afraid: not learned",
    Lesson.EYES_CLOSED: "eyes closed: not learned",
    Lesson.NOT_JUDGED: "could not be judged: not learned",
}
CHANGE: Mapping[str, str] = {
    BaselineReason.LEARNED: "enough calm face was seen; from here on the resident's own neutral face judged",
    BaselineReason.ADOPTED_PICTURE: "a picture was given as the neutral face",
    BaselineReason.ADOPTED_MOMENT: "the face at this moment was given as the neutral face",
    BaselineReason.RESET: "forgotten, as asked",
    BaselineReason.ANOTHER_FACE: "forgotten: the resident's face was another one, at another place",
}
FROWNS_FROM = 0.5
"""Intensity by which a resting AU4 stands above other people's when the report says that this face frowns at rest."""
_GIVEN = (BaselineReason.ADOPTED_PICTURE, BaselineReason.ADOPTED_MOMENT)
_TAUGHT = (Lesson.CALM, Lesson.ADOPTED, Lesson.LASTING)


def baseline_summary(baseline: Baseline, changes: Sequence[BaselineChange]) -> dict[str, Any]:
    """The object ``baseline`` of ``summary.json``.

    ``own`` is empty while nothing was learned; it is what was learned alone, without the prior's share.
    """
    neutral = baseline.neutral
    since = [change.captured_s for change in changes if change.known]
    lost = [change.captured_s for change in changes if not change.known]
    total_s = sum(baseline.lesson_s.values())
    return {
        "known": neutral.known,
        "own_share": neutral.own_share,
        "known_since_s": min((at_s for at_s in since if at_s >= max(lost, default=0.0)), default=None)
        if neutral.known
        else None,
        "calm_s": baseline.calm_s,
        "judged_s": total_s,
        "prior": _values(baseline.prior.aus),
        "own": _values(baseline.own.aus) if neutral.own_share > 0.0 else {},
        "lessons": {
            str(lesson): {"seconds": seconds, "share": seconds / total_s if total_s > 0 else 0.0}
            for lesson, seconds in sorted(baseline.lesson_s.items())
        },
        "changes": [
            {"at_s": change.captured_s, "reason": change.reason, "detail": change.detail, "known": change.known}
            for change in changes
        ],
    }


def section(baseline: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the template shows of ``baseline_summary``; None when there is none."""
    if baseline is None:
        return None
    units = [ActionUnit(name) for name in baseline["prior"] if name in ActionUnit.__members__]
    return {
        "sentence": _sentence(baseline),
        "frowns": _frowns(baseline),
        "rows": [_row(unit, baseline) for unit in units],
        "own": bool(baseline["own"]),
        "lessons": [
            (LESSON[name], entry["seconds"], entry["share"], name in _TAUGHT)
            for name, entry in sorted(baseline["lessons"].items(), key=lambda item: -item[1]["seconds"])
        ],
        "changes": [
            (words.clock(change["at_s"]), CHANGE[change["reason"]], change["detail"]) for change in baseline["changes"]
        ],
    }


def _sentence(baseline: Mapping[str, Any]) -> str:
    calm = words.duration(baseline["calm_s"])
    if baseline["known"]:
        since_s = baseline["known_since_s"]
        since = "the beginning" if not since_s else words.clock(since_s)
        last = baseline["changes"][-1]["reason"] if baseline["changes"] else BaselineReason.LEARNED
        given = "given by a person and " if last in _GIVEN else ""
        return (
            f"Since {since} this face was judged against its own neutral look, {given}resting on {calm} of calm face. "
            "What is ordinary for it counts as no movement."
        )
    if baseline["calm_s"] > 0.0:
        return (
            f"Only {calm} of calm face were seen: too little to know this face's own neutral look. It was judged "
            "against other people's, in part."
        )
    return (
        "No calm face was seen long enough to learn from, so this face was judged against other people's neutral look."
    )


def _frowns(baseline: Mapping[str, Any]) -> bool:
    own, prior = baseline["own"].get("AU04"), baseline["prior"].get("AU04")
    return bool(own and prior and own["mean"] - prior["mean"] >= FROWNS_FROM)


def _row(unit: ActionUnit, baseline: Mapping[str, Any]) -> dict[str, Any]:
    own, many = baseline["own"].get(unit.value), baseline["prior"][unit.value]
    full = 1.0 if unit is ActionUnit.AU43 else 5.0
    return {
        "name": words.target(unit.value),
        "many": _shown(many, unit),
        "own": None if own is None else _shown(own, unit),
        "many_share": many["mean"] / full,
        "own_share": None if own is None else own["mean"] / full,
    }


def _shown(value: Mapping[str, float], unit: ActionUnit) -> str:
    if unit is ActionUnit.AU43:
        return f"{100 * value['mean']:.0f}% ± {100 * value['deviation']:.0f}"
    return f"{value['mean']:.1f} ± {value['deviation']:.1f}"


def _values(aus: Mapping[ActionUnit, tuple[float, float]]) -> dict[str, dict[str, float]]:
    return {unit.value: {"mean": mean, "deviation": deviation} for unit, (mean, deviation) in sorted(aus.items())}
