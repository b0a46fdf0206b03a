"""Covers lie where they should, in the face's own colour; an occluded mouth alone lowers a score that rests on it."""

from __future__ import annotations

import numpy as np
import pytest

from models.datasets.stand_in_ratings import stand_in_ratings
from models.evaluation.occlusion import PARTS, all_covered, covered, part_mask, skin_colour
from models.preprocess import align
from models.regions import visibility_region_mask

SIZE = 64


@pytest.fixture(scope="module")
def smiling():
    """Aligned crops (S, S, 3) and landmarks of six smiling, one-eyed-independent people."""
    faces = stand_in_ratings(12, seed=4, pictures_each=2)
    crops = [align(faces.picture(row), faces.mesh_of(row), SIZE) for row in range(1, 12, 2)]
    return [(crop.pixels, crop.landmarks) for crop in crops]


def test_covers_are_skin_coloured_and_leave_the_rest_alone(smiling):
    for crop, points in smiling:
        under = all_covered(crop, points)
        np.testing.assert_array_equal(under["nothing"], crop)
        for part in PARTS[1:]:
            mask = part_mask(part, points, SIZE)
            changed = (under[part] != crop).any(axis=2)
            assert np.abs(under[part][mask].astype(float) - skin_colour(crop, points)).max() <= 1.0, part
            assert mask.mean() > 0.01
            assert changed[~mask].mean() < 0.2, part


def test_the_right_eye_is_the_persons_right_and_half_of_both(smiling):
    for _, points in smiling:
        one, both, mouth = (part_mask(part, points, SIZE) for part in ("right eye", "both eyes", "mouth"))
        assert (both | one).sum() == both.sum()
        assert 0.35 < one.sum() / both.sum() < 0.65
        assert np.argwhere(one)[:, 1].mean() < points[[33, 133, 263, 362], 0].mean()
        assert one[tuple(np.rint(points[33]).astype(int)[::-1])]
        assert not one[tuple(np.rint(points[263]).astype(int)[::-1])]
        assert not (both & mouth).any()


def test_skin_colour_is_the_cheeks_not_the_walls(smiling):
    crop, points = smiling[0]
    painted = crop.copy()
    painted[:6] = (255, 0, 0)
    assert skin_colour(painted, points) == pytest.approx(skin_colour(crop, points))


def test_a_score_that_rests_on_the_mouth_falls_only_when_the_mouth_is_covered(smiling):
    """How bright and varied the mouth is stands for a network that looks for teeth."""

    def score(crop, points):
        return float(crop[visibility_region_mask("mouth", points, SIZE)].std())

    drops = {
        part: [score(crop, points) - score(covered(crop, points, part), points) for crop, points in smiling]
        for part in PARTS
    }
    assert min(drops["mouth"]) > 4
    for part in ("nothing", "right eye", "both eyes"):
        assert max(map(abs, drops[part])) < 0.5, part


def test_an_unknown_part_is_refused(smiling):
    with pytest.raises(ValueError, match="no part 'nose'"):
        covered(*smiling[0], "nose")
