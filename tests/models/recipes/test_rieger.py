"""Paper R: who is left out of which fold, F1 where something is unknown, μ of networks that look where we told them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models.action_units import ActionUnit
from models.datasets.selections import RIEGER_UNITS
from models.errors import SpecMismatch
from models.lrp.mu import chance
from models.recipes.rieger import RiegerSettings
from models.recipes.rieger_data import Part, Sets, folds, open_sets
from models.recipes.rieger_learning import unit_f1
from models.recipes.rieger_metrics import metrics
from models.recipes.rieger_verify import UnitMu, box_mask, boxes, look, random_networks, verify
from models.regions import hull_mask, region_mask
from models.reports.rieger_mu_pages import above_nulls, verdict

SIZE = 48
CHANNELS = 6
BROW = RIEGER_UNITS.index("AU04")


def silent(title: str, done: int, total: int) -> None:
    pass


def opened(work: Path, train_on: tuple[str, ...]) -> Sets:
    return open_sets(
        {}, None, train_on, subjects=4, frames=6, input_px=SIZE, picture_px=64, seed=3, work=work, progress=silent
    )


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Sets:
    return opened(tmp_path_factory.mktemp("sets"), ("actor_study", "ck_plus"))


def test_the_papers_settings() -> None:
    settings = RiegerSettings()
    assert (settings.learning_rate, settings.momentum, settings.epochs) == (0.01, 0.95, 25)
    assert (settings.input_px, settings.stacks, settings.width) == (112, (2, 2, 2, 2), 64)
    assert settings.train_on == ("actor_study", "ck_plus")
    assert RIEGER_UNITS == ("AU04", "AU06", "AU07", "AU09", "AU10", "AU25", "AU26", "AU27")


def test_every_part_keeps_frames_with_an_au_of_the_paper(sets: Sets) -> None:
    assert list(sets.parts) == ["actor_study", "ck_plus", "unbc"]
    for name, part in sets.parts.items():
        assert part.stand_in
        assert 0 < len(part.rows) <= part.coded == 24
        assert (np.nansum(part.present, axis=1) > 0).all()
        assert np.isnan(part.present[:, RIEGER_UNITS.index("AU27")]).all() == (name == "unbc")
    actors, other = sets.parts["actor_study"], sets.parts["ck_plus"]
    assert sorted([*actors.rows, *other.rows]) == list(range(len(sets.training)))
    assert not {*actors.subjects} & {*other.subjects}


def test_one_actor_is_left_out_and_ck_plus_is_in_every_training(sets: Sets) -> None:
    splits = folds(sets, ("actor_study", "ck_plus"), seed=1)
    actors, other = sets.parts["actor_study"], sets.parts["ck_plus"]
    people = np.array(sets.training.faces.subjects)
    assert [set(people[split.test]) for split in splits] == [{person} for person in sorted(set(actors.subjects))]
    for split in splits:
        assert set(other.rows) <= set(split.train)
        assert len(set(people[split.validation])) == 1
        assert set(people[split.validation]) <= set(actors.subjects)
        assert len(set(people[split.train]) & set(actors.subjects)) == 2


def test_ck_plus_alone_is_one_fold_that_tests_on_nobody_here(tmp_path: Path) -> None:
    sets = opened(tmp_path, ("ck_plus",))
    (split,) = folds(sets, ("ck_plus",), seed=1)
    assert len(split.test) == 0
    assert len(split.train) + len(split.validation) == len(sets.training)
    assert len(sets.parts["actor_study"].crops) == len(sets.parts["actor_study"].rows)


@pytest.mark.parametrize("train_on", [(), ("unbc",), ("actor_study", "elsewhere")])
def test_other_training_sets_are_refused(tmp_path: Path, train_on: tuple[str, ...]) -> None:
    with pytest.raises(SpecMismatch, match="paper R trains on"):
        opened(tmp_path, train_on)


def test_f1_leaves_the_unknown_out() -> None:
    present = np.array([[1, np.nan, 0], [1, np.nan, 0], [0, np.nan, 0]], np.float32)
    said = np.array([[0.9, 0.9, 0.1], [0.2, 0.9, 0.1], [0.8, 0.9, 0.2]], np.float32)
    found = unit_f1(said, present)
    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1:]).all()


def where(part: Part) -> np.ndarray:
    """Pixels that are brow on every face of the part."""
    points = part.crops.landmarks
    return np.all([region_mask(ActionUnit.AU04, np.asarray(points[row]), SIZE) for row in part.rows], axis=0)


def looking_at(pixels: np.ndarray) -> nn.Module:
    """A network whose eight outputs are the brightness of ``pixels`` (S, S) bool and of nothing else.

    Several equal channels, so that weights drawn anew leave some alive.
    """
    network = nn.Sequential(
        OrderedDict(
            stem=nn.Conv2d(3, CHANNELS, 1),
            relu=nn.ReLU(),
            flatten=nn.Flatten(),
            logits=nn.Linear(CHANNELS * SIZE * SIZE, 8),
        )
    )
    with torch.no_grad():
        network.get_submodule("stem").get_parameter("weight").fill_(1.0)
        network.get_submodule("stem").get_parameter("bias").zero_()
        network.get_submodule("logits").get_parameter("weight").copy_(
            torch.from_numpy(np.tile(pixels.ravel(), CHANNELS)).float()
        )
        network.get_submodule("logits").get_parameter("bias").zero_()
    return network.eval()


def verified(network: nn.Module, part: Part) -> dict[str, UnitMu]:
    return {one.unit: one for one in verify(network, part, most=4, null_networks=3, null_frames=2, progress=silent)}


def test_a_network_that_looks_at_the_brows_is_found_to(sets: Sets) -> None:
    part = sets.parts["actor_study"]
    brow = verified(looking_at(where(part)), part)["AU04"]
    assert brow.count == int((part.present[:, BROW] > 0.5).sum())
    assert len(brow.seen) == min(4, brow.count)
    assert brow.mean("mu") > 0.99
    assert brow.mean("outside") < 0.01
    assert brow.ratio > 2
    assert above_nulls(brow)
    assert "on the muscle beyond chance and both nulls for AU4." in verdict("actor_study", [brow])
    away = replace(brow, seen=tuple(replace(seen, mu=0.9 * seen.chance) for seen in brow.seen))
    low = replace(away, null_weights=np.full(3, 0.1), null_places=np.full(3, 0.1))
    assert not above_nulls(low), "above the nulls, but below chance"
    assert len(brow.null_weights) == 3
    assert len(brow.null_places) == 100


def test_a_network_that_looks_at_the_corner_is_found_out(sets: Sets) -> None:
    part = sets.parts["unbc"]
    corner = np.zeros((SIZE, SIZE), bool)
    corner[:4, :4] = True
    brow = verified(looking_at(corner), part)["AU04"]
    assert brow.mean("mu") == pytest.approx(0.0, abs=1e-6)
    assert brow.mean("outside") == pytest.approx(1.0, abs=1e-6)
    assert not above_nulls(brow)
    assert "for AU4 it could as well be chance" in verdict("unbc", [brow])


def test_even_relevance_over_the_face_is_chance_and_weighted_mu_says_how_much_of_the_image_that_is(sets: Sets) -> None:
    part = sets.parts["actor_study"]
    hulls = [hull_mask(np.asarray(part.crops.landmarks[row]), SIZE) for row in part.rows]
    network = looking_at(np.all(hulls, axis=0))
    (seen,) = look(network, replace_pixels(part), "AU04", part.rows[:1])
    mask = region_mask(ActionUnit.AU04, np.asarray(part.crops.landmarks[part.rows[0]]), SIZE)
    assert seen.mu == pytest.approx((mask & np.all(hulls, axis=0)).sum() / np.all(hulls, axis=0).sum(), rel=1e-3)
    assert seen.chance == chance(mask, hulls[0])
    assert seen.weighted == pytest.approx(seen.mu / mask.mean(), rel=1e-6)


def replace_pixels(part: Part) -> Part:
    """The part with white pictures, on which relevance is as even as the network's weights."""
    white = type("White", (), {})()
    white.size, white.landmarks = part.crops.size, part.crops.landmarks
    white.pixels = np.full_like(part.crops.pixels, 255)
    return replace(part, crops=white)


