"""Base networks for age and sex, and their sixteen retrainings for ratings, after Arbabzadah et al."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.datasets.crops import Crops, crop_faces
from models.datasets.faces import LabelledFaces
from models.datasets.registry import open_set
from models.datasets.selections import arbabzadah_split
from models.datasets.splits import Split
from models.datasets.stand_in_ratings import AGE_GROUPS, SEXES, stand_in_base, stand_in_ratings
from models.errors import DataInvalid, DataMissing
from models.networks.levi_hassner import LeviHassner, build, dense_only
from models.recipes.arbabzadah_settings import BASES, MODES, SCALE, STANDARD, ArbabzadahSettings
from models.training.even_out import even_out
from models.training.face_batches import FaceBatches, as_input
from models.training.fit import FitSettings, evaluate, fit
from models.training.folds import run_folds
from models.training.losses import focal

Progress = Callable[[str, int, int], None]
SCALED_BY = 64
"""Pictures by which random weights are scaled."""
GROUPS = tuple(f"{first}–{last}" for first, last in AGE_GROUPS)


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """Crops with ratings (N, R) on the human scale, and the random halves."""

    crops: Crops
    ratings: NDArray[np.float32]
    names: tuple[str, ...]
    split: Split


@dataclass(frozen=True, slots=True, eq=False)
class Retrained:
    """One of the sixteen: mean absolute error on the human scale over the test half, squared error by epoch (the first
    before training), where its weights lie, and its scores (n,) of the test half, human scale."""

    base: str
    mode: str
    rating: str
    mae: float
    errors: tuple[float, ...]
    weights: Path
    scores: NDArray[np.float32]


def rated_faces(settings: ArbabzadahSettings, work: Path, progress: Progress) -> Rated:
    """10k US Adult Faces where given, else the rated stand-in whose happiness rests on the mouth."""
    if "us_adult_faces" in settings.data:
        from models.datasets.us_adult_faces import rated

        faces = rated(open_set("us_adult_faces", settings.data["us_adult_faces"]))
    else:
        faces = stand_in_ratings(settings.stand_in_ratings, settings.seed, picture_px=picture_px(settings))
    crops = crop_faces(faces, settings.input_px, work / "crops", settings.landmarker, progress)
    ratings = np.asarray(faces.labels["ratings"], np.float32)
    return Rated(crops, ratings, faces.ratings, arbabzadah_split(faces, settings.seed))


def base_faces(settings: ArbabzadahSettings, lips: float = 0.5) -> LabelledFaces:
    """What base networks learn from when none are given: stand-ins; ``lips`` is how much sex shows in the lips."""
    return stand_in_base(settings.stand_in_base, settings.seed, lips_tell=lips, picture_px=picture_px(settings))


def train_base(
    settings: ArbabzadahSettings, base: str, work: Path, progress: Progress | None = None, lips: float = 0.5
) -> tuple[LeviHassner, str]:
    """The base network for "age" or "gender" and what it is: given weights, or trained here on stand-ins."""
    outputs = len(GROUPS) if base == "age" else len(SEXES)
    given = settings.weights.get(base)
    if given is not None:
        return _loaded(settings, Path(given)), f"weights from {given}"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed + BASES.index(base))
        network = build(outputs=outputs, input_px=settings.input_px, width=settings.width)
    faces = base_faces(settings, lips)
    crops = crop_faces(faces, settings.input_px, work / "crops", None, progress)
    truth = np.asarray(faces.labels["age_group" if base == "age" else "gender"], np.int64)
    rows = np.random.default_rng(settings.seed).permutation(len(faces))
    held = rows[: len(rows) // 5]
    even_out(network, as_input(crops.pixels[rows[len(held) :][:SCALED_BY]], STANDARD))
    batches = [
        FaceBatches(crops.pixels, part, truth[part], STANDARD, size=settings.batch, seed=settings.seed)
        for part in (rows[len(held) :], held)
    ]
    result = fit(
        network,
        batches[0],
        batches[1].in_order,
        focal(0.0),
        functools.partial(_sgd, settings.base_rate, settings.momentum),
        FitSettings(
            epochs=settings.base_epochs,
            seed=settings.seed,
            identity=f"base network {base}",
            device=settings.compute_device,
        ),
        work / settings.digest() / f"base-{base}-{lips:g}",
        progress,
    )
    right = result.best.validation_accuracy
    return network.cpu(), f"trained on stand-ins; right on {right:.0%} of held-back faces, {outputs} classes"


def retrain_all(
    settings: ArbabzadahSettings, rated: Rated, bases: dict[str, LeviHassner], work: Path, progress: Progress
) -> list[Retrained]:
    """Both bases × both modes × all ratings, in parallel over the workers."""
    work.mkdir(parents=True, exist_ok=True)
    for base, network in bases.items():
        torch.save({"outputs": output_of(network).out_features, **network.state_dict()}, work / f"{base}.pt")
    jobs = [(base, mode, rating) for base in bases for mode in MODES for rating in rated.names]
    return run_folds(functools.partial(retrain, settings, rated, work), jobs, settings.workers, progress=progress)


def retrain(settings: ArbabzadahSettings, rated: Rated, work: Path, job: tuple[str, str, str]) -> Retrained:
    """One rating learnt by one base network, its dense layers alone or all of it.

    The paper has no validation part. Its training error is measured after each epoch over the whole training half,
    without dropout, and the epoch with the least of it is kept.
    """
    base, mode, rating = job
    target = _scaled(rated.ratings[:, rated.names.index(rating)])
    rows = rated.split.train
    network = _loaded(settings, work / f"{base}.pt")
    _new_output(network, float(target[rows].mean()), settings.seed)
    if mode == "dense only":
        dense_only(network)
    batches = FaceBatches(rated.crops.pixels, rows, target[rows], STANDARD, size=settings.batch, seed=settings.seed)
    network.to(settings.compute_device)
    before, _ = evaluate(network, batches.in_order(), _squared, _close, settings.compute_device)
    folder = work / f"{base}-{mode.split()[0]}-{rating}"
    result = fit(
        network,
        batches,
        batches.in_order,
        _squared,
        functools.partial(_sgd, settings.rate, settings.momentum),
        FitSettings(epochs=settings.epochs, seed=settings.seed, identity=" ".join(job), device=settings.compute_device),
        folder,
        measure=_close,
    )
    network.cpu()
    torch.save({"outputs": 1, **network.state_dict()}, folder / "weights.pt")
    scores = scores_of(network, rated.crops.pixels[rated.split.test])
    truth = rated.ratings[rated.split.test, rated.names.index(rating)]
    mae = float(np.abs(scores - truth).mean())
    errors = (before, *(epoch.validation_loss for epoch in result.curves))
    return Retrained(base, mode, rating, mae, errors, folder / "weights.pt", scores)


def scores_of(network: nn.Module, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, S, S, 3) uint8 BGR → (N,) scores on the human scale."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pixels), 64):
            parts.append(network(as_input(pixels[start : start + 64], STANDARD))[:, 0].numpy())
    low, high = SCALE
    return np.asarray(low + (high - low) * np.concatenate(parts), np.float32)


def retrained_network(settings: ArbabzadahSettings, found: Retrained) -> LeviHassner:
    """One of the sixteen, ready to be asked."""
    return _loaded(settings, found.weights)


def picture_px(settings: ArbabzadahSettings) -> int:
    """Side of a stand-in picture whose aligned crop (84% of it) has at least the network's pixels."""
    return max(96, round(settings.input_px / 0.8))


