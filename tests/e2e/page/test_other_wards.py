"""Beds of another ward that shares the database: shown below one's own, and greyed when that ward falls silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from fake_ward import FakeWard
from page_browser import Visit
from page_server import BEDS, PASSWORD, QUICK, add_three, serving
from playwright.sync_api import Browser, expect

from monitor import clock
from monitor.storage.database.ward_snapshots import WardSnapshots
from monitor.ward.page import PageSettings
from monitor.web.making import make_page

pytestmark = pytest.mark.live


class Neighbour:
    """A ward called north that tells through the database how its two beds are, until it falls silent."""

    def __init__(self, ward: FakeWard) -> None:
        self.silent = False
        self._ward = ward
        self._told = WardSnapshots(ward.database.transactions, "north")
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        age = timedelta(0)
        while not self._stop.wait(0.5):
            status = self._ward.status()
            beds = {name: {**bed, "room": "31"} for name, bed in list(status["beds"].items())[:2]}
            age = timedelta(minutes=5) if self.silent else timedelta(0)
            with self._ward.lock:
                self._told.put(clock.now_at() - age, json.dumps({**status, "ward": "north", "beds": beds}))
                self._ward.publish()


@pytest.fixture
def fleet(tmp_path: Path, browser: Browser) -> Iterator[tuple[Visit, Neighbour]]:
    ward = FakeWard(tmp_path, BEDS, PageSettings(enabled=True, port=1, fleet="database"), ward="south")
    add_three(ward)
    neighbour = Neighbour(ward)
    with serving(make_page(ward, QUICK)) as (_, port):
        visit = Visit(browser, f"http://127.0.0.1:{port}/")
        yield visit, neighbour
        for context in browser.contexts:
            context.close()
    neighbour.close()
    ward.close()
    assert visit.wrongs == []


def test_another_wards_beds_are_shown_until_it_falls_silent(fleet: tuple[Visit, Neighbour]):
    visit, neighbour = fleet
    page = visit.log_in("admin", PASSWORD)
    others = page.locator(".other-ward[data-ward='north'] .bed")
    expect(others).to_have_count(2)
    expect(page.locator(".other-ward .bed[data-state='calm']")).to_have_count(2)
    expect(others.first).to_contain_text("Room 31")
    expect(page.locator(".other-ward button")).to_have_count(0)
    neighbour.silent = True
    expect(page.locator(".other-ward .bed[data-state='calm']")).to_have_count(0)
    expect(page.locator("main > div > .beds .bed[data-state='calm']")).to_have_count(4)  # one's own go on
