"""Tables and plots of the report after Prajod et al.: counts, table 1, figures 3, 5 and 6, McNemar's test."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.action_units import NAMES, ActionUnit
from models.evaluation import expression_units
from models.evaluation.forgetting import Change, best_balance, changes, recalls
from models.recipes.prajod_data import Task
from models.recipes.prajod_training import PainNetwork
from models.reports import published_prajod as published
from models.reports.document import Report
from models.reports.table import Row
from models.training.fit import Epoch

COLOURS = ("#7f7f7f", "#2e7d4f", "#1f4e79", "#c77700", "#8e44ad", "#6b4b2a", "#b3261e", "#00838f")
MARKERS = "osD^vP*X"


def counts(report: Report, emotions: Task, pain: Task) -> None:
    """Pictures of each part beside the paper's."""
    parts = ("training", "validation", "test")
    rows: list[tuple[str, str, int | None]] = [
        ("emotions", part, len(rows))
        for part, rows in zip(
            parts, (emotions.split.train, emotions.split.validation, emotions.split.test), strict=True
        )
    ]
    rows += [
        ("pain", part, len(rows))
        for part, rows in zip(parts, (pain.split.train, pain.split.validation, pain.split.test), strict=True)
    ]
    test = pain.truth[pain.split.test]
    rows += [("pain", "test, no pain", int((test == 0).sum())), ("pain", "test, pain", int((test == 1).sum()))]
    said: list[tuple[str, str, int | None]] = [("emotions", part, published.SOURCE_COUNTS[part]) for part in parts]
    said += [("pain", "training", 900), ("pain", "validation", 100)]
    report.table(
        "counts",
        ["task", "part", "pictures"],
        rows,
        title="Pictures",
        published=said,
        keys=2,
        note=f"Emotions: {emotions.crops.faces.name}. Pain: {pain.crops.faces.name}; "
        f"{'training and validation share people, as in the paper' if pain.split.shares else 'by subject'}; nobody "
        "who is tested is trained on.",
    )


