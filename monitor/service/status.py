"""How everything is, as plain values: for /status, /metrics, ``vigil bed list``. No scores of emotions, no secrets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.alerts.events import Moment
from monitor.capture.camera import CameraStatus
from monitor.service.bed_runtime import BedRuntime, mean_mu
from monitor.service.inference.messages import Beat, Ready, SidecarBeat
from monitor.service.process_table import ProcessRow, ProcessTable
from monitor.service.ward import Ward
from monitor.sinks.base import SinkStatus
from monitor.storage.encoding import plain


def ward_status(ward: Ward, table: ProcessTable, now: Moment) -> dict[str, Any]:
    """Everything."""
    judging, beat = ward.judging, ward.judging.beat
    return {
        "ward": ward.settings.name,
        "at": _time(now.at),
        "troubles": list(ward.troubles(now)),
        "cameras": {
            source: camera_status(status, ward.cameras.troubles.get(source))
            for source, status in ward.cameras.status.items()
        },
        "beds": {runtime.bed: bed_status(runtime, now) for runtime in ward.beds},
        "processes": [process_status(row) for row in table.rows],
        "inference": inference_status(judging.ready, beat, judging.silent_s(now.s), judging.trouble),
        "sidecar": None if beat is None else sidecar_status(beat.sidecar, beat.explainer_missing),
        "sinks": {name: sink_status(status) for name, status in ward.telling.statuses.items()},
    }


def bed_status(runtime: BedRuntime, now: Moment) -> dict[str, Any]:
    """One bed: judgement, alerts that are out, pauses."""
    known, report = runtime.now(now.s), runtime.report(now)
    found = None if known.judged is None else known.judged.assessment
    return {
        "bed": runtime.bed,
        "source": runtime.settings.source,
        "room": runtime.settings.room,
        "resident": runtime.settings.resident,
        "level": known.level.value,
        "score": _rounded(known.score),
        "because": known.because,
        "assessable": known.score is not None,
        "confidence": _rounded(known.confidence),
        "coverage": _rounded(known.coverage),
        "pspi": None if found is None else _rounded(found.pspi),
        "mu": _rounded(mean_mu(known.judged)),
        "baseline_known": None if found is None else found.baseline_known,
        "judged_age_s": None if known.judged is None else _rounded(now.s - known.judged.judged_s),
        "alerts_out": runtime.alerts_out(),
        "alerts": [plain(alert) for alert in report.alerts],
        "audio_paused_until": _time(report.audio_paused_until),
        "privacy_until": _time(report.privacy_until),
    }


def camera_status(status: CameraStatus, trouble: str | None) -> dict[str, Any]:
    """One camera."""
    return {
        "online": status.online,
        "faults": sorted(topic.value for topic in status.faults),
        "sequence": status.sequence,
        "age_s": _rounded(status.age_s),
        "fps": _rounded(status.fps),
        "size": None if status.size is None else list(status.size),
        "dropped": dict(status.dropped),
        "restarts": status.restarts,
        "pid": status.pid,
        "trouble": trouble or status.trouble,
        "decoder": status.decoder,
    }


def inference_status(ready: Ready | None, beat: Beat | None, silent_s: float, trouble: str | None) -> dict[str, Any]:
    """The process that judges."""
    return {
        "ready": ready is not None,
        "model_id": None if ready is None else ready.model_id,
        "providers": [] if ready is None else list(ready.providers),
        "silent_s": _rounded(silent_s),
        "unsent": None if beat is None else beat.unsent,
        "stage_ms": {} if beat is None else {name: _rounded(value) for name, value in beat.stage_ms.items()},
        "troubles": {} if beat is None else dict(beat.troubles),
        "trouble": trouble if ready is None else None,
    }


def sidecar_status(sidecar: SidecarBeat | None, missing: str | None) -> dict[str, Any]:
    """The process that explains."""
    if sidecar is None:
        return {"alive": False, "missing": missing}
    return {"missing": None, **plain(sidecar)}


def sink_status(status: SinkStatus) -> dict[str, Any]:
    """One sink."""
    return {
        "kind": status.kind,
        "ok": status.ok,
        "trouble": status.trouble,
        "delivered": status.delivered,
        "waiting": status.waiting,
        "dropped": {str(cause): count for cause, count in status.dropped.items()},
        "last_delivered_at": _time(status.last_delivered_at),
    }


def process_status(row: ProcessRow) -> dict[str, Any]:
    """One row of the process table."""
    return {
        "name": row.name,
        "kind": row.kind.value,
        "pid": row.pid,
        "started_at": _time(row.started_at),
        "restarts": row.restarts,
        "why_ended": row.why_ended,
    }


def one_line(status: Mapping[str, Any]) -> str:
    """For ``systemctl status``."""
    cameras, beds = status["cameras"].values(), status["beds"].values()
    online = sum(camera["online"] for camera in cameras)
    out = sum(bed["alerts_out"] for bed in beds)
    troubles = f"; {status['troubles'][0]}" if status["troubles"] else ""
    assessable = sum(bed["assessable"] for bed in beds)
    return (
        f"{online} of {len(cameras)} cameras online, {assessable} of {len(beds)} beds judged, "
        f"{out} alert{'' if out == 1 else 's'} out{troubles}"
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3)


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
