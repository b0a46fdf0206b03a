"""Every view in both languages, light and dark, desktop and phone: no finding of axe, nothing wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_ward import FakeWard
from page_browser import DESKTOP, LANGUAGES, PHONE, SMALLEST_PHONE, WALL, Visit, go
from page_server import BEDS, PASSWORD, QUICK, put_evidence, serving
from playwright.sync_api import Page, expect

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import Presence
from monitor.ward.page import PageSettings
from monitor.web.making import make_page

pytestmark = pytest.mark.live
WORDS = {
    "en": ("Acknowledge", "Settings", "Add user", "Show on the face", "Forget and learn anew"),
    "de": ("Quittieren", "Einstellungen", "Benutzer anlegen", "Auf dem Gesicht zeigen", "Vergessen und neu lernen"),
}
VIEWS = ("beds", "wall", "alerts", "alert/{alert}", "bed/bed-1", "bed/bed-2", "shift", "users")


@pytest.fixture
def eventful(ward: FakeWard) -> str:
    """All states at once, an alert of the past with its evidence; the name of an alert that is on."""
    beds = ward.beds
    beds["bed-1"].level, beds["bed-1"].score = "pain", 0.8
    name = ward.raise_alert("bed-1", Topic.PAIN)
    put_evidence(ward, name)
    ward.escalate("bed-1", Topic.PAIN, "shift lead")
    beds["bed-3"].score, beds["bed-3"].because = None, "covered"
    ward.raise_alert("bed-3", Topic.CANNOT_ASSESS)
    beds["bed-4"].online, beds["bed-4"].score, beds["bed-4"].because = False, None, "camera_offline"
    past = ward.past_alert("bed-1", Topic.PAIN, weak=True)
    ward.write("bed-1", past, Reason.CONDITION_HELD)
    past.presence = Presence.OFF
    ward.write("bed-1", past, Reason.CONDITION_ENDED, by="nurse", verdict=Verdict.OTHER_NEED)
    return name


def each_look(page: Page) -> Iterator[str]:
    """The page as it stands: wide and narrow, light and dark."""
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for colours in ("light", "dark"):
            page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            expect(page.locator("html")).to_have_attribute("data-theme", colours)
            yield f"{size['width']} px, {colours}"


def check(page: Page, where: str) -> None:
    """No finding of axe in any look."""
    for look in each_look(page):
        found = Axe().run(page).response["violations"]
        short = [(item["id"], [node["html"][:160] for node in item["nodes"]][:3]) for item in found]
        assert short == [], f"{where}, {look}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_view_is_usable_by_all(visit: Visit, eventful: str, language: str):
    page = visit.log_in("admin", PASSWORD, language=language)
    _, _, _, why, _ = WORDS[language]
    for view in VIEWS:
        go(page, view.format(alert=eventful))
        if view == "bed/bed-1":
            page.get_by_role("button", name=why).click()
            expect(page.locator(".mus")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        check(page, view)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_dialog_is_usable_by_all(visit: Visit, eventful: str, language: str):
    page = visit.log_in("admin", PASSWORD, language=language)
    acknowledge, settings, add, _, forget = WORDS[language]
    for view, button in (("beds", acknowledge), ("beds", settings), ("users", add), ("bed/bed-1", forget)):
        go(page, view)
        page.get_by_role("button", name=button).first.click()
        expect(page.locator("dialog")).to_be_visible()
        check(page, f"{view}: {button}")
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_views_before_login_are_usable_by_all(visit: Visit, language: str):
    page = visit.open(DESKTOP, language=language)
    page.locator("form").wait_for()
    check(page, "login")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_set_up_is_usable_by_all(browser, tmp_path_factory, language: str):
    ward = FakeWard(tmp_path_factory.mktemp("empty"), BEDS, PageSettings(enabled=True, port=1), ward="ward-3")
    with serving(make_page(ward, QUICK)) as (_, port):
        visit = Visit(browser, f"http://127.0.0.1:{port}/")
        page = visit.open(DESKTOP, language=language)
        page.locator("form").wait_for()
        check(page, "set-up")
        page.context.close()
    ward.close()
    assert visit.wrongs == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_wider_than_the_smallest_phone(visit: Visit, eventful: str, language: str):
    page = visit.log_in("admin", PASSWORD, SMALLEST_PHONE, language=language)
    for view in VIEWS:
        go(page, view.format(alert=eventful))
        page.locator("h1").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST_PHONE["width"], view


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wall_shows_all_beds_large_without_scrolling(visit: Visit, eventful: str, language: str):
    page = visit.log_in("admin", PASSWORD, WALL, view="wall", language=language)
    cards = page.locator(".wall-beds .bed")
    expect(cards).to_have_count(4)
    expect(page.locator(".wall-beds .bed[data-state='alert']")).to_have_count(1)
    for place in range(4):
        word, state = (cards.nth(place).locator(name).bounding_box() for name in (".state-word", ".state"))
        box = cards.nth(place).bounding_box()
        assert word is not None
        assert state is not None
        assert box is not None
        assert box["x"] + box["width"] <= WALL["width"]
        assert box["y"] + box["height"] <= WALL["height"]
        assert state["y"] - 4 <= word["y"]  # the word stays on its ground
        assert word["y"] + word["height"] <= state["y"] + state["height"] + 4
        heading = cards.nth(place).locator("h2").bounding_box()
        assert heading is not None
        assert box["y"] <= heading["y"]
        assert heading["y"] + heading["height"] <= state["y"] + 4  # the room is never covered
        size = cards.nth(place).locator(".state-word").evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")
        assert size >= 54  # of 1080: 5 % of the height, which is read at ten times the height and more
