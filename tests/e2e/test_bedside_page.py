"""The bedside page of a real ward: what a nurse does there, and a page that dies, hangs or moves beside beds that
do not notice.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
import pytest
from free_ports import free_port
from live_ward import PATIENCE_S, LiveWard, gone, grimacing, process, two_beds

from monitor.web.entry import NICE

pytestmark = pytest.mark.live

PASSWORD = "four quiet beds"
STAYS = ("inference", "capture left", "capture right", "supervisor")
"""Processes that nothing at the page may touch."""


class Bedside(LiveWard):
    """A ward of two beds with a page, and the nurse of bed-1 in front of it."""

    def __init__(self, folder: Path, film: Path, **page: Any) -> None:
        self.page_port = free_port()
        self.given = two_beds(film, page={"enabled": True, "port": self.page_port, **page}, name="north")
        super().__init__(folder, self.given)
        self.nurse = self.browser()

    def __exit__(self, *why: object) -> None:
        self.nurse.close()
        super().__exit__(*why)

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.page_port}", timeout=60)

    def user(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``vigil user`` as somebody at the machine types it, also while the service runs."""
        command = [sys.executable, "-c", "from monitor.cli import main; main()", "user", *words]
        where = ["--config", str(self.config), "--state-dir", str(self.state)]
        return subprocess.run([*command, *where], capture_output=True, text=True, timeout=300, check=False)

    def add_nurse(self) -> None:
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        done = self.user("add", "Zoë", "--role", "nurse", "--beds", "bed-1", "--password-file", str(secret))
        assert done.returncode == 0, done.stderr

    def log_in(self) -> None:
        answer = self.nurse.post("/api/login", json={"name": "Zoë", "password": PASSWORD})
        assert answer.status_code == 204, answer.text
        self.nurse.headers["X-Vigil-CSRF"] = self.nurse.get("/api/session").json()["csrf"]

    def until(self, what: str, holds: Callable[[], Any]) -> Any:
        """What ``holds`` gives once that is true; a page that does not answer is asked again."""
        deadline, last = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < deadline:
            try:
                if last := holds():
                    return last
            except httpx.TransportError as error:
                last = error
            assert self.runs, self.log()[-3000:]
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {PATIENCE_S:g} s; last {last!r}; {self.log()[-3000:]}")

    def got(self, path: str) -> httpx.Response | None:
        """The answer to the nurse's GET once it is a good one."""
        answer = self.nurse.get(path)
        return answer if answer.status_code == 200 else None

    def answers(self) -> bool:
        return self.nurse.get("/api/session").status_code == 200

    def page_pid(self) -> int | None:
        return next((row["pid"] for row in self.seen()["processes"] if row["name"] == "page"), None)

    def staying(self) -> list[tuple[int, int]]:
        status = self.seen()
        return [(process(status, name)["pid"], process(status, name)["restarts"]) for name in STAYS]

    def judged(self) -> float:
        found = self.scrape()
        return sum(value for (name, _), value in found.items() if name == "vigil_pictures_judged_total")

    def journal(self) -> list[dict[str, Any]]:
        lines = (self.state / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return grimacing(tmp_path_factory.mktemp("film") / "grimace.mp4")


@pytest.fixture
def ward(tmp_path: Path, film: Path) -> Iterator[Bedside]:
    with Bedside(tmp_path, film) as running:
        running.until("a page", running.answers)
        yield running


def opened(jpeg: bytes) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


def test_from_the_first_visit_to_a_verdict(ward: Bedside) -> None:
    assert ward.nurse.get("/api/session").json()["setup_needed"] is True
    code = ward.state / "page-setup-code"
    ward.until("a code for the first admin", code.exists)
    assert code.stat().st_mode & 0o777 == 0o600
    text = ward.until("the code in its file", lambda: code.read_text().strip())
    assert re.fullmatch(r"([a-z2-9]{4}-){4}[a-z2-9]{4}", text)
    ward.until("where it lies", lambda: str(code) in ward.log())
    assert text not in ward.log()

    ward.add_nurse()
    ward.log_in()
    ward.until("no code once there is a user", lambda: not code.exists())

    def in_pain() -> str | None:
        (bed,) = ward.nurse.get("/api/ward").json()["beds"]
        assert (bed["bed"], bed["room"]) == ("bed-1", "12")
        return next((alert["alert_id"] for alert in bed["alerts"] if alert["topic"] == "pain"), None)

    alert_id = ward.until("an alert of pain", in_pain)
    told = ward.nurse.get(f"/api/alerts/{alert_id}").json()
    assert told["sentence"]["en"].find("pain") >= 0
    assert told["sentence"]["de"].find("Schmerz") >= 0

    evidence = ward.until("evidence of it", lambda: ward.got(f"/api/alerts/{alert_id}/evidence")).json()
    assert evidence["units"]
    assert all(unit["outline"] for unit in evidence["units"])
    assert evidence["relevance_png"].startswith("data:image/png;base64,")
    assert "face_jpeg" not in evidence
    picture = opened(ward.until("a picture", lambda: ward.got("/api/beds/bed-1/picture.jpg")).content)
    assert picture.shape == (270, 480, 3)
    heatmap = ward.until("a heatmap", lambda: ward.got("/api/beds/bed-1/heatmap")).json()
    assert heatmap["face_jpeg"].startswith("data:image/jpeg;base64,")
    assert ward.nurse.get("/api/beds/bed-2/picture.jpg").status_code in (403, 404)

    said = ward.nurse.post("/api/beds/bed-1/privacy-pause", json={"seconds": 600})
    assert said.status_code == 200, said.text
    for path in ("picture.jpg", "heatmap"):
        assert ward.nurse.get(f"/api/beds/bed-1/{path}").status_code == 404, "from the very answer on nobody looks"
    assert ward.nurse.delete("/api/beds/bed-1/privacy-pause").status_code == 200
    ward.until("a picture again", lambda: ward.got("/api/beds/bed-1/picture.jpg"))

    taken = ward.nurse.post(f"/api/alerts/{alert_id}/acknowledge", json={"verdict": "other_need"})
    assert taken.status_code == 200, taken.text
    noted = [line for line in ward.journal() if line.get("alert_id") == alert_id and line.get("by") == "Zoë"]
    assert [(line["reason"], line["verdict"]) for line in noted][:1] == [("acknowledged", "other_need")]
    refused = ward.nurse.post("/api/alerts/bed-1:9999/acknowledge", json={})
    assert refused.status_code in (404, 409)


def test_a_page_that_dies_or_hangs_comes_back_and_no_bed_notices(ward: Bedside) -> None:
    ward.add_nurse()
    ward.log_in()
    ward.wait_until_judging(explaining=False)
    before, first = ward.staying(), ward.page_pid()
    assert psutil.Process(first).nice() == psutil.Process(ward.pid).nice() + NICE
    for number, how in enumerate((signal.SIGKILL, signal.SIGSTOP)):
        pid, judged = ward.page_pid(), ward.judged()
        os.kill(pid, how)
        ward.wait_for("another page", lambda status, pid=pid: process(status, "page")["pid"] not in (None, pid))
        assert gone([pid])
        ward.until("that it answers", ward.answers)
        assert ward.nurse.get("/api/session").json()["user"]["name"] == "Zoë", "a login outlasts the process"
        ward.until("pictures", lambda: ward.got("/api/beds/bed-1/picture.jpg"))
        assert process(ward.seen(), "page")["restarts"] == number + 1
        ward.until("judgement", lambda judged=judged: ward.judged() > judged)
    assert ward.staying() == before


def test_a_reload_moves_the_page_and_takes_it_away(ward: Bedside) -> None:
    ward.wait_until_judging(explaining=False)
    before, port = ward.staying(), ward.page_port
    ward.page_port = free_port()
    ward.reload({**ward.given, "page": {"enabled": True, "port": ward.page_port}})
    ward.nurse.close()
    ward.nurse = ward.browser()
    ward.until("the page at its new port", ward.answers)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/api/session")
    ward.reload({**ward.given, "page": {"enabled": False}})
    ward.wait_for("no page", lambda status: all(row["name"] != "page" for row in status["processes"]))
    with pytest.raises(httpx.ConnectError):
        ward.nurse.get("/api/session")
    assert ward.staying() == before


def test_a_page_whose_port_is_taken_says_so_and_is_served_once_it_is_free(tmp_path: Path, film: Path) -> None:
    with Bedside(tmp_path, film) as ward:
        with socket.create_server(("127.0.0.1", ward.page_port)):
            ward.wait_for("the reason", lambda status: "page.port" in str(process(status, "page")["why_ended"]))
            ward.wait_for("another try", lambda status: process(status, "page")["restarts"] > 0)
        ward.until("the page", ward.answers)
