"""What Quantus measures of the AU maps that μ is taken from: where they point, and if the network depends on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.action_units import ActionUnit
from models.datasets.selections import RIEGER_UNITS
from models.evaluation.explanation_metrics import Maps, pointing_game, relevance_rank
from models.evaluation.parameter_randomisation import parameter_randomisation
from models.evaluation.pixel_flipping import pixel_flipping
from models.lrp.named_rules import attribute
from models.recipes.asking import inputs
from models.recipes.rieger_data import Part
from models.recipes.rieger_verify import RULE, UnitMu
from models.regions import region_mask

Progress = Callable[[str, int, int], None]
NOTE = (
    "Pointing game: share of maps whose greatest relevance lies in the AU's region. Relevance rank: share of the K "
    "most relevant pixels that do, K the region's size. Flipping: mean fall of the output while pixels are blackened, "
    "the most relevant first; beside it in random order: the former must be greater. Randomised: rank correlation of "
    "the map with that of a network whose weights are all drawn anew; near 0 is right, near 1 would mean that the map "
    "shows the picture and not the network."
)


@dataclass(frozen=True, slots=True)
class UnitMetrics:
    """Means over ``count`` maps of one AU; ``note`` says what each value is."""

    unit: str
    values: Mapping[str, float | None]
    count: int
    note: str = NOTE


def metrics(
    network: nn.Module, part: Part, found: Sequence[UnitMu], most: int, progress: Progress
) -> tuple[UnitMetrics, ...]:
    """Over at most ``most`` of the frames that were explained, AU by AU."""
    rows = []
    for number, one in enumerate(found, start=1):
        progress("Quantus", number, len(found))
        seen = one.seen[:: max(1, -(-len(one.seen) // most))] if one.seen else ()
        if not seen:
            rows.append(UnitMetrics(one.unit, {}, 0))
            continue
        maps = np.stack([frame.relevance for frame in seen])
        size = part.crops.size
        regions = np.stack(
            [region_mask(ActionUnit(one.unit), np.asarray(part.crops.landmarks[f.row]), size) for f in seen]
        )
        x = inputs(part.crops, [frame.row for frame in seen])
        target = [RIEGER_UNITS.index(one.unit)] * len(seen)
        shuffled = np.random.default_rng(number).permuted(maps.reshape(len(maps), -1), axis=1).reshape(maps.shape)
        (changed,) = parameter_randomisation(network, x, target, _explain, only_last=True).values()
        rows.append(
            UnitMetrics(
                one.unit,
                {
                    "pointing game": _mean(pointing_game(maps, regions)),
                    "relevance rank": _mean(relevance_rank(maps, regions)),
                    "region's share of the crop": float(regions.mean()),
                    "flipping": _mean(pixel_flipping(network, x, target, maps).area),
                    "flipping, random": _mean(pixel_flipping(network, x, target, shuffled).area),
                    "randomised": _mean(changed),
                },
                len(seen),
            )
        )
    return tuple(rows)


def _explain(network: nn.Module, x: Tensor, target: Tensor) -> Maps:
    network.eval()
    return attribute(network, torch.as_tensor(x), target, RULE).relevance


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None
