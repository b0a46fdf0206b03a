"""Paper W: its settings, the cleaning, the choice of fold and examples, the L2 penalty as Keras has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from models.datasets.biovid import CLASSES
from models.datasets.crops import Crops
from models.datasets.faces import LabelledFaces
from models.datasets.splits import make_split
from models.datasets.stand_ins import stand_in_pain
from models.networks import small_cnn
from models.recipes.weitz import WeitzSettings
from models.recipes.weitz_data import clean, in_biovids_shape, open_material, strongest
from models.recipes.weitz_explained import choose_examples, true_class
from models.recipes.weitz_learning import FoldOutcome, kernels, optimiser
from models.reports.document import Report
from models.reports.weitz_pages import difference_interval, learning_pages
from models.training.fit import Epoch, FitResult, Stopped


def test_the_papers_settings() -> None:
    settings = WeitzSettings()
    assert (settings.learning_rate, settings.l2, settings.input_px, settings.width) == (1e-5, 1e-4, 112, 1.0)
    assert settings.data == {}


def test_a_stand_in_comes_in_biovids_shape() -> None:
    faces = in_biovids_shape(stand_in_pain(subjects=4, frames=6, seed=1, classes=CLASSES, films=2), 3)
    kind, subjects = faces.labels["emotion"], np.array(faces.subjects)
    assert [int((kind == number).sum()) for number in range(3)] == [4 * 2 * 3, 4 * 6, 3 * 6]
    assert set(subjects[kind == CLASSES.index("disgust")]) == set(subjects) - {max(subjects)}


def test_cleaning_evens_the_classes_out_and_drops_people_who_lack_an_emotion() -> None:
    faces = in_biovids_shape(stand_in_pain(subjects=4, frames=6, seed=1, classes=CLASSES, films=2), 3)
    kept, counts = clean(faces)
    assert counts == (
        ("pain level 3", "before", 4, 12),
        ("pain level 4", "before", 4, 12),
        ("disgust", "before", 3, 18),
        ("happiness", "before", 4, 24),
        ("pain level 3", "after", 4, 12),
        ("pain level 4", "after", 4, 12),
        ("disgust", "after", 3, 18),
        ("happiness", "after", 3, 18),
    )
    assert len(kept) == 24 + 18 + 18
    assert (np.diff(kept.rows) > 0).all()


def test_long_films_are_thinned_evenly() -> None:
    count = 40
    faces = LabelledFaces(
        name="films",
        subjects=("a",) * (4 + 2 * count),
        sequences=("pain-1",) * 4 + ("happiness-1",) * count + ("disgust-1",) * count,
        frames=np.concatenate([np.arange(4), np.arange(count), np.arange(count)]),
        labels={"emotion": np.repeat([0, 1, 2], [4, count, count])},
        class_names=CLASSES,
        read=lambda row: np.zeros((4, 4, 3), np.uint8),
    )
    kept, counts = clean(faces)
    happy = kept.frames[kept.labels["emotion"] == 1]
    assert happy.tolist() == [5, 15, 25, 35]
    assert counts[-1] == ("happiness", "after", 1, 4)


def test_other_sets_are_shown_by_their_strongest_frame_a_person() -> None:
    faces = LabelledFaces(
        name="other",
        subjects=("a", "a", "b", "b", "c"),
        labels={"pspi": np.array([1, 5, 2, np.nan, 0], np.float32)},
        read=lambda row: np.zeros((4, 4, 3), np.uint8),
    )
    assert strongest(faces, 2).tolist() == [1, 2]
    assert [true_class(faces, row) for row in range(5)] == ["pain", "pain", "pain", "?", "no pain"]
    material = open_material({}, None, subjects=3, frames=2, picture_px=48, seed=3)
    assert {name: other.stand_in for name, other in material.others.items()} == {"unbc": True, "actor_study": True}


def test_l2_is_keras_penalty_on_weights_alone() -> None:
    network = small_cnn.build(input_px=16, width=0.1)
    settings = WeitzSettings(l2=0.01)
    groups = optimiser(network, settings).param_groups
    assert [group["weight_decay"] for group in groups] == [0.02, 0.0]
    penalty = settings.l2 * sum((weight**2).sum() for weight in kernels(network))
    penalty.backward()
    weight = kernels(network)[0]
    assert weight.grad is not None
    assert torch.allclose(weight.grad, 0.02 * weight)  # what torch's decay adds to the gradient
    assert {id(p) for group in groups for p in group["params"]} == {id(p) for p in network.parameters()}
    assert all(parameter.ndim <= 1 for parameter in groups[1]["params"])


def outcome(probability: list[list[float]], validation_loss: float = 1.0, test_loss: float = 1.0) -> FoldOutcome:
    rows = len(probability)
    people = [f"p{n}" for n in range(rows)] + ["v", "t"]
    epoch = Epoch(1, 1.0, 0.5, validation_loss, 0.5)
    return FoldOutcome(
        split=make_split("fold", people, train=[rows + 1], validation=[rows], test=range(rows)),
        result=FitResult((epoch,), 1, Stopped.EPOCHS_DONE),
        train=(1.0, 0.5),
        validation=(validation_loss, 0.5),
        test=(test_loss, 0.25),
        penalty=0.1,
        test_probability=np.array(probability, np.float32),
        validation_probability=np.array([[1, 0, 0]], np.float32),
        weights=Path(),
    )


def crops(labels: list[int], lost: tuple[int, ...] = ()) -> Crops:
    points = np.zeros((len(labels), 478, 2), np.float32)
    points[list(lost)] = np.nan
    return SimpleNamespace(faces=SimpleNamespace(labels={"emotion": np.array(labels)}), landmarks=points)  # type: ignore[return-value]


SURE: Mapping[str, list[float]] = {"pain": [0.9, 0.05, 0.05], "happiness": [0.1, 0.8, 0.1], "disgust": [0.1, 0.2, 0.7]}


def test_examples_are_the_slides_pairs_and_the_surest_of_each() -> None:
    best = outcome([[0.5, 0.3, 0.2], SURE["pain"], SURE["happiness"], SURE["disgust"], SURE["pain"]])
    chosen = choose_examples(best, crops([0, 0, 0, 2, 1]))
    assert [(one.row, one.label) for one in chosen] == [(1, "pain/pain"), (2, "pain/happiness"), (3, "disgust/disgust")]
    assert chosen[0].confidence == pytest.approx(0.9)


def test_a_pair_that_does_not_occur_gives_way_to_another_mistake_or_to_nothing() -> None:
    best = outcome([SURE["pain"], SURE["disgust"], SURE["happiness"]])
    chosen = choose_examples(best, crops([0, 0, 2]))
    assert [one.label for one in chosen] == ["pain/pain", "pain/disgust"]


def test_pictures_without_a_found_face_are_no_examples() -> None:
    assert choose_examples(outcome([SURE["pain"]]), crops([0], lost=(0,))) == ()


def test_the_table_holds_every_fold_its_mean_and_the_published_ones(tmp_path: Path) -> None:
    report = Report("W", tmp_path)
    outcomes = [outcome([SURE["pain"], SURE["disgust"]], test_loss=loss) for loss in (1.0, 2.0)]
    faces = LabelledFaces(
        name="three",
        subjects=("p0", "p1", "v", "t"),
        labels={"emotion": np.array([0, 0, 1, 2])},
        class_names=CLASSES,
        read=lambda row: np.zeros((2, 2, 3), np.uint8),
    )
    learning_pages(report, outcomes, outcomes[0], faces)
    folds, confusion = report.tables
    assert [row[0] for row in folds.rows] == ["1", "2", "mean"]
    assert folds.rows[-1][5] == 1.5
    assert folds.published is not None
    assert [row[6] for row in folds.published] == [0.537, 0.610, 0.592, 0.562, 0.665, 0.593]
    assert confusion.rows[0] == ("pain", 1, 0, 1, 0.5)
    assert confusion.rows[1][-1] is None


def test_intervals_draw_whole_people() -> None:
    low, high = difference_interval(np.array([0.1, 0.1, np.nan, 0.5, 0.5]), ["a", "a", "a", "b", "b"])
    assert (low, high) == (pytest.approx(0.1), pytest.approx(0.5))
