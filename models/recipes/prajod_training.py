"""The networks of the recipe after Prajod et al.: the emotion network, six pain networks, an emotion head on each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.datasets.crops import Crops
from models.errors import DataInvalid, DataMissing
from models.folding import folded
from models.networks.vgg16 import BLOCKS, Vgg16, build, freeze
from models.recipes.prajod_data import Task
from models.recipes.prajod_settings import PAIN_AUGMENTATION, SOURCE_AUGMENTATION, STANDARD, PrajodSettings
from models.training.even_out import even_out
from models.training.face_batches import FaceBatches, as_input
from models.training.fit import Epoch, FitSettings, fit
from models.training.folds import run_folds
from models.training.losses import class_balanced_weights, focal

Progress = Callable[[str, int, int], None]
SCALED_BY = 64
"""Pictures by which random weights are scaled."""
NORMALISED = (
    "random weights, with a BatchNorm after each convolution while it learns, folded into the convolutions afterwards "
    "(ImageNet's by --weights imagenet=FILE)"
)


@dataclass(frozen=True, slots=True, eq=False)
class PainNetwork:
    """FreezeBi: where its two networks' weights lie, and what they say about the tested pictures."""

    frozen: int
    pain_weights: Path
    emotion_weights: Path
    pain_said: NDArray[np.int64]
    emotions_said: NDArray[np.int64]
    epochs: tuple[int, int]

    @property
    def name(self) -> str:
        """As the paper calls it."""
        return f"FreezeB{self.frozen}"


def train_source(
    settings: PrajodSettings, task: Task, work: Path, progress: Progress
) -> tuple[Vgg16, str, tuple[Epoch, ...]]:
    """The emotion network, what it started from, and its curves (none where ``--weights emotion=FILE`` was given)."""
    if "emotion" in settings.weights:
        network = _fresh(settings, len(task.names), settings.seed)
        load(network, Path(settings.weights["emotion"]))
        return network, f"an emotion network from {settings.weights['emotion']}, not trained again", ()
    normalised = settings.normalised and "imagenet" not in settings.weights
    network = _fresh(settings, len(task.names), settings.seed, normalised=normalised)
    started = NORMALISED if normalised else _start(settings, network, task, work)
    result = fit(
        network,
        _batches(settings, task, task.split.train, augmentation=True, size=settings.source_batch),
        _batches(settings, task, task.split.validation).in_order,
        focal(settings.source_gamma, _weights(settings, task)),
        functools.partial(_sgd, settings, rate=settings.source_rate),
        FitSettings(
            epochs=settings.source_epochs,
            patience=settings.patience,
            seed=settings.seed,
            identity="emotions",
            device=settings.compute_device,
        ),
        work / "source",
        progress,
    )
    network.cpu()
    if normalised:
        plain = _fresh(settings, len(task.names), settings.seed)
        plain.load_state_dict(folded(network).state_dict())
        network = plain.eval()
    return network, started, result.curves


def train_pain_networks(
    settings: PrajodSettings, emotions: Task, pain: Task, source: Vgg16, work: Path, progress: Progress
) -> tuple[PainNetwork, ...]:
    """FreezeB5 … FreezeB0, each retrained for pain and then given a new emotion head; in parallel over the workers."""
    work.mkdir(parents=True, exist_ok=True)
    torch.save(source.state_dict(), work / "source.pt")
    one = functools.partial(train_pain_network, settings, emotions, pain, work)
    return tuple(run_folds(one, tuple(range(len(BLOCKS), -1, -1)), settings.workers, progress=progress))


