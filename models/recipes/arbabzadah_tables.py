"""Tables and curves of the report after Arbabzadah et al.: counts, table 1, figure 3, what relevance is conserved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from models.networks.levi_hassner import LeviHassner
from models.recipes.arbabzadah_heatmaps import explain
from models.recipes.arbabzadah_settings import BASES, MODES, SCALE
from models.recipes.arbabzadah_training import Rated, Retrained
from models.reports import published_arbabzadah as published
from models.reports.document import Report
from models.reports.table import Row

STYLES = {
    ("age", "dense only"): ("#1f4e79", "-"),
    ("age", "full"): ("#1f4e79", "--"),
    ("gender", "dense only"): ("#c77700", "-"),
    ("gender", "full"): ("#c77700", "--"),
}
MEAN = "always the mean"
LEARNT = 0.1
"""Share of the error of always saying the mean that must be gone before a rating counts as learnt."""
RULES: tuple[tuple[str, str, bool], ...] = (
    ("ε = 0.01", "epsilon", False),
    ("ε = 0.01, renormalised per layer", "epsilon", True),
    ("α = 2, β = 1", "alpha2-beta1", False),
)


def counts(report: Report, rated: Rated) -> None:
    """Rated pictures and halves beside the paper's."""
    rows = [("rated pictures", len(rated.crops)), ("training", len(rated.split.train)), ("test", len(rated.split.test))]
    said = [
        ("rated pictures", published.PICTURES),
        ("training", published.TRAINING),
        ("test", published.PICTURES - published.TRAINING),
    ]
    report.table(
        "counts", ["part", "pictures"], rows, title="Pictures", published=said, note=f"{rated.crops.faces.name}."
    )


def table_1(report: Report, rated: Rated, found: Sequence[Retrained]) -> None:
    """Mean absolute error of the sixteen on the human scale, and of always saying the training mean."""
    errors = {(one.base, one.mode, one.rating): one.mae for one in found}
    rows: list[Row] = [
        (base, mode, *(errors[base, mode, rating] for rating in rated.names)) for base in BASES for mode in MODES
    ]
    train, test = rated.ratings[rated.split.train], rated.ratings[rated.split.test]
    guess = dict(zip(rated.names, map(float, np.abs(test - train.mean(axis=0)).mean(axis=0)), strict=True))
    rows.append((MEAN, "", *guess.values()))
    report.table(
        "table-1",
        ["base network", "retrained", *rated.names],
        rows,
        title="Table 1: mean absolute error on the scale from 1 to 9",
        published=published.TABLE_1,
        keys=2,
        digits=2,
        note="Over the test half. The last row says the training half's mean for every face: a network that does no "
        "better has learnt nothing about the rating.",
    )
    least = {rating: min(one.mae for one in found if one.rating == rating) for rating in rated.names}
    report.text(hardly_learnt(least, guess))


def hardly_learnt(least: Mapping[str, float], guess: Mapping[str, float]) -> str:
    """In a sentence, which ratings were learnt: a rating's ``least`` error beside that of always saying the mean."""
    gain = {rating: 1.0 - error / guess[rating] if guess[rating] else 0.0 for rating, error in least.items()}
    learnt = [f"{rating} ({share:.0%})" for rating, share in gain.items() if share >= LEARNT]
    hardly = [f"{rating} ({max(share, 0.0):.0%})" for rating, share in gain.items() if share < LEARNT]
    said = f"The best network makes a smaller error than always saying the mean for {', '.join(learnt) or 'no rating'}."
    if hardly:
        said += f" Hardly learnt: {', '.join(hardly)}; heatmaps of such a rating say little about what makes a face so."
    return said


def figure_3(report: Report, rated: Rated, found: Sequence[Retrained]) -> None:
    """Training error by epoch, a panel a rating, the four settings in each."""
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    panels = figure.subplots(2, 2).flat
    low, high = SCALE
    for axes, rating in zip(panels, rated.names, strict=False):
        for one in found:
            if one.rating == rating:
                colour, line = STYLES[one.base, one.mode]
                error = np.sqrt(one.errors) * (high - low)
                axes.plot(range(len(error)), error, color=colour, linestyle=line, label=f"{one.base}, {one.mode}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(title=rating, xlabel="epoch", ylabel="training error (points)")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    report.figure(
        "figure-3",
        figure,
        "Figure 3: training error (root mean square, points of the scale) of the four settings; epoch 0 is before any "
        f"training. In the paper the {published.LEARNS_FASTER} network's curves fall faster.",
    )


def conservation(report: Report, rated: Rated, networks: Mapping[str, LeviHassner], most: int) -> None:
    """How much of the score arrives at the pixels, by rule and base network."""
    pixels = np.asarray(rated.crops.pixels[rated.split.test[:most]])
    rows: list[Row] = []
    for name, rule, renormalise in RULES:
        for base, network in networks.items():
            got = explain(network, pixels, rule=rule, renormalise=renormalise)
            rows.append((name, base, float(np.mean(got.kept)), float(np.mean(got.conservation_error)), len(pixels)))
    report.table(
        "conservation",
        ["rule", "base network", "sum of relevance ÷ score", "mean error", "pictures"],
        rows,
        title="Conservation: do the pixels' relevances sum to the score?",
        keys=2,
        note="Happiness networks. Where biases are kept in the denominators (ε) they take their share, which "
        "renormalising each layer gives back. The other figures use α = 2, β = 1.",
    )
