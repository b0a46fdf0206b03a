"""Does the evidence for an AU lie where its muscle is? μ per AU and set, beside chance and beside two nulls.

For every frame in which an AU is present and recognised: LRP of that AU's output, then

    μ             positive relevance in the AU's region ÷ positive relevance in the image (R)
    μ in boxes    the same with the rectangles around the region's patches: R's own setting, as near as we know it
    chance        the region's share of the face hull: μ of relevance spread evenly over the face
    weighted μ    μ ÷ the region's share of the image (Kohlbrenner et al. 2020)
    outside       share of the positive relevance that lies off the face
    null          μ ÷ chance of networks with weights drawn anew, and of regions moved about the face at random
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.action_units import ActionUnit
from models.datasets.selections import RIEGER_UNITS
from models.evaluation.null_networks import estimate_statistics
from models.evaluation.null_regions import null_mu_of_regions
from models.evaluation.weighted_mu import weighted_mu
from models.lrp.mu import chance, mu, outside_face
from models.lrp.named_rules import attribute
from models.networks.reduced_resnet18 import reset_parameters
from models.recipes.asking import inputs
from models.recipes.rieger_data import Part
from models.recipes.rieger_learning import THRESHOLD, probabilities
from models.regions import hull_mask, region_mask, region_outlines

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Progress = Callable[[str, int, int], None]
RULE = "kohlbrenner"
"""The best of Kohlbrenner et al.: ε for the dense layer, z⁺ for convolutions, flat for the first."""
MOVES = 100
"""Random places that each region is moved to."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One frame with an AU rightly recognised: its ``row`` in the part's crops, its map, and what was measured."""

    row: int
    relevance: NDArray[np.floating]
    mu: float
    chance: float
    weighted: float
    in_box: float
    outside: float


@dataclass(frozen=True, slots=True, eq=False)
class UnitMu:
    """An AU on a set: ``count`` frames rightly recognised, those of them that were explained, and the two nulls.

    ``null_weights`` holds one μ ÷ chance a random network, ``null_places`` one a random place.
    """

    unit: str
    count: int
    seen: tuple[Seen, ...]
    null_weights: NDArray[np.float64]
    null_places: NDArray[np.float64]

    def mean(self, name: str) -> float:
        """Mean of one of the measures over the frames; NaN of none."""
        return float(np.mean([getattr(one, name) for one in self.seen])) if self.seen else float("nan")

    @property
    def ratio(self) -> float:
        """Mean μ ÷ mean chance; NaN of nothing."""
        return self.mean("mu") / self.mean("chance") if self.seen else float("nan")


def verify(
    network: nn.Module, part: Part, *, most: int | None, null_networks: int, null_frames: int, progress: Progress
) -> tuple[UnitMu, ...]:
    """Every AU of R on one set; at most ``most`` frames an AU are explained (None: all), evenly spaced."""
    probability = probabilities(network, part.crops, part.rows)
    found = np.isfinite(part.crops.landmarks[part.rows]).all(axis=(1, 2))
    shown: dict[str, NDArray[np.int64]] = {}
    counts: dict[str, int] = {}
    for column, unit in enumerate(RIEGER_UNITS):
        right = (part.present[:, column] > 0.5) & (probability[:, column] >= THRESHOLD)
        counts[unit] = int(right.sum())
        rows = part.rows[right & found]
        few = len(rows) if most is None else min(most, len(rows))
        shown[unit] = rows[np.linspace(0, len(rows) - 1, few).astype(int)] if few else rows[:0]
    looks: dict[str, list[Seen]] = {}
    for number, unit in enumerate(RIEGER_UNITS, start=1):
        progress(f"μ on {part.name}", number, len(RIEGER_UNITS))
        looks[unit] = look(network, part, unit, shown[unit])
    nulls = _null_weights(network, part, {unit: rows[:null_frames] for unit, rows in shown.items()}, null_networks)
    return tuple(
        UnitMu(unit, counts[unit], tuple(looks[unit]), nulls[unit], null_places(part, unit, looks[unit]))
        for unit in RIEGER_UNITS
    )


