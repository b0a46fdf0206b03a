"""One film: a person, a behaviour, with or without a grimace of pain, as pictures in the order of their time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from monitor.records import F64, U8, Frame
from monitor.simulations.behaviours import Behaviour
from monitor.simulations.faces import CANVAS_PX, Face
from monitor.simulations.movements import Move
from monitor.simulations.performer import Performer
from monitor.simulations.rhythms import Pose, bump, ease

PICTURE_PX = 320
"""Side of the square pictures."""
CALM_S = 4.0
"""How long the film shows the person at rest first."""
BEFORE_PAIN_S = 4.0
"""How long the behaviour goes on before the grimace begins."""
PAIN_S = 18.5
"""How long the grimace lasts, to the film's end: the pain alert's delay of 15 s and room to notice."""
NOISE = 2.0
"""Camera noise by day, grey levels."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CROSSFADE_S = 0.4


@dataclass(frozen=True, slots=True)
class Plan:
    """Times of one film in seconds from its start. ``pain_s`` is None in the film without pain."""

    behaviour: Behaviour
    in_pain: bool
    seed: int

    @property
    def pain_s(self) -> float | None:
        """When the grimace begins."""
        return CALM_S + BEFORE_PAIN_S if self.in_pain else None

    @property
    def length_s(self) -> float:
        """Length of the film."""
        return CALM_S + (BEFORE_PAIN_S + PAIN_S if self.in_pain else self.behaviour.length_s)

    @property
    def fps(self) -> float:
        """Pictures a second; a grimace is never shown slower than four."""
        return max(self.behaviour.fps, 4.0) if self.in_pain else self.behaviour.fps


class Cast:
    """The performers of one person at a time, so that films of the same person share what is painted."""

    def __init__(self) -> None:
        self._person = ""
        self._performers: dict[object, Performer] = {}

    def performer(self, face: Face, behaviour: Behaviour) -> Performer:
        """Who acts ``behaviour`` (and the grimace)."""
        self._change(face)
        if behaviour.photograph not in self._performers:
            self._performers[behaviour.photograph] = Performer(behaviour.photograph(face))
        return self._performers[behaviour.photograph]

    def laughing(self, face: Face) -> Performer | None:
        """The person's picture that laughs already, if there is one."""
        self._change(face)
        if face.laughing is None:
            return None
        if "laughing" not in self._performers:
            self._performers["laughing"] = Performer(face.laughing, own_mouth=True)
        return self._performers["laughing"]

    def _change(self, face: Face) -> None:
        if face.name != self._person:
            self._person, self._performers = face.name, {}


