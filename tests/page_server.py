"""The page over a ward of four beds that moves by script, for those who build or look at the page.

``PYTHONPATH=. python tests/page_server.py [--port 8720] [--empty] [--calm]``: users admin, nurse (bed-1 to bed-3),
viewer (bed-1, no pictures) with the password ``four quiet beds``. ``--empty``: no user yet; the set-up code is printed.
``--calm``: nothing happens by itself.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import uvicorn
from argon2 import PasswordHasher
from drawn_face import face_heatmap
from fake_ward import FakeBed, FakeWard

from monitor import clock
from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import Level, Presence
from monitor.storage.database.tables import TREND_MINUTES
from monitor.storage.database.trend_row import TrendRow
from monitor.storage.encoding import document
from monitor.ward.page import PageSettings
from monitor.web.heatmap_document import heatmap_document
from monitor.web.link import BedPlace
from monitor.web.making import make_page
from monitor.web.page import Page
from monitor.web.passwords import Passwords
from monitor.web.roles import BedRights, Role
from monitor.web.server import PageServer, listening, make_server
from monitor.web.setup import FILE
from monitor.web.users import User, add_user

PASSWORD = "four quiet beds"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
"""Weak on purpose: tests log in hundreds of times."""
BEDS = {
    "bed-1": BedPlace(room="12", resident="left bed"),
    "bed-2": BedPlace(room="12", resident="right bed"),
    "bed-3": BedPlace(room="14", resident="window bed"),
    "bed-4": BedPlace(room="15", resident="resident"),
}


def add(ward: FakeWard, name: str, role: Role, beds: tuple[str, ...] | None, *, pictures: bool = False) -> None:
    """A user of the page with ``PASSWORD``; ``beds`` None: all of them."""
    own = ward.configuration().ward
    now = clock.now_at()
    user = User(
        name=name, role=role, beds=BedRights(beds=None if beds is None else frozenset(f"{own}/{bed}" for bed in beds)),
        pictures=pictures, password_hash=QUICK.hash(PASSWORD), created_at=now, changed_at=now,
    )  # fmt: skip
    with ward.lock:
        add_user(ward.database.transactions, user)


def add_three(ward: FakeWard) -> None:
    """An admin, a nurse and a viewer."""
    add(ward, "admin", Role.ADMIN, None)
    add(ward, "nurse", Role.NURSE, ("bed-1", "bed-2", "bed-3"))
    add(ward, "viewer", Role.VIEWER, ("bed-1",))


@contextmanager
def serving(page: Page) -> Iterator[tuple[PageServer, int]]:
    """The page on a free port of loopback, on a thread of its own; the server and the port."""
    with listening("127.0.0.1", page.configuration.page.port if page.configuration.page.port > 9 else 0) as listener:
        server = make_server(page)
        thread = Thread(target=uvicorn.Server.run, args=(server, [listener]), name="page", daemon=True)
        thread.start()
        try:
            yield server, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


def put_evidence(ward: FakeWard, alert_id: str) -> None:
    """What the alert rests on, as the supervisor keeps it."""
    bed = alert_id.rpartition(":")[0]
    found = face_heatmap(bed, clock.now_at(), pictured=False)
    with ward.lock:
        ward.database.evidence.put(bed, alert_id, found.at, document(heatmap_document(found)))


def put_history(ward: FakeWard) -> None:
    """Two days of trends and some alerts of the past."""
    chance = random.Random(7)
    now = clock.now_at().replace(microsecond=0)
    for place, bed in enumerate(ward.beds):
        minutes = [_minute(bed, now - timedelta(minutes=back), back, place, chance) for back in range(61, 48 * 60)]
        with ward.database.transactions.quick() as connection:
            connection.execute(TREND_MINUTES.insert(), [{"ward": ward.database.ward, **row} for row in minutes])
        seconds = [_second_ago(bed, now - timedelta(seconds=back), back, place, chance) for back in range(1, 3600)]
        ward.database.put_trend(seconds)
        for hours in (30, 20, 11, 5.5, 2):
            alert = ward.past_alert(bed, Topic.PAIN, weak=hours == 20)
            at = now - timedelta(hours=hours, minutes=7 * place)
            ward.write(bed, alert, Reason.CONDITION_HELD, at=at, who="nurse")
            if hours in (11, 2):
                ward.write(bed, alert, Reason.ESCALATED, at=at + timedelta(seconds=60), who="second nurse")
            if hours != 5.5:
                alert.presence = Presence.ACKNOWLEDGED
                verdict = chance.choice([*Verdict, None])
                ward.write(
                    bed,
                    alert,
                    Reason.ACKNOWLEDGED,
                    at=at + timedelta(seconds=95),
                    by="nurse",
                    verdict=verdict,
                    out_s=95.0,
                )
            alert.presence = Presence.OFF
            ward.write(bed, alert, Reason.CONDITION_ENDED, at=at + timedelta(seconds=240))
            put_evidence(ward, f"{bed}:{alert.number}")


def _minute(bed: str, at: datetime, back: int, place: int, chance: random.Random) -> dict[str, Any]:
    score = _past(back, place, chance)
    known = score is not None
    return {
        "bed": bed, "at": at.replace(second=0), "seconds": 60, "judged": 58 if known else 0,
        "pain_share": None if score is None else float(score > 0.5), "score_mean": score,
        "score_max": None if score is None else min(1.0, score + 0.08), "coverage_mean": 0.9,
        "pspi_mean": None if score is None else 12 * score**1.4, "cannot_assess": None if known else "no_face",
    }  # fmt: skip


def _second_ago(bed: str, at: datetime, back: int, place: int, chance: random.Random) -> TrendRow:
    score = _past(back // 60, place, chance)
    level = Level.UNASSESSABLE if score is None else Level.PAIN if score > 0.5 else Level.NO_PAIN
    return TrendRow(
        bed=bed, at=at, score=score, level=level,
        pspi=None if score is None else 12 * score**1.4, coverage=0.9, fps=14.8,
    )  # fmt: skip


def _past(minute: int, place: int, chance: random.Random) -> float | None:
    """The score so many minutes ago; None while the face could not be judged."""
    if place == 2 and (minute // 45) % 6 == 1:
        return None
    calm = 0.10 + 0.04 * math.sin(minute / 37 + place) + chance.uniform(-0.03, 0.03)
    pain = (minute + 200 * place + 40) % 410 < 9
    return min(1.0, max(0.0, 0.75 + chance.uniform(-0.1, 0.1) if pain else calm))


def move(ward: FakeWard, second: int, chance: random.Random) -> None:
    """One second of the script: bed-1 in pain every two minutes, bed-3 covered, bed-4 without camera."""
    beds = ward.beds
    _pain(ward, "bed-1", second % 120, chance)
    beds["bed-2"].score = 0.09 + chance.uniform(-0.03, 0.03)
    _hidden(ward, beds["bed-3"], second)
    _offline(ward, beds["bed-4"], second)
    now = clock.now_at()
    for bed in beds.values():
        bed.audio_until = None if bed.audio_until is None or bed.audio_until < now else bed.audio_until
        bed.privacy_until = None if bed.privacy_until is None or bed.privacy_until < now else bed.privacy_until
    ward.database.put_trend([_second(name, bed) for name, bed in beds.items()])
    ward.publish()


def _pain(ward: FakeWard, name: str, second: int, chance: random.Random) -> None:
    bed = ward.beds[name]
    hurts = 15 <= second < 80
    bed.level, bed.score = ("pain", 0.78) if hurts else ("no_pain", 0.1)
    bed.score += chance.uniform(-0.05, 0.05)
    out = bed.alerts.get(Topic.PAIN)
    if out is None and second == 25:
        put_evidence(ward, ward.raise_alert(name, Topic.PAIN))
    elif out is not None and out.presence is Presence.ON and second in (55, 75):
        ward.escalate(name, Topic.PAIN, "second nurse" if second == 55 else "shift lead")
    elif out is not None and second >= 85 and out.presence is Presence.ON:
        out.presence = Presence.LATCHED
        ward.write(name, out, Reason.CONDITION_ENDED)
    elif out is not None and (second >= 115 or (second >= 85 and out.presence is Presence.ACKNOWLEDGED)):
        ward.end_alert(name, Topic.PAIN)


def _hidden(ward: FakeWard, bed: FakeBed, second: int) -> None:
    bed.level, bed.score, bed.because = "unassessable", None, "covered"
    if second == 8 and Topic.CANNOT_ASSESS not in bed.alerts:
        ward.raise_alert("bed-3", Topic.CANNOT_ASSESS)


def _offline(ward: FakeWard, bed: FakeBed, second: int) -> None:
    bed.online, bed.level, bed.score, bed.because = False, "unassessable", None, "camera_offline"
    if second == 4 and Topic.CAMERA_OFFLINE not in bed.alerts:
        ward.raise_alert("bed-4", Topic.CAMERA_OFFLINE)


def _second(name: str, bed: FakeBed) -> TrendRow:
    at = clock.now_at().replace(microsecond=0)
    known = bed.score is not None
    return TrendRow(
        bed=name, at=at, level=Level(bed.level) if known else Level.UNASSESSABLE, score=bed.score,
        pspi=12 * bed.score**1.4 if bed.score is not None else None, coverage=0.9 if known else 0.0,
    )  # fmt: skip


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--port", type=int, default=8720)
    said.add_argument("--empty", action="store_true")
    said.add_argument("--calm", action="store_true")
    options = said.parse_args()
    chance, stop = random.Random(1), Event()
    with tempfile.TemporaryDirectory(prefix="vigil-page-") as folder:
        ward = FakeWard(Path(folder), BEDS, PageSettings(enabled=True, port=options.port), ward="ward-3")
        if options.empty:
            (Path(folder) / FILE).write_text("set-me-up\n")
            print("set-up code: set-me-up")
        else:
            add_three(ward)
        put_history(ward)
        with serving(make_page(ward, QUICK)) as (_, port):
            print(f"http://127.0.0.1:{port}/  users admin, nurse, viewer; password: {PASSWORD}", flush=True)
            second = 0
            try:
                while not stop.wait(1.0):
                    with ward.lock:
                        ward.publish() if options.calm else move(ward, second, chance)
                    second += 1
            except KeyboardInterrupt:
                pass
        ward.close()


if __name__ == "__main__":
    main()
