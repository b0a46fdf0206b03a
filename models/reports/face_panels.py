"""Heatmaps beside faces: one grid of pictures, the same way in every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL_INCH = 1.45
COLOURS = "bwr"
"""White: none; red: speaks for the output; blue: against it."""
_STRONGEST = 99.5
"""Percentile of |relevance| that gets the full colour: a few hot pixels would leave all others white."""


def heat(relevance: NDArray[np.floating], scale: float | None = None) -> NDArray[np.uint8]:
    """(S, S) signed → (S, S, 3) RGB; each map has its own scale unless one is given."""
    from matplotlib import colormaps

    finite = np.nan_to_num(np.asarray(relevance, np.float64))
    greatest = float(np.percentile(np.abs(finite), _STRONGEST)) if scale is None else scale
    level = np.clip(finite / greatest, -1, 1) if greatest > 0 else np.zeros_like(finite)
    return np.asarray(colormaps[COLOURS](0.5 + 0.5 * level)[..., :3] * 255, np.uint8)


def overlaid(pixels: NDArray[np.uint8], relevance: NDArray[np.floating], scale: float | None = None) -> NDArray[Any]:
    """The heatmap multiplied onto a pale grey picture, so that one sees what lies below: (S, S, 3) RGB uint8."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float64) / 255
    pale = 0.45 + 0.55 * grey
    return np.asarray(heat(relevance, scale) * pale[..., None], np.uint8)


def rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(S, S, 3) BGR → RGB."""
    return np.ascontiguousarray(pixels[..., ::-1])


def panels(
    rows: Sequence[Sequence[NDArray[Any] | None]],
    *,
    columns: Sequence[str],
    labels: Sequence[str] = (),
    titles: Mapping[tuple[int, int], str] | None = None,
    title: str = "",
) -> Figure:
    """A grid of RGB pictures: ``columns`` above the first row, ``labels`` left, ``titles`` over single cells."""
    from matplotlib.figure import Figure

    titles = titles or {}
    high = CELL_INCH + (0.18 if titles else 0.0)
    wide = CELL_INCH * len(columns) + (1.2 if labels else 0.1)
    figure = Figure(figsize=(max(wide, 3.2), high * len(rows) + 0.45), layout="constrained")
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for row, pictures in enumerate(rows):
        for column in range(len(columns)):
            axis = axes[row][column]
            axis.set_xticks([])
            axis.set_yticks([])
            for spine in axis.spines.values():
                spine.set_visible(False)
            picture = pictures[column] if column < len(pictures) else None
            if picture is not None:
                axis.imshow(picture, interpolation="nearest")
            said = titles.get((row, column), columns[column] if row == 0 else "")
            axis.set_title(said, fontsize=7.5)
            if column == 0 and labels:
                axis.set_ylabel(labels[row], fontsize=7.5, rotation=0, ha="right", va="center")
    if title:
        figure.suptitle(title, fontsize=9)
    return figure