class Film:
    """A source for the pipeline: ``frames()`` gives the film once, the same pictures for the same plan."""

    def __init__(self, name: str, face: Face, plan: Plan, cast: Cast) -> None:
        self._name = name
        self._plan = plan
        behaviour = plan.behaviour
        self._rng = np.random.default_rng(plan.seed)
        self._act = behaviour.rhythm(self._rng, plan.length_s)
        self._prop = behaviour.prop(face)
        self._calm = cast.performer(face, behaviour)
        self._laughing = cast.laughing(face) if behaviour.laughing_photograph else None
        self._unit_px = face.unit_px
        self._blinks = np.cumsum(self._rng.uniform(2.5, 6.0, int(plan.length_s / 2.5) + 1))
        self._vigour = float(self._rng.uniform(0.85, 1.0))
        side = 2 * PICTURE_PX
        self._grain = NOISE * self._rng.standard_normal((side, side, 1), dtype=np.float32)

    def frames(self) -> Iterator[Frame]:
        """All pictures; time starts at 0 s."""
        for number in range(round(self._plan.length_s * self._plan.fps)):
            at_s = number / self._plan.fps
            yield Frame(
                frame_id=number,
                source_id=self._name,
                captured_s=at_s,
                captured_at=_EPOCH + timedelta(seconds=at_s),
                pixels=self.picture(at_s),
            )

    def picture(self, at_s: float) -> U8:
        """(PICTURE_PX, PICTURE_PX, 3) BGR at ``at_s``."""
        pose = self._pose(at_s)
        person = self._person(pose, at_s)
        put_on = 1.0 if self._plan.behaviour.from_start else ease((at_s - CALM_S) / 0.8)
        dressed = self._prop(person, put_on)
        placing = self._placing(pose, at_s)
        size = (PICTURE_PX, PICTURE_PX)
        seen = cv2.warpAffine(dressed, placing, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        lit = self._plan.behaviour.camera(np.asarray(seen, dtype=np.uint8), self._rng)
        y, x = self._rng.integers(0, PICTURE_PX, 2)
        noisy = lit + self._grain[y : y + PICTURE_PX, x : x + PICTURE_PX]
        return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)

    def _pose(self, at_s: float) -> Pose:
        """Behaviour, blinks and grimace together."""
        pain = self._pain(at_s)
        pose = self._act(at_s - CALM_S) if at_s >= CALM_S else Pose()
        fade = 1.0 - ease(pain / 0.5) if self._plan.behaviour.pain_after else 1.0
        movement = {move: fade * value for move, value in pose.movement.items()}
        blink = max(bump(at_s - float(s), 0.1, 0.06, 0.14) for s in self._blinks)
        squeeze = pain * (0.55 + 0.25 * math.sin(2 * math.pi * at_s / 4.7))
        lids = max(movement.get(Move.LIDS, 0.0), blink, squeeze)
        shift = fade * pose.shift[0], fade * pose.shift[1]
        return Pose({**movement, Move.LIDS: lids, Move.GRIMACE: pain}, shift, fade * pose.turn_deg)

    def _pain(self, at_s: float) -> float:
        """Strength of the grimace: comes within a second, ebbs and flows a little."""
        if self._plan.pain_s is None:
            return 0.0
        return self._vigour * ease(at_s - self._plan.pain_s) * (0.94 + 0.06 * math.sin(2 * math.pi * at_s / 3.1))

    def _person(self, pose: Pose, at_s: float) -> U8:
        calm: dict[Move, float] = dict(pose.movement)
        if self._laughing is None:
            return self._calm.picture(calm)
        laugh = calm.pop(Move.LAUGH, 0.0)
        share = ease((at_s - CALM_S) / _CROSSFADE_S) * (1.0 - ease(self._pain(at_s) / 0.3))
        rest: dict[Move, float] = {move: value for move, value in calm.items() if move in (Move.LIDS, Move.GRIMACE)}
        if share <= 0.0:
            return self._calm.picture(rest)
        other = self._laughing.picture(
            {Move.SQUEEZE: calm.get(Move.SQUEEZE, 0.0), Move.CHIN: 0.6 * max(0.0, laugh - 0.5)}
        )
        if share >= 1.0:
            return other
        return np.asarray(cv2.addWeighted(other, share, self._calm.picture(rest), 1.0 - share, 0.0), dtype=np.uint8)

    def _placing(self, pose: Pose, at_s: float) -> F64:
        """(2, 3) from canvas to picture: a slow sway, and what the behaviour moves the head by."""
        turn = np.deg2rad(
            pose.turn_deg + 1.4 * math.sin(2 * math.pi * at_s / 7.3) + 0.5 * math.sin(2 * math.pi * at_s / 2.9)
        )
        grow = 1.0 + 0.012 * math.sin(2 * math.pi * at_s / 9.7)
        cos, sin = grow * math.cos(turn), grow * math.sin(turn)
        middle = CANVAS_PX / 2
        to_x = PICTURE_PX / 2 + pose.shift[0] * self._unit_px + 2.5 * math.sin(2 * math.pi * at_s / 5.9)
        to_y = PICTURE_PX / 2 + pose.shift[1] * self._unit_px + 2.5 * math.sin(2 * math.pi * at_s / 4.3)
        return np.array(
            [[cos, -sin, to_x - cos * middle + sin * middle], [sin, cos, to_y - sin * middle - cos * middle]]
        )
