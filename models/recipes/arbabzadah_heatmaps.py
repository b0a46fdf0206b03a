"""Heatmaps of the report after Arbabzadah et al.: α = 2, β = 1 relevance, several on one colour scale, parts named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import nn

from models.lrp.mu import mu
from models.lrp.named_rules import Attribution, attribute
from models.recipes.arbabzadah_settings import STANDARD
from models.training.face_batches import as_input
from models.words.face_parts import FacePart, face_parts

U8 = NDArray[np.uint8]
RULE = "alpha2-beta1"
"""α = 2, β = −1 where the paper asks for α + β = 1."""
WORDS: Mapping[FacePart, str] = {FacePart.OUTSIDE: "around the face"}


def explain(
    network: nn.Module,
    pixels: U8,
    targets: Sequence[int] | NDArray[np.integer] | None = None,
    rule: str = RULE,
    *,
    renormalise: bool = False,
) -> Attribution:
    """Relevance of the one rating (or of ``targets``) for (N, S, S, 3) uint8 BGR pictures."""
    wanted = np.zeros(len(pixels), np.int64) if targets is None else targets
    return attribute(network, as_input(np.asarray(pixels), STANDARD), wanted, rule, renormalise=renormalise)


def predicted(network: nn.Module, pixels: U8) -> NDArray[np.int64]:
    """(N,) the class that a base network gives each picture."""
    import torch

    with torch.inference_mode():
        return np.asarray(network(as_input(np.asarray(pixels), STANDARD)).argmax(dim=1).numpy(), np.int64)


def part_shares(
    relevance: Iterable[NDArray[np.floating]], landmarks: NDArray[np.float32]
) -> dict[FacePart, tuple[float, float]]:
    """Part → mean share of the positive relevance, and mean share of the picture, over pictures with landmarks."""
    sums: dict[FacePart, list[tuple[float, float]]] = {part: [] for part in FacePart}
    for one, points in zip(relevance, landmarks, strict=True):
        if not np.isfinite(points).all():
            continue
        for part, mask in face_parts(points, len(one)).items():
            share = mu(one, mask)
            if share is not None:
                sums[part].append((share, float(mask.mean())))
    known = {part: np.mean(values, axis=0) for part, values in sums.items() if values}
    return {part: (float(mean[0]), float(mean[1])) for part, mean in known.items()}


def named(shares: Mapping[FacePart, tuple[float, float]], count: int = 3) -> str:
    """The parts that carry most relevance for their size: "mouth (41%, 5.2 × its size), …"; the face's own only."""
    inside = [
        (part, share, size) for part, (share, size) in shares.items() if part is not FacePart.OUTSIDE and size > 0
    ]
    if not inside:
        return "nowhere that is known (no landmarks; give --landmarker)"
    first = sorted(inside, key=lambda entry: entry[1] / entry[2], reverse=True)[:count]
    return ", ".join(f"{part.value} ({share:.0%}, {share / size:.1f} × its size)" for part, share, size in first)


def panel(
    rows: Sequence[Sequence[tuple[U8, Sequence[NDArray[np.floating]], Sequence[str]]]], *, together: bool = True
) -> Figure:
    """Pictures with heatmaps below each other; all heatmaps on one colour scale, or each row on its own.

    ``rows``: entries of a row are (picture BGR, its maps, titles: the picture's, then each map's). Red is relevance
    for the score, blue against it.
    """
    height = max(1 + len(maps) for row in rows for _, maps, _ in row)
    wide = max(map(len, rows))
    figure = Figure(figsize=(1.9 * wide + 0.9, 2.0 * height * len(rows)), layout="constrained")
    grid = figure.subplots(height * len(rows), wide, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    every = [np.abs(one) for row in rows for _, maps, _ in row for one in maps]
    for number, row in enumerate(rows):
        own = [np.abs(one) for _, maps, _ in row for one in maps]
        top = _bound(every if together else own)
        for column, (picture, maps, titles) in enumerate(row):
            grid[number * height, column].imshow(picture[..., ::-1])
            grid[number * height, column].set_title(titles[0], fontsize=8)
            for level, (one, title) in enumerate(zip(maps, titles[1:], strict=True), start=1):
                axes = grid[number * height + level, column]
                drawn = axes.imshow(one, cmap="seismic", vmin=-top, vmax=top)
                axes.set_title(title, fontsize=8)
        first = number * height
        figure.colorbar(drawn, ax=grid[first + 1 : first + height, :], shrink=0.7, format="%.1e")
    return figure


def _bound(maps: Sequence[NDArray[np.floating]]) -> float:
    """End of a colour scale: the 99.5th percentile of all maps, so that single pixels do not wash out the rest."""
    return float(np.percentile(np.concatenate([one.ravel() for one in maps]), 99.5)) or 1.0
