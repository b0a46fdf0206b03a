"""Tones that tell their priority by rhythm and pitch, after the patterns of IEC 60601-1-8 (no certified signal).

High: two bursts of five quick pulses. Medium: three slower pulses. Low: two, falling. Each pulse has a fundamental
between 150 and 1000 Hz with four harmonics above it, and soft edges.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.records import Priority

RATE_HZ = 44_100
_HARMONICS = (1.0, 0.6, 0.45, 0.35, 0.3)
"""Amplitudes of the fundamental and the harmonics 2–5: within 15 dB of each other."""
_EDGE_SHARE = 0.2
"""Share of a pulse in which it rises, and in which it falls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """``onsets_s`` are the pulses' beginnings, ``pitches_hz`` their fundamentals, ``pulse_s`` the length of each."""

    onsets_s: tuple[float, ...]
    pitches_hz: tuple[float, ...]
    pulse_s: float

    @property
    def length_s(self) -> float:
        """From the first pulse's beginning to the last one's end."""
        return self.onsets_s[-1] + self.pulse_s


_BURST_S = (0.0, 0.25, 0.5, 1.0, 1.25)
PATTERNS: Mapping[Priority, Pattern] = {
    Priority.HIGH: Pattern(
        onsets_s=_BURST_S + tuple(round(onset_s + 2.1, 6) for onset_s in _BURST_S),
        pitches_hz=(523.25, 523.25, 523.25, 698.46, 698.46) * 2,
        pulse_s=0.15,
    ),
    Priority.MEDIUM: Pattern(onsets_s=(0.0, 0.4, 0.8), pitches_hz=(523.25, 440.0, 349.23), pulse_s=0.2),
    Priority.LOW: Pattern(onsets_s=(0.0, 0.4), pitches_hz=(440.0, 349.23), pulse_s=0.2),
}


def tone(priority: Priority, volume: float) -> NDArray[np.int16]:
    """The samples of ``priority``, (N,) int16 at ``RATE_HZ``; ``volume`` in [0, 1] is the peak's share of all."""
    pattern = PATTERNS[priority]
    samples = np.zeros(round(pattern.length_s * RATE_HZ), dtype=np.float64)
    for onset_s, pitch_hz in zip(pattern.onsets_s, pattern.pitches_hz, strict=True):
        pulse = _pulse(pitch_hz, pattern.pulse_s)
        start = round(onset_s * RATE_HZ)
        samples[start : start + len(pulse)] += pulse[: len(samples) - start]
    peak = float(np.abs(samples).max())
    scaled: NDArray[np.int16] = np.round(samples / peak * min(max(volume, 0.0), 1.0) * 32767).astype(np.int16)
    return scaled


def wav(priority: Priority, volume: float) -> bytes:
    """The tone as a WAV file: one channel, 16 bits."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(tone(priority, volume).astype("<i2").tobytes())
    return content.getvalue()


def _pulse(pitch_hz: float, pulse_s: float) -> NDArray[np.float64]:
    count = round(pulse_s * RATE_HZ)
    t = np.arange(count) / RATE_HZ
    partials = (
        amplitude * np.sin(2 * np.pi * pitch_hz * number * t) for number, amplitude in enumerate(_HARMONICS, start=1)
    )
    edge = max(1, round(count * _EDGE_SHARE))
    envelope = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / edge)
    shaped: NDArray[np.float64] = np.sum(list(partials), axis=0) * envelope
    return shaped
