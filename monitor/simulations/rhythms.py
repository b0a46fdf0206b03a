"""When a behaviour moves what: each draws its timetable once and gives the movement at any moment.

A rhythm is made by ``RHYTHMS[...](rng, length_s)`` and asked with seconds since the behaviour began.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from monitor.records import F64
from monitor.simulations.movements import Move, Movement


@dataclass(frozen=True, slots=True)
class Pose:
    """The face's movement, and the head's: ``shift`` (right, down) in eye distances, ``turn_deg`` clockwise."""

    movement: Movement = field(default_factory=dict)
    shift: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0


Rhythm = Callable[[float], Pose]


def ease(share: float) -> float:
    """Smooth step: 0 up to 0, 1 from 1 on."""
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


def bump(at_s: float, rise_s: float, hold_s: float, fall_s: float) -> float:
    """0 before 0 s, up over ``rise_s``, 1 for ``hold_s``, back to 0 over ``fall_s``."""
    return ease(at_s / rise_s) * (1.0 - ease((at_s - rise_s - hold_s) / fall_s))


def resting(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Nothing but what everybody does all the time (the film adds blinks and sway)."""
    return lambda at_s: Pose()


def talking(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Three to five syllables a second, pauses for breath, brows that stress a word (AU25, 26, 18, 1, 2)."""
    starts, open_to, round_to = [0.0], [0.0], [0.0]
    while starts[-1] < length_s:
        for _ in range(int(rng.integers(5, 14))):
            starts.append(starts[-1] + float(rng.uniform(0.20, 0.34)))
            open_to.append(float(rng.uniform(0.10, 0.42)))
            round_to.append(float(rng.uniform(0.2, 0.8)) if rng.random() < 0.35 else 0.0)
        starts.append(starts[-1] + float(rng.uniform(0.4, 1.1)))
        open_to.append(0.0)
        round_to.append(0.0)
    stress = np.cumsum(rng.uniform(2.0, 5.0, int(length_s / 2.0) + 1))

    def pose(at_s: float) -> Pose:
        now = int(np.searchsorted(starts, at_s, side="right")) - 1
        last_s = starts[now] - starts[now - 1] if now else 0.3
        swing = math.sin(math.pi * min(1.0, (at_s - starts[now]) / max(0.30, min(last_s, 0.36))))
        brows = max((bump(at_s - float(s), 0.2, 0.25, 0.3) for s in stress), default=0.0)
        return Pose(
            {Move.JAW: open_to[now] * swing, Move.PUCKER: round_to[now] * swing, Move.BROWS_UP: 0.4 * brows},
            shift=(0.02 * math.sin(2.1 * at_s), 0.03 * math.sin(3.3 * at_s)),
            turn_deg=1.5 * math.sin(1.7 * at_s),
        )

    return pose


def chewing(rng: np.random.Generator, length_s: float) -> Rhythm:
    """One to one and a half strokes a second, lips closed, the chin going round, now and then the lips part."""
    period_s = float(rng.uniform(0.65, 0.95))
    parts = [float(rng.uniform(0.0, 0.14)) if rng.random() < 0.3 else 0.0 for _ in range(int(length_s / period_s) + 2)]

    def pose(at_s: float) -> Pose:
        phase = 2 * math.pi * at_s / period_s
        down = 0.5 - 0.5 * math.cos(phase)
        return Pose(
            {
                Move.CHIN: down,
                Move.ASIDE: max(0.0, 0.8 * math.sin(phase)),
                Move.PUCKER: 0.35 * (1.0 - down),
                Move.JAW: parts[int(at_s / period_s)] * down,
            }
        )

    return pose


def yawning(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Yawns of five to six seconds, eight to eleven seconds apart (AU27, 43, some 7 and 4, the head goes back)."""
    starts = np.cumsum(np.concatenate([[0.3], rng.uniform(8.0, 11.0, int(length_s / 8.0) + 1)]))
    wide = float(rng.uniform(0.7, 0.85))

    def pose(at_s: float) -> Pose:
        gape = max(bump(at_s - float(start), 1.6, 2.2, 1.4) for start in starts)
        shut = max(bump(at_s - float(start) - 0.8, 0.7, 2.0, 0.9) for start in starts)
        return Pose(
            {Move.JAW: wide * gape, Move.LIDS: shut, Move.SQUEEZE: 0.6 * shut, Move.BROWS_DOWN: 0.35 * shut},
            shift=(0.0, -0.12 * gape),
        )

    return pose


def blinking(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Bouts of three to six quick blinks, and lids that fall shut for a moment."""
    closes: list[tuple[float, float]] = []
    at = 0.3
    while at < length_s:
        for _ in range(int(rng.integers(3, 7))):
            closes.append((at, 0.0))
            at += float(rng.uniform(0.35, 0.55))
        closes.append((at, float(rng.uniform(0.3, 0.9))))
        at += float(rng.uniform(1.6, 2.6))
    return lambda at_s: Pose({Move.LIDS: max(bump(at_s - start, 0.1, 0.06 + hold, 0.14) for start, hold in closes)})


def coughing(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Fits of two to five coughs (AU6, 7, 25, lids shut, the head jerks down), three to six seconds apart."""
    coughs: list[tuple[float, float]] = []
    at = 0.4
    while at < length_s:
        for _ in range(int(rng.integers(2, 6))):
            coughs.append((at, float(rng.uniform(0.7, 1.0))))
            at += float(rng.uniform(0.4, 0.6))
        at += float(rng.uniform(3.0, 6.0))

    def pose(at_s: float) -> Pose:
        jolt = max(force * bump(at_s - start, 0.08, 0.10, 0.28) for start, force in coughs)
        return Pose(
            {
                Move.SQUEEZE: 0.9 * jolt,
                Move.LIDS: min(1.0, 1.2 * jolt),
                Move.JAW: 0.32 * jolt,
                Move.BROWS_DOWN: 0.3 * jolt,
            },
            shift=(0.03 * jolt, 0.22 * jolt),
            turn_deg=3.0 * jolt,
        )

    return pose


def sleeping(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Lids shut throughout, the jaw a little slack, the chest's breath moves the head (AU43 alone)."""
    slack, breath_s = float(rng.uniform(0.0, 0.12)), float(rng.uniform(3.5, 5.0))

    def pose(at_s: float) -> Pose:
        breath = 0.5 - 0.5 * math.cos(2 * math.pi * at_s / breath_s)
        return Pose(
            {Move.LIDS: ease(at_s / 2.0), Move.JAW: slack * ease(at_s / 20.0) * (0.8 + 0.2 * breath)},
            shift=(0.0, 0.02 * breath),
        )

    return pose


def laughing(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Laughter that swells and ebbs, shaken four times a second (AU6, 12, 25, 26); it does not die down."""
    beat_hz, swell_s = float(rng.uniform(3.5, 4.5)), float(rng.uniform(3.0, 5.0))

    def pose(at_s: float) -> Pose:
        swell = ease(at_s / 0.5) * (0.8 + 0.2 * math.sin(2 * math.pi * at_s / swell_s))
        beat = math.sin(2 * math.pi * beat_hz * at_s)
        return Pose(
            {Move.LAUGH: swell * (0.92 + 0.08 * beat), Move.SQUEEZE: 0.4 * swell, Move.LIDS: 0.25 * swell},
            shift=(0.0, 0.03 * swell * beat),
            turn_deg=3.0 * swell * math.sin(1.3 * at_s),
        )

    return pose


def smiling_talk(rng: np.random.Generator, length_s: float) -> Rhythm:
    """The same syllables with a smile held (AU12, 6)."""
    talk = talking(rng, length_s)
    broad = float(rng.uniform(0.6, 0.95))

    def pose(at_s: float) -> Pose:
        said = talk(at_s)
        smile = broad * ease(at_s / 0.6) * (0.9 + 0.1 * math.sin(1.9 * at_s))
        return Pose(
            {**said.movement, Move.PUCKER: 0.0, Move.SMILE: smile, Move.SQUEEZE: 0.35 * smile},
            said.shift,
            said.turn_deg,
        )

    return pose


def concentrating(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Brows drawn together for seconds on end, the rest of the face at ease (AU4 alone)."""
    depth, period_s = float(rng.uniform(0.75, 1.0)), float(rng.uniform(5.0, 8.0))
    return lambda at_s: Pose(
        {Move.BROWS_DOWN: depth * ease(at_s / 0.7) * (0.85 + 0.15 * math.sin(2 * math.pi * at_s / period_s))}
    )


def surprised(rng: np.random.Generator, length_s: float) -> Rhythm:
    """Brows and upper lids fly up, the jaw drops, for one to three seconds (AU1, 2, 5, 26)."""
    starts: F64 = np.cumsum(np.concatenate([[0.3], rng.uniform(4.0, 6.5, int(length_s / 4.0) + 1)]))
    holds = rng.uniform(0.6, 2.6, len(starts))

    def pose(at_s: float) -> Pose:
        up = max(bump(at_s - float(s), 0.25, float(h), 0.6) for s, h in zip(starts, holds, strict=True))
        return Pose({Move.BROWS_UP: up, Move.LIDS_UP: up, Move.JAW: 0.42 * up}, shift=(0.0, -0.04 * up))

    return pose
