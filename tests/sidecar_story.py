"""What the sidecar's tests ask of it: crops of noise that depend on their number, from any bed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from monitor.clock import now_s
from monitor.records import FaceCrop, FaceObservation, Pose, Quality, SampleReason, SampleRequest
from monitor.sidecar.client import SidecarClient


def asked(
    frame_id: int, targets: tuple[str, ...] = ("AU04",), source_id: str = "noise"
) -> tuple[FaceCrop, FaceObservation, SampleRequest]:
    """Arguments of ``SidecarClient.submit``."""
    rng = np.random.default_rng(frame_id)
    landmarks = rng.uniform(10, 100, (478, 2)).astype(np.float32)
    observation = FaceObservation(
        frame_id=frame_id,
        source_id=source_id,
        captured_s=frame_id / 25,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        track_id=1,
        resident=True,
        box=(0.0, 0.0, 112.0, 112.0),
        landmarks=landmarks,
        pose=Pose(yaw_deg=0, pitch_deg=0, roll_deg=0),
        quality=Quality(),
    )
    pixels = rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)
    crop = FaceCrop(frame_id=frame_id, track_id=1, pixels=pixels, to_frame=np.eye(2, 3), landmarks=landmarks)
    return crop, observation, SampleRequest(frame_id=frame_id, reason=SampleReason.PERIOD, targets=targets)


def until(client: SidecarClient, condition, timeout_s: float = 180.0) -> list:
    """Polls as the live loop does until ``condition()``; what arrived meanwhile."""
    arrived, deadline = [], now_s() + timeout_s
    while not condition():
        assert now_s() < deadline, f"did not happen within {timeout_s} s: {client.stats}"
        arrived += client.poll()
    return arrived
