"""The shipped face network: emotion, AU intensity and visibility from one reduced ResNet-18 with regions.

Read top to bottom: data → batches → losses → loop with checkpoint and resume → figures → neutral prior. One epoch
shows every FER+ training crop once, and synthetic faces (warps, grimaces, renderings) beside them. The first stage
learns from small crops, which is four times cheaper and loses little, FER+ faces being 48 px; the second one sees
full crops and the synthetic faces, and is drawn away from evidence outside the regions. Everything is seeded.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.networks.region_resnet18 import RegionHead, RegionResNet18, build
from models.preprocess import CROP_PX, to_input
from models.recipes.face112_data import FaceSet
from models.spec import AUS, EMOTIONS, ModelSpec, face_heads
from models.training.augment import Augmented, Augmenter, box_regions
from models.training.evidence import activation_outside, draw_units, frozen_statistics

Report = Callable[[dict[str, float]], None]
Progress = Callable[[str, int, int], None]
CLOSED = AUS.index("AU43")
DRAWN = torch.tensor([3.0 if unit in ("AU01", "AU04", "AU06") else 1.0 for unit in AUS])
"""How often the evidence of a present unit is asked for: more often where it is hardest to hold in its region."""
LEAST_WIDTH = 8  # with fewer channels torch 2.14 damages memory in gradients of channels-last strided 1×1 convolutions


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is trained and how long; the defaults made the shipped bundle.

    The first stage leaves its schedule of ``epochs`` after ``stop_after`` of them, while the rate is still high; the
    second one (``settle``) brings it down with all data. ``sizes`` are the crop sides in px and for how many epochs
    each. Every ``evidence_every``-th step the evidence of ``evidence_faces`` crops is drawn into the regions.
    """

    width: int = 32
    epochs: int = 28
    stop_after: int = 20
    sizes: tuple[tuple[int, int], ...] = ((64, 16), (80, 4))
    faces_per_batch: int = 96
    warps_per_batch: int = 0
    learning_rate: float = 0.12
    weight_decay: float = 5e-4
    averaging: float = 0.998
    au_weight: float = 0.35
    closed_weight: float = 0.5
    visibility_weight: float = 0.4
    evidence_weight: float = 0.0
    evidence_every: int = 3
    evidence_faces: int = 24
    huber: float = 0.5
    occlusion: float = 0.35
    glasses: float = 0.0
    seed: int = 20261121
    threads: int = 2

    def __post_init__(self) -> None:
        if self.width < LEAST_WIDTH:
            raise ValueError(f"width {self.width} is too narrow to be trained; take {LEAST_WIDTH} or more")


def spec_of(plan: Plan, model_id: str) -> ModelSpec:
    """Specification of the network before its neutral prior is known."""
    return ModelSpec(
        model_id=model_id,
        architecture="region_resnet18_units",
        width=plan.width,
        input_px=CROP_PX,
        input_channels=1,
        normalisation="face-window-1",
        crop="eyes-nose-1",
        heads=face_heads(),
    )


def settle(plan: Plan) -> Plan:
    """The second stage: starts from the first one's weights, with full crops and synthetic faces."""
    return replace(
        plan,
        epochs=7,
        stop_after=7,
        sizes=((CROP_PX, 7),),
        learning_rate=0.05,
        au_weight=0.6,
        warps_per_batch=48,
        averaging=0.998,
        evidence_weight=0.3,
        glasses=0.15,
    )


def lengthen(plan: Plan, epochs: int = 16) -> Plan:
    """The third stage, from the second one's weights or a bundle: more of the same, errors squared further out.

    A Huber loss that turns linear at 0.5 follows the median, which for units that are mostly absent lies near 0.
    """
    return replace(
        settle(plan),
        epochs=epochs,
        stop_after=epochs,
        sizes=((CROP_PX, epochs),),
        learning_rate=0.06,
        au_weight=1.5,
        evidence_weight=0.4,
        occlusion=0.28,
        huber=2.0,
    )


