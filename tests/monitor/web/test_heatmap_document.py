"""What is kept of an explanation: small, without a face, and the same again when it is read."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from drawn_face import face_heatmap
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from monitor.errors import InputError
from monitor.records import F32
from monitor.web.heat_colours import heat_png
from monitor.web.heatmap import Heatmap
from monitor.web.heatmap_document import heatmap_document, read_heatmap

AT = datetime(2026, 3, 1, 8, 30, 15, tzinfo=UTC)
FINITE = st.floats(-1, 1, width=32)


def with_relevance(relevance: F32) -> Heatmap:
    whole = face_heatmap("bed-1", AT)
    names = [name for name in Heatmap.__slots__ if name not in ("relevance", "face_jpeg")]
    return Heatmap(relevance=relevance, face_jpeg=None, **{name: getattr(whole, name) for name in names})


def test_it_is_read_as_it_was_written_but_for_the_face():
    whole = face_heatmap("bed-1", AT)
    assert whole.face_jpeg is not None
    read = read_heatmap(json.loads(json.dumps(heatmap_document(whole))))
    for name in Heatmap.__slots__:
        if name not in ("relevance", "face_jpeg"):
            assert getattr(read, name) == getattr(whole, name), name
    assert read.face_jpeg is None
    assert np.abs(read.relevance - whole.relevance).max() <= 0.5 / 127 + 1e-6


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=FINITE))
def test_any_relevance_keeps_its_value_to_a_step_and_its_sign(relevance: F32):
    read = read_heatmap(heatmap_document(with_relevance(relevance))).relevance
    assert read.shape == relevance.shape
    assert np.abs(read - relevance).max() <= 0.5 / 127 + 1e-6
    assert not (np.sign(read) * np.sign(relevance) < 0).any()


def test_what_is_no_number_is_no_relevance():
    relevance = np.array([[np.nan, np.inf, -np.inf, 0.5]], np.float32)
    read = read_heatmap(heatmap_document(with_relevance(relevance))).relevance
    assert read[0, :3].tolist() == [0.0, 1.0, -1.0]


def test_the_document_is_small_and_holds_no_pixel_of_the_face():
    document = heatmap_document(face_heatmap("bed-1", AT))
    assert len(json.dumps(document)) < 30_000
    assert "face" not in " ".join(document)
    blank = heatmap_document(with_relevance(np.zeros((112, 112), np.float32)))
    assert len(blank["relevance_png"]) < 500  # where no relevance is, nothing is


@pytest.mark.parametrize(
    "spoilt",
    [
        {"relevance_png": "no base64!"},
        {"relevance_png": "aGVsbG8="},
        {"relevance_png": 5},
        {"units": None},
        {"units": [{"unit": "AU99"}]},
        {"at": "yesterday"},
        {"at": None},
        {"outside_share": "much"},
    ],
)
def test_a_spoilt_document_is_refused(spoilt: dict[str, object]):
    with pytest.raises(InputError, match="evidence"):
        read_heatmap({**heatmap_document(face_heatmap("bed-1", AT)), **spoilt})
    with pytest.raises(InputError):
        read_heatmap({})


def test_colours_are_warm_for_cold_against_and_clear_where_nothing_is():
    relevance = np.array([[1.0, 0.2, 0.0, 0.05, -0.2, -1.0, np.nan]], np.float32)
    image = cv2.imdecode(np.frombuffer(heat_png(relevance), np.uint8), cv2.IMREAD_UNCHANGED)[0]
    blue, red, opacity = image[:, 0].astype(int), image[:, 2].astype(int), image[:, 3]
    assert (red[:2] > blue[:2]).all()
    assert (blue[4:6] > red[4:6]).all()
    assert opacity[0] > opacity[1] > 0
    assert opacity[[2, 3, 6]].tolist() == [0, 0, 0]
    assert opacity[0] < 255  # the face stays visible below
