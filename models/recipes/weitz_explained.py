"""Where the best fold's network looks: four LRP rules, other data sets, six other methods, and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.comparison.methods import attribute as compare
from models.datasets.biovid import CLASSES
from models.datasets.crops import Crops
from models.datasets.faces import LabelledFaces
from models.lrp.named_rules import attribute
from models.recipes.asking import inputs
from models.recipes.weitz_learning import FoldOutcome
from models.words.agreement import Agreement, agreement, explained_again
from models.words.certainty import Calibration, Certainty, calibrate, expected_calibration_error
from models.words.face_parts import FacePart, face_parts
from models.words.sentences import LANGUAGES, decision_sentence
from models.words.shares import PartShare, part_shares

if TYPE_CHECKING:
    from models.recipes.weitz import WeitzSettings

Progress = Callable[[str, int, int], None]
RULES = ("z", "epsilon", "preset-a-flat", "preset-b-flat")
"""The slides' four rules."""
METHODS = ("deconvnet", "gradient", "guided_backprop", "grad_cam", "guided_grad_cam", "lime")
"""The methods that the slides name beside LRP."""
MAIN = "preset-a-flat"
"""The rule that the slides use on other data sets, and ours for sentences."""
OPINIONS = (MAIN, "preset-b-flat", "kohlbrenner")
"""Composites whose maps must agree before a sentence names a part of the face."""
WANTED = (("pain", "pain"), ("pain", "happiness"), ("disgust", "disgust"))
"""The slides' examples: true class, predicted class."""


@dataclass(frozen=True, slots=True)
class Example:
    """A crop of the best fold's test people, with what it shows and what the network said."""

    row: int
    truth: str
    said: str
    confidence: float

    @property
    def label(self) -> str:
        """``pain/happiness``: true, predicted."""
        return f"{self.truth}/{self.said}"


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Pictures (N, S, S, 3) BGR with a label each, and maps (N, S, S) by the name of what made them."""

    pictures: NDArray[np.uint8]
    labels: tuple[str, ...]
    maps: Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True, slots=True)
class Told:
    """An example in words: ``text`` by language, how far its maps agree, and what agreed is the first of them."""

    example: Example
    text: Mapping[str, str]
    agreed: Agreement | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Mean shares of the positive relevance over ``count`` pictures; ``kept`` is the median of ΣR ÷ logit (LRP)."""

    name: str
    shares: Mapping[FacePart, float]
    kept: float | None
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """All that the pages show. ``chance`` holds each part's share of the crop; ``sure`` the counts per class."""

    rules: Look
    methods: Look
    others: Mapping[str, Look]
    evidence: tuple[Evidence, ...]
    chance: Mapping[FacePart, float]
    told: tuple[Told, ...]
    steadiness: Mapping[str, int]
    sure: Mapping[str, Certainty]
    calibration_error: float | None


def choose_examples(best: FoldOutcome, crops: Crops) -> tuple[Example, ...]:
    """The slides' pairs of true and predicted class, the most confident picture of each whose face was found.

    A pair that does not occur gives way to another mistake about the same class, and is left out where there is none.
    """
    rows, said = best.split.test, best.test_probability.argmax(axis=1)
    truth = np.asarray(crops.faces.labels["emotion"])[rows]
    found = np.isfinite(crops.landmarks[rows]).all(axis=(1, 2))
    chosen = []
    for true_name, said_name in WANTED:
        shown = found & (truth == CLASSES.index(true_name))
        fits = shown & (said == CLASSES.index(said_name))
        if not fits.any() and true_name != said_name:
            fits = shown & (said != truth)
        if fits.any():
            sure = np.where(fits, best.test_probability.max(axis=1), -1.0)
            place = int(sure.argmax())
            chosen.append(Example(int(rows[place]), true_name, CLASSES[said[place]], float(sure[place])))
    return tuple(chosen)


