"""Aptitude in the report after Arbabzadah et al.: relevance before training as a forecast of the learning rate."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.datasets.crops import Crops
from models.evaluation.aptitude import RankCorrelation, aptitude, learning_rate, rank_correlation
from models.networks.levi_hassner import LeviHassner
from models.recipes.arbabzadah_heatmaps import explain, predicted
from models.recipes.arbabzadah_settings import MATTERS, MODES, ArbabzadahSettings
from models.recipes.arbabzadah_training import Rated, Retrained, output_of, rated_faces, retrain, train_base
from models.reports.document import Report
from models.reports.table import Row
from models.training.folds import run_folds
from models.words.face_parts import FacePart, face_parts

Progress = Callable[[str, int, int], None]
FORECAST = "happiness"
"""The rating whose place in the face is planted: the mouth."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A base network's aptitude for a rating before training and the learning rate that came."""

    base: str
    rating: str
    aptitude: float
    rates: tuple[float, ...]


def before_training(network: LeviHassner, crops: Crops, rows: NDArray[np.int64], parts: Sequence[FacePart]) -> float:
    """Share of the base network's positive relevance, for the class it names, that lies on ``parts``."""
    known = [int(row) for row in rows if np.isfinite(crops.landmarks[row]).all()]
    if not known:
        return float("nan")
    pixels = np.asarray(crops.pixels[known])
    relevance = explain(network, pixels, predicted(network, pixels)).relevance
    masks = []
    for row in known:
        every = face_parts(crops.landmarks[row], crops.size)
        masks.append(np.logical_or.reduce([every[part] for part in parts]))
    return aptitude(list(relevance), masks)


def of_the_bases(
    report: Report, rated: Rated, bases: Mapping[str, LeviHassner], found: Sequence[Retrained], most: int
) -> int | None:
    """The two base networks × the ratings: aptitude, learning rates, and how well one forecasts the other.

    Returns in how many ratings the apter base network learnt faster (dense only); None without landmarks.
    """
    rows = rated.split.train[:most]
    made = []
    for base, network in bases.items():
        for rating in rated.names:
            share = before_training(network, rated.crops, rows, MATTERS[rating])
            rates = [
                learning_rate(one.errors)
                for mode in MODES
                for one in found
                if (one.base, one.mode, one.rating) == (base, mode, rating)
            ]
            made.append(Forecast(base, rating, share, tuple(rates)))
    shown: list[Row] = [
        (one.rating, ", ".join(MATTERS[one.rating]), one.base, one.aptitude, *one.rates)
        for one in sorted(made, key=lambda m: m.rating)
    ]
    report.table(
        "aptitude",
        ["rating", "parts known to matter", "base network", "aptitude", *(f"learning rate, {mode}" for mode in MODES)],
        shown,
        title="Aptitude before training, and how fast each rating was learnt",
        keys=3,
        note="Aptitude: share of the base network's positive relevance on the parts, before any retraining. Learning "
        "rate: share of the starting training error that is gone, mean over the epochs.",
    )
    if not all(np.isfinite(one.aptitude) for one in made):
        report.text("Aptitude of the base networks is not known: no landmarks on the rated faces; give --landmarker.")
        return None
    correlations = [
        rank_correlation([one.aptitude for one in made], [one.rates[place] for one in made])
        for place in range(len(MODES))
    ]
    _correlation_table(report, "aptitude-correlation", dict(zip(MODES, correlations, strict=True)))
    report.text(
        "Over ratings the correlation also compares what cannot be compared: parts of different size, ratings of "
        "different difficulty. Rating by rating, the base network with the higher aptitude learnt faster in "
        + " and in ".join(
            f"{_foreseen(made, place)} of {len(rated.names)} ({mode})" for place, mode in enumerate(MODES)
        )
        + "."
    )
    return _foreseen(made, 0)


def _foreseen(made: Sequence[Forecast], place: int) -> int:
    """Ratings whose fastest base network (of learning rates number ``place``) is also the one with most aptitude."""
    right = 0
    for rating in {one.rating for one in made}:
        same = [one for one in made if one.rating == rating]
        right += max(same, key=lambda one: one.aptitude) is max(same, key=lambda one: one.rates[place])
    return right


def planted(settings: ArbabzadahSettings, report: Report, work: Path, progress: Progress) -> RankCorrelation:
    """Base networks for sex that look at the lips by a planted strength, retrained (dense only) for happiness."""
    stand_ins = ArbabzadahSettings(**{**vars(settings), "data": {}, "weights": {}})
    rated = rated_faces(stand_ins, work.parent, progress)
    networks = {lips: train_base(stand_ins, "gender", work.parent, progress, lips)[0] for lips in settings.planted_lips}
    for lips, network in networks.items():
        folder = work / f"planted-{lips:g}"
        folder.mkdir(parents=True, exist_ok=True)
        torch.save({"outputs": output_of(network).out_features, **network.state_dict()}, folder / "gender.pt")
    jobs = [work / f"planted-{lips:g}" for lips in networks]
    found = run_folds(functools.partial(_retrained_for_happiness, stand_ins, rated), jobs, settings.workers)
    rows_used = rated.split.train[: settings.explained]
    shares = [before_training(network, rated.crops, rows_used, MATTERS[FORECAST]) for network in networks.values()]
    rates = [learning_rate(one.errors) for one in found]
    kept, report.stand_in = report.stand_in, True
    report.table(
        "aptitude-planted",
        [
            "how much sex shows in the lips",
            "aptitude for happiness",
            "learning rate, dense only",
            "test error (points)",
        ],
        [
            (float(lips), share, rate, one.mae)
            for lips, share, rate, one in zip(networks, shares, rates, found, strict=True)
        ],
        title="Planted: base networks that look at the mouth more or less, then learn happiness, which shows there",
        note="Drawn faces: in the base task sex shows in the colour of the lips by the planted strength; happiness "
        "rests on the mouth alone.",
    )
    correlation = rank_correlation(shares, rates)
    _correlation_table(report, "aptitude-planted-correlation", {"planted, dense only": correlation})
    report.figure(
        "aptitude",
        _scatter(shares, rates, list(networks)),
        "Aptitude before training against the learning rate that came, a point a planted base network.",
    )
    report.stand_in = kept
    return correlation


def _retrained_for_happiness(settings: ArbabzadahSettings, rated: Rated, folder: Path) -> Retrained:
    return retrain(settings, rated, folder, ("gender", "dense only", FORECAST))


def _correlation_table(report: Report, name: str, found: Mapping[str, RankCorrelation]) -> None:
    report.table(
        name,
        ["learning rates", "rank correlation with aptitude", "p (one-sided)", "pairs"],
        [(mode, one.rho, one.p, one.count) for mode, one in found.items()],
        title="Does aptitude forecast the learning rate?",
        note="Spearman's ρ, p over all orders. The paper argues from two base networks by eye.",
    )


def _scatter(shares: Sequence[float], rates: Sequence[float], lips: Sequence[float]) -> Figure:
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.scatter(shares, rates, color="#1f4e79")
    for share, rate, strength in zip(shares, rates, lips, strict=True):
        axes.annotate(f"{strength:g}", (share, rate), xytext=(5, 4), textcoords="offset points", fontsize=8)
    axes.set(xlabel="aptitude: share of relevance on the mouth", ylabel="learning rate")
    return figure
