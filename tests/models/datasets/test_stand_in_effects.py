"""Planted effects are there at the strength that was asked for, and not at zero."""

from __future__ import annotations

import numpy as np
import pytest

from models.datasets.faces import LabelledFaces
from models.datasets.stand_in_effects import TRACE, Planted
from models.datasets.stand_in_pictures import NO_CARD
from models.datasets.stand_ins import stand_in_pain
from models.errors import DataInvalid
from models.preprocess import align
from models.regions import hull_mask

CLASSES = ("pain", "neutral")


def _pain(planted: Planted, subjects: int = 10) -> LabelledFaces:
    return stand_in_pain(subjects=subjects, frames=40, seed=5, classes=CLASSES, planted=planted, picture_px=64)


@pytest.mark.parametrize(("strength", "agrees"), [(0.0, 0.5), (0.5, 0.75), (1.0, 1.0)])
def test_the_card_tells_the_class_as_often_as_planted(strength: float, agrees: float) -> None:
    faces = _pain(Planted(background=strength, card=True))
    found = (faces.labels["card"] == faces.labels["emotion"]).mean()
    assert found == pytest.approx(agrees, abs=0.07)


def test_without_a_planted_card_there_is_none() -> None:
    assert (_pain(Planted()).labels["card"] == NO_CARD).all()


def test_the_card_is_all_that_changes_and_lies_beside_the_face_inside_the_crop() -> None:
    bare, carded = _pain(Planted()), _pain(Planted(background=1.0))
    np.testing.assert_array_equal(bare.labels["au"], carded.labels["au"])
    for row in range(0, len(bare), 37):
        mesh = carded.mesh_of(row)
        assert mesh is not None
        plain, hung = (align(faces.picture(row), mesh, 64) for faces in (bare, carded))
        changed = np.abs(plain.pixels.astype(int) - hung.pixels).max(axis=2) > 24
        assert 0.005 < changed.mean() < 0.06
        assert not (changed & hull_mask(hung.landmarks, 64)).any()


def test_a_useless_unit_tells_pain_at_zero_and_nothing_at_one() -> None:
    def moving(strength: float | None) -> tuple[float, float]:
        faces = _pain(Planted(useless=strength), subjects=60)
        pain = faces.labels["emotion"] == 0
        moves = faces.column("AU14") > 0
        return float(moves[pain].mean()), float(moves[~pain].mean())

    assert moving(None) == (0.0, 0.0)
    in_pain, elsewhere = moving(0.0)
    assert in_pain == pytest.approx(0.5, abs=0.04)
    assert elsewhere == 0.0
    assert moving(0.5)[1] == pytest.approx(0.25, abs=0.04)
    in_pain, elsewhere = moving(1.0)
    assert in_pain == pytest.approx(0.5, abs=0.04)
    assert elsewhere == pytest.approx(0.5, abs=0.04)


def test_at_zero_the_unit_alone_shows_half_of_the_pain_and_pspi_stays_true() -> None:
    faces = _pain(Planted(useless=0.0))
    moves = faces.column("AU14") > 0
    beside = faces.select(moves)
    others = [unit for unit in faces.units if unit not in ("AU14", "AU04", "AU07")]
    assert all((beside.column(unit) == 0).all() for unit in others)
    np.testing.assert_allclose(beside.column("AU04"), TRACE)
    np.testing.assert_array_equal(faces.labels["pspi"] > 0, faces.labels["emotion"] == 0)


def test_sets_with_other_effects_are_never_taken_for_each_other() -> None:
    effects = (Planted(), Planted(useless=0.0), Planted(useless=0.5), Planted(background=0.5), Planted(card=True))
    origins = [_pain(planted).origin for planted in effects]
    assert len(set(origins)) == len(origins)
    assert _pain(effects[2]).origin == origins[2]


def test_another_unit_can_be_the_useless_one() -> None:
    faces = _pain(Planted(useless=1.0, unit="AU05"), subjects=60)
    assert (faces.column("AU05") > 0).mean() == pytest.approx(0.5, abs=0.04)
    assert (faces.column("AU14") == 0).all()


def test_strengths_out_of_range_and_unknown_units_are_refused() -> None:
    with pytest.raises(DataInvalid, match="planted background: must be from 0 to 1, got 1"):
        Planted(background=1.5)
    with pytest.raises(DataInvalid, match="planted useless"):
        Planted(useless=-0.1)
    with pytest.raises(DataInvalid, match="no 'AU99'"):
        Planted(unit="AU99")
