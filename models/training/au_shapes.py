"""Action Units as mixtures of the mesh's expression shapes, and the labels a mixture deserves.

Our reading of FACS (Ekman, Friesen & Hager 2002); the kit's own table is not followed for AU10.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.spec import AUS

SHAPES: Mapping[str, Mapping[str, float]] = {
    "AU01": {"browInnerUp": 1.0},
    "AU02": {"browOuterUp": 0.9},
    "AU04": {"browDown": 1.8},
    "AU06": {"cheekSquint": 0.75, "cheekRaiser": 0.75},
    "AU07": {"eyeSquint": 1.6, "eyeBlink": 0.25},
    "AU09": {"noseSneer": 1.1, "mouthUpperUp": -0.4, "browDown": 0.35},
    "AU10": {"mouthUpperUp": 1.0},
    "AU12": {"mouthSmile": 1.1},
    "AU25": {"mouthLowerDown": 0.6, "mouthUpperUp": 0.12, "jawOpen": 0.13},
    "AU26": {"jawOpen": 0.6},
    "AU27": {"jawOpen": 0.6, "mouthStretch": 0.15, "mouthLowerDown": 0.4},
}
"""Weights of shapes at intensity 5. AU27 comes on top of a full AU26: the mouth stretched where the jaw hangs."""
CONFUSERS: Mapping[str, Mapping[str, float]] = {
    "AU05": {"eyeWide": 1.0},
    "AU14": {"mouthDimple": 1.0},
    "AU15": {"mouthFrown": 1.0},
    "AU17": {"mouthShrugLower": 0.8},
    "AU18": {"mouthPucker": 0.9},
    "AU20": {"mouthStretch": 0.9},
    "AU22": {"mouthFunnel": 0.5},
    "AU24": {"mouthPress": 0.9},
    "AU28": {"mouthRollLower": 0.6, "mouthRollUpper": 0.4},
    "AU34": {"cheekPuff": 0.8},
    "jaw left": {"jawLeft": 0.8},
    "jaw right": {"jawRight": 0.8},
    "look down": {"eyeLookDown": 0.7},
    "look up": {"eyeLookUp": 0.8},
    "look right": {"eyeLookIn_L": 0.9, "eyeLookOut_R": 0.9},
    "look left": {"eyeLookIn_R": 0.9, "eyeLookOut_L": 0.9},
}
"""Movements that are shown without being outputs, at strength 5."""
SNEER_LIFTS = 0.65
"""How far a full AU9 mixture lifts the upper lip, as a share of a full AU10 (measured on the mesh)."""
WEIGHTS: Mapping[str, float] = {"AU04": 0.6, "AU06": 0.5, "AU07": 0.5}
"""Trust in the label of units that hardly show in a rendering; 1 for the others."""
CLOSED, OPEN = 0.9, 0.4
"""Share of a full blink from which, and below which, lids count as closed and open."""


def shapes_of(strength: Mapping[str, float], sides: tuple[float, float] = (1.0, 1.0)) -> dict[str, float]:
    """Shape weights, per side, of AU ``strength`` (0–5; AU43 0–1) and confusers; ``sides`` scale left and right."""
    weights: dict[str, float] = {}

    def add(name: str, value: float) -> None:
        weights[name] = weights.get(name, 0.0) + value

    for unit, mixture in (*SHAPES.items(), *CONFUSERS.items()):
        level = strength.get(unit, 0.0) / 5.0
        if level == 0:
            continue
        for name, weight in mixture.items():
            if name.startswith(("jaw", "eyeLook", "mouthPucker", "mouthFunnel", "mouthRoll", "mouthShrug")):
                add(name, level * weight)
            else:
                add(f"{name}_L", level * weight * sides[0])
                add(f"{name}_R", level * weight * sides[1])
    if strength.get("AU27", 0.0) > 0:
        hang = max(0.0, SHAPES["AU26"]["jawOpen"] * (1 - strength.get("AU26", 0.0) / 5.0))
        add("jawOpen", hang * min(1.0, strength["AU27"] / 2.0))
    shut = strength.get("AU43", 0.0)
    for side in ("_L", "_R"):
        # A squint has closed a part of the opening already; lids must not pass through each other.
        name = f"eyeBlink{side}"
        weights[name] = weights.get(name, 0.0) * (1 - shut) + shut
    return weights


def labels_of(
    strength: Mapping[str, float], parted: float, jaw: tuple[float, float]
) -> tuple[list[float], list[float]]:
    """Intensities and weights in the order of ``models.spec.AUS``.

    ``parted`` is AU25 and ``jaw`` AU26 and AU27 as measured on the mesh (0–5), whatever parted the lips.
    """
    shown = {unit: min(5.0, max(0.0, strength.get(unit, 0.0))) for unit in AUS}
    sneer = strength.get("AU09", 0.0)
    shown["AU10"] = min(5.0, shown["AU10"] + SNEER_LIFTS * sneer)
    shown["AU25"], (shown["AU26"], shown["AU27"]) = parted, jaw
    blink = strength.get("AU43", 0.0)
    squint = 0.25 * strength.get("AU07", 0.0) / 5.0 + 0.3 * strength.get("AU06", 0.0) / 5.0
    shown["AU43"] = float(blink >= CLOSED)
    trust = {unit: WEIGHTS.get(unit, 1.0) for unit in AUS}
    trust["AU43"] = float(blink >= CLOSED or blink + squint < OPEN)
    if sneer > shown["AU10"] / 2:
        trust["AU10"] = 0.5
    if blink > OPEN:
        trust["AU06"], trust["AU07"] = 0.5 * trust["AU06"], 0.5 * trust["AU07"]
    return [shown[unit] for unit in AUS], [trust[unit] for unit in AUS]


def draw_expression(rng: np.random.Generator) -> dict[str, float]:
    """A random expression: single units, grimaces, laughs, disgust, surprise, open mouths, or only confusers."""
    kinds = ("single", "pain", "laugh", "disgust", "surprise", "yawn", "none")
    kind = str(rng.choice(kinds, p=[0.36, 0.2, 0.11, 0.07, 0.08, 0.06, 0.12]))
    strength: dict[str, float] = {}

    def put(chance: float, low: float, high: float, *units: str) -> None:
        for unit in units:
            if rng.random() < chance:
                strength[unit] = float(rng.uniform(low, high))

    if kind == "single":
        for unit in rng.choice(list(SHAPES), size=int(rng.integers(1, 4)), replace=False):
            put(1.0, 0.0, 5.0, str(unit))
    elif kind == "pain":
        put(0.85, 0.5, 5.0, "AU04", "AU06", "AU07")
        put(0.6, 0.5, 4.5, "AU09", "AU10")
        put(0.4, 0.3, 4.0, "AU25", "AU26")
        put(0.2, 0.5, 4.0, "AU20")
    elif kind == "laugh":
        put(1.0, 2.0, 5.0, "AU12")
        put(0.8, 1.0, 5.0, "AU06")
        put(0.5, 0.5, 4.0, "AU25", "AU26", "AU07")
        put(0.15, 0.5, 3.0, "AU10")
    elif kind == "disgust":
        put(1.0, 1.0, 5.0, "AU09")
        put(0.7, 0.5, 4.0, "AU10", "AU04")
        put(0.3, 0.5, 4.0, "AU17", "AU07")
    elif kind == "surprise":
        put(0.9, 1.0, 5.0, "AU01", "AU02", "AU05")
        put(0.7, 0.5, 5.0, "AU26")
    elif kind == "yawn":
        put(1.0, 0.5, 5.0, "AU27")
        put(0.4, 0.5, 4.0, "AU07", "AU04", "AU43")
    for unit in CONFUSERS:
        put(0.22 if kind == "none" else 0.05, 0.5, 4.5, unit)
    if rng.random() < 0.22:
        strength["AU43"] = 1.0 if rng.random() < 0.65 else float(rng.uniform(0.0, 0.6))
    elif "AU43" in strength:
        strength["AU43"] = 1.0
    if "AU43" not in strength and rng.random() < 0.5:
        strength["AU43"] = float(rng.uniform(0.0, 0.25))
    return strength
