"""Paper W's tables and figures: counts, folds, learning curve, confusion, heatmaps, sentences, the planted cue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from models.datasets.biovid import CLASSES
from models.datasets.faces import LabelledFaces
from models.reports.document import Report
from models.reports.face_panels import overlaid, panels, rgb
from models.reports.published import WEITZ_COUNTS, WEITZ_FOLDS, WEITZ_MEAN_TEST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from models.recipes.weitz_cue import CueContrast
    from models.recipes.weitz_data import Material
    from models.recipes.weitz_explained import Example, Explained, Look
    from models.recipes.weitz_learning import FoldOutcome

FOLD_COLUMNS = (
    "fold",
    "train loss",
    "train acc",
    "val loss",
    "val acc",
    "test loss",
    "test acc",
    "epochs",
    "L2 in loss",
)
SETS = {"unbc": "UNBC", "actor_study": "the Actor Study"}
COLOURS_SAID = "red speaks for the predicted class, blue against it, white is none; each map has its own scale"


def data_page(report: Report, material: Material) -> None:
    """Subjects and frames before and after cleaning."""
    report.section(
        "Data",
        "Pain comes from short films, happiness and disgust from long ones. Cleaning leaves out people without a film "
        "of one of the emotions and thins the long films evenly, until each emotion has about as many frames as pain.",
    )
    report.table(
        "counts",
        ("class", "cleaning", "subjects", "frames"),
        list(material.counts),
        title="Subjects and frames before and after cleaning",
        published=[(*key, *value) for key, value in WEITZ_COUNTS.items()],
        keys=2,
        note="Published: BioVid Parts A (pain) and D (emotions).",
    )


def learning_pages(report: Report, outcomes: Sequence[FoldOutcome], best: FoldOutcome, faces: LabelledFaces) -> None:
    """The table per fold with its mean, the best fold's curve and its confusion matrix."""
    report.section("Five folds by people")
    rows: list[tuple[str | float | int | None, ...]] = [
        (str(number), *one.train, *one.validation, *one.test, one.result.epochs_run, one.penalty)
        for number, one in enumerate(outcomes, start=1)
    ]
    means = [float(np.mean([float(row[column] or 0) for row in rows])) for column in range(1, len(FOLD_COLUMNS))]
    report.table(
        "folds",
        FOLD_COLUMNS,
        [*rows, ("mean", *means)],
        title="Loss and accuracy per fold",
        published=[
            *[(str(number), *fold, None) for number, fold in enumerate(WEITZ_FOLDS, start=1)],
            ("mean", None, None, None, None, *WEITZ_MEAN_TEST, None, None),
        ],
        note="Figures of the epoch with the least validation loss, whose weights are kept; training ones are running "
        "means over that epoch. Losses hold the L2 penalty, told in the last column. Chance is an accuracy near .33.",
    )
    number = list(outcomes).index(best) + 1
    report.figure(
        "learning-curve",
        _curve(best),
        f"Learning curve of the best fold ({number}), chosen by its validation loss, never by its test people. Losses "
        "without the L2 penalty; the dotted line marks the epoch whose weights are kept.",
    )
    truth = np.asarray(faces.labels["emotion"])[best.split.test]
    said = best.test_probability.argmax(axis=1)
    counts = [[int(((truth == a) & (said == b)).sum()) for b in range(len(CLASSES))] for a in range(len(CLASSES))]
    report.table(
        "confusion",
        ("true", *(f"said {name}" for name in CLASSES), "recall"),
        [
            (name, *row, row[place] / sum(row) if sum(row) else None)
            for place, (name, row) in enumerate(zip(CLASSES, counts, strict=True))
        ],
        title=f"Confusion matrix of the best fold ({number}), test people",
        marks=[(place, place + 1) for place in range(len(CLASSES))],
        note="Marked: right. Frames, not people.",
    )


def explanation_pages(report: Report, explained: Explained, examples: Sequence[Example]) -> None:
    """Heatmaps by rule and by method, other sets, where the evidence lies, sentences and how sure they are."""
    report.section(
        "What the network looks at",
        "All maps explain the class that the best fold's network gives the picture; pictures are of its test people, "
        "labelled true/predicted.",
    )
    if examples:
        report.figure("lrp", _grid(explained.rules), f"LRP by the slides' four rules: {COLOURS_SAID}.")
        report.figure(
            "methods",
            _grid(explained.methods),
            "The methods that the slides name for comparison, on the same pictures. None of them conserves the "
            f"network's output, so compare where they look; {COLOURS_SAID}.",
        )
    else:
        report.text("No test picture with a face that was found: no heatmaps.")
    for name, look in explained.others.items():
        report.figure(
            f"other-{name.replace('_', '-')}",
            _across(look),
            f"PresetAFlat on {SETS.get(name, name)}: the strongest frame of each of {len(look.labels)} people, "
            "labelled true/predicted (pain is PSPI 1 and more; ? where the set does not tell).",
        )
    _evidence_table(report, explained)
    _sentences(report, explained)


def _evidence_table(report: Report, explained: Explained) -> None:
    if not explained.evidence:
        return
    parts = list(explained.chance)
    report.table(
        "evidence",
        ("by", *parts, "kept", "pictures"),
        [
            *[
                (one.name.replace("_", " "), *(one.shares[part] for part in parts), one.kept, one.count)
                for one in explained.evidence
            ],
            ("spread evenly over the crop", *(explained.chance[part] for part in parts), None, None),
        ],
        title="Where the positive relevance lies",
        note="Mean share per part of the face; each row sums to 1. Kept: median of the relevance that arrives at the "
        "pixels ÷ the network's output; z, epsilon and the presets keep biases in their denominators as iNNvestigate "
        "does, so some stays with the biases or is made up for. Empty where a method conserves nothing.",
    )


