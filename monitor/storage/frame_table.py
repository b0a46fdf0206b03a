"""``frames.parquet``: one row per picture, for people with a notebook. Written in blocks, so memory stays flat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.pipeline import Step
from monitor.records import AlertSignal, FaceObservation, FaceRegion, Gap, Presence
from monitor.storage.output_errors import writing

BLOCK_ROWS = 1500
"""Rows held in memory before they are written: a minute at 25 frames/s."""


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
    """What one step puts into the table; keys absent here become null."""
    judged = step.assessment
    entry: dict[str, Any] = {
        "frame_id": step.seen.frame_id,
        "captured_s": step.seen.captured_s,
        "captured_at": step.seen.captured_at,
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


class FrameTable:
    """Consumer that writes a row per step."""

    def __init__(self, path: Path, emotions: Sequence[str], aus: Sequence[str]) -> None:
        self.path = path
        self._schema = schema(emotions, aus)
        self._rows: list[dict[str, Any]] = []
        self._on: dict[int, str] = {}
        with writing(path):
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def take(self, step: Step) -> None:
        """Add the step's row; OutputFull when its block finds no room."""
        for record in step.alerts:
            if isinstance(record, AlertSignal):
                if record.presence is Presence.ON:
                    self._on[record.alert_id] = str(record.code)
                elif record.presence is Presence.OFF:
                    self._on.pop(record.alert_id, None)
        self._rows.append(row(step) | {"signals_on": ",".join(self._on.values()) or None})
        if len(self._rows) >= BLOCK_ROWS:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        block = pa.Table.from_pylist(self._rows, schema=self._schema)
        with writing(self.path):
            self._writer.write_table(block)
        self._rows.clear()

    def close(self) -> None:
        """Write the last block and the footer."""
        if not self._writer.is_open:
            return
        self._flush()
        with writing(self.path):
            self._writer.close()