def explain(
    network: nn.Module,
    crops: Crops,
    best: FoldOutcome,
    examples: Sequence[Example],
    others: Mapping[str, Crops],
    settings: WeitzSettings,
    progress: Progress,
) -> Explained:
    """Everything that is shown of where ``network`` (in evaluation mode) looks."""
    truth = np.asarray(crops.faces.labels["emotion"], np.int64)
    certain = calibrate(best.validation_probability, truth[best.split.validation], CLASSES)
    labels = tuple(example.label for example in examples)
    pictures = crops.pixels[[example.row for example in examples]]
    x = inputs(crops, [example.row for example in examples])
    said = [CLASSES.index(example.said) for example in examples]
    rules = {rule: attribute(network, x, said, rule).relevance for rule in RULES} if examples else {}
    methods = {name: _compared(network, x, said, name, settings) for name in METHODS} if examples else {}
    told = []
    for number, example in enumerate(examples):
        progress("sentences", number + 1, len(examples))
        told.append(_told(network, crops, example, certain))
    rows = _sample(best, crops, settings.examples)
    evidence, chance = _evidence(network, crops, rows, best, settings, progress)
    return Explained(
        rules=Look(pictures, labels, rules),
        methods=Look(pictures, labels, methods),
        others={name: _elsewhere(network, other) for name, other in others.items()},
        evidence=evidence,
        chance=chance,
        told=tuple(told),
        steadiness=_steadiness(network, crops, rows[:: max(1, len(rows) // 12)]),
        sure=_sure(best, truth),
        calibration_error=expected_calibration_error(best.test_probability, truth[best.split.test]),
    )


def true_class(faces: LabelledFaces, row: int) -> str:
    """What a row of another set shows of W's classes: pain from PSPI 1 on, ``?`` where it cannot be known."""
    if "pspi" in faces.labels and np.isfinite(faces.labels["pspi"][row]):
        return "pain" if faces.labels["pspi"][row] >= 1 else "no pain"
    return "?"


def _elsewhere(network: nn.Module, crops: Crops) -> Look:
    """The other set's crops with the slides' rule for it."""
    rows = list(range(len(crops)))
    x = inputs(crops, rows)
    with torch.inference_mode():
        said = network(x).argmax(dim=1).tolist()
    labels = tuple(f"{true_class(crops.faces, row)}/{CLASSES[said[row]]}" for row in rows)
    return Look(crops.pixels[rows], labels, {MAIN: attribute(network, x, said, MAIN).relevance})


def _compared(
    network: nn.Module, x: torch.Tensor, said: Sequence[int], name: str, settings: WeitzSettings
) -> NDArray[np.floating]:
    return compare(network, x, said, name, samples=settings.lime_samples, seed=settings.seed)


def _sample(best: FoldOutcome, crops: Crops, count: int) -> list[int]:
    """Test rows whose face was found, evenly spaced."""
    found = best.split.test[np.isfinite(crops.landmarks[best.split.test]).all(axis=(1, 2))]
    return [int(row) for row in found[np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]]


def _evidence(
    network: nn.Module,
    crops: Crops,
    rows: Sequence[int],
    best: FoldOutcome,
    settings: WeitzSettings,
    progress: Progress,
) -> tuple[tuple[Evidence, ...], Mapping[FacePart, float]]:
    """Shares by part of the face for every rule and method, for the class that the network gives each row."""
    if not rows:
        return (), {}
    x = inputs(crops, rows)
    place = {int(row): number for number, row in enumerate(best.split.test)}
    said = [int(best.test_probability[place[row]].argmax()) for row in rows]
    parts = [face_parts(np.asarray(crops.landmarks[row]), crops.size) for row in rows]
    found = []
    for number, name in enumerate((*RULES, *METHODS)):
        progress("where the evidence lies", number + 1, len(RULES) + len(METHODS))
        kept: float | None = None
        if name in RULES:
            result = attribute(network, x, said, name)
            maps, kept = result.relevance, float(np.nanmedian(result.kept))
        else:
            maps = _compared(network, x, said, name, settings)
        shares = [part_shares(one, masks) for one, masks in zip(maps, parts, strict=True)]
        known = [one for one in shares if one is not None]
        found.append(Evidence(name, _mean(known), kept, len(known)))
    chance = {part: float(np.mean([masks[part].mean() for masks in parts])) for part in FacePart}
    return tuple(found), chance


def _mean(shares: Sequence[tuple[PartShare, ...]]) -> Mapping[FacePart, float]:
    return {
        part: float(np.mean([one.share for row in shares for one in row if one.part is part])) if shares else np.nan
        for part in FacePart
    }


def _told(network: nn.Module, crops: Crops, example: Example, certain: Calibration) -> Told:
    """The sentences of one example in every language, with how sure a decision and how steady its map is."""
    parts = face_parts(np.asarray(crops.landmarks[example.row]), crops.size)
    maps = _maps(network, crops, example.row, CLASSES.index(example.said))
    agreed = agreement(maps, parts) if _positive(maps) else None
    shares = part_shares(maps[0], parts)
    sure = certain.certainty(example.said, example.confidence)
    text = {
        code: decision_sentence(example.said, shares, agreed=agreed, certainty=sure, language=language).text
        for code, language in LANGUAGES.items()
    }
    return Told(example, text, agreed)


def _maps(network: nn.Module, crops: Crops, row: int, said: int) -> NDArray[np.floating]:
    def opinion(x: NDArray[np.float32], rule: str) -> NDArray[np.floating]:
        return attribute(network, torch.from_numpy(np.ascontiguousarray(x)), [said] * len(x), rule).relevance

    return explained_again(opinion, inputs(crops, [row])[0].numpy(), OPINIONS)


def _positive(maps: NDArray[np.floating]) -> bool:
    return bool(np.isfinite(maps).all() and (maps.max(axis=(1, 2)) > 0).all())


def _steadiness(network: nn.Module, crops: Crops, rows: Sequence[int]) -> Mapping[str, int]:
    """How many of ``rows`` have steady, fair, unclear explanations."""
    counts = {"steady": 0, "fair": 0, "unclear": 0}
    for row in rows:
        with torch.inference_mode():
            said = int(network(inputs(crops, [row])).argmax())
        maps = _maps(network, crops, row, said)
        agreed = agreement(maps, face_parts(np.asarray(crops.landmarks[row]), crops.size)) if _positive(maps) else None
        counts["unclear" if agreed is None else str(agreed.steadiness)] += 1
    return counts


def _sure(best: FoldOutcome, truth: NDArray[np.int64]) -> Mapping[str, Certainty]:
    """Class → how many of the validation pictures said to be of it were."""
    said, rows = best.validation_probability.argmax(axis=1), best.split.validation
    return {
        name: Certainty(int(((said == number) & (truth[rows] == number)).sum()), int((said == number).sum()))
        for number, name in enumerate(CLASSES)
        if (said == number).any()
    }
