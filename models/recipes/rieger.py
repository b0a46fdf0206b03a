"""Paper R (Rieger, Kollmann, Finzel, Seuss & Schmid): are Action Units recognised by the muscles that make them?

Read top to bottom: three sets → leave-one-subject-out over the Actor Study (CK+ always in training, where it is
trained on) → F1 there and on the other domain → LRP of every rightly recognised AU → μ beside chance and nulls →
the pictures. The best fold by its validation actor is used further; for μ on the Actor Study that includes frames it
has learnt from, as in the paper.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from models.recipes.recipe_settings import compute_device
from models.recipes.rieger_data import LEFT_OUT, SETS, TRAINABLE, folds, open_sets
from models.recipes.rieger_learning import learn_fold, probabilities, trained
from models.recipes.rieger_metrics import metrics
from models.recipes.rieger_verify import RULE, verify
from models.reports.document import Report
from models.reports.rieger_mu_pages import metric_page, mu_pages
from models.reports.rieger_pages import data_page, f1_pages, region_page
from models.training.folds import run_folds

Progress = Callable[[str, int, int], None]
CROP_SHARE = 0.84
"""Share of a stand-in picture's side that the aligned crop takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiegerSettings:
    """The paper's settings; ``subjects`` and ``frames`` (per subject) are those of stand-ins.

    ``data``: ``actor_study``, ``ck_plus``, ``unbc``, or ``stand-ins`` (photographs to make them of). ``train_on``: the
    sets that are learnt from, both or one. ``most``: frames an AU and set that are explained, None for all.
    ``device`` "auto" takes a GPU where there is one.
    """

    data: Mapping[str, Path] = field(default_factory=dict)
    landmarker: Path | None = None
    workers: int | str = 1
    seed: int = 20201
    device: str = "auto"
    train_on: tuple[str, ...] = TRAINABLE
    input_px: int = 112
    stacks: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 64
    learning_rate: float = 0.01
    momentum: float = 0.95
    batch: int = 32
    epochs: int = 25
    most: int | None = None
    null_networks: int = 20
    null_frames: int = 24
    metric_frames: int = 24
    subjects: int = 20
    frames: int = 60
    shrunk: tuple[str, ...] = ()

    @classmethod
    def quick(cls) -> RiegerSettings:
        """Small enough for five minutes on two cores."""
        return cls(
            input_px=64,
            width=16,
            batch=16,
            epochs=8,
            most=16,
            null_networks=6,
            null_frames=4,
            metric_frames=4,
            subjects=6,
            frames=60,
            shrunk=(
                "crops of 64 px instead of 112",
                "16 channels in the network's first stage instead of 64",
                "8 epochs a fold instead of 25, batches of 16",
                "6 stand-in people a set with 60 frames (Actor Study: 20 people)",
                "at most 16 frames an AU and set explained instead of all",
                "6 random networks on 4 frames an AU for the null instead of 20 on 24",
                "Quantus over 4 frames an AU instead of 24",
            ),
        )

    @property
    def compute_device(self) -> str:
        """``cuda`` or ``cpu``."""
        return compute_device(self.device)


def run(settings: RiegerSettings, report: Report, work: Path, progress: Progress) -> None:
    """Everything of the paper, into ``report``; a run that was cut off goes on from ``work``."""
    sets = open_sets(
        settings.data,
        settings.landmarker,
        settings.train_on,
        subjects=settings.subjects,
        frames=settings.frames,
        input_px=settings.input_px,
        picture_px=max(96, round(settings.input_px / CROP_SHARE)),
        seed=settings.seed,
        work=work,
        progress=progress,
    )
    report.stand_in = any(part.stand_in for part in sets.parts.values())
    report.shrunk(settings.shrunk)
    data_page(report, sets, settings.train_on)
    region_page(report, sets.parts[LEFT_OUT])

    splits = folds(sets, settings.train_on, settings.seed)
    learn = functools.partial(learn_fold, settings, sets, work / "folds")
    outcomes = run_folds(learn, splits, settings.workers, progress=progress)
    best = max(outcomes, key=lambda outcome: outcome.validation_f1)  # never by the subject left out
    network = trained(settings, best)
    actors = sets.parts[LEFT_OUT]
    tested = probabilities(network, actors.crops, actors.rows)
    if LEFT_OUT in settings.train_on:  # every frame judged by the fold that never saw its person
        place = {int(row): number for number, row in enumerate(actors.rows)}
        for outcome in outcomes:
            tested[[place[int(row)] for row in outcome.split.test]] = outcome.test_probability
    other = sets.parts["unbc"]
    f1_pages(
        report,
        outcomes,
        best,
        {LEFT_OUT: (actors, tested), "unbc": (other, probabilities(network, other.crops, other.rows))},
    )

    found = {
        name: verify(
            network,
            sets.parts[name],
            most=settings.most,
            null_networks=settings.null_networks,
            null_frames=settings.null_frames,
            progress=progress,
        )
        for name in SETS
    }
    mu_pages(report, sets.parts, found)
    metric_page(report, metrics(network, actors, found[LEFT_OUT], settings.metric_frames, progress))
    report.facts(
        {
            "network": f"ResNet-18, stacks {settings.stacks}, width {settings.width}, "
            f"{sum(p.numel() for p in network.parameters()):,} parameters, from random weights",
            "training": f"SGD {settings.learning_rate:g}, momentum {settings.momentum:g}, weighted binary "
            f"cross-entropy, {settings.epochs} epochs a fold, batches of {settings.batch}",
            "trained on": ", ".join(settings.train_on),
            "folds": len(splits),
            "mean F1 of the folds' validation actors": f"{np.mean([one.validation_f1 for one in outcomes]):.3f}",
            "LRP": f"{RULE}: ε for the dense layer, z⁺ for convolutions, flat for the first",
            "seed": settings.seed,
        }
    )
