"""Paper R's first pages: the sets, the regions on a face (figure 1), F1 (tables 1 and 2), the best fold's curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.action_units import NAMES, ActionUnit, pspi
from models.datasets.multipie68 import from_mesh
from models.datasets.selections import RIEGER_UNITS
from models.recipes.rieger_learning import unit_f1
from models.recipes.rieger_verify import boxes
from models.regions import region_outlines
from models.reports.document import Report
from models.reports.face_panels import rgb
from models.reports.published import RIEGER_F1, RIEGER_IMAGES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from models.recipes.rieger_data import Part, Sets
    from models.recipes.rieger_learning import FoldOutcome

CALLED = {"actor_study": "Actor Study", "ck_plus": "CK+", "unbc": "UNBC"}
USE = {
    "actor_study": "subjects left out in turn",
    "ck_plus": "in every fold's training",
    "unbc": "another domain, never learnt from",
}


def data_page(report: Report, sets: Sets, train_on: Sequence[str]) -> None:
    """Images, subjects and how often each AU is present, per set."""
    report.section(
        "Data",
        f"Learnt from: {' and '.join(CALLED[name] for name in train_on)}. Kept are frames with at least one of the "
        "paper's AUs; the Actor Study loses subject 16, UNBC its AU27 (16 frames).",
    )
    report.table(
        "data",
        ("set", "images", "subjects", "before selection", *map(short, RIEGER_UNITS), "use"),
        [
            (
                CALLED[name],
                len(part.rows),
                len(set(part.subjects)),
                part.coded,
                *[int(np.nansum(column)) if np.isfinite(column).any() else None for column in part.present.T],
                USE[name] if name in train_on or name == "unbc" else "not learnt from",
            )
            for name, part in sets.parts.items()
        ],
        title="Images after preparation, and in how many of them each AU is present",
        published=[
            (CALLED[name.replace("-", "_")], images, 20 if name == "actor-study" else None, *[None] * 10)
            for name, images in RIEGER_IMAGES.items()
        ],
    )
    known = pspi({ActionUnit(unit): 1.0 for unit in RIEGER_UNITS})
    report.text(
        f"Pain intensity (PSPI) from these AUs is {known.reason}: AU43, the closed eyes, is not among them, and a sum "
        "without it would be another measure."
    )


def region_page(report: Report, part: Part) -> None:
    """Figure 1: the 68 landmarks and every AU's region and boxes on one face."""
    found = np.flatnonzero(np.isfinite(part.crops.landmarks[part.rows]).all(axis=(1, 2)))
    if not len(found):
        report.text("Figure 1 is left out: no face was found in the first set, so there is nothing to draw regions on.")
        return
    calmest = found[np.nansum(part.present[found], axis=1).argmin()]
    row = int(part.rows[calmest])
    report.figure(
        "figure-1-regions",
        _regions(np.asarray(part.crops.pixels[row]), np.asarray(part.crops.landmarks[row])),
        "Figure 1: the 68 landmarks (from MediaPipe's 478) and, for every AU, the region that μ is measured in "
        "(filled) with the rectangles around its patches (dashed), in which “μ in boxes” is measured. The paper's own "
        "boxes were not published; these regions follow the muscles. The blue line is the face hull, on which chance "
        "is based.",
    )