def train_pain_network(settings: PrajodSettings, emotions: Task, pain: Task, work: Path, frozen: int) -> PainNetwork:
    """One of the six: the emotion network's convolutions, the first ``frozen`` blocks as they are, a new head."""
    folder = work / f"freeze-b{frozen}"
    network = _fresh(settings, len(pain.names), settings.seed + 100)
    source = torch.load(work / "source.pt", weights_only=True)
    network.load_state_dict({**network.state_dict(), **_convolutions(source)})
    freeze(network, frozen)
    first = fit(
        network,
        _batches(settings, pain, pain.split.train, augmentation=True, augment=PAIN_AUGMENTATION),
        _batches(settings, pain, pain.split.validation).in_order,
        focal(settings.pain_gamma),
        functools.partial(_sgd, settings),
        FitSettings(
            epochs=settings.pain_epochs,
            patience=settings.patience,
            seed=settings.seed + frozen,
            identity=f"pain, FreezeB{frozen}",
            device=settings.compute_device,
        ),
        folder / "pain",
    )
    pain_said = said(network, pain.crops, pain.split.test)
    head, epochs = _retrain_head(settings, emotions, network, frozen, folder)
    network.cpu()
    torch.save(network.state_dict(), folder / "pain.pt")
    whole = _fresh(settings, len(emotions.names), settings.seed)
    whole.load_state_dict({**_convolutions(network.state_dict()), **{f"head.{k}": v for k, v in head.items()}})
    torch.save(whole.state_dict(), folder / "emotions.pt")
    emotions_said = said(whole.to(settings.compute_device), emotions.crops, emotions.split.test)
    return PainNetwork(
        frozen, folder / "pain.pt", folder / "emotions.pt", pain_said, emotions_said, (first.epochs_run, epochs)
    )


def _retrain_head(
    settings: PrajodSettings, task: Task, network: Vgg16, frozen: int, folder: Path
) -> tuple[dict[str, Tensor], int]:
    """A new emotion head on convolutions that stay, with the source task's settings; the same head for all six."""
    head = nn.Sequential(nn.Flatten(), _fresh(settings, len(task.names), settings.seed + 200).head)
    rows = task.split.train
    train = _Features(network, _batches(settings, task, rows, augmentation=True))
    result = fit(
        head,
        train,
        functools.partial(_in_order, network, _batches(settings, task, task.split.validation)),
        focal(settings.source_gamma, _weights(settings, task)),
        functools.partial(_sgd, settings),
        FitSettings(
            epochs=settings.head_epochs,
            patience=settings.patience,
            seed=settings.seed + frozen,
            identity=f"emotion head, FreezeB{frozen}",
            device=settings.compute_device,
        ),
        folder / "head",
    )
    head.cpu()
    return {name.removeprefix("1."): value for name, value in head.state_dict().items()}, result.epochs_run


class _Features:
    """The frozen convolutions' output for each batch: with the flip alone there are two per picture, kept if small."""

    KEPT_BYTES = 2_000_000_000

    def __init__(self, network: Vgg16, batches: FaceBatches) -> None:
        self.batches = batches
        self.network = network.eval()
        self.kept: tuple[Tensor, Tensor] | None = None
        with torch.inference_mode():
            one = network.features(torch.zeros(1, *_shape(batches), device=_device(network)))
        if 2 * len(batches.rows) * one.numel() * 4 <= self.KEPT_BYTES:
            self.kept = (self._all(mirrored=False), self._all(mirrored=True))

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        if self.kept is None:
            for x, y in self.batches(epoch):
                with torch.no_grad():
                    yield self.network.features(x.to(_device(self.network))).clone(), y
            return
        rng = np.random.default_rng([self.batches.seed, epoch])
        order = rng.permutation(len(self.batches.rows))
        for start in range(0, len(order), self.batches.size):
            chosen = order[start : start + self.batches.size]
            flip = torch.from_numpy(rng.random(len(chosen)) < 0.5)[:, None, None, None]
            plain, mirrored = (kept[chosen] for kept in self.kept)
            yield torch.where(flip, mirrored, plain), torch.from_numpy(self.batches.targets[chosen].copy())

    def _all(self, *, mirrored: bool) -> Tensor:
        with torch.no_grad():
            parts = [
                self.network.features((x.flip(3) if mirrored else x).to(_device(self.network))).cpu()
                for x, _ in self.batches.in_order()
            ]
        return torch.cat(parts)


def _in_order(network: Vgg16, batches: FaceBatches) -> Iterable[tuple[Tensor, Tensor]]:
    for x, y in batches.in_order():
        with torch.no_grad():
            yield network.features(x.to(_device(network))).clone(), y


