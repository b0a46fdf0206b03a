"""Heatmaps: white is none, red for, blue against, the picture seen below, one cell a picture."""

from __future__ import annotations

import numpy as np
import pytest

from models.reports.face_panels import heat, overlaid, panels, rgb


def test_red_speaks_for_and_blue_against() -> None:
    shown = heat(np.array([[1.0, 0.0, -1.0]])).astype(int)
    red, none, blue = shown[0]
    assert red[0] > red[2] + 100
    assert none.min() > 245
    assert blue[2] > blue[0] + 100


def test_one_hot_pixel_does_not_leave_all_others_white() -> None:
    relevance = np.full((40, 40), 0.5)
    relevance[0, 0] = 1000.0
    assert heat(relevance)[20, 20, 1] < 60
    assert heat(relevance, scale=1000.0)[20, 20, 1] > 240


def test_nothing_and_not_a_number_are_white() -> None:
    assert heat(np.zeros((3, 3))).min() > 245
    assert heat(np.array([[np.nan, 1.0]]))[0, 0].min() > 245


def test_the_picture_is_seen_below() -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, 2:] = 255
    shown = overlaid(pixels, np.zeros((4, 4)))
    assert shown[0, 3].min() > shown[0, 0].max() + 80


def test_blue_green_red_becomes_red_green_blue() -> None:
    assert rgb(np.array([[[1, 2, 3]]], np.uint8)).tolist() == [[[3, 2, 1]]]


@pytest.mark.filterwarnings("error")
def test_a_grid_has_a_cell_for_every_picture_and_bears_gaps() -> None:
    picture = np.zeros((5, 5, 3), np.uint8)
    figure = panels([[picture, None], [picture, picture]], columns=("a", "b"), labels=("one", "two"))
    axes = figure.axes
    assert len(axes) == 4
    assert [len(axis.images) for axis in axes] == [1, 0, 1, 1]
    assert [axis.get_title() for axis in axes] == ["a", "b", "", ""]
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["one", "two"]
