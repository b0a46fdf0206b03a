"""Settings of the recipe after Arbabzadah et al. (2016); the defaults are the paper's, where it says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.recipes.recipe_settings import compute_device, differences, digest
from models.training.face_batches import Standard
from models.words.face_parts import FacePart

BASES = ("age", "gender")
MODES = ("dense only", "full")
STANDARD = Standard((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
"""Ours; the base networks' own would be the mean picture of a data set that is given out to few."""
SCALE = (1.0, 9.0)
"""Ends of the human scale."""
MATTERS: Mapping[str, tuple[FacePart, ...]] = {
    "attractiveness": (FacePart.CHEEKS, FacePart.FOREHEAD, FacePart.EYES),
    "happiness": (FacePart.MOUTH,),
    "confidence": (FacePart.BROWS,),
    "intelligence": (FacePart.EYES,),
}
"""Where a rating is known to show, for aptitude: smiles (the paper), and what people say of the others."""


@dataclass(frozen=True, kw_only=True)
class ArbabzadahSettings:
    """The paper says: 227 px, random halves, SGD at 0.001 with Nesterov's momentum 0.9, sixteen networks, α 2, β −1.

    It does not say, so these are ours: mean squared error, batches of 32, epochs, and an output that begins at the
    mean rating, so that learning curves show learning and not the finding of the mean. Without ``--weights
    age=FILE`` and ``gender=FILE`` the base networks are trained on the stand-in for age and sex, with ``base_rate``.
    """

    input_px: int = 227
    width: float = 1.0
    rate: float = 0.001
    momentum: float = 0.9
    batch: int = 32
    epochs: int = 60
    base_rate: float = 0.001
    base_epochs: int = 40
    explained: int = 200
    planted_lips: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    stand_in_ratings: int = 2222
    stand_in_base: int = 4000
    seed: int = 0
    device: str = "auto"
    workers: int | str = 1
    landmarker: Path | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def quick(cls) -> ArbabzadahSettings:
        """Small enough for five minutes on two cores; ``shrunk`` says what differs."""
        return cls(
            input_px=80,
            width=0.25,
            batch=16,
            epochs=24,
            base_epochs=14,
            explained=40,
            planted_lips=(0.0, 0.5, 1.0),
            stand_in_ratings=320,
            stand_in_base=240,
        )

    def shrunk(self) -> list[str]:
        """What differs from the full settings, one line each."""
        words = {
            "input_px": "input {} px instead of {}",
            "width": "{} of the network's channels instead of {}",
            "batch": "batches of {} instead of {}",
            "epochs": "{} epochs of retraining instead of {}",
            "base_epochs": "{} epochs of the base networks instead of {}",
            "explained": "{} pictures explained for shares of relevance instead of {}",
            "planted_lips": "planted base networks with {} instead of {}",
            "stand_in_ratings": "{} rated stand-in faces instead of {}",
            "stand_in_base": "{} stand-in faces for age and sex instead of {}",
        }
        return differences(self, ArbabzadahSettings(), words)

    @property
    def compute_device(self) -> str:
        """``cuda`` or ``cpu``; ``device`` "auto" takes a GPU where there is one."""
        return compute_device(self.device)

    def digest(self) -> str:
        """Names what is learnt: runs that differ in more than how they are run keep apart."""
        return digest(self, {"workers", "device", "landmarker", "explained"})