def features(network: Vgg16, crops: Crops, rows: NDArray[np.integer], below: float = 1.0) -> NDArray[np.float32]:
    """(N, D) output of the last block; ``below`` < 1 cuts the picture off there (share of its height from the top)."""
    network.eval()
    keep = max(32, int(below * crops.size) // 32 * 32)
    parts = []
    with torch.inference_mode():
        for start in range(0, len(rows), 32):
            x = as_input(crops.pixels[np.asarray(rows)[start : start + 32]], STANDARD)
            parts.append(network.features(x[:, :, :keep]).flatten(1).numpy())
    return np.concatenate(parts)


def said(network: nn.Module, crops: Crops, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """(len(rows),) class that the network gives each picture."""
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(rows), 64):
            x = as_input(crops.pixels[np.asarray(rows)[start : start + 64]], STANDARD)
            parts.append(network(x.to(_device(network))).argmax(dim=1).cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def noise_copy(settings: PrajodSettings, task: Task, source: Vgg16, work: Path, copy: int) -> Vgg16:
    """The emotion network after one more epoch of its own task with another order: training noise and nothing else."""
    network = _fresh(settings, len(task.names), settings.seed)
    network.load_state_dict(source.state_dict())
    fit(
        network,
        _batches(settings, task, task.split.train, augmentation=True, seed=settings.seed + 500 + copy),
        None,
        focal(settings.source_gamma, _weights(settings, task)),
        functools.partial(_sgd, settings),
        FitSettings(
            epochs=1, seed=settings.seed + 500 + copy, identity=f"noise copy {copy}", device=settings.compute_device
        ),
        work / f"noise-{copy}",
    )
    return network.cpu()


def load(network: Vgg16, file: Path) -> None:
    """Fills ``network`` from a state dict of its own kind; DataMissing or DataInvalid name the file."""
    if not file.is_file():
        raise DataMissing(f"{file}: no such file of weights")
    try:
        network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise DataInvalid(f"{file}: no weights of this VGG16 ({reason})") from error
    network.eval()


def network_of(settings: PrajodSettings, outputs: int, file: Path) -> Vgg16:
    """A network from the weights in ``file``, ready to be asked."""
    network = build(outputs=outputs, input_px=settings.input_px, width=settings.width, dense=settings.dense)
    load(network, file)
    return network


def _fresh(settings: PrajodSettings, outputs: int, seed: int, *, normalised: bool = False) -> Vgg16:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(
            outputs=outputs,
            input_px=settings.input_px,
            width=settings.width,
            dense=settings.dense,
            normalised=normalised,
        )


def _start(settings: PrajodSettings, network: Vgg16, task: Task, work: Path) -> str:
    from models.networks.vgg16_weights import load_imagenet

    given = settings.weights.get("imagenet")
    if given is None:
        rows = task.split.train[:: max(1, len(task.split.train) // SCALED_BY)]
        even_out(network, as_input(task.crops.pixels[rows], STANDARD))
        return "random weights, scaled layer by layer on training pictures (ImageNet's by --weights imagenet=FILE)"
    file = Path(given)
    if given == "torchvision":
        from torchvision.models import VGG16_Weights, vgg16

        file = work / "imagenet.pth"
        work.mkdir(parents=True, exist_ok=True)
        torch.save(vgg16(weights=VGG16_Weights.IMAGENET1K_V1).state_dict(), file)
    return f"ImageNet weights from {given}: {len(load_imagenet(network, file))} layers"


def _batches(
    settings: PrajodSettings,
    task: Task,
    rows: NDArray[np.int64],
    *,
    augmentation: bool = False,
    augment: object = SOURCE_AUGMENTATION,
    seed: int | None = None,
    size: int | None = None,
) -> FaceBatches:
    return FaceBatches(
        task.crops.pixels,
        rows,
        task.truth[rows],
        STANDARD,
        size=settings.batch if size is None else size,
        seed=settings.seed if seed is None else seed,
        augmentation=augment if augmentation else None,  # type: ignore[arg-type]
    )


def _weights(settings: PrajodSettings, task: Task) -> NDArray[np.float64]:
    counts = np.bincount(task.truth[task.split.train], minlength=len(task.names))
    return class_balanced_weights(counts.tolist(), settings.beta)


def _sgd(settings: PrajodSettings, network: nn.Module, *, rate: float | None = None) -> torch.optim.Optimizer:
    learnt = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return torch.optim.SGD(learnt, lr=settings.rate if rate is None else rate, momentum=settings.momentum)


def _convolutions(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if not name.startswith("head.")}


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device


def _shape(batches: FaceBatches) -> tuple[int, int, int]:
    side = batches.pixels.shape[1]
    return 3, side, side
