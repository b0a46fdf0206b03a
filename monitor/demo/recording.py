"""Making the demo recording: script, actor and camera, written as a video. The same seed gives the same pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from monitor.demo.actor import Actor
from monitor.demo.blanket import draw_blanket
from monitor.demo.expression import Expression
from monitor.demo.photograph import load_photograph
from monitor.demo.script import Act, Script, written_script
from monitor.errors import OutputError, OutputFull
from monitor.records import F64, U8


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSettings:
    """``width_px`` × ``height_px`` at ``fps``; ``noise`` is the camera's standard deviation in grey levels.

    ``yaw_deg`` is how far the head turns away (negative: to the picture's left). ``face_share`` is the face's width
    as a share of the picture's.
    """

    width_px: int = 640
    height_px: int = 360
    fps: float = 15.0
    noise: float = 2.2
    yaw_deg: float = -96.0
    face_share: float = 0.32
    seed: int = 20261121
    script: Script = field(default_factory=written_script)


_FACE_WIDTH = 185.0
_FACE_MIDDLE = (264.0, 232.0)
"""Width and middle of the face in px of the photograph."""
_BLINK_S = 0.28


def demo_pictures(settings: RecordingSettings) -> Iterator[U8]:
    """Every picture of the recording in order: (height, width, 3) uint8 BGR."""
    photograph = load_photograph(settings.width_px * settings.face_share / _FACE_WIDTH)
    actor = Actor(photograph)
    rng = np.random.default_rng(settings.seed)
    script = settings.script
    size = (settings.width_px, settings.height_px)
    over = photograph.points[159] - np.array([0.0, 24.0 * photograph.scale])
    under = photograph.points[374] + np.array([0.0, 14.0 * photograph.scale])
    blinks = _blinks(rng, script.duration_s)
    grain = rng.standard_normal((2 * settings.height_px, 2 * settings.width_px, 1)).astype(np.float32) * settings.noise
    for number in range(round(script.duration_s * settings.fps)):
        at_s = number / settings.fps
        person = actor.picture(
            _expression(script, at_s, blinks), yaw_deg=settings.yaw_deg * script.strength(Act.TURNED_AWAY, at_s)
        )
        placing = _sway(at_s, photograph.at(*_FACE_MIDDLE), size)
        picture = np.asarray(
            cv2.warpAffine(person, placing, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101),
            dtype=np.uint8,
        )
        at_over, at_under = (placing[:, :2] @ place + placing[:, 2] for place in (over, under))
        draw_blanket(
            picture,
            script.strength(Act.COVERED, at_s),
            over=(float(at_over[0]), float(at_over[1])),
            under=(float(at_under[0]), float(at_under[1])),
        )
        y, x = rng.integers(0, settings.height_px), rng.integers(0, settings.width_px)
        light = 1.0 + 0.008 * rng.standard_normal()
        noisy = picture * np.float32(light) + grain[y : y + settings.height_px, x : x + settings.width_px]
        yield np.clip(noisy, 0, 255).astype(np.uint8)


def _expression(script: Script, at_s: float, blinks: F64) -> Expression:
    """The face at ``at_s``: what the script asks for, held with a slow ebb and flow, and blinks."""
    ebb = 0.93 + 0.07 * math.sin(2 * math.pi * at_s / 3.1)
    grimace = ebb * script.strength(Act.GRIMACE, at_s)
    laugh = ebb * script.strength(Act.LAUGH, at_s)
    squeeze = grimace * (0.62 + 0.16 * math.sin(2 * math.pi * at_s / 4.7))
    since = np.abs(at_s - blinks).min(initial=math.inf)
    blink = max(0.0, 1.0 - 2.0 * since / _BLINK_S)
    return Expression(grimace=grimace, laugh=laugh, lids=max(squeeze, 0.15 * laugh, blink))


def _blinks(rng: np.random.Generator, duration_s: float) -> F64:
    """Moments (s) in the middle of each blink, 3 to 6 s apart."""
    return np.cumsum(rng.uniform(3.0, 6.0, size=int(duration_s / 3.0) + 1))


def _sway(at_s: float, middle: tuple[float, float], size: tuple[int, int]) -> F64:
    """(2, 3) from photograph to picture: the head moves by about a hundredth of the picture and a degree or two."""
    turn = np.deg2rad(1.4 * math.sin(2 * math.pi * at_s / 7.3) + 0.5 * math.sin(2 * math.pi * at_s / 2.9))
    grow = 1.0 + 0.012 * math.sin(2 * math.pi * at_s / 9.7)
    to_x = size[0] / 2 + 0.008 * size[0] * math.sin(2 * math.pi * at_s / 5.9)
    to_y = size[1] / 2 + 0.008 * size[1] * math.sin(2 * math.pi * at_s / 4.3)
    cos, sin = grow * math.cos(turn), grow * math.sin(turn)
    return np.array(
        [
            [cos, -sin, to_x - cos * middle[0] + sin * middle[1]],
            [sin, cos, to_y - sin * middle[0] - cos * middle[1]],
        ]
    )


def make_recording(
    path: Path,
    settings: RecordingSettings = RecordingSettings(),
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the recording to ``path`` (.mp4); ``progress`` hears pictures done and in all. Nothing half-made stays."""
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    size = (settings.width_px, settings.height_px)
    total = round(settings.script.duration_s * settings.fps)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be created: {error.strerror}") from error
    writer = cv2.VideoWriter(str(part), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), settings.fps, size)
    try:
        if not writer.isOpened():
            raise OutputError(f"{path}: cannot be created as a video")
        for done, picture in enumerate(demo_pictures(settings), start=1):
            writer.write(picture)
            if progress is not None:
                progress(done, total)
        writer.release()
        if cv2.VideoCapture(str(part)).get(cv2.CAP_PROP_FRAME_COUNT) < total:
            raise OutputFull(f"{path}: the video could not be written to its end")
        part.replace(path)
    finally:
        writer.release()
        part.unlink(missing_ok=True)
    return path
