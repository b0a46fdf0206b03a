"""Settings of the recipe after Prajod et al. (2021); the defaults are the paper's, where it says them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from models.networks.vgg16 import IMAGENET_MEAN, IMAGENET_STD
from models.training.face_batches import Augmentation, Standard

SOURCE_AUGMENTATION = Augmentation(flip=True)
PAIN_AUGMENTATION = Augmentation(degrees=25.0, shift=0.1, shear=0.1, zoom=0.1, flip=True)
STANDARD = Standard(IMAGENET_MEAN, IMAGENET_STD)


@dataclass(frozen=True, kw_only=True)
class PrajodSettings:
    """The paper says: VGG16, 224 px, SGD at 0.01, γ 5 with β 0.99998, γ 2, 500 + 500 pictures, 500 repetitions.

    It does not say, so these are ours: no momentum, batches of 32, epochs with early stopping, one dense layer
    (``dense=()``: the outputs alone) after the convolutions. ``stand_in_*`` count what is made where a data set is
    not given; ``useless`` is how strongly the pain stand-in teaches to disregard AU14 (``stand_in_effects``).
    ``normalised``: random weights learn emotions with a BatchNorm after each convolution, folded in afterwards, so that
    the network is the plain VGG16 again; ImageNet's weights are never given one.
    ``short`` marks a run of few epochs, which learns photographs as ``for_photographs`` says.
    ``planted_copies`` are the networks that differ by training noise alone.
    """

    input_px: int = 224
    width: float = 1.0
    dense: tuple[int, ...] = ()
    rate: float = 0.01
    source_rate: float = 0.01
    normalised: bool = False
    short: bool = False
    momentum: float = 0.0
    batch: int = 32
    source_batch: int = 32
    source_gamma: float = 5.0
    beta: float = 0.99998
    pain_gamma: float = 2.0
    source_epochs: int = 60
    pain_epochs: int = 60
    head_epochs: int = 60
    patience: int = 8
    pain_per_class: int = 500
    pain_validation: int = 100
    repetitions: int = 500
    probe_by_subject: bool = True
    map_pictures: int = 50
    planted_copies: int = 5
    planted_repetitions: int = 500
    stand_in_emotions: int = 4000
    ferplus_pictures: int = 12000
    stand_in_subjects: int = 25
    stand_in_frames: int = 80
    stand_in_probes: int = 600
    useless: float = 1.0
    seed: int = 0
    device: str = "auto"
    workers: int | str = 1
    landmarker: Path | None = None
    data: Mapping[str, Path] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def quick(cls) -> PrajodSettings:
        """Small enough for five minutes on two cores; ``shrunk`` says what differs."""
        return cls(
            input_px=64,
            width=0.125,
            rate=0.003,
            source_rate=0.003,
            momentum=0.9,
            batch=16,
            source_batch=16,
            short=True,
            source_epochs=10,
            pain_epochs=8,
            head_epochs=25,
            patience=6,
            pain_per_class=80,
            pain_validation=40,
            repetitions=30,
            map_pictures=8,
            planted_repetitions=50,
            stand_in_emotions=960,
            ferplus_pictures=3200,
            stand_in_subjects=14,
            stand_in_frames=24,
            stand_in_probes=200,
        )

    def for_photographs(self) -> PrajodSettings:
        """What a ``short`` run takes to learn emotions from photographs, of which its plain network learns nothing."""
        if not self.short:
            return self
        return replace(self, normalised=True, source_rate=0.01, source_batch=32, source_gamma=2.0, source_epochs=14)

    def shrunk(self) -> list[str]:
        """What differs from the paper's settings, one line each."""
        full = PrajodSettings()
        words = {
            "input_px": "input {} px instead of {}",
            "width": "{} of VGG16's channels instead of {}",
            "rate": "learning rate {} instead of {}, for the momentum",
            "source_rate": "learning rate {} on emotions instead of {}",
            "source_gamma": "focal loss with γ = {} on emotions instead of {}, which hardly moves in few steps",
            "momentum": "momentum {} instead of {}, so that few epochs do",
            "batch": "batches of {} instead of {}",
            "source_epochs": "at most {} epochs on emotions instead of {}",
            "pain_epochs": "at most {} epochs on pain instead of {}",
            "head_epochs": "at most {} epochs of a new head instead of {}",
            "patience": "patience {} epochs instead of {}",
            "pain_per_class": "{} pictures of pain and of no pain instead of {}",
            "pain_validation": "{} of them to choose by instead of {}",
            "repetitions": "{} repetitions of the concept probes instead of {}",
            "map_pictures": "difference maps of at most {} pictures an emotion instead of {}",
            "planted_repetitions": "{} repetitions on planted forgetting instead of {}",
            "stand_in_emotions": "{} stand-in pictures of emotions instead of {}",
            "ferplus_pictures": "{} pictures of FER+, where it is given, instead of {}",
            "stand_in_subjects": "{} stand-in people for pain instead of {}",
            "stand_in_frames": "{} frames a stand-in film instead of {}",
            "stand_in_probes": "{} stand-in pictures for the probes instead of {}",
        }
        said = (
            ["BatchNorm while emotions are learnt, folded into the convolutions afterwards"] if self.normalised else []
        )
        return said + [
            text.format(getattr(self, name), getattr(full, name))
            for name, text in words.items()
            if getattr(self, name) != getattr(full, name)
        ]

    @property
    def compute_device(self) -> str:
        """``cuda`` or ``cpu``; ``device`` "auto" takes a GPU where there is one."""
        if self.device != "auto":
            return self.device
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    def digest(self) -> str:
        """Names what is learnt: runs that differ in more than how they are run keep apart."""
        how = {"workers", "device", "landmarker", "map_pictures", "repetitions", "planted_repetitions"}
        said = {name: str(value) for name, value in asdict(self).items() if name not in how}
        return hashlib.blake2b(repr(sorted(said.items())).encode(), digest_size=5).hexdigest()