def size_of(plan: Plan, epoch: int) -> int:
    """Side in px of the crops shown in ``epoch``; the last size stays."""
    for size, count in plan.sizes:
        if epoch < count:
            return size
        epoch -= count
    return plan.sizes[-1][0]


def batches(
    fer: FaceSet, warps: FaceSet, plan: Plan, epoch: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Row numbers of FER+ and warped faces, batch by batch; the order depends on seed and epoch alone."""
    rng = np.random.default_rng([plan.seed, epoch])
    rows = rng.permutation(np.flatnonzero(fer.split == 0))
    steps = len(rows) // plan.faces_per_batch
    warped = rng.permutation(np.resize(np.arange(len(warps.crops)), steps * plan.warps_per_batch))
    for step in range(steps):
        yield (
            rows[step * plan.faces_per_batch : (step + 1) * plan.faces_per_batch],
            warped[step * plan.warps_per_batch : (step + 1) * plan.warps_per_batch],
        )


def set_regions(network: RegionResNet18, regions: NDArray[np.float32]) -> None:
    """Gives the region heads their cells: AUs by ``regions`` (U + 1, 112, 112), visibility by the coarse boxes."""
    for name, areas in (("au", regions[:-1]), ("visibility", box_regions(CROP_PX).numpy())):
        head = network.get_submodule(f"heads.{name}")
        if not isinstance(head, RegionHead):
            raise TypeError(f"head {name} has no regions")
        cells = F.adaptive_avg_pool2d(torch.from_numpy(np.ascontiguousarray(areas))[None], head.cells)[0]
        head.mean.set_regions(torch.where(cells > 0.08, cells, 0.0))


def begin_from(network: RegionResNet18, start: Mapping[str, Tensor]) -> None:
    """Takes the state ``start``; one of ``region_resnet18`` leaves the layers of the Action Units as they are.

    ValueError when anything else is missing or does not fit.
    """
    fresh = network.state_dict()
    kept = {name: value for name, value in start.items() if name in fresh and value.shape == fresh[name].shape}
    missing = [name for name in fresh if name not in kept and not name.startswith(("units.", "heads.au."))]
    if missing:
        raise ValueError(f"the weights to start from lack {', '.join(missing[:3])}")
    network.load_state_dict(fresh | kept)


def au_loss(raw: Tensor, target: Tensor, weight: Tensor, beta: float) -> tuple[Tensor, Tensor]:
    """Huber on intensities, linear beyond ``beta``, and cross-entropy on closed lids.

    Nothing is asked below 0 where the AU is absent.
    """
    absent = (target <= 0) & (raw < 0)
    huber = F.smooth_l1_loss(torch.where(absent, target, raw), target, reduction="none", beta=beta) * weight
    closed = F.binary_cross_entropy_with_logits(raw[:, CLOSED], target[:, CLOSED], reduction="none") * weight[:, CLOSED]
    keep = [column for column in range(len(AUS)) if column != CLOSED]
    return huber[:, keep].sum() / weight[:, keep].sum().clamp_min(1.0), closed.sum() / weight[
        :, CLOSED
    ].sum().clamp_min(1.0)


class Weights(Protocol):
    """What a stage's plan says of its losses; see ``Plan``."""

    @property
    def au_weight(self) -> float: ...  # noqa: D102
    @property
    def closed_weight(self) -> float: ...  # noqa: D102
    @property
    def visibility_weight(self) -> float: ...  # noqa: D102
    @property
    def huber(self) -> float: ...  # noqa: D102


def losses(outputs: tuple[Tensor, ...], labels: dict[str, Tensor], plan: Weights) -> Tensor:
    """Soft-label cross-entropy on emotion, intensities, closed lids and visibility, weighed by ``plan``."""
    emotion, au, visibility = (out.float() for out in outputs)
    soft = -(labels["emotion"] * F.log_softmax(emotion, dim=1)).sum(dim=1) * labels["emotion_weight"]
    intensity, closed = au_loss(au, labels["au"], labels["au_weight"], plan.huber)
    seen = ((labels["visible"] - 0.35) / 0.4).clamp(0, 1)
    hidden = F.binary_cross_entropy_with_logits(visibility, seen)
    return (
        soft.sum() / labels["emotion_weight"].sum().clamp_min(1.0)
        + plan.au_weight * intensity
        + plan.closed_weight * closed
        + plan.visibility_weight * hidden
    )


def batch(
    fer: FaceSet, warps: FaceSet, rows: tuple[Any, Any], augment: Augmenter
) -> tuple[Tensor, dict[str, Tensor], Augmented]:
    """(N, 1, S, S) network input, its labels, and where the regions went."""
    faces, warped = rows
    shown = augment(
        np.concatenate([fer.crops[faces], warps.crops[warped]]), np.concatenate([fer.valid[faces], warps.valid[warped]])
    )

    def both(name: str) -> Tensor:
        return torch.from_numpy(np.concatenate([getattr(fer, name)[faces], getattr(warps, name)[warped]]))

    labels = {
        "emotion": both("emotion"),
        "emotion_weight": both("emotion_weight") * shown.face_seen,
        "au": both("au"),
        "au_weight": both("au_weight") * shown.au_seen,
        "visible": shown.visible,
    }
    return torch.from_numpy(to_input(shown.crops)), labels, shown


def prefetched(
    fer: FaceSet, warps: FaceSet, drawn: Iterable[tuple[Any, Any]], augment: Augmenter
) -> Iterator[tuple[Tensor, dict[str, Tensor], Augmented]]:
    """Batches of the rows ``drawn``, in order, each made by another thread while the one before is learnt from."""
    with ThreadPoolExecutor(1) as beside:
        waiting: deque[Future[tuple[Tensor, dict[str, Tensor], Augmented]]] = deque()
        for rows in drawn:
            waiting.append(beside.submit(batch, fer, warps, rows, augment))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def evidence_penalty(
    network: RegionResNet18, inputs: Tensor, labels: Mapping[str, Tensor], shown: Augmented, count: int, step: int
) -> Tensor:
    """``evidence_outside`` of ``count`` crops of a batch, which the first two stages learn from as well."""
    rows = evidence_rows(len(inputs), count, step)
    with frozen_statistics(network):
        features = network.blocks[:2](network.stem(inputs[rows].contiguous(memory_format=torch.channels_last)))
        return evidence_outside(network, features, labels, shown, rows, step)


def evidence_rows(batch: int, count: int, step: int) -> Tensor:
    """``count`` rows taken evenly from the whole batch, so that real and synthetic faces take part."""
    return torch.arange(step % 3, batch, max(1, batch // count))[:count]


def evidence_outside(
    network: RegionResNet18, features: Tensor, labels: Mapping[str, Tensor], shown: Augmented, rows: Tensor, step: int
) -> Tensor:
    """``activation_outside`` of one present AU per crop on the second stage's maps ``features`` of ``rows``.

    An AU counts as present from intensity 1.5 with a label of full weight on. Call it under ``frozen_statistics``.
    """
    present = (labels["au"][rows] >= 1.5) & (labels["au_weight"][rows] > 0.2)
    present[:, CLOSED] = (labels["au"][rows, CLOSED] > 0.5) & (labels["au_weight"][rows, CLOSED] > 0.2)
    units = draw_units(present, torch.Generator().manual_seed(step), DRAWN)
    outputs = network.intensities(network.blocks[2](features))
    return activation_outside(outputs, features, units, shown.units[rows], shown.hull[rows])


def raw_outputs(network: torch.nn.Module, crops: NDArray[np.uint8], size: int = 128) -> list[NDArray[np.float32]]:
    """Raw head outputs over (N, S, S) grey crops, in evaluation mode."""
    network.eval()
    parts: list[list[NDArray[np.float32]]] = []
    with torch.inference_mode():
        for start in range(0, len(crops), size):
            outputs = network(torch.from_numpy(to_input(crops[start : start + size])))
            parts.append([out.float().numpy() for out in outputs])
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def emotion_figures(network: torch.nn.Module, fer: FaceSet) -> dict[str, float]:
    """Accuracy and recall per class on validation rows with a majority label."""
    rows = np.flatnonzero((fer.split == 1) & (fer.majority >= 0))
    guess = raw_outputs(network, fer.crops[rows])[0].argmax(axis=1)
    truth = fer.majority[rows]
    figures = {"n": float(len(rows)), "accuracy_majority": float((guess == truth).mean())}
    for label, name in enumerate(EMOTIONS):
        if (truth == label).any():
            figures[f"recall_{name}"] = float((guess[truth == label] == label).mean())
    return figures


def train(
    fer: FaceSet,
    warps: FaceSet,
    plan: Plan,
    work: Path,
    report: Report,
    progress: Progress,
    *,
    regions: NDArray[np.float32],
    start: Mapping[str, Tensor] | None = None,
) -> RegionResNet18:
    """Trains (or resumes from ``work/checkpoint.pt``) and returns the weight-averaged network.

    ``work/curves.csv`` holds loss and validation figures per epoch. ``regions`` (U + 1, 112, 112) are the mean region
    of every AU and of the face. ``start`` is the state to begin from, else fresh weights are drawn.
    """
    work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    network = build(spec_of(plan, "training")).to(memory_format=torch.channels_last)
    set_regions(network, regions)
    if start is not None:
        begin_from(network, start)
    averaged = torch.optim.swa_utils.AveragedModel(
        network,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    steps = int((fer.split == 0).sum()) // plan.faces_per_batch
    decay = [p for p in network.parameters() if p.ndim > 1 and p.requires_grad]
    plain = [p for p in network.parameters() if p.ndim <= 1 and p.requires_grad]
    optimiser = torch.optim.SGD(
        [{"params": decay, "weight_decay": plan.weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=plan.learning_rate,
        momentum=0.9,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.learning_rate, total_steps=steps * plan.epochs, pct_start=0.15, cycle_momentum=False
    )
    checkpoint = work / "checkpoint.pt"
    begin = 0
    if checkpoint.is_file():
        kept = torch.load(checkpoint, weights_only=True)
        if {**kept["plan"], "threads": plan.threads} != asdict(plan):
            raise ValueError(f"{checkpoint}: belongs to another plan; use a fresh work folder")
        network.load_state_dict(kept["network"])
        averaged.load_state_dict(kept["averaged"])
        optimiser.load_state_dict(kept["optimiser"])
        schedule.load_state_dict(kept["schedule"])
        begin = int(kept["epoch"]) + 1
    for epoch in range(begin, min(plan.epochs, plan.stop_after)):
        torch.manual_seed(plan.seed + epoch)
        augment = Augmenter(
            size_of(plan, epoch), plan.seed + epoch, occlusion=plan.occlusion, glasses=plan.glasses, units=regions
        )
        network.train()
        total = 0.0
        for step, (inputs, labels, shown) in enumerate(
            prefetched(fer, warps, batches(fer, warps, plan, epoch), augment)
        ):
            outputs = network(inputs.contiguous(memory_format=torch.channels_last))
            loss = losses(outputs, labels, plan)
            if plan.evidence_weight > 0 and step % plan.evidence_every == 0:
                loss = loss + plan.evidence_weight * evidence_penalty(
                    network, inputs, labels, shown, plan.evidence_faces, step
                )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            averaged.update_parameters(network)
            total += float(loss.detach())
            progress(f"epoch {epoch + 1} of {plan.epochs}", step + 1, steps)
        figures = {"epoch": float(epoch), "loss": total / steps, **emotion_figures(averaged.module, fer)}
        report(figures)
        append_figures(work / "curves.csv", figures)
        state = {
            "plan": asdict(plan),
            "epoch": epoch,
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
        }
        torch.save(state, checkpoint.with_suffix(".partial"))
        checkpoint.with_suffix(".partial").replace(checkpoint)
    module = averaged.module
    module.eval()
    return module  # type: ignore[return-value]


def append_figures(path: Path, row: dict[str, float]) -> None:
    """Adds ``row`` to the curves in ``path`` (CSV), under a header line when it is new."""
    fresh = not path.is_file()
    with path.open("a", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({name: f"{value:.5f}" for name, value in row.items()})