def _sentences(report: Report, explained: Explained) -> None:
    report.section(
        "In words",
        "A part of the face is named only where the maps of seven explanations agree (three composites, four slightly "
        "changed pictures), and only with the share that it holds. Certainty is counted on the validation people.",
    )
    report.table(
        "sentences",
        ("true/predicted", "English", "German", "agreement", "maps"),
        [
            (
                one.example.label,
                one.text["en"],
                one.text["de"],
                one.agreed.rank_correlation if one.agreed else None,
                str(one.agreed.steadiness) if one.agreed else "nothing to compare",
            )
            for one in explained.told
        ],
        title="One sentence for each picture above",
        digits=2,
    )
    report.table(
        "certainty",
        ("predicted class", "right", "of", "of 100", "95% from", "to"),
        [(name, one.right, one.count, one.of_100, *one.interval) for name, one in explained.sure.items()],
        title="How often the network is right, by the class that it says",
        note="Validation people of the best fold; Wilson's interval, frames taken as independent, which neighbours in "
        "a film are not.",
    )
    found = sum(explained.steadiness.values())
    told = ", ".join(f"{count} {name}" for name, count in explained.steadiness.items())
    error = explained.calibration_error
    report.text(
        f"Of {found} test pictures' explanations, {told}."
        + ("" if error is None else f" Expected calibration error on the test people: {error:.3f}.")
    )


def cue_page(report: Report, contrast: CueContrast) -> None:
    """The planted cue: figures of both networks, their difference with an interval, and maps."""
    report.section(
        "Seen to work: a planted cue",
        "Two networks learnt stand-in pictures with a coloured card in a corner. For one the card always showed the "
        "picture's class. The accuracy on pictures with such cards praises it; its relevance gives it away.",
    )
    report.table(
        "cue",
        ("network", "acc, card tells", "acc, card at random", "outside the face", "μ ÷ chance", "pictures"),
        [
            (name, one.told_accuracy, one.blind_accuracy, _mean(one.outside), _mean(one.ratio), len(one.outside))
            for name, one in contrast.figures.items()
        ],
        title="What each network learnt, and where its positive relevance lies",
        note="Relevance on the same pictures of test people, whose cards tell nothing; μ in the regions of AU4, 6, 7, "
        "9, 10, 12, 25 and 43 together, chance is these regions' share of the face. Spread evenly over the crop, "
        f"{contrast.outside_chance:.2f} would lie outside the face.",
        stand_in=True,
    )
    with_cue, without = contrast.figures.values()
    low, high = difference_interval(with_cue.outside - without.outside, contrast.subjects)
    report.text(
        f"The network that learnt from the card has {_mean(with_cue.outside - without.outside):+.3f} of its relevance "
        f"more outside the face (95% interval {low:+.3f} to {high:+.3f}, whole people drawn anew)."
    )
    look = contrast.look
    rows = [
        [rgb(picture), *(overlaid(picture, look.maps[name][place]) for name in look.maps)]
        for place, picture in enumerate(look.pictures)
    ]
    figure = panels(rows, columns=("picture", "card told the class", "card told nothing"), labels=look.labels)
    report.figure("cue", figure, f"PresetAFlat of both networks; {COLOURS_SAID}.", stand_in=True)


def difference_interval(
    paired: np.ndarray[tuple[int], np.dtype[np.float64]], subjects: Sequence[str]
) -> tuple[float, float]:
    """95% interval of the mean of paired differences (N,), drawing whole people anew."""
    from models.evaluation.intervals import bootstrap

    known = np.isfinite(paired)
    groups = [subject for subject, use in zip(subjects, known, strict=True) if use]
    return bootstrap(lambda values: float(np.mean(values)), paired[known], seed=1, groups=groups)


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _curve(best: FoldOutcome) -> Figure:
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    curves = best.result.curves
    epochs = [epoch.epoch for epoch in curves]
    figure = Figure(figsize=(7.4, 2.9), layout="constrained")
    for axis, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for part, colour in (("train", "#31688e"), ("validation", "#d1495b")):
            values = [getattr(epoch, f"{part}_{what}") for epoch in curves]
            axis.plot(epochs, values, "o-", label=part, color=colour, markersize=4)
        axis.axvline(best.result.best_epoch, linestyle=":", color="grey")
        axis.set_xlabel("epoch")
        axis.set_ylabel(what)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.25)
        axis.legend(frameon=False, fontsize=8)
    return figure


def _grid(look: Look) -> Figure:
    rows = [
        [rgb(picture), *(overlaid(picture, maps[place]) for maps in look.maps.values())]
        for place, picture in enumerate(look.pictures)
    ]
    return panels(rows, columns=("picture", *(name.replace("_", " ") for name in look.maps)), labels=look.labels)


def _across(look: Look) -> Figure:
    (maps,) = look.maps.values()
    top = [rgb(picture) for picture in look.pictures]
    below = [overlaid(picture, one) for picture, one in zip(look.pictures, maps, strict=True)]
    return panels([top, below], columns=look.labels)
