"""The picture of ``vigil explain --out``: the faces, their heatmaps with AU regions, and the bars."""

from __future__ import annotations

import io

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from models.action_units import ActionUnit
from models.regions import region_outlines
from monitor.records import U8, Explanation
from monitor.replay.still import StillFace, StillResult
from monitor.report import words
from monitor.report.heatmap import on_picture

SHOWN_TARGETS = 4
MAX_FACES = 12
_DRAWN_PX = 1400
_INK, _MU, _POOR, _CHANCE = "#1c2126", "#2e7d4f", "#a05a00", "#1c2126"


def still_png(result: StillResult, title: str) -> bytes:
    """PNG: the picture with numbered boxes, then a row per face with heatmaps and bars (at most 12 faces)."""
    shown = result.faces[:MAX_FACES]
    height, width = result.pixels.shape[:2]
    top_in = min(max(13.0 * height / width, 2.0), 5.0)
    figure = Figure(figsize=(14, top_in + 3.6 * max(len(shown), 0) + 0.6), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subfigures(len(shown) + 1, 1, height_ratios=[top_in, *([3.6] * len(shown))], squeeze=False)[:, 0]
    _draw_picture(parts[0].subplots(), result, title)
    for number, (face, part) in enumerate(zip(shown, parts[1:], strict=True), start=1):
        part.suptitle(f"{number}. {face.sentence}", fontsize=10, x=0.01, ha="left", color=_INK, wrap=True)
        axes = part.subplots(1, SHOWN_TARGETS + 2, width_ratios=[1] * (SHOWN_TARGETS + 1) + [1.7])
        _draw_face(axes, face)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_picture(axes: Axes, result: StillResult, title: str) -> None:
    height, width = result.pixels.shape[:2]
    scale = min(1.0, _DRAWN_PX / max(height, width))
    small = cv2.resize(result.pixels, (max(int(width * scale), 1), max(int(height * scale), 1)),
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    axes.imshow(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), extent=(0, width, height, 0))
    for number, face in enumerate(result.faces, start=1):
        x, y, w, h = face.face.box
        axes.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor="#ffd54a", lw=1.6))
        axes.text(x, y, str(number), fontsize=9, color="black", va="bottom",
                  bbox={"facecolor": "#ffd54a", "pad": 1.5, "edgecolor": "none"})  # fmt: skip
    axes.set_title(title if result.faces else f"{title}: no face found", fontsize=11)
    axes.axis("off")


def _draw_face(axes: np.ndarray[tuple[int], np.dtype[np.object_]], face: StillFace) -> None:
    for each in axes:
        each.axis("off")
    if face.crop is None or face.prediction is None:
        axes[0].text(0, 0.5, "not scored", fontsize=9)
        return
    axes[0].imshow(cv2.cvtColor(face.crop.pixels, cv2.COLOR_BGR2RGB))
    pspi = face.prediction.pspi
    known = f"PSPI {pspi.value:.1f} of 16" if pspi.value is not None else "PSPI not computable"
    pain = "pain –" if face.pain is None else f"pain {face.pain:.2f}"
    axes[0].set_title(f"{pain}, {known}", fontsize=9)
    intensity = {str(unit): value for unit, value in face.prediction.aus.items()}
    order = sorted(face.explanations, key=lambda e: intensity.get(e.target, 0.0), reverse=True)
    for each, explanation in zip(axes[1:-1], order[:SHOWN_TARGETS], strict=False):
        _draw_heatmap(each, face.crop.pixels, face, explanation, intensity)
    _draw_bars(axes[-1], face, intensity)


def _draw_heatmap(
    axes: Axes, pixels: U8, face: StillFace, explanation: Explanation, intensity: dict[str, float]
) -> None:
    assert face.crop is not None
    axes.imshow(cv2.cvtColor(on_picture(explanation.relevance, pixels), cv2.COLOR_BGR2RGB))
    if explanation.target in ActionUnit.__members__:
        for outline in region_outlines(ActionUnit(explanation.target), face.crop.landmarks):
            axes.add_patch(Polygon(outline, fill=False, edgecolor="white", lw=1.2, ls="--"))
    mu = "no evidence" if explanation.mu is None else f"μ {words.percent(explanation.mu)}"
    axes.set_title(
        f"{words.target(explanation.target)}\n{intensity.get(explanation.target, 0.0):.1f}, {mu}", fontsize=9
    )
    axes.set_xlim(-0.5, pixels.shape[1] - 0.5)
    axes.set_ylim(pixels.shape[0] - 0.5, -0.5)


def _draw_bars(axes: Axes, face: StillFace, intensity: dict[str, float]) -> None:
    by_target = {explanation.target: explanation for explanation in face.explanations}
    axes.axis("on")
    for row, unit in enumerate(intensity):
        explanation = by_target.get(unit)
        axes.text(-0.03, row, f"{words.target(unit)}  {intensity[unit]:.1f}", ha="right", va="center", fontsize=8)
        if explanation is None or explanation.mu is None:
            axes.text(0.01, row, "no evidence" if explanation else "not explained", va="center", fontsize=8)
            continue
        chance = explanation.mu_chance
        better = chance is None or explanation.mu > chance
        axes.barh(row, explanation.mu, height=0.55, color=_MU if better else _POOR)
        if chance is not None:
            axes.plot([chance, chance], [row - 0.42, row + 0.42], color=_CHANCE, lw=2)
    axes.set_xlim(0, 1)
    axes.set_ylim(len(intensity) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xticks([0, 0.5, 1], ["0", "50%", "100%"], fontsize=8)
    axes.set_title("share of evidence inside the sign's region\n(tick: by chance)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
