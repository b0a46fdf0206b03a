"""The table of frames: every value as it was, unknown is null, and memory that is taken once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from monitor.storage import frame_table
from monitor.storage.frame_table import Block, schema

EMOTIONS, AUS = ("neutral", "fear"), ("AU04", "AU43")
AT = datetime(2026, 3, 29, 1, 2, 3, 456789, tzinfo=UTC)
AT_US = 1774746123456789
FULL = {
    "frame_id": 2**40 + 1,
    "captured_s": 1 / 3,
    "captured_at": AT_US,
    "seen": "face",
    "track_id": 7,
    "box_x": -12.3456789,
    "face_px": np.float64(90.123456789),
    "assessable": False,
    "quality_reasons": "dark,covered",
    "emotion_fear": 0.1,
    "AU43": 0.25,
    "pspi": 16.0,
    "explained": True,
    "level": "pain",
    "coverage": 0.0,
    "baseline_known": True,
}
BARE = {"frame_id": 0, "captured_s": 0.0, "captured_at": 0, "seen": "no_face", "explained": False, "level": "pain"}


def test_every_value_comes_out_as_arrow_makes_it_of_python():
    columns = schema(EMOTIONS, AUS)
    block = Block(columns, 4)
    for entry in (FULL, BARE, FULL | {"track_id": None, "pspi": None}):
        block.add(entry)
    found = block.take()
    slow = [entry | {"captured_at": at} for entry, at in ((FULL, AT), (BARE, datetime(1970, 1, 1, tzinfo=UTC)))]
    slow.append(slow[0] | {"track_id": None, "pspi": None})
    assert found.equals(pa.Table.from_pylist(slow, schema=columns))
    assert found["captured_at"][0].as_py() == AT
    assert found["frame_id"].to_pylist() == [2**40 + 1, 0, 2**40 + 1]
    assert found["track_id"].to_pylist() == [7, None, None]


def test_a_block_is_filled_again_and_nothing_of_the_rows_before_shows():
    block = Block(schema(EMOTIONS, AUS), 2)
    block.add(FULL)
    block.add(FULL)
    assert block.count == 2
    block.take()
    block.add(BARE)
    (found,) = block.take().to_pylist()
    assert found["frame_id"] == 0
    assert {name for name, value in found.items() if value is not None} == set(BARE)


def test_memory_does_not_grow_with_the_rows():
    block = Block(schema(EMOTIONS, AUS), 100)
    numbers = block._values
    for _ in range(3):
        for number in range(100):
            block.add(FULL | {"frame_id": number, "quality_reasons": ",".join(["dark", "covered"])})
        words = {id(word) for word in block._others["quality_reasons"]}
        assert len(words) == 1
        block.take()
    assert block._values is numbers


def test_blocks_and_rest_make_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(frame_table, "BLOCK_ROWS", 2)
    monkeypatch.setattr(frame_table, "row", lambda step: BARE | {"frame_id": step.number})
    table = frame_table.FrameTable(tmp_path / "frames.parquet", EMOTIONS, AUS)
    for number in range(5):
        table.take(type("Drawn", (), {"number": number, "alerts": ()})())
    table.close()
    table.close()
    file = pq.ParquetFile(tmp_path / "frames.parquet")
    assert file.num_row_groups == 3
    assert file.read()["frame_id"].to_pylist() == [0, 1, 2, 3, 4]
