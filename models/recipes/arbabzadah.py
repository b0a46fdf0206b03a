"""After Arbabzadah, Montavon, Müller & Samek (2016): ratings of faces by retrained base networks, and why.

Two base networks (age, sex), their dense layers or all of them retrained for four ratings: sixteen networks. Then what
relevance tells: of the base networks, of happy and unhappy, of age and attractiveness, under covers of skin colour, and
before any training as a forecast of how fast a rating is learnt. Read ``run``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from models.networks.levi_hassner import LeviHassner
from models.recipes import arbabzadah_aptitude, arbabzadah_figures, arbabzadah_tables
from models.recipes.arbabzadah_settings import BASES, SCALE
from models.recipes.arbabzadah_settings import ArbabzadahSettings as ArbabzadahSettings
from models.recipes.arbabzadah_training import Retrained, rated_faces, retrain_all, retrained_network, train_base
from models.recipes.given_data import given_data, known_weights
from models.reports.document import Report

Progress = Callable[[str, int, int], None]


def run(settings: ArbabzadahSettings, report: Report, work: Path, progress: Progress) -> None:
    """The whole recipe; ``work`` keeps crops and checkpoints, so that a run that was cut off goes on."""
    settings = replace(
        settings,
        data=given_data(settings.data, ("us_adult_faces", "kdef")),
        weights=known_weights(settings.weights, BASES),
    )
    report.shrunk(settings.shrunk())
    rated = rated_faces(settings, work, progress)
    report.stand_in = rated.crops.faces.stand_in
    bases: dict[str, LeviHassner] = {}
    started: dict[str, str] = {}
    for base in BASES:
        bases[base], started[base] = train_base(settings, base, work, progress)
        report.stand_in |= base not in settings.weights
    folder = work / settings.digest()

    report.section("Sixteen networks")
    found = retrain_all(settings, rated, bases, folder, progress)
    arbabzadah_tables.counts(report, rated)
    arbabzadah_tables.table_1(report, rated, found)
    arbabzadah_tables.figure_3(report, rated, found)

    best = {
        (base, rating): retrained_network(settings, _best(found, base, rating))
        for base in BASES
        for rating in rated.names
    }
    happy = {base: best[base, "happiness"] for base in BASES}

    report.section("Relevance propagation")
    arbabzadah_tables.conservation(report, rated, happy, settings.explained)

    report.section("The base networks, before any retraining")
    arbabzadah_figures.figure_2(report, rated, bases)

    report.section("Happiness")
    arbabzadah_figures.figure_4(settings, report, happy, work, progress)
    progress("occlusion", 0, 1)
    fell = arbabzadah_figures.figure_7(report, rated, happy, settings.explained)

    report.section("Age and attractiveness")
    arbabzadah_figures.figure_5(settings, report, rated, bases["age"], work, progress)
    arbabzadah_figures.figure_6(report, rated, {base: best[base, "attractiveness"] for base in BASES})

    report.section("Aptitude: relevance as a forecast")
    progress("aptitude", 0, 1)
    forecast = arbabzadah_aptitude.of_the_bases(report, rated, bases, found, settings.explained)
    planted = arbabzadah_aptitude.planted(settings, report, folder, progress)

    known = (
        ""
        if forecast is None
        else f"The apter base network learnt faster in {forecast} of {len(rated.names)} ratings; "
    )
    report.lead = (
        f"Covering {_listed(fell)} lowers happiness in both networks. {known}"
        f"{'with' if known else 'With'} planted base networks aptitude forecasts how fast happiness is learnt with a "
        f"rank correlation of {planted.rho:.2f} over {planted.count}."
    )
    low, high = SCALE
    report.facts(
        {
            "Rated faces": f"{rated.crops.faces.name}, {rated.split.name}",
            **{f"Base network for {base}": started[base] for base in BASES},
            "Network": f"Levi-Hassner, {settings.input_px} px, width {settings.width}",
            "Optimiser": f"SGD {settings.rate}, Nesterov {settings.momentum}, batches of {settings.batch}, "
            f"{settings.epochs} epochs, mean squared error on ratings scaled from {low:g}–{high:g} to 0–1",
            "Relevance": "α = 2, β = 1 (the paper's α = 2, β = −1), summed over channels",
            "Seed": settings.seed,
        }
    )


def _best(found: list[Retrained], base: str, rating: str) -> Retrained:
    """Of both modes the one with the smaller error."""
    return min((one for one in found if one.base == base and one.rating == rating), key=lambda one: one.mae)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"the {name}" for name in names) or "no part"
