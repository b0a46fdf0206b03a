"""``frames.parquet``: one row per picture, for people with a notebook.

Written in blocks. The memory of a block is taken once, so a long run needs no more of it than a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.pipeline import Step
from monitor.records import AlertSignal, FaceObservation, FaceRegion, Gap, Presence
from monitor.storage.output_errors import writing

BLOCK_ROWS = 3000
"""Rows held in memory before they are written: two minutes at 25 frames/s. The file keeps 20 kB in memory a block."""
FIRST_ROWS = 250
"""Rows of the first block: what Arrow takes once for writing is taken at the start, not after minutes."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def schema(emotions: Sequence[str], aus: Sequence[str]) -> pa.Schema:
    """Columns of the table for a network with these labels. Unknown is null everywhere, never 0."""
    real = pa.float32()
    fields: list[tuple[str, Any]] = [
        ("frame_id", pa.int64()),
        ("captured_s", pa.float64()),
        ("captured_at", pa.timestamp("us", tz="UTC")),
        ("seen", pa.string()),
        ("track_id", pa.int32()),
        *((f"box_{name}", real) for name in "xywh"),
        *((f"{name}_deg", real) for name in ("yaw", "pitch", "roll")),
        *((name, real) for name in ("face_px", "sharpness", "brightness")),
        *((f"visible_{region}", real) for region in FaceRegion),
        ("assessable", pa.bool_()),
        ("quality_reasons", pa.string()),
        *((f"emotion_{name}", real) for name in emotions),
        *((name, real) for name in aus),
        ("pspi", real),
        ("explained", pa.bool_()),
        ("level", pa.string()),
        ("score", real),
        ("confidence", real),
        ("coverage", real),
        ("cannot_assess", pa.string()),
        ("window_pspi", real),
        ("baseline_known", pa.bool_()),
        ("signals_on", pa.string()),
    ]
    return pa.schema(fields)


def row(step: Step) -> dict[str, Any]:
    """What one step puts into the table, times in µs since 1970; keys absent here become null."""
    judged = step.assessment
    entry: dict[str, Any] = {
        "frame_id": step.seen.frame_id,
        "captured_s": step.seen.captured_s,
        "captured_at": (step.seen.captured_at - _EPOCH) // _MICROSECOND,
        "seen": f"gap:{step.seen.cause}" if isinstance(step.seen, Gap) else "no_face",
        "explained": step.request is not None,
        "level": str(judged.level),
        "score": judged.score,
        "confidence": judged.confidence,
        "coverage": judged.coverage,
        "cannot_assess": str(judged.cannot_assess) if judged.cannot_assess else None,
        "window_pspi": judged.pspi,
        "baseline_known": judged.baseline_known,
    }
    if isinstance(step.face, FaceObservation):
        face, quality = step.face, step.face.quality
        entry |= {"seen": "face", "track_id": face.track_id}
        entry |= {f"box_{name}": value for name, value in zip("xywh", face.box, strict=True)}
        entry |= {"yaw_deg": face.pose.yaw_deg, "pitch_deg": face.pose.pitch_deg, "roll_deg": face.pose.roll_deg}
        entry |= {"face_px": quality.face_px, "sharpness": quality.sharpness, "brightness": quality.brightness}
        entry |= {f"visible_{region}": share for region, share in quality.visibility.items()}
        entry |= {"assessable": quality.assessable, "quality_reasons": ",".join(quality.reasons) or None}
    elif step.face is not None:
        entry["seen"] = str(step.face.reason)
    if step.prediction is not None:
        entry |= {f"emotion_{name}": share for name, share in step.prediction.emotions.items()}
        entry |= {str(unit): value for unit, value in step.prediction.aus.items()}
        entry["pspi"] = step.prediction.pspi.value
    return entry


class Block:
    """Up to ``rows`` rows. Numbers lie in one array, words and truths are the same few objects again and again."""

    def __init__(self, columns: pa.Schema, rows: int) -> None:
        self.count = 0
        self._schema = columns
        self._numbers = [field.name for field in columns if _is_number(field.type)]
        self._places = {name: place for place, name in enumerate(self._numbers)}
        self._values = np.full((rows, len(self._numbers)), np.nan)
        self._others: dict[str, list[str | bool | None]] = {
            field.name: [None] * rows for field in columns if field.name not in self._places
        }

    def add(self, entry: dict[str, Any]) -> None:
        """Put a row in; unknown (None or absent) numbers become null, and so do those that are not numbers."""
        self._values[self.count] = [entry.get(name) for name in self._numbers]
        for name, kept in self._others.items():
            value = entry.get(name)
            kept[self.count] = intern(str(value)) if isinstance(value, str) else value
        self.count += 1

    def take(self) -> pa.Table:
        """The rows as a table; the block is empty afterwards."""
        count, self.count = self.count, 0
        return pa.table([self._column(field, count) for field in self._schema], schema=self._schema)

    def _column(self, field: pa.Field, count: int) -> pa.Array:
        if field.name in self._others:
            return pa.array(self._others[field.name][:count], type=field.type)
        numbers = pa.array(self._values[:count, self._places[field.name]], from_pandas=True)
        return (numbers.cast(pa.int64()) if pa.types.is_timestamp(field.type) else numbers).cast(field.type)


def _is_number(kind: pa.DataType) -> bool:
    """Whether a double holds the values: frame numbers and times in µs stay below 2⁵³ for some two hundred years."""
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_timestamp(kind))


class FrameTable:
    """Consumer that writes a row per step."""

    def __init__(self, path: Path, emotions: Sequence[str], aus: Sequence[str]) -> None:
        self.path = path
        columns = schema(emotions, aus)
        self._block = Block(columns, BLOCK_ROWS)
        self._until = min(FIRST_ROWS, BLOCK_ROWS)
        self._on: dict[int, str] = {}
        with writing(path):
            self._writer = pq.ParquetWriter(path, columns, compression="zstd")

    def take(self, step: Step) -> None:
        """Add the step's row; OutputFull when its block finds no room."""
        for record in step.alerts:
            if isinstance(record, AlertSignal):
                if record.presence is Presence.ON:
                    self._on[record.alert_id] = str(record.code)
                elif record.presence is Presence.OFF:
                    self._on.pop(record.alert_id, None)
        self._block.add(row(step) | {"signals_on": ",".join(self._on.values()) or None})
        if self._block.count >= self._until:
            self._flush()
            self._until = BLOCK_ROWS

    def _flush(self) -> None:
        if not self._block.count:
            return
        rows = self._block.take()
        with writing(self.path):
            self._writer.write_table(rows)

    def close(self) -> None:
        """Write the last block and the footer."""
        if not self._writer.is_open:
            return
        self._flush()
        with writing(self.path):
            self._writer.close()