def _loaded(settings: ArbabzadahSettings, file: Path) -> LeviHassner:
    if not file.is_file():
        raise DataMissing(f"{file}: no such file of weights")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        outputs = state.pop("outputs", None) or len(state["head.logits.bias"])
        network = build(outputs=int(outputs), input_px=settings.input_px, width=settings.width)
        network.load_state_dict(state)
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise DataInvalid(f"{file}: no weights of this Levi-Hassner network ({reason})") from error
    return network.eval()


def _new_output(network: LeviHassner, start: float, seed: int) -> None:
    """One output in place of the classes, beginning at ``start`` whatever the picture."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1000)
        output = nn.Linear(output_of(network).in_features, 1)
        nn.init.normal_(output.weight, std=1e-2)
    nn.init.constant_(output.bias, start)
    network.head.add_module("logits", output)


def output_of(network: LeviHassner) -> nn.Linear:
    """The last layer."""
    last = network.head.get_submodule("logits")
    if not isinstance(last, nn.Linear):
        raise TypeError(f"the last layer is {last}")
    return last


def _scaled(ratings: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = SCALE
    return np.asarray((ratings - low) / (high - low), np.float32)


def _squared(logits: Tensor, target: Tensor) -> Tensor:
    return ((logits[:, 0] - target) ** 2).mean()


def _close(logits: Tensor, target: Tensor) -> Tensor:
    """Whether a score is within half a point of the human scale: what the curves call accuracy."""
    low, high = SCALE
    return ((logits[:, 0] - target).abs() * (high - low) < 0.5).float()


def _sgd(rate: float, momentum: float, network: nn.Module) -> torch.optim.Optimizer:
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return torch.optim.SGD(learnt, lr=rate, momentum=momentum, nesterov=momentum > 0)
