"""After Prajod, Schiller, Huber & André (2021): what a network forgets on its way from emotions to pain.

One run goes from an emotion network to everything the paper shows: six pain networks, an emotion head on each,
recalls, McNemar's test, difference maps, concept probes, the trade-off and the table of Action Units. Read ``run``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.evaluation.concept_probe import ProbeComparison, compare
from models.evaluation.forgetting import Change
from models.networks.vgg16 import Vgg16
from models.recipes import prajod_maps, prajod_probes, prajod_tables
from models.recipes.given_data import given_data, known_weights
from models.recipes.prajod_data import Task, learns_ferplus, pain_task, probe_faces, probe_stand_in, source_task
from models.recipes.prajod_settings import PrajodSettings as PrajodSettings
from models.recipes.prajod_training import (
    PainNetwork,
    features,
    network_of,
    noise_copy,
    train_pain_networks,
    train_source,
)
from models.reports.document import Report

Progress = Callable[[str, int, int], None]
PLANTED_STRENGTHS = (0.0, 1.0)
PLANTED_UNIT = "AU05"
"""One of the two that the paper found forgotten, and one that small networks see."""
SHOWN_EMOTIONS = 2
"""Emotions whose difference maps are drawn: those that lose most recall."""


def run(settings: PrajodSettings, report: Report, work: Path, progress: Progress) -> None:
    """The whole recipe; ``work`` keeps crops and checkpoints, so that a run that was cut off goes on."""
    settings = replace(
        settings,
        data=given_data(settings.data, ("affectnet", "unbc", "ck_plus")),
        weights=known_weights(settings.weights, ("imagenet", "emotion")),
    )
    if learns_ferplus(settings):
        settings = settings.for_photographs()
    report.shrunk(settings.shrunk())
    emotions = source_task(settings, work, progress)
    pain = pain_task(settings, work, progress)
    report.stand_in = emotions.stand_in or pain.stand_in
    report.section("The two tasks")
    prajod_tables.counts(report, emotions, pain)

    folder = work / settings.digest()
    source, started, curves = train_source(settings, emotions, folder, progress)
    report.text(f"The emotion network starts from {started}.")
    if curves:
        prajod_tables.learning(report, curves)
    networks = train_pain_networks(settings, emotions, pain, source, folder, progress)

    report.section("Pain")
    prajod_tables.table_1(report, pain, networks)

    report.section("Emotions after pain")
    recall = prajod_tables.figure_3(report, emotions, networks)
    tested = prajod_tables.mcnemar_table(report, emotions, networks)
    reference, other = networks[0], networks[-1]
    lost = _most_lost(tested[other.name])

    report.section("Where the networks look")
    names = (reference.name, other.name)
    _difference_maps(settings, report, emotions, reference, other, lost, progress)

    report.section("What the features still tell")
    forgotten = _probe(settings, report, work, networks, names, progress)

    report.section("The best compromise, and what pain has no use for")
    best = prajod_tables.figure_6(report, pain, emotions, networks, recall, lost)
    prajod_tables.figure_5(report, forgotten)

    report.section(
        "Does the analysis find what was planted?",
        "The test of the analysis itself, on drawn faces whatever data was given above.",
    )
    _planted(settings, report, emotions, source, folder, progress)
    said = [change.emotion for change in tested[other.name] if change.forgotten()]
    report.lead = (
        f"{other.name} forgot {_listed(said)} (McNemar's test against {reference.name}). Its features tell "
        f"{f'{_listed(forgotten)} less well' if forgotten else 'no Action Unit less well'} (corrected test). "
        f"Best compromise: {_listed(best)}."
    )
    report.facts(
        {
            "Source task": f"{emotions.crops.faces.name}, classes {', '.join(emotions.names)}",
            "Target task": pain.crops.faces.name,
            "Network": f"VGG16, {settings.input_px} px, width {settings.width}; starts from {started}",
            "Optimiser": f"SGD {settings.rate} (emotion network {settings.source_rate}), momentum {settings.momentum}, "
            f"batches of {settings.batch}",
            "Losses": f"focal γ = {settings.source_gamma}, class-balanced β = {settings.beta}; pain focal γ = "
            f"{settings.pain_gamma}",
            "Epochs run (pain, new head)": ", ".join(f"{n.name}: {n.epochs[0]}, {n.epochs[1]}" for n in networks),
            "Relevance": "z rule on dense layers, z⁺ on convolutions",
            "Probe folds": "by subject" if settings.probe_by_subject else "by picture, as in the paper",
            "Seed": settings.seed,
        }
    )


def _difference_maps(
    settings: PrajodSettings,
    report: Report,
    emotions: Task,
    reference: PainNetwork,
    other: PainNetwork,
    lost: tuple[str, ...],
    progress: Progress,
) -> None:
    first, second = (network_of(settings, len(emotions.names), n.emotion_weights) for n in (reference, other))
    made = []
    for number, emotion in enumerate(lost):
        progress("difference maps", number, len(lost))
        rows = prajod_maps.only_first_right(emotions, reference, other, emotion)[: settings.map_pictures]
        if not len(rows):
            report.text(f"{emotion}: no picture that {reference.name} alone gets right, so no difference map.")
            continue
        made.append(prajod_maps.maps_of(emotions, emotion, rows, first, second))
        prajod_maps.figure_4(report, emotions.crops, made[-1], (reference.name, other.name))
    if made:
        prajod_maps.region_table(report, made, (reference.name, other.name))


def _probe(
    settings: PrajodSettings,
    report: Report,
    work: Path,
    networks: tuple[PainNetwork, ...],
    names: tuple[str, str],
    progress: Progress,
) -> tuple[str, ...]:
    crops = probe_faces(settings, work, progress)
    first, second = (network_of(settings, 2, network.pain_weights) for network in (networks[0], networks[-1]))
    rows = np.arange(len(crops))
    shares = {prajod_probes.WHOLE: 1.0, prajod_probes.CUT: prajod_probes.ABOVE_MOUTH}
    pairs = {
        picture: (features(first, crops, rows, below), features(second, crops, rows, below))
        for picture, below in shares.items()
    }
    progress("concept probes", 0, 1)
    made = prajod_probes.probes(settings, crops, pairs)
    found = prajod_probes.run(made, settings.repetitions, settings.seed, settings.workers)
    kept, report.stand_in = report.stand_in, crops.faces.stand_in
    forgotten = prajod_probes.table(report, found, names, settings.repetitions)
    report.stand_in = kept
    return forgotten


def _planted(
    settings: PrajodSettings, report: Report, emotions: Task, source: Vgg16, folder: Path, progress: Progress
) -> None:
    kept, report.stand_in = report.stand_in, True
    found = []
    for copy in range(settings.planted_copies):
        progress("planted forgetting", copy, settings.planted_copies)
        noisy = noise_copy(settings, emotions, source, folder, copy)
        found += [
            (strength, copy, planted_comparison(settings, source, noisy, strength, copy, folder, PLANTED_UNIT))
            for strength in PLANTED_STRENGTHS
        ]
    prajod_probes.planted_table(report, PLANTED_UNIT, sorted(found, key=lambda row: row[:2]))
    report.stand_in = kept


def planted_comparison(
    settings: PrajodSettings,
    network: Vgg16,
    copy: Vgg16,
    strength: float,
    seed: int,
    work: Path,
    unit: str = PLANTED_UNIT,
) -> ProbeComparison:
    """The probe's answer when ``copy`` is blind to ``unit`` by ``strength``: its pictures show so much less of it."""
    from models.datasets.crops import crop_faces

    whole = probe_stand_in(settings)
    less = probe_stand_in(settings, without=unit, share=strength)
    full, weak = (crop_faces(faces, settings.input_px, work / "crops") for faces in (whole, less))
    rows = np.arange(len(whole))
    return compare(
        features(network, full, rows),
        features(copy, weak, rows),
        whole.presence(unit) > 0,
        whole.subjects,
        repetitions=settings.planted_repetitions,
        seed=settings.seed + seed,
    )


def _most_lost(made: tuple[Change, ...]) -> tuple[str, ...]:
    """The two emotions whose recall falls most; forgotten ones first."""
    known = [change for change in made if change.pictures]
    order = sorted(known, key=lambda change: (not change.forgotten(), change.other - change.reference))
    return tuple(change.emotion for change in order[:SHOWN_EMOTIONS])


def _listed(names: tuple[str, ...] | list[str]) -> str:
    if not names:
        return "no emotion"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
