"""Old or missing data never looks like a resident without pain."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_ward import FakeWard
from page_browser import WALL, Visit
from page_server import PASSWORD
from playwright.sync_api import expect

pytestmark = pytest.mark.live
KINDS = """async ([bed, live]) => (await import("/static/js/bed_state.js")).bedState(bed, live).kind"""
BED = {"bed": "bed-1", "alerts": [], "privacy_until": None, "level": "no_pain", "assessable": True, "score": 0.1}


@pytest.mark.parametrize("view", ["beds", "wall"])
def test_a_silent_ward_is_shown_as_unknown_and_comes_back(visit: Visit, ward: FakeWard, view: str):
    page = visit.log_in("nurse", PASSWORD, WALL, view=view)
    cards = page.locator(".beds .bed")
    expect(cards).to_have_count(3)
    expect(page.locator(".beds .bed[data-state='calm']")).to_have_count(3)
    ward.silent = True
    expect(page.locator(".beds .bed[data-state='lost']")).to_have_count(3)
    expect(page.locator(".banner")).to_contain_text("Connection lost")
    expect(cards.first).to_contain_text("No current data")
    expect(cards.first).not_to_contain_text("No signs of pain")
    expect(page.locator("#assertive")).to_contain_text("Connection lost")
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    ward.silent = False
    expect(page.locator(".beds .bed[data-state='calm']")).to_have_count(3)
    expect(page.locator(".banner")).to_be_hidden()


def test_a_page_that_loses_its_server_says_so(visit: Visit, site: Any):
    page = visit.log_in("nurse", PASSWORD)
    expect(page.locator(".beds .bed[data-state='calm']")).to_have_count(3)
    site.server.should_exit = True
    expect(page.locator(".banner")).to_contain_text("Connection lost")
    expect(page.locator(".beds .bed[data-state='lost']")).to_have_count(3)


@pytest.mark.parametrize(
    ("change", "live", "kind"),
    [
        ({}, True, "calm"),
        ({}, False, "lost"),
        ({"assessable": False}, True, "unknown"),
        ({"level": "unassessable", "assessable": False, "score": None}, True, "unknown"),
        ({"level": "something new"}, True, "unknown"),
        ({"level": None}, True, "unknown"),
        ({"privacy_until": "2026-01-01T00:00:00+00:00"}, True, "privacy"),
        ({"level": "pain"}, True, "pain"),
        ({"level": "pain"}, False, "lost"),
    ],
)
def test_only_what_is_plainly_judged_is_calm(visit: Visit, change: dict, live: bool, kind: str):
    page = visit.open(WALL)
    page.locator("form").wait_for()
    assert page.evaluate(KINDS, [{**BED, **change}, live]) == kind


def test_cannot_assess_looks_and_reads_unlike_no_pain(visit: Visit, ward: FakeWard):
    hidden = ward.beds["bed-2"]
    hidden.level, hidden.score, hidden.because = "unassessable", None, "covered"
    page = visit.log_in("nurse", PASSWORD)
    unknown = page.locator(".beds .bed[data-bed='bed-2']")
    expect(unknown).to_have_attribute("data-state", "unknown")
    expect(unknown).to_contain_text("Cannot assess")
    expect(unknown).to_contain_text("The face is covered")
    expect(unknown.locator(".level")).to_be_hidden()
    expect(unknown.locator(".state .icon-unknown")).to_be_visible()
    expect(page.locator(".lead")).to_contain_text("1 not assessable")