def test_units_that_nobody_shows_have_no_mu(sets: Sets) -> None:
    part = sets.parts["unbc"]
    jaw = verified(looking_at(where(part)), part)["AU27"]
    assert (jaw.count, jaw.seen, len(jaw.null_places), len(jaw.null_weights)) == (0, (), 0, 0)
    assert np.isnan(jaw.ratio)
    assert not above_nulls(jaw)
    assert "beyond chance and both nulls for no AU; AU27 cannot be judged" in verdict("unbc", [jaw])


def test_boxes_hold_the_regions_and_both_sides_have_one(sets: Sets) -> None:
    points = np.asarray(sets.training.landmarks[0])
    for unit in RIEGER_UNITS:
        region, boxed = region_mask(ActionUnit(unit), points, SIZE), box_mask(unit, points, SIZE)
        assert not (region & ~boxed).any()
        assert boxed.sum() >= region.sum()
    eyes = boxes("AU07", points)
    assert len(eyes) == 2
    assert min(right for _, _, right, _ in eyes) < max(left for left, _, _, _ in eyes)


def test_random_networks_differ_and_leave_the_trained_one_alone(sets: Sets) -> None:
    network = looking_at(where(sets.parts["unbc"]))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    x = torch.rand(4, 3, SIZE, SIZE)
    blanks = list(random_networks(network, x, 2))
    assert all(bool((blank(x).mean(dim=0) >= 0).all()) for blank in blanks)
    assert not torch.equal(blanks[0](x), blanks[1](x))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_quantus_agrees_about_the_brow_network(sets: Sets) -> None:
    part = sets.parts["actor_study"]
    network = looking_at(where(part))
    found = verify(network, part, most=2, null_networks=0, null_frames=0, progress=silent)
    brow = metrics(network, part, found, 2, silent)[BROW]
    assert brow.values["pointing game"] == 1.0
    flipping, shuffled = brow.values["flipping"], brow.values["flipping, random"]
    assert flipping is not None
    assert shuffled is not None
    assert flipping > shuffled
    assert brow.values["randomised"] is not None
    assert abs(brow.values["randomised"]) < 0.5