def f1_pages(
    report: Report,
    outcomes: Sequence[FoldOutcome],
    best: FoldOutcome,
    tested: Mapping[str, tuple[Part, NDArray[np.float32]]],
) -> None:
    """Tables 1 and 2 and the best fold's curve; ``tested`` holds a part and its (N, 8) probabilities."""
    report.section("Recognition")
    for number, (name, (part, probability)) in enumerate(tested.items(), start=1):
        where = "each frame by the fold that left its subject out" if number == 1 else "by the best fold"
        if number == 1 and len(outcomes) == 1:
            where = "by the network that learnt from CK+ alone"
        report.table(
            f"table-{number}-f1-{name.replace('_', '-')}",
            ("system", *map(short, RIEGER_UNITS), "mean"),
            [
                _with_mean("ResNet", unit_f1(probability, part.present)),
                _with_mean("always present", unit_f1(np.ones_like(probability), part.present)),
            ],
            title=f"Table {number}: F1 on {CALLED[name]}, {where}",
            published=[_with_mean(system, values) for system, values in RIEGER_F1[name.replace("_", "-")].items()],
            note="“Always present” is the F1 of saying yes to every frame: what an F1 is worth depends on how common "
            "the AU is. Means are over the AUs that have a value.",
        )
    report.table(
        "folds",
        ("fold", "train loss", "train acc", "validation loss", "validation acc", "validation F1", "test F1"),
        [
            (
                fold_name(one),
                one.result.best.train_loss,
                one.result.best.train_accuracy,
                one.result.best.validation_loss,
                one.result.best.validation_accuracy,
                one.validation_f1,
                _fold_f1(one, tested),
            )
            for one in outcomes
        ],
        title="The folds after their last epoch",
        marks=[(list(outcomes).index(best), 5)],
        note="Accuracy: share of AUs per frame that are right. Marked: the fold used further, chosen by one more actor "
        "that was held back, never by the subject left out.",
    )
    report.figure("learning-curve", _curve(best), f"Learning curve of the fold used further ({fold_name(best)}).")


def fold_name(one: FoldOutcome) -> str:
    """Who is left out, without the name of the set."""
    begin, _, person = one.split.name.rpartition(":")
    return f"without {person}" if begin else person


def short(unit: str) -> str:
    """``AU04`` → ``AU4``, as the paper writes it."""
    return f"AU{int(unit[2:])}"


def _with_mean(system: str, values: Sequence[float | None]) -> tuple[str | float | None, ...]:
    known = [None if value is None or not np.isfinite(value) else float(value) for value in values]
    there = [value for value in known if value is not None]
    return (system, *known, float(np.mean(there)) if there else None)


def _fold_f1(one: FoldOutcome, tested: Mapping[str, tuple[Part, NDArray[np.float32]]]) -> float | None:
    """Mean F1 on the subject left out; None where nobody was."""
    part, _ = next(iter(tested.values()))
    place = {int(row): number for number, row in enumerate(part.rows)}
    rows = [place[int(row)] for row in one.split.test if int(row) in place]
    if not rows:
        return None
    values = np.array(unit_f1(one.test_probability, part.present[rows]))
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _curve(best: FoldOutcome) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.4, 2.9), layout="constrained")
    epochs = [epoch.epoch for epoch in best.result.curves]
    for axis, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, colour in (("train", "#31688e"), ("validation", "#d1495b")):
            values = [getattr(epoch, f"{part}_{what}") for epoch in best.result.curves]
            axis.plot(epochs, values, "o-", label=part, color=colour, markersize=3)
        axis.set_xlabel("epoch")
        axis.set_ylabel(what)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.25)
        axis.legend(frameon=False, fontsize=8)
    return figure


def _regions(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon, Rectangle

    figure = Figure(figsize=(10.4, 5.6), layout="constrained")
    axes = figure.subplots(2, 5).ravel()
    points = from_mesh(landmarks)
    size = pixels.shape[0]
    import cv2

    hull = cv2.convexHull(np.ascontiguousarray(landmarks))[:, 0]
    for axis in axes:
        axis.imshow(rgb(pixels), interpolation="bilinear")
        axis.set_xlim(-0.5, size - 0.5)
        axis.set_ylim(size - 0.5, -0.5)
        axis.set_axis_off()
    axes[0].scatter(points[:, 0], points[:, 1], s=5, c="#00e5ff", linewidths=0)
    axes[0].add_patch(Polygon(hull, fill=False, edgecolor="#2f6fed", linewidth=1))
    axes[0].set_title("68 landmarks, face hull", fontsize=8)
    for axis, unit in zip(axes[1:], RIEGER_UNITS, strict=False):
        for outline in region_outlines(ActionUnit(unit), landmarks):
            axis.add_patch(Polygon(outline, facecolor="#ffd60a", alpha=0.45, edgecolor="#8a5a00", linewidth=0.6))
        for left, top, right, bottom in boxes(unit, landmarks):
            box = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor="white", linestyle="--")
            axis.add_patch(box)
        axis.set_title(f"{short(unit)} {NAMES[ActionUnit(unit)]}", fontsize=8)
    for axis in axes[1 + len(RIEGER_UNITS) :]:
        axis.remove()
    return figure