def learning(report: Report, curves: Sequence[Epoch]) -> None:
    """Learning curves of the emotion network."""
    figure = Figure(figsize=(8, 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, colour in (("train", COLOURS[2]), ("validation", COLOURS[3])):
            axes.plot(
                [e.epoch for e in curves], [getattr(e, f"{part}_{name}") for e in curves], color=colour, label=part
            )
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend(frameon=False)
    report.figure("source-learning", figure, "How the emotion network learnt (focal loss with class-balanced weights).")


def table_1(report: Report, pain: Task, networks: Sequence[PainNetwork]) -> None:
    """Precision, recall and F1 of pain and no pain, their means, and accuracy, for the six."""
    from sklearn.metrics import precision_recall_fscore_support

    truth = pain.truth[pain.split.test]
    rows: list[Row] = []
    for network in networks:
        scores = precision_recall_fscore_support(truth, network.pain_said, labels=[0, 1], zero_division=0.0)[:3]
        cells = [value for score in scores for value in (*map(float, score), float(np.mean(score)))]
        rows.append((network.name, *cells, float(np.mean(truth == network.pain_said))))
    kinds = [f"{score}, {of}" for score in ("precision", "recall", "F1") for of in ("no pain", "pain", "mean")]
    report.table(
        "table-1",
        ["model", *kinds, "accuracy"],
        rows,
        title="Table 1: the six pain models",
        published=published.TABLE_1,
        digits=2,
        note="FreezeBi keeps the first i convolution blocks of the emotion network. Means are over the two classes.",
    )


def figure_3(report: Report, emotions: Task, networks: Sequence[PainNetwork]) -> NDArray[np.float64]:
    """Recall of each emotion over the six; returns it as (6, K)."""
    truth = emotions.truth[emotions.split.test]
    found = np.stack([recalls(truth, network.emotions_said, len(emotions.names)) for network in networks])
    figure = Figure(figsize=(8.5, 4), layout="constrained")
    axes = figure.subplots()
    for label, name in enumerate(emotions.names):
        axes.plot(
            [network.name for network in networks],
            found[:, label],
            color=COLOURS[label],
            marker=MARKERS[label],
            label=name,
        )
    axes.set(ylabel="recall", ylim=(-0.02, 1.02))
    axes.grid(axis="y", alpha=0.3)
    figure.legend(loc="outside right center", frameon=False)
    report.figure(
        "figure-3",
        figure,
        "Figure 3: recall of each emotion when the output layer of each pain model is trained on emotions again. "
        "A line that falls to the right is an emotion that training for pain makes the network forget.",
    )
    report.table(
        "recalls",
        ["model", *emotions.names],
        [(network.name, *map(float, row)) for network, row in zip(networks, found, strict=True)],
        title="Figure 3 as numbers",
    )
    return found


def mcnemar_table(report: Report, emotions: Task, networks: Sequence[PainNetwork]) -> dict[str, tuple[Change, ...]]:
    """FreezeB5 against each other model, emotion by emotion."""
    truth = emotions.truth[emotions.split.test]
    reference, *others = networks
    found = {n.name: changes(truth, reference.emotions_said, n.emotions_said, emotions.names) for n in others}
    rows: list[Row] = []
    marks: list[tuple[int, int]] = []
    for name, made in found.items():
        for change in made:
            if change.forgotten():
                marks.append((len(rows), 7))
            rows.append(
                (
                    name, change.emotion, change.reference, change.other, change.test.only_first,
                    change.test.only_second, change.test.p, "forgotten" if change.forgotten() else "",
                )
            )  # fmt: skip
    report.table(
        "mcnemar",
        ["model", "emotion", "recall FreezeB5", "recall", "only FreezeB5 right", "only this right", "p", "verdict"],
        rows,
        title="McNemar's test: FreezeB5 against each other model",
        published=[
            ("FreezeB0", emotion, None, None, None, None, p, "forgotten") for emotion, p in published.MCNEMAR.items()
        ],
        keys=2,
        marks=marks,
        note="Forgotten: recall falls and p < 0.05 (exact binomial test on the pictures that one model alone gets "
        f"right). {len(rows)} tests are made, so about {0.05 * len(rows):.0f} would fall below 0.05 by chance.",
    )
    return found


def figure_6(
    report: Report,
    pain: Task,
    emotions: Task,
    networks: Sequence[PainNetwork],
    recall: NDArray[np.float64],
    lost: Sequence[str],
) -> tuple[str, ...]:
    """Pain recall against the recalls of the emotions that suffer, the best compromise marked; returns its names."""
    truth = pain.truth[pain.split.test]
    names = [network.name for network in networks]
    of_pain = [float(recalls(truth, network.pain_said, 2)[1]) for network in networks]
    columns = [emotions.names.index(name) for name in lost]
    suffering = recall[:, columns].mean(axis=1)
    best = best_balance(dict(zip(names, of_pain, strict=True)), dict(zip(names, map(float, suffering), strict=True)))
    figure = Figure(figsize=(8.5, 3.8), layout="constrained")
    axes = figure.subplots()
    axes.plot(names, of_pain, color="#1c2126", linewidth=2.5, marker="s", label="pain")
    for column, name in zip(columns, lost, strict=True):
        axes.plot(names, recall[:, column], color=COLOURS[column], marker=MARKERS[column], label=name)
    for name in best:
        axes.axvspan(names.index(name) - 0.3, names.index(name) + 0.3, color="#2e7d4f", alpha=0.18)
    axes.set(ylabel="recall", ylim=(-0.02, 1.02))
    figure.legend(loc="outside right center", frameon=False)
    report.figure(
        "figure-6",
        figure,
        f"Figure 6: pain against {' and '.join(lost)}. Green: the best compromise, {' and '.join(best)}, chosen as the "
        f"models whose worse side (both scaled over the six) is best; the paper, by eye, chose "
        f"{' and '.join(published.BEST_MODELS)}.",
    )
    return best


def figure_5(report: Report, forgotten: Collection[str]) -> None:
    """Units by emotion and pain, the forgotten ones marked."""
    shown = expression_units.rows(forgotten)
    rows = [
        (unit, NAMES[ActionUnit(unit)] if unit in ActionUnit.__members__ else "", *(row[place] for row in shown))
        for place, unit in enumerate(expression_units.ORDER, start=1)
    ]
    marks = [(r, c) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell == expression_units.FORGOTTEN]
    useless = expression_units.no_use_for_pain(forgotten)
    note = (
        "Units after Langner et al. 2010 and, for pain, Simon et al. 2008 (our reading: the figure is not in the text)."
    )
    if forgotten:
        note += f" Forgotten here: {', '.join(sorted(forgotten))}; not shown in pain: "
        note += f"{', '.join(useless) or 'none of them'}."
    else:
        note += " No unit was found forgotten here by the corrected test."
    report.table(
        "figure-5",
        ["unit", "movement", *(row[0] for row in shown)],
        rows,
        title="Figure 5: Action Units of the emotions and of pain",
        marks=marks,
        note=f"{note} The paper found AU05 and AU14 forgotten.",
    )
