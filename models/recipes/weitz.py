"""Paper W (Weitz, Hassan, Schmid & Garbas): pain, happiness or disgust, and what the network looks at.

Read top to bottom: data and counts → crops → five folds by people → the best of them by its validation people →
tables and curves → heatmaps by four LRP rules, on other data sets, beside six other methods → sentences with an
uncertainty → a cue planted in the background, which the heatmaps must expose.

The slides name no architecture: ours is ``models.networks.small_cnn``. They do not say how patient early stopping
was; folds of two epochs point to one epoch without a better validation loss, our choice. Their losses (.86 at an
accuracy of .998) can only hold the L2 penalty too, so ours do, and the penalty is told.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.datasets.crops import crop_faces
from models.datasets.selections import weitz_splits
from models.recipes.recipe_settings import compute_device
from models.recipes.weitz_cue import cue_contrast
from models.recipes.weitz_data import open_material
from models.recipes.weitz_explained import choose_examples, explain
from models.recipes.weitz_learning import learn_fold, trained
from models.reports.document import Report
from models.reports.weitz_pages import cue_page, data_page, explanation_pages, learning_pages
from models.training.folds import run_folds

Progress = Callable[[str, int, int], None]
CROP_SHARE = 0.84
"""Share of a stand-in picture's side that the aligned crop takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeitzSettings:
    """The paper's settings; ``subjects`` and ``frames`` (of a film of pain) are those of stand-ins.

    ``data``: ``biovid``, ``unbc``, ``actor_study``, or ``stand-ins`` (photographs to make them of). ``device`` "auto"
    takes a GPU where there is one. ``examples``: pictures that shares and agreement are measured on.
    """

    data: Mapping[str, Path] = field(default_factory=dict)
    landmarker: Path | None = None
    workers: int | str = 1
    seed: int = 20190
    device: str = "auto"
    input_px: int = 112
    width: float = 1.0
    learning_rate: float = 1e-5
    l2: float = 1e-4
    batch: int = 32
    epochs: int = 50
    patience: int = 1
    examples: int = 60
    lime_samples: int = 200
    subjects: int = 40
    frames: int = 24
    cue_subjects: int = 30
    cue_frames: int = 12
    cue_epochs: int = 24
    shrunk: tuple[str, ...] = ()

    @classmethod
    def quick(cls) -> WeitzSettings:
        """Small enough for five minutes on two cores."""
        return cls(
            input_px=64,
            width=0.5,
            learning_rate=1e-3,
            epochs=14,
            patience=4,
            examples=16,
            lime_samples=60,
            subjects=16,
            frames=8,
            cue_subjects=20,
            cue_epochs=16,
            shrunk=(
                "crops of 64 px instead of 112",
                "half the network's width",
                "Adam's rate 1e-3 instead of 1e-5, at most 14 epochs, 4 without improvement instead of 1: so few "
                "pictures would teach nothing at 1e-5",
                "16 stand-in people with 8 frames a film of pain (BioVid: 87 with 138)",
                "shares and agreement of explanations over 16 pictures instead of 60",
                "LIME with 60 samples instead of 200",
                "the planted cue: 20 people and 16 epochs instead of 30 and 24",
            ),
        )

    @property
    def compute_device(self) -> str:
        """``cuda`` or ``cpu``."""
        return compute_device(self.device)

    @property
    def picture_px(self) -> int:
        """Side of the stand-ins' pictures, so that their crops are not enlarged."""
        return max(96, round(self.input_px / CROP_SHARE))


def run(settings: WeitzSettings, report: Report, work: Path, progress: Progress) -> None:
    """Everything of the paper, into ``report``; a run that was cut off goes on from ``work``."""
    material = open_material(
        settings.data,
        settings.landmarker,
        subjects=settings.subjects,
        frames=settings.frames,
        picture_px=settings.picture_px,
        seed=settings.seed,
    )
    report.stand_in = material.faces.stand_in
    report.shrunk(settings.shrunk)
    data_page(report, material)

    crops = crop_faces(material.faces, settings.input_px, work / "crops", settings.landmarker, progress)
    splits = weitz_splits(material.faces, settings.seed)
    learn = functools.partial(learn_fold, settings, crops, work / "folds")
    outcomes = run_folds(learn, splits, settings.workers, progress=progress)
    best = min(outcomes, key=lambda outcome: outcome.validation[0])  # by its validation people, never by its test
    learning_pages(report, outcomes, best, material.faces)

    network = trained(settings, best)
    others = {
        name: crop_faces(faces, settings.input_px, work / "crops", settings.landmarker, progress)
        for name, faces in material.others.items()
    }
    examples = choose_examples(best, crops)
    explanation_pages(report, explain(network, crops, best, examples, others, settings, progress), examples)
    cue_page(report, cue_contrast(settings, work / "cue", progress))
    report.facts(
        {
            "network": f"small CNN, {sum(p.numel() for p in network.parameters()):,} parameters, from random weights",
            "training": f"Adam {settings.learning_rate:g}, categorical cross-entropy, L2 {settings.l2:g}, batches of "
            f"{settings.batch}, early stopping after {settings.patience} epoch(s) without a better validation loss",
            "seed": settings.seed,
            "folds": f"{len(splits)}, by people; a fifth of the other people to stop by",
        }
    )
