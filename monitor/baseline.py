"""The person's neutral face, learned online from calm frames, forgotten slowly, kept across restarts.

Each AU and emotion has a histogram of what it was while the face was calm, in seconds. A low quantile of it is the
neutral value: expressions only ever add to a resting face, so the low side is the trustworthy one.

An expression that is held teaches nothing for minutes (``patience_s``): only what lasts longer than anyone holds an
expression is how the face now rests. A person can say "this is the neutral face now" (``adopt``, ``adopt_next``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from monitor.errors import InputError
from monitor.judgement import (
    UNPLEASANT,
    FramePain,
    NeutralFace,
    PainSettings,
    emotion_rise,
    frame_pain,
    neutral_from_prior,
)
from monitor.records import Prediction

_BINS = 100
_FORMAT = "vigil-baseline-1"
_UNITS = {unit.value for unit in ActionUnit}


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSettings:
    """How the neutral face is learned."""

    learn_from_s: float = 2.0
    """Seconds of calm face below which the prior alone judges."""
    known_after_s: float = 9.0
    """Seconds of calm face from which the person's own neutral face alone judges; between, both by share."""
    quantile: float = 0.4
    """Quantile of the calm values that is taken as neutral."""
    half_life_s: float = 900.0
    """Seconds of calm face after which what was learned weighs half."""
    refresh_s: float = 0.5
    """Seconds of calm face between two evaluations of the quantiles."""
    calm_pain: float = 0.25
    """Frames with a pain score from here on are doubtful: it may be a face that frowns at rest."""
    doubtful_pain: float = 0.35
    """Frames with a pain score from here on teach nothing, however long they last."""
    calm_emotion: float = 0.35
    """Frames with this rise of happiness, surprise or fear over the neutral face teach nothing; once it is known,
    those with this rise of anger, disgust or sadness are doubtful."""
    calm_smile: float = 1.5
    """Frames with this intensity of AU12 above the neutral one teach nothing."""
    doubtful_rise: float = 0.8
    """Once known: frames whose AU4, 6, 7, 9 or 10 stands this far above the own neutral value are doubtful."""
    patience_s: float = 360.0
    """How long a doubtful face must have lasted (calm seconds take back twice their own) before it teaches at all."""
    doubtful_weight: float = 0.1
    """How little it teaches then: a minute of such a face counts as six seconds."""
    adopt_s: float = 1.0
    """Seconds of face that "this is the neutral face now" takes in: the median over them."""
    deviation_floor: float = 0.15
    """Smallest deviation (intensity units) of a learned AU."""
    deviation_cap: float = 0.6
    """Largest deviation (intensity units) of a learned AU: a lively face must not hide its grimaces."""


class Lesson(StrEnum):
    """What a frame taught the baseline, and why."""

    CALM = "calm"
    ADOPTED = "adopted"
    """Someone said that this is the neutral face."""
    LASTING = "lasting"
    """Doubtful, but for longer than an expression is held: taught a little."""
    DOUBTFUL = "doubtful"
    """A frown or squint that may be held: taught nothing yet."""
    IN_PAIN = "in_pain"
    EMOTIONAL = "emotional"
    EYES_CLOSED = "eyes_closed"
    NOT_JUDGED = "not_judged"


