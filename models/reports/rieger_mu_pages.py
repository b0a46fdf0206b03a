"""Paper R's verification pages: μ (table 3) with its nulls, low beside high μ (figure 2), Quantus' measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.datasets.selections import RIEGER_UNITS
from models.regions import region_outlines
from models.reports.document import Report
from models.reports.face_panels import CELL_INCH, overlaid, rgb
from models.reports.published import RIEGER_MU, RIEGER_MU_COUNT
from models.reports.rieger_pages import CALLED, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from models.recipes.rieger_data import Part
    from models.recipes.rieger_metrics import UnitMetrics
    from models.recipes.rieger_verify import Seen, UnitMu

PICTURED = "AU04"
"""The AU of figure 2."""
EACH = 4
"""Pictures of low and of high μ."""
MU_COLUMNS = (
    "set", "AU", "μ in boxes", "n", "μ", "chance", "μ ÷ chance", "null: random weights", "null: random places",
    "weighted μ", "outside the face", "explained",
)  # fmt: skip


def mu_pages(report: Report, parts: Mapping[str, Part], found: Mapping[str, Sequence[UnitMu]]) -> None:
    """Table 3, the picture of ratios against their nulls, and figure 2."""
    report.section(
        "Verification",
        "μ is the share of the positive relevance that lies in the AU's region, averaged over the frames in which the "
        "AU is present and recognised. A large region gets a large μ for nothing, so beside it stand chance (the "
        "region's share of the face) and what μ ÷ chance is for networks that learnt nothing and for the region put "
        "anywhere on the face. A ratio above 1 and both nulls says that the network looks at the muscle.",
    )
    rows = [_line(name, one) for name, units in found.items() for one in units]
    known = [(name, one) for name, units in found.items() for one in units]
    marks = [(row, MU_COLUMNS.index("μ ÷ chance")) for row, (_, one) in enumerate(known) if above_nulls(one)]
    report.table(
        "table-3-mu",
        MU_COLUMNS,
        rows,
        title="Table 3: μ per AU and set",
        published=[
            (CALLED[name.replace("-", "_")], short(unit), value, count, *[None] * (len(MU_COLUMNS) - 4))
            for name, values in RIEGER_MU.items()
            for unit, value, count in zip(RIEGER_UNITS, values, RIEGER_MU_COUNT[name], strict=True)
            if value is not None
        ],
        keys=2,
        marks=marks,
        note="n: frames rightly recognised; explained: those of them whose relevance was measured. Published μ are in "
        "the paper's own boxes, which are not public: compare them with “μ in boxes” alone. Nulls: 95th percentile of "
        "μ ÷ chance. Weighted μ: μ ÷ the region's share of the image (Kohlbrenner et al.); it is above 1 wherever "
        "relevance keeps to the face. Marked: above chance and both nulls.",
    )
    for name, units in found.items():
        report.text(verdict(name, units))
    report.figure(
        "mu-over-chance",
        _ratios(found),
        "μ ÷ chance (dot) with 95% of its frames' spread, beside the nulls' 5th to 95th percentile: networks with "
        "random weights (grey) and the region at random places (orange). The dashed line is chance.",
    )
    _figure_2(report, parts, found)


def above_nulls(one: UnitMu) -> bool:
    """Whether μ ÷ chance is above 1 and the 95th percentile of both nulls (those that there are, at least one)."""
    nulls = [null for null in (one.null_weights, one.null_places) if len(null)]
    return (
        bool(one.seen) and bool(nulls) and one.ratio > 1 and all(one.ratio > np.percentile(null, 95) for null in nulls)
    )


def verdict(name: str, units: Sequence[UnitMu]) -> str:
    """In a sentence, of which AUs the table shows that the network looks at the muscle, and of which it does not."""
    looked = [short(one.unit) for one in units if above_nulls(one)]
    judged = [one for one in units if one.seen and (len(one.null_weights) or len(one.null_places))]
    missed = [short(one.unit) for one in judged if not above_nulls(one)]
    unknown = [short(one.unit) for one in units if one not in judged]
    parts = [f"the relevance lies on the muscle beyond chance and both nulls for {', '.join(looked) or 'no AU'}"]
    if missed:
        parts.append(f"for {', '.join(missed)} it could as well be chance, so their F1 is no proof of having seen it")
    if unknown:
        parts.append(f"{', '.join(unknown)} cannot be judged (never rightly recognised, or without nulls)")
    return f"{CALLED[name]}: {'; '.join(parts)}."


def metric_page(report: Report, metrics: Sequence[UnitMetrics]) -> None:
    """Measures of explanations by Quantus, on the set whose subjects are left out."""
    known = [one for one in metrics if one.count]
    if not known:
        report.text("No AU was rightly recognised on a face that was found: Quantus had nothing to measure.")
        return
    names = list(known[0].values)
    report.table(
        "quantus",
        ("AU", *names, "frames"),
        [(short(one.unit), *(one.values[name] for name in names), one.count) for one in known],
        title="What Quantus measures of the same maps",
        note=known[0].note,
    )


def _line(name: str, one: UnitMu) -> tuple[str | float | int | None, ...]:
    def mean(what: str) -> float | None:
        return one.mean(what) if one.seen else None

    def high(values: NDArray[np.float64]) -> float | None:
        return float(np.percentile(values, 95)) if len(values) else None

    return (
        CALLED[name], short(one.unit), mean("in_box"), one.count, mean("mu"), mean("chance"),
        one.ratio if one.seen else None, high(one.null_weights), high(one.null_places), mean("weighted"),
        mean("outside"), len(one.seen),
    )  # fmt: skip


def _ratios(found: Mapping[str, Sequence[UnitMu]]) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.4, 3.4), layout="constrained")
    axes = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
    for axis, (name, units) in zip(axes, found.items(), strict=True):
        for place, one in enumerate(units):
            for values, shift, colour in ((one.null_weights, -0.18, "#9aa0a6"), (one.null_places, 0.18, "#f2a65a")):
                if len(values):
                    low, high = np.percentile(values, [5, 95])
                    axis.plot([place + shift] * 2, [low, high], color=colour, linewidth=5, solid_capstyle="butt")
            if one.seen:
                each = np.array([frame.mu / frame.chance for frame in one.seen])
                low, high = np.percentile(each, [2.5, 97.5])
                axis.plot([place] * 2, [low, high], color="#31688e", linewidth=1)
                axis.plot([place], [one.ratio], "o", color="#31688e", markersize=5)
        axis.axhline(1.0, linestyle="--", color="black", linewidth=0.8)
        axis.set_xticks(range(len(units)), [short(one.unit) for one in units], fontsize=8)
        axis.set_title(CALLED[name], fontsize=9)
        axis.grid(axis="y", alpha=0.25)
    axes[0].set_ylabel("μ ÷ chance")
    return figure


def _figure_2(report: Report, parts: Mapping[str, Part], found: Mapping[str, Sequence[UnitMu]]) -> None:
    """The lowest and the highest μ of AU4, over all sets."""
    seen = [
        (frame, parts[name])
        for name, units in found.items()
        for one in units
        if one.unit == PICTURED
        for frame in one.seen
    ]
    if len(seen) < 2:
        report.text("Figure 2 is left out: AU4 was not rightly recognised in two frames.")
        return
    seen.sort(key=lambda pair: pair[0].mu)
    each = min(EACH, len(seen) // 2)
    report.figure(
        "figure-2-low-and-high-mu",
        _low_and_high(seen[:each], seen[-each:]),
        "Figure 2: AU4 with the lowest μ (above) and the highest (below). All were rightly recognised; above, the "
        "network did so by something else than the brows (outlined). Red speaks for AU4, blue against it. Strided "
        "convolutions with zero padding begin at the upper and the left edge; red along it is theirs, and counts as "
        "outside the face.",
    )


def _low_and_high(low: Sequence[tuple[Seen, Part]], high: Sequence[tuple[Seen, Part]]) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon

    figure = Figure(figsize=(2 * CELL_INCH * len(low) + 0.4, 2 * CELL_INCH + 0.7), layout="constrained")
    axes = figure.subplots(2, 2 * len(low), squeeze=False)
    for line, pairs in enumerate((low, high)):
        for place, (frame, part) in enumerate(pairs):
            pixels = np.asarray(part.crops.pixels[frame.row])
            left, right = axes[line][2 * place], axes[line][2 * place + 1]
            left.imshow(rgb(pixels), interpolation="nearest")
            left.set_title(CALLED[part.name], fontsize=7)
            right.imshow(overlaid(pixels, frame.relevance), interpolation="nearest")
            right.set_title(f"μ = {frame.mu:.2f}", fontsize=8)
            for outline in region_outlines(ActionUnit(PICTURED), np.asarray(part.crops.landmarks[frame.row])):
                right.add_patch(Polygon(outline, fill=False, edgecolor="#008f3c", linewidth=0.8))
            for axis in (left, right):
                axis.set_axis_off()
                axis.set_xlim(-0.5, pixels.shape[1] - 0.5)
                axis.set_ylim(pixels.shape[0] - 0.5, -0.5)
    return figure
