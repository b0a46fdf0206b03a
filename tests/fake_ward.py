"""A ward that a test moves by hand, as the page sees it: its own database, snapshots, pictures, answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

import anyio
from drawn_face import face_heatmap, face_jpeg

from monitor import clock
from monitor.alerts.topics import Reason, Topic, Verdict, kind, priority
from monitor.alerts.transition import Transition
from monitor.records import Presence
from monitor.service.control.requests import Answer, Request
from monitor.storage.database.database import Database
from monitor.ward.page import PageSettings
from monitor.ward.service import PrivacySettings
from monitor.web.heatmap import Heatmap
from monitor.web.link import BedPlace, PageConfiguration

WORDS = {
    Topic.PAIN: (
        "pain, 12 s, level 6 of 16: brow lowered (AU4), eyes tightened (AU7); confidence 0.82",
        "Schmerz, 12 s, Stufe 6 von 16: Brauen zusammengezogen (AU4), Augen zusammengekniffen (AU7); Sicherheit 0,82",
    ),
    Topic.CANNOT_ASSESS: (
        "the face has not been assessable for 120 s: look after the resident",
        "das Gesicht ist seit 120 s nicht beurteilbar: bitte nachsehen",
    ),
    Topic.CAMERA_OFFLINE: (
        "the camera does not answer: check its power and cable",
        "die Kamera antwortet nicht: Strom und Kabel prüfen",
    ),
}


@dataclass
class FakeAlert:
    """An alert that is out."""

    number: int
    topic: Topic
    presence: Presence = Presence.ON
    weak: bool = False
    level: int = 0


@dataclass
class FakeBed:
    """A bed as a test wants it."""

    level: str = "no_pain"
    score: float | None = 0.08
    because: str | None = None
    online: bool = True
    alerts: dict[Topic, FakeAlert] = field(default_factory=dict)
    audio_until: datetime | None = None
    privacy_until: datetime | None = None
    pictured: bool = True


class FakeWard:
    """Satisfies ``WardLink``. What is done here stands in the database before the next snapshot says it."""

    def __init__(
        self, folder: Path, beds: Mapping[str, BedPlace], page: PageSettings, *, ward: str = "ward", **more: Any
    ) -> None:
        self.beds = {name: FakeBed() for name in beds}
        self.asked: list[Request] = []
        self.silent = False
        url = more.pop("database_url", f"sqlite:///{folder / 'vigil.sqlite'}")
        password = more.get("database_password")
        self._configuration = PageConfiguration(
            ward=ward, page=page, beds=beds, privacy=more.pop("privacy", PrivacySettings()), database_url=url,
            state=folder, **more,
        )  # fmt: skip
        self.database = Database.open(url, None if password is None else password.reveal(), ward=ward)
        self.lock = RLock()
        self._lines = 0
        self._alerts = 0
        self._number = 0
        self._heard_s = float("-inf")
        self._snapshot: dict[str, Any] | None = None
        self.publish()

    def close(self) -> None:
        self.database.close()

    def configuration(self) -> PageConfiguration:
        return self._configuration

    def configure(self, configuration: PageConfiguration) -> None:
        self._configuration = configuration

    def snapshot(self) -> Mapping[str, Any] | None:
        return self._snapshot

    def number(self) -> int:
        return self._number

    def age_s(self) -> float:
        return clock.now_s() - self._heard_s

    async def changed(self, after: int) -> int:
        while self._number <= after:
            await anyio.sleep(0.02)
        return self._number

    async def ask(self, request: Request) -> Answer:
        with self.lock:
            self.asked.append(request)
            answer = self._answer(request)
            self.publish()
        return answer

    def picture(self, bed: str) -> bytes | None:
        known = self.beds.get(bed)
        if known is None or not known.online or not known.pictured or known.privacy_until is not None:
            return None
        shift = round(4 * ((clock.now_s() * 0.7) % 2 - 1))
        return face_jpeg(480, 360, pain=known.level == "pain", shift=shift)

    async def heatmap(self, bed: str) -> Heatmap | None:
        known = self.beds.get(bed)
        if known is None or not known.online or known.privacy_until is not None or known.level == "unassessable":
            return None
        return face_heatmap(bed, clock.now_at())

    def publish(self) -> None:
        """A new snapshot, unless the ward has fallen silent."""
        with self.lock:
            if self.silent:
                return
            self._snapshot = self.status()
            self._heard_s = clock.now_s()
            self._number += 1

    def raise_alert(self, bed: str, topic: Topic, *, weak: bool = False) -> str:
        """An alert goes on; its name."""
        with self.lock:
            self._alerts += 1
            alert = FakeAlert(self._alerts, topic, weak=weak)
            self.beds[bed].alerts[topic] = alert
            self.write(bed, alert, Reason.CONDITION_HELD, who="nurse", held_s=15.0, out_s=0.0)
            self.publish()
            return f"{bed}:{alert.number}"

    def past_alert(self, bed: str, topic: Topic, *, weak: bool = False) -> FakeAlert:
        """An alert whose story is told by ``write`` alone."""
        with self.lock:
            self._alerts += 1
            return FakeAlert(self._alerts, topic, weak=weak)

    def escalate(self, bed: str, topic: Topic, who: str) -> None:
        with self.lock:
            alert = self.beds[bed].alerts[topic]
            alert.level += 1
            self.write(bed, alert, Reason.ESCALATED, who=who, out_s=60.0 * alert.level)
            self.publish()

    def end_alert(self, bed: str, topic: Topic) -> None:
        with self.lock:
            alert = self.beds[bed].alerts.pop(topic)
            alert.presence = Presence.OFF
            self.write(bed, alert, Reason.CONDITION_ENDED)
            self.publish()

    def write(self, bed: str, alert: FakeAlert, reason: Reason, **values: Any) -> None:
        """One transition, as the supervisor records it."""
        english, german = WORDS.get(alert.topic, (alert.topic.value, alert.topic.value))
        values.setdefault("at", clock.now_at())
        self._lines += 1
        line = Transition(
            bed=bed, number=self._lines, now_s=clock.now_s(), reason=reason,
            alert_id=f"{bed}:{alert.number}", topic=alert.topic, kind=kind(alert.topic),
            priority=priority(alert.topic, weak=alert.weak), presence=alert.presence, audible=True, weak=alert.weak,
            level=alert.level, confidence=0.82, sentence=english, sentence_de=german, **values,
        )  # fmt: skip
        self.database.record_transitions([line])

    def status(self) -> dict[str, Any]:
        """What ``monitor.service.status.ward_status`` says of such a ward."""
        now = clock.now_at()
        return {
            "ward": self._configuration.ward,
            "at": now.isoformat(timespec="seconds"),
            "troubles": [],
            "cameras": {f"camera-{name}": _camera(bed) for name, bed in self.beds.items()},
            "beds": {name: self._bed(name, bed) for name, bed in self.beds.items()},
            "inference": {"ready": True},
            "sidecar": {"alive": True, "missing": None},
            "sinks": {},
            "processes": [],
        }

    def _bed(self, name: str, bed: FakeBed) -> dict[str, Any]:
        place = self._configuration.beds[name]
        private = bed.privacy_until is not None
        known = bed.score is not None and not private
        return {
            "bed": name,
            "source": f"camera-{name}",
            "room": place.room,
            "resident": place.resident,
            "level": bed.level if known else "unassessable",
            "score": bed.score if known else None,
            "because": "privacy" if private else bed.because,
            "assessable": known,
            "confidence": 0.82 if known else 0.0,
            "coverage": 0.97 if known else 0.0,
            "pspi": round(16 * (bed.score or 0.0) ** 1.5, 2) if known else None,
            "mu": 0.55 if known and bed.level == "pain" else None,
            "baseline_known": True if known else None,
            "judged_age_s": 0.1,
            "alerts_out": len(bed.alerts),
            "alerts": [_told(name, alert) for alert in bed.alerts.values()],
            "audio_paused_until": _time(bed.audio_until),
            "privacy_until": _time(bed.privacy_until),
        }

    def _answer(self, request: Request) -> Answer:
        now = clock.now_at()
        if request.do == "ack":
            bed = request.alert.rpartition(":")[0]
            for alert in self.beds[bed].alerts.values():
                if f"{bed}:{alert.number}" == request.alert:
                    alert.presence = Presence.ACKNOWLEDGED
                    verdict = Verdict(request.verdict) if request.verdict else None
                    self.write(bed, alert, Reason.ACKNOWLEDGED, by=request.by, verdict=verdict, out_s=20.0)
                    return Answer(result={"said": f"{request.alert} is acknowledged"})
            return Answer(error=f"{request.alert}: is not out")
        known = self.beds[request.bed]
        until = now + timedelta(seconds=request.seconds or 0.0)
        match request.do:
            case "pause":
                known.audio_until = until
            case "resume":
                known.audio_until = None
            case "privacy":
                known.privacy_until = until
            case "end_privacy":
                known.privacy_until = None
        return Answer(result={"said": f"{request.bed}: {request.do}"})


def _camera(bed: FakeBed) -> dict[str, Any]:
    return {
        "online": bed.online,
        "faults": [] if bed.online else ["camera_offline"],
        "fps": 14.8 if bed.online else None,
        "age_s": 0.07 if bed.online else 31.0,
        "trouble": None if bed.online else "the camera does not answer",
        "pid": 4711,
    }


def _told(name: str, alert: FakeAlert) -> dict[str, Any]:
    english, german = WORDS.get(alert.topic, (alert.topic.value, alert.topic.value))
    return {
        "alert_id": f"{name}:{alert.number}",
        "topic": alert.topic.value,
        "kind": kind(alert.topic).value,
        "priority": priority(alert.topic, weak=alert.weak).value,
        "presence": alert.presence.value,
        "audible": alert.presence is Presence.ON,
        "weak": alert.weak,
        "level": alert.level,
        "sentence": english,
        "sentence_de": german,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