class Baseline:
    """A neutral face that is learned by ``learn`` and read by ``neutral``. Time comes as durations."""

    def __init__(
        self,
        prior: Mapping[str, tuple[float, float]],
        settings: BaselineSettings | None = None,
        pain: PainSettings | None = None,
    ) -> None:
        self._settings = settings or BaselineSettings()
        self._pain = pain or PainSettings()
        self._prior = neutral_from_prior(prior)
        self._seconds: dict[str, NDArray[np.float64]] = {}
        self.calm_s = 0.0
        self.lesson_s: dict[Lesson, float] = {}
        """Seconds of judged face per lesson since the beginning, resets included."""
        self._since_refresh_s = 0.0
        self._doubtful_s = 0.0
        self._adopting: list[tuple[Prediction, float]] | None = None
        self._adopt_s = self._settings.adopt_s
        self._neutral = self._prior

    @property
    def prior(self) -> NeutralFace:
        """The neutral face of many people, which judges until the own one is known."""
        return self._prior

    @property
    def own(self) -> NeutralFace:
        """What was learned alone, without the prior's share; the prior where nothing was learned."""
        return self._blend(1.0)

    @property
    def neutral(self) -> NeutralFace:
        """The neutral face to judge against now: the prior, the person's own, or both by share."""
        return self._neutral

    def learn(
        self, prediction: Prediction, duration_s: float, *, in_pain: bool = False, pain: FramePain | None = None
    ) -> Lesson:
        """Take in one assessable frame that stands for ``duration_s`` seconds.

        ``in_pain``: the judgement over seconds says or suspects pain, so the frame teaches nothing whatever it shows.
        ``pain`` is the frame's, where it was judged against ``neutral`` as it is now; else it is judged here.
        """
        lesson = self._taught(prediction, duration_s, in_pain, pain)
        self.lesson_s[lesson] = self.lesson_s.get(lesson, 0.0) + duration_s
        return lesson

    def _taught(self, prediction: Prediction, duration_s: float, in_pain: bool, pain: FramePain | None) -> Lesson:
        if self._adopting is not None:
            self._adopting.append((prediction, duration_s))
            if sum(seconds for _, seconds in self._adopting) >= self._adopt_s:
                self.adopt(*(taken for taken, _ in self._adopting))
            return Lesson.ADOPTED
        lesson = Lesson.IN_PAIN if in_pain else self._lesson(prediction, pain)
        if lesson is Lesson.DOUBTFUL:
            self._doubtful_s += duration_s
            lesson = Lesson.LASTING if self._doubtful_s > self._settings.patience_s else lesson
        elif lesson is Lesson.CALM:
            self._doubtful_s = max(0.0, self._doubtful_s - 2.0 * duration_s)
        weight = {Lesson.CALM: 1.0, Lesson.LASTING: self._settings.doubtful_weight}.get(lesson, 0.0) * duration_s
        if weight > 0.0:
            keep = 0.5 ** (weight / self._settings.half_life_s)
            for name, value in _values(prediction).items():
                seconds = self._seconds.get(name)
                if seconds is None:
                    seconds = self._seconds[name] = np.zeros(_BINS)
                seconds *= keep
                seconds[min(int(value * _BINS), _BINS - 1)] += weight
            self.calm_s = self.calm_s * keep + weight
            self._since_refresh_s += weight
            if self._since_refresh_s >= self._settings.refresh_s:
                self._refresh()
        return lesson

    @property
    def adopting(self) -> bool:
        """Whether ``adopt_next`` still waits for enough of the face."""
        return self._adopting is not None

    def adopt_next(self, for_s: float | None = None) -> None:
        """ "This is the neutral face now": the next ``for_s`` (None: ``adopt_s``) of face replace what was learned."""
        self._adopting = []
        self._adopt_s = self._settings.adopt_s if for_s is None else for_s

    def adopt(self, *predictions: Prediction) -> None:
        """ "This is the neutral face": forget what was learned and take the median of these frames as known.

        Half the prior's deviation remains round it, as far as one look can tell. ValueError without a frame.
        """
        if not predictions:
            raise ValueError("a neutral face needs at least one frame")
        self.reset()
        taken = [_values(prediction) for prediction in predictions]
        for name in taken[0]:
            value = float(np.median([values[name] for values in taken if name in values]))
            self._seconds[name] = self._settings.known_after_s * _spread(value, self._adopted_deviation(name))
        self.calm_s = self._settings.known_after_s
        self._refresh()

    def _adopted_deviation(self, name: str) -> float:
        """Deviation, in [0, 1], of a neutral value that was seen once."""
        if name not in _UNITS or name == ActionUnit.AU43:
            return 1.0 / _BINS
        many = self._prior.aus.get(ActionUnit(name), (0.0, self._pain.unknown_deviation))[1]
        return max(self._settings.deviation_floor, many / 2) / _scale(name)

    def reset(self) -> None:
        """Forget the person; the prior judges again."""
        self._seconds.clear()
        self.calm_s = self._since_refresh_s = self._doubtful_s = 0.0
        self._adopting = None
        self._neutral = self._prior

    def to_json(self) -> str:
        """What was learned, as stable JSON (no picture, no identity). The prior is not part of it."""
        kept = {name: [round(float(s), 4) for s in seconds] for name, seconds in sorted(self._seconds.items())}
        return json.dumps({"format": _FORMAT, "calm_s": round(self.calm_s, 4), "seconds": kept}, sort_keys=True)

    @staticmethod
    def from_json(
        text: str,
        prior: Mapping[str, tuple[float, float]],
        settings: BaselineSettings | None = None,
        pain: PainSettings | None = None,
    ) -> Baseline:
        """Inverse of ``to_json``; InputError when ``text`` is not a baseline of this format."""
        baseline = Baseline(prior, settings, pain)
        try:
            data = json.loads(text)
            if data["format"] != _FORMAT:
                raise ValueError(f"format {data['format']!r}, this program reads {_FORMAT!r}")
            baseline.calm_s = float(data["calm_s"])
            for name, seconds in data["seconds"].items():
                histogram = np.asarray(seconds, dtype=np.float64)
                if histogram.shape != (_BINS,) or not np.isfinite(histogram).all() or (histogram < 0).any():
                    raise ValueError(f"{name}: needs {_BINS} finite seconds >= 0")
                baseline._seconds[str(name)] = histogram
            if not np.isfinite(baseline.calm_s) or baseline.calm_s < 0:
                raise ValueError(f"calm_s must be >= 0, got {baseline.calm_s}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"not a saved neutral face: {error}") from error
        if baseline._seconds:
            baseline._refresh()
        return baseline

    def _lesson(self, prediction: Prediction, pain: FramePain | None) -> Lesson:
        settings, neutral = self._settings, self._neutral
        pain = pain or frame_pain(prediction, neutral, self._pain)
        loudest = max(emotion_rise(name, prediction, neutral) for name in _LOUD_EMOTIONS)
        smile = _above(prediction, neutral, ActionUnit.AU12)
        tension = max(_above(prediction, neutral, unit) for unit in _GRIMACE)
        if pain is None:
            return Lesson.NOT_JUDGED
        if pain.score >= settings.doubtful_pain:
            return Lesson.IN_PAIN
        if loudest >= settings.calm_emotion or smile >= settings.calm_smile:
            return Lesson.EMOTIONAL
        if prediction.aus.get(ActionUnit.AU43, 0.0) >= 0.5:
            return Lesson.EYES_CLOSED
        gloom = max(emotion_rise(name, prediction, neutral) for name in UNPLEASANT)
        strained = tension >= settings.doubtful_rise or gloom >= settings.calm_emotion
        doubtful = pain.score >= settings.calm_pain or (neutral.known and strained)
        return Lesson.DOUBTFUL if doubtful else Lesson.CALM

    def _refresh(self) -> None:
        settings = self._settings
        self._since_refresh_s = 0.0
        span = settings.known_after_s - settings.learn_from_s
        share = min(1.0, max(0.0, (self.calm_s - settings.learn_from_s) / span)) if span > 0 else 1.0
        self._neutral = self._blend(share)

    def _blend(self, share: float) -> NeutralFace:
        """The own neutral face and the prior, by ``share`` of the own one."""
        settings = self._settings
        aus = dict(self._prior.aus)
        emotions = dict(self._prior.emotions)
        for name, seconds in self._seconds.items():
            centre = _quantile(seconds, settings.quantile)
            if name in _UNITS:
                unit = ActionUnit(name)
                scale = _scale(name)
                spread = scale * (_quantile(seconds, _UPPER) - _quantile(seconds, _LOWER)) / _NORMAL_SPREAD
                deviation = min(max(settings.deviation_floor, spread), settings.deviation_cap)
                mean_many, deviation_many = self._prior.aus.get(unit, (0.0, self._pain.unknown_deviation))
                aus[unit] = (
                    share * scale * centre + (1 - share) * mean_many,
                    share * deviation + (1 - share) * deviation_many,
                )
            else:
                emotions[name] = share * centre + (1 - share) * self._prior.emotions.get(name, 0.0)
        return NeutralFace(aus=aus, emotions=emotions, known=share >= 1.0, own_share=share)


_LOWER, _UPPER, _NORMAL_SPREAD = 0.2, 0.8, 1.683
"""Quantiles whose distance, for normal noise, is 1.683 deviations."""
_LOUD_EMOTIONS = ("happiness", "surprise", "fear")
_GRIMACE = (ActionUnit.AU04, ActionUnit.AU06, ActionUnit.AU07, ActionUnit.AU09, ActionUnit.AU10)


def _scale(name: str) -> float:
    return 5.0 if name in _UNITS and name != ActionUnit.AU43 else 1.0


def _values(prediction: Prediction) -> dict[str, float]:
    """Every AU and emotion of a prediction, scaled to [0, 1]."""
    named = {**{unit.value: value for unit, value in prediction.aus.items()}, **prediction.emotions}
    return {name: min(max(value / _scale(name), 0.0), 1.0) for name, value in named.items()}


def _above(prediction: Prediction, neutral: NeutralFace, unit: ActionUnit) -> float:
    return prediction.aus.get(unit, 0.0) - neutral.aus.get(unit, (0.0, 0.0))[0]


def _quantile(seconds: NDArray[np.float64], share: float) -> float:
    """Value in [0, 1] below which ``share`` of the seconds lie, linear within a bin."""
    total = np.cumsum(seconds)
    wanted = share * total[-1]
    index = int(np.searchsorted(total, wanted))
    index = min(index, _BINS - 1)
    before = total[index - 1] if index else 0.0
    inside = (wanted - before) / seconds[index] if seconds[index] > 0 else 0.5
    return float((index + inside) / _BINS)


def _spread(value: float, deviation: float) -> NDArray[np.float64]:
    """Shares (adding up to 1) of a normal distribution round ``value`` per bin; what lies outside goes to the ends."""
    edges = [(edge / _BINS - value) / (deviation * math.sqrt(2.0)) for edge in range(1, _BINS)]
    below = np.array([0.0, *(0.5 * (1.0 + math.erf(edge)) for edge in edges), 1.0])
    return np.asarray(np.diff(below), dtype=np.float64)
