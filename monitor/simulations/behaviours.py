"""Every behaviour that is simulated, by name: what the face does, what lies over it, in which light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from monitor.demo.photograph import Photograph
from monitor.records import U8
from monitor.simulations import light, props, rhythms
from monitor.simulations.faces import Face
from monitor.simulations.props import Prop
from monitor.simulations.rhythms import Rhythm

Camera = Callable[[U8, np.random.Generator], U8]


def _photograph(face: Face) -> Photograph:
    return face.photograph


def _daylight(picture: U8, rng: np.random.Generator) -> U8:
    return picture


def _dim(picture: U8, rng: np.random.Generator) -> U8:
    return light.low_light(picture, rng, gain=0.30)


def _dark(picture: U8, rng: np.random.Generator) -> U8:
    return light.low_light(picture, rng, gain=0.07)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One behaviour, and how its two films are made.

    - ``from_start``: prop and light are there from the first picture (else the film begins calm and bare).
    - ``pain_after``: the behaviour ends where the grimace begins (a laugh and a grimace cannot be had at once).
    - ``laughing_photograph``: where there is a picture of the person laughing, the laugh is that picture's.
    - ``length_s``, ``fps``: of the calm film's behaviour; sleep lasts minutes.
    """

    rhythm: Callable[[np.random.Generator, float], Rhythm] = rhythms.resting
    prop: Callable[[Face], Prop] = props.nothing
    photograph: Callable[[Face], Photograph] = _photograph
    camera: Camera = _daylight
    from_start: bool = False
    pain_after: bool = False
    laughing_photograph: bool = False
    length_s: float = 16.0
    fps: float = 5.0


BEHAVIOURS: dict[str, Behaviour] = {
    "calm": Behaviour(),
    "talking": Behaviour(rhythm=rhythms.talking),
    "chewing": Behaviour(rhythm=rhythms.chewing),
    "yawning": Behaviour(rhythm=rhythms.yawning, pain_after=True),
    "blinking": Behaviour(rhythm=rhythms.blinking),
    "coughing": Behaviour(rhythm=rhythms.coughing),
    "sleeping": Behaviour(rhythm=rhythms.sleeping, length_s=120.0, fps=2.0),
    "glasses": Behaviour(prop=props.glasses, from_start=True),
    "dark_glasses": Behaviour(prop=props.dark_glasses, from_start=True),
    "hand_over_mouth": Behaviour(prop=props.hand),
    "blanket_over_mouth": Behaviour(prop=props.blanket),
    "infrared": Behaviour(photograph=light.infrared_face, camera=light.infrared_camera, from_start=True),
    "low_light": Behaviour(camera=_dim, from_start=True),
    "almost_dark": Behaviour(camera=_dark, from_start=True),
    "on_a_pillow": Behaviour(prop=props.pillow, from_start=True),
    "laughing": Behaviour(rhythm=rhythms.laughing, pain_after=True, laughing_photograph=True),
    "smiling_talk": Behaviour(rhythm=rhythms.smiling_talk, pain_after=True),
    "concentrating": Behaviour(rhythm=rhythms.concentrating),
    "surprised": Behaviour(rhythm=rhythms.surprised, pain_after=True),
}
