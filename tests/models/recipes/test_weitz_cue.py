"""The science of μ: a network that learnt to read a card in the background is exposed by where its relevance lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.recipes.weitz import WeitzSettings
from models.recipes.weitz_cue import WITH, WITHOUT, CueContrast, cue_contrast
from models.reports.weitz_pages import difference_interval

SETTINGS = replace(
    WeitzSettings.quick(), input_px=32, width=0.25, batch=8, cue_subjects=14, cue_frames=6, cue_epochs=16, device="cpu"
)


@pytest.fixture(scope="module")
def contrast(tmp_path_factory: pytest.TempPathFactory) -> CueContrast:
    return cue_contrast(SETTINGS, tmp_path_factory.mktemp("cue"), lambda title, done, total: None)


def test_the_cue_is_learnt_and_deceives_accuracy(contrast: CueContrast) -> None:
    learnt = contrast.figures[WITH]
    assert learnt.told_accuracy > 0.9
    assert learnt.blind_accuracy < learnt.told_accuracy - 0.3


def test_relevance_exposes_it_outside_the_face(contrast: CueContrast) -> None:
    more = contrast.figures[WITH].outside - contrast.figures[WITHOUT].outside
    low, _ = difference_interval(more, contrast.subjects)
    assert np.mean(more) > 0.05
    assert low > 0


def test_mu_over_chance_is_lower_with_the_cue(contrast: CueContrast) -> None:
    less = contrast.figures[WITHOUT].ratio - contrast.figures[WITH].ratio
    low, _ = difference_interval(less, contrast.subjects)
    assert low > 0


def test_both_are_explained_on_the_same_pictures(contrast: CueContrast) -> None:
    assert len(contrast.figures[WITH].outside) == len(contrast.figures[WITHOUT].outside) == len(contrast.subjects)
    assert set(contrast.look.maps) == {WITH, WITHOUT}
    assert 0.2 < contrast.outside_chance < 0.8
