"""A drawn face and a heatmap over it: what the page shows in tests, and nobody's picture."""

from __future__ import annotations

from datetime import datetime

import cv2
import numpy as np

from models.action_units import ActionUnit
from monitor.web.heatmap import Heatmap, UnitEvidence

SIZE = 112


def face_jpeg(width: int, height: int, *, pain: bool = False, shift: int = 0, quality: int = 85) -> bytes:
    """A face on a pillow; with ``pain`` the brows are lowered and the eyes tightened."""
    image = np.full((height, width, 3), (205, 196, 186), np.uint8)
    unit = min(width, height) / 112
    x, y = width / 2 + shift, height / 2

    def at(dx: float, dy: float) -> tuple[int, int]:
        return round(x + dx * unit), round(y + dy * unit)

    def axes(rx: float, ry: float) -> tuple[int, int]:
        return max(1, round(rx * unit)), max(1, round(ry * unit))

    cv2.ellipse(image, at(0, 6), axes(54, 50), 0, 0, 360, (235, 232, 228), -1, cv2.LINE_AA)
    cv2.ellipse(image, at(0, 2), axes(35, 45), 0, 0, 360, (150, 178, 218), -1, cv2.LINE_AA)
    cv2.ellipse(image, at(0, -24), axes(34, 20), 0, 180, 360, (120, 122, 128), -1, cv2.LINE_AA)
    line = max(1, round(2 * unit))
    for side in (-1, 1):
        inner, outer = (-8, -13) if pain else (-16, -15)
        cv2.line(image, at(side * 6, inner), at(side * 23, outer), (70, 80, 95), line + 1, cv2.LINE_AA)
        cv2.ellipse(image, at(side * 14, -3), axes(7, 1.5 if pain else 4), 0, 0, 360, (245, 245, 245), -1, cv2.LINE_AA)
        cv2.circle(image, at(side * 14, -3), max(1, round((1 if pain else 3) * unit)), (70, 50, 40), -1, cv2.LINE_AA)
    cv2.line(image, at(0, -2), at(-3, 14), (110, 140, 185), line, cv2.LINE_AA)
    cv2.line(image, at(-3, 14), at(4, 15), (110, 140, 185), line, cv2.LINE_AA)
    cv2.ellipse(image, at(0, 27), axes(13, 4 if pain else 3), 0, 180 if pain else 0, 360 if pain else 180,
                (90, 90, 170), line, cv2.LINE_AA)  # fmt: skip
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def face_heatmap(bed: str, at: datetime, *, pictured: bool = True) -> Heatmap:
    """Relevance at brows and eyes, a little against it at the mouth."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)

    def spot(x: float, y: float, width: float, height: float) -> np.ndarray:
        return np.exp(-(((columns - x) / width) ** 2) - ((rows - y) / height) ** 2)

    relevance = 0.95 * (spot(42, 43, 12, 5) + spot(70, 43, 12, 5)) + 0.5 * (spot(42, 54, 9, 5) + spot(70, 54, 9, 5))
    relevance -= 0.35 * spot(56, 84, 14, 5)
    brow = (((28.0, 38.0), (84.0, 38.0), (84.0, 48.0), (28.0, 48.0)),)
    eyes = (
        ((32.0, 49.0), (52.0, 49.0), (52.0, 59.0), (32.0, 59.0)),
        ((60.0, 49.0), (80.0, 49.0), (80.0, 59.0), (60.0, 59.0)),
    )
    return Heatmap(
        bed=bed,
        at=at,
        relevance=np.clip(relevance, -1.0, 1.0).astype(np.float32),
        face_jpeg=face_jpeg(SIZE, SIZE, pain=True, quality=92) if pictured else None,
        units=(
            UnitEvidence(unit=ActionUnit.AU04, intensity=3.1, mu=0.44, chance=0.12, outline=brow),
            UnitEvidence(unit=ActionUnit.AU07, intensity=2.2, mu=0.27, chance=0.09, outline=eyes),
            UnitEvidence(unit=ActionUnit.AU43, intensity=0.6, mu=None, chance=None),
        ),
        outside_share=0.14,
        composite="zplus",
        model_id="face-112-4",
        sentence="pain, 12 s, level 6 of 16: brow lowered (AU4), eyes tightened (AU7); 71% of the evidence lies in "
        "the brow and eye regions; confidence 0.82",
        sentence_de="Schmerz, 12 s, Stufe 6 von 16: Brauen zusammengezogen (AU4), Augen zusammengekniffen (AU7); "
        "71 % der Hinweise liegen an Brauen und Augen; Sicherheit 0,82",
    )
