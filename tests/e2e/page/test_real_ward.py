"""A real ward of two grimacing beds in Chromium, from the first set-up to the verdict of one alert and the escalation
of the other.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from free_ports import free_port
from live_ward import PATIENCE_S, LiveWard, grimacing, two_beds
from page_browser import DESKTOP, Visit, go
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.live
PASSWORD = "four quiet beds"
PAIN = "[data-state='alert'], [data-state='weak']"
PATIENCE_MS = 1000 * PATIENCE_S
LOADED = "(image) => image.naturalWidth > 0"


class PagedWard(LiveWard):
    """Two beds, a page, and a second nurse who is told after three seconds."""

    def __init__(self, folder: Path) -> None:
        self.base = f"http://127.0.0.1:{(port := free_port())}/"
        film = grimacing(folder / "film.mp4")
        lifecycle = {"service_delay_s": 1.0, "escalation": [{"after_s": 3.0, "who": "second nurse"}]}
        super().__init__(folder, two_beds(film, page={"enabled": True, "port": port}, lifecycle=lifecycle))

    def until(self, what: str, holds: Callable[[], Any]) -> Any:
        """What ``holds`` gives once that is true; files and answers that are not there yet are asked for again."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if found := holds():
                    return found
            except (OSError, httpx.TransportError):
                pass
            assert self.runs, self.log()[-3000:]
            time.sleep(0.2)
        raise AssertionError(f"{what}: not within {PATIENCE_S:g} s; {self.log()[-3000:]}")

    def journal(self, bed: str, reason: str) -> list[dict[str, Any]]:
        """What was noted of pain at ``bed`` for ``reason``."""
        lines = (self.state / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        noted = [json.loads(line) for line in lines if line.endswith("}")]
        wanted = (bed, reason, "pain")
        return [line for line in noted if (line.get("bed"), line.get("reason"), line.get("topic")) == wanted]


def set_up(page: Page, code: str) -> None:
    """Make the first administrator on the page."""
    page.get_by_label("Set-up code").fill(code)
    page.get_by_label("Name").fill("head")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make administrator").click()
    page.locator(".shell").wait_for()


def test_an_alert_appears_is_acknowledged_and_another_escalates(tmp_path: Path, browser: Browser):
    with PagedWard(tmp_path) as ward:
        code = ward.until("a set-up code", lambda: (ward.state / "page-setup-code").read_text(encoding="utf-8").strip())
        ward.until("the page", lambda: httpx.get(f"{ward.base}api/session", timeout=60).status_code == 200)
        visit = Visit(browser, ward.base)
        page = visit.open(DESKTOP)
        set_up(page, code)
        for bed in ("bed-1", "bed-2"):
            shown = page.locator(f".beds .bed[data-bed='{bed}']:is({PAIN})")
            expect(shown).to_have_count(1, timeout=PATIENCE_MS)
        neglected = page.locator(".beds .bed[data-bed='bed-2']")
        expect(neglected).to_contain_text("passed on, nobody came yet", timeout=PATIENCE_MS)
        told = ward.until("the escalation", lambda: ward.journal("bed-2", "escalated"))
        assert {line["who"] for line in told} == {"second nurse"}

        heeded = page.locator(".beds .bed[data-bed='bed-1']")
        heeded.get_by_role("button", name="Acknowledge").first.click()
        page.get_by_role("alertdialog").locator(".verdict-pain").click()
        expect(page.get_by_role("alertdialog")).to_have_count(0)
        expect(heeded).to_contain_text("Alert acknowledged", timeout=PATIENCE_MS)
        (taken,) = ward.until("the acknowledgement", lambda: ward.journal("bed-1", "acknowledged"))
        assert (taken["by"], taken["verdict"]) == ("head", "pain")
        assert ward.journal("bed-2", "acknowledged") == []

        go(page, f"alert/{taken['alert_id']}")
        expect(page.locator(".transitions")).to_contain_text("by head · found: pain")
        go(page, "bed/bed-1")
        page.get_by_role("button", name="Show live picture").click()
        picture = page.locator(".live-frame img")
        page.wait_for_function(LOADED, arg=picture.element_handle(), timeout=PATIENCE_MS)
        go(page, "shift")
        expect(page.locator(".shift")).to_contain_text("acknowledged by head")
        page.context.close()
    assert visit.wrongs == []
