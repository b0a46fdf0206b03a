"""Difference maps of the report after Prajod et al. (figure 4): what FreezeB5 looks at and the other model does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.action_units import NAMES, ActionUnit
from models.datasets.crops import Crops
from models.evaluation.difference_maps import RegionChange, difference, normalised, region_changes, shares
from models.lrp.named_rules import attribute
from models.networks.vgg16 import Vgg16
from models.recipes.prajod_data import Task
from models.recipes.prajod_settings import STANDARD
from models.recipes.prajod_training import PainNetwork
from models.regions import hull_mask, region_mask, region_outlines
from models.reports.document import Report
from models.training.face_batches import as_input

RULE = "zplus"
"""z rule on dense layers, z⁺ on convolutions, as the paper has it."""
CIRCLED = 2
"""Regions drawn into a difference map."""


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Raw relevance (P, S, S) of two networks for the emotion of ``rows`` (P,), and the regions that changed most."""

    emotion: str
    rows: NDArray[np.int64]
    first: NDArray[np.floating]
    second: NDArray[np.floating]
    regions: tuple[RegionChange, ...]


def only_first_right(task: Task, reference: PainNetwork, other: PainNetwork, emotion: str) -> NDArray[np.int64]:
    """Rows of the test pictures of ``emotion`` that the reference gets right and the other wrong."""
    test = task.split.test
    label = task.names.index(emotion)
    chosen = (task.truth[test] == label) & (reference.emotions_said == label) & (other.emotions_said != label)
    return np.asarray(test[chosen], np.int64)


def maps_of(task: Task, emotion: str, rows: NDArray[np.int64], first: Vgg16, second: Vgg16) -> Maps:
    """Both networks' relevance for ``emotion`` on ``rows``; regions where landmarks are known."""
    x = as_input(task.crops.pixels[rows], STANDARD)
    target = np.full(len(rows), task.names.index(emotion))
    one, other = (attribute(network, x, target, RULE).relevance for network in (first, second))
    points = task.crops.landmarks[rows]
    known = [place for place in range(len(rows)) if np.isfinite(points[place]).all()]
    size = task.crops.size
    masks = [{unit.value: region_mask(unit, points[place], size) for unit in ActionUnit} for place in known]
    hulls = [hull_mask(points[place], size) for place in known]
    regions = region_changes([one[place] for place in known], [other[place] for place in known], masks, hulls)
    return Maps(emotion, rows, one, other, regions)


def figure_4(report: Report, crops: Crops, found: Maps, names: tuple[str, str]) -> None:
    """Picture, both maps and their difference, for the two pictures in which the named regions changed most."""
    shown = _clearest(crops, found)
    figure = Figure(figsize=(11.2, 2.5 * len(shown)), layout="constrained")
    grid = figure.subplots(len(shown), 5, squeeze=False)
    titles = ("picture", names[0], names[1], f"{names[0]} − {names[1]}, raw", "the same of shares")
    units = [ActionUnit(region.unit) for region in found.regions[:CIRCLED]]
    for row, place in enumerate(shown):
        grid[row, 0].imshow(crops.pixels[found.rows[place]][..., ::-1])
        for column, raw in enumerate((found.first[place], found.second[place]), start=1):
            grid[row, column].imshow(normalised(raw), cmap="viridis", vmin=0, vmax=1)
        pairs = ((found.first[place], found.second[place]), (shares(found.first[place]), shares(found.second[place])))
        for column, (one, other) in enumerate(pairs, start=3):
            drawn = grid[row, column].imshow(difference(one, other), cmap="RdBu_r", vmin=0, vmax=1)
        points = crops.landmarks[found.rows[place]]
        if np.isfinite(points).all():
            for unit, colour in zip(units, ("#111111", "#8a6d00"), strict=False):
                for outline in region_outlines(unit, points):
                    closed = np.vstack([outline, outline[:1]])
                    grid[row, 4].plot(closed[:, 0], closed[:, 1], color=colour, linewidth=1.2)
        for axes, title in zip(grid[row], titles, strict=True):
            axes.set_axis_off()
            axes.set_title(title, fontsize=9)
    figure.colorbar(drawn, ax=grid[:, 4], ticks=[0, 0.5, 1], shrink=0.7)
    regions = " and ".join(f"{unit.value} ({NAMES[unit]})" for unit in units)
    report.figure(
        f"figure-4-{found.emotion}",
        figure,
        f"Figure 4, {found.emotion}: pictures that {names[0]} recognises and {names[1]} does not. Maps in [0, 1]; in "
        f"the differences, red is where {names[0]} has more. The raw ones are the paper's; in the last column each map "
        f"is divided by its sum first, since greater outputs have more relevance everywhere. Outlined: {regions}, the "
        f"regions whose share is most beyond {names[1]}'s over {len(found.rows)} pictures.",
    )


def region_table(report: Report, all_found: Sequence[Maps], names: tuple[str, str]) -> None:
    """The regions that changed most, named by unit, for each emotion."""
    rows = [
        (found.emotion, region.unit, NAMES[ActionUnit(region.unit)], region.first, region.second, region.chance,
         region.change, region.pictures)
        for found in all_found
        for region in found.regions[:5]
    ]  # fmt: skip
    report.table(
        "region-changes",
        ["emotion", "unit", "movement", f"share {names[0]}", f"share {names[1]}", "even share", "change", "pictures"],
        rows,
        title=f"Where {names[0]} looks more than {names[1]}, named by Action Unit",
        keys=2,
        note="Share: positive relevance in the unit's region over that in the picture. Change: the difference of the "
        "shares, in multiples of the share that relevance spread evenly over the face would have. Five regions each; "
        "these are hypotheses, which the concept probes test.",
    )


def _clearest(crops: Crops, found: Maps) -> list[int]:
    """Up to two pictures: those whose top region changed most, or simply the first."""
    if not found.regions:
        return list(range(min(2, len(found.rows))))
    unit = ActionUnit(found.regions[0].unit)
    gains = []
    for place, row in enumerate(found.rows):
        points = crops.landmarks[row]
        if not np.isfinite(points).all():
            gains.append(-np.inf)
            continue
        mask, hull = {unit.value: region_mask(unit, points, crops.size)}, hull_mask(points, crops.size)
        one = region_changes([found.first[place]], [found.second[place]], [mask], [hull])
        gains.append(one[0].change if one else -np.inf)
    return [int(place) for place in np.argsort(gains)[::-1][:2]]