def look(network: nn.Module, part: Part, unit: str, rows: Sequence[int] | NDArray[np.int64]) -> list[Seen]:
    """What LRP finds on the crops of ``rows``; those without positive relevance or region on the face are left out."""
    found = []
    for start in range(0, len(rows), 64):
        chosen = rows[start : start + 64]
        target = [RIEGER_UNITS.index(unit)] * len(chosen)
        maps = attribute(network, inputs(part.crops, chosen), target, RULE).relevance
        for row, relevance in zip(chosen, maps, strict=True):
            points = np.asarray(part.crops.landmarks[row])
            mask, hull = region_mask(ActionUnit(unit), points, part.crops.size), hull_mask(points, part.crops.size)
            inside, share, outside = mu(relevance, mask), chance(mask, hull), outside_face(relevance, hull)
            boxed = mu(relevance, box_mask(unit, points, part.crops.size))
            if inside is not None and outside is not None and boxed is not None and share:
                found.append(
                    Seen(int(row), relevance, inside, share, weighted_mu(relevance, mask) or 0.0, boxed, outside)
                )
    return found


def boxes(unit: str, landmarks: F32) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom (px) of the rectangle around each patch of the AU's region, one a side."""
    outlines = region_outlines(ActionUnit(unit), landmarks)
    return [(*outline.min(axis=0).tolist(), *outline.max(axis=0).tolist()) for outline in outlines]


def box_mask(unit: str, landmarks: F32, size: int) -> Mask:
    """(size, size) bool: the pixels whose centre lies in one of the AU's boxes."""
    mask = np.zeros((size, size), np.bool_)
    y, x = np.mgrid[0:size, 0:size]
    for left, top, right, bottom in boxes(unit, landmarks):
        mask |= (x >= left - 0.5) & (x <= right + 0.5) & (y >= top - 0.5) & (y <= bottom + 0.5)
    return mask


def null_places(part: Part, unit: str, seen: Sequence[Seen]) -> NDArray[np.float64]:
    """(``MOVES``,) mean μ ÷ mean chance with every frame's region moved to a random place of its face."""
    if not seen:
        return np.zeros(0, np.float64)
    size = part.crops.size
    points = [np.asarray(part.crops.landmarks[one.row]) for one in seen]
    masks = [region_mask(ActionUnit(unit), one, size) for one in points]
    hulls = [hull_mask(one, size) for one in points]
    moved = null_mu_of_regions([one.relevance for one in seen], masks, hulls, count=MOVES)
    return np.asarray(moved / np.mean([one.chance for one in seen]), np.float64)


def random_networks(network: nn.Module, x: Tensor, count: int, first_seed: int = 1) -> Iterator[nn.Module]:
    """``count`` copies with weights drawn anew, BatchNorm statistics of the crops ``x``, outputs turned positive.

    An output that is negative on average over ``x`` has its weights negated, which is as likely a draw: LRP of a
    negative output tells what speaks against the AU, not for it.
    """
    for seed in range(first_seed, first_seed + count):
        blank = copy.deepcopy(network).requires_grad_(False)
        with torch.random.fork_rng(devices=[]):
            reset_parameters(blank, seed)
        estimate_statistics(blank, x)
        with torch.no_grad():
            sign = torch.where(blank(x).mean(dim=0) < 0, -1.0, 1.0)
            head = blank.get_submodule("logits")
            head.get_parameter("weight").mul_(sign[:, None])
            head.get_parameter("bias").mul_(sign)
        yield blank.eval()


def _null_weights(
    network: nn.Module, part: Part, rows: Mapping[str, NDArray[np.int64]], count: int
) -> dict[str, NDArray[np.float64]]:
    used = np.unique(np.concatenate([np.zeros(0, np.int64), *rows.values()]))
    values: dict[str, list[float]] = {unit: [] for unit in rows}
    if len(used):
        for blank in random_networks(network, inputs(part.crops, used[:96]), count):
            for unit, chosen in rows.items():
                seen = look(blank, part, unit, chosen) if len(chosen) else []
                if seen:
                    values[unit].append(float(np.mean([s.mu for s in seen]) / np.mean([s.chance for s in seen])))
    return {unit: np.array(found) for unit, found in values.items()}
