"""Logging in and out, the first set-up, users, and the small choices that a browser remembers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_ward import FakeWard
from page_browser import DESKTOP, PHONE, Visit, fill_login, go
from page_server import PASSWORD, QUICK, serving
from playwright.sync_api import Browser, expect

from monitor.web.making import make_page
from monitor.web.setup import FILE

pytestmark = pytest.mark.live
CODE = "a-code-of-the-service"


@pytest.fixture
def unset(browser: Browser, empty_ward: FakeWard) -> Iterator[Visit]:
    """The page of a ward that was never set up."""
    (empty_ward.configuration().state / FILE).write_text(f"{CODE}\n", encoding="utf-8")
    with serving(make_page(empty_ward, QUICK)) as (_, port):
        visit = Visit(browser, f"http://127.0.0.1:{port}/")
        yield visit
        for context in browser.contexts:
            context.close()
    assert visit.wrongs == []


def test_the_first_administrator_is_made_with_the_code_alone(unset: Visit):
    page = unset.open(DESKTOP)
    page.get_by_label("Set-up code").fill("guessed")
    page.get_by_label("Name").fill("head")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD + "!")
    page.get_by_role("button", name="Make administrator").click()
    expect(page.locator("form .error")).to_have_text("The two passwords differ.")
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make administrator").click()
    expect(page.locator("form .error")).to_contain_text("code")
    expect(page.locator(".shell")).to_have_count(0)
    page.get_by_label("Set-up code").fill(CODE)
    page.get_by_role("button", name="Make administrator").click()
    expect(page.locator(".shell")).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_be_visible()


def test_a_wrong_password_is_said_and_the_right_one_lets_in(visit: Visit):
    page = visit.open(PHONE)
    fill_login(page, "nurse", "wrong password")
    expect(page.locator("form .error")).to_have_text("Name or password is wrong.")
    expect(page.locator("input[type=password]")).to_be_focused()
    fill_login(page, "nurse", PASSWORD)
    expect(page.locator(".shell")).to_be_visible()
    expect(page.locator(".beds .bed")).to_have_count(3)
    expect(page.get_by_role("link", name="Users")).to_have_count(0)


def test_language_and_colours_are_remembered(visit: Visit):
    page = visit.log_in("nurse", PASSWORD)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Colours").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label("Language").select_option("de")
    expect(page.locator("h1")).to_have_text("Betten")
    page.reload()
    expect(page.locator("h1")).to_have_text("Betten")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_logging_out_shows_nothing_any_more(visit: Visit):
    page = visit.log_in("nurse", PASSWORD)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator(".alone input[type=password]")).to_be_visible()
    expect(page.locator(".bed")).to_have_count(0)
    page.reload()
    expect(page.locator(".alone input[type=password]")).to_be_visible()


def test_an_administrator_adds_changes_and_removes_a_user(visit: Visit):
    page = visit.log_in("admin", PASSWORD, view="users")
    row = page.locator(".users tbody tr", has_text="night")
    page.get_by_role("button", name="Add user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("night")
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_label("All beds").uncheck()
    dialog.get_by_label("Room 14 · window bed").check()
    dialog.get_by_label("Password").fill("long and quiet hours")
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Room 14 · window bed")
    expect(row).to_contain_text("viewer")
    row.get_by_role("button", name="Change").click()
    page.get_by_role("dialog").get_by_label("Role").select_option("nurse")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(row).to_contain_text("nurse")
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_who_is_no_administrator_gets_no_users(visit: Visit):
    page = visit.log_in("nurse", PASSWORD)
    page.evaluate("location.hash = '#/users'")
    page.locator(".shell[data-view='users'] h1").wait_for()
    expect(page.locator(".users")).to_have_count(0)
    assert not any(url.endswith("/api/users") for url in visit.asked)


def test_sound_waits_for_a_click_and_says_so(visit: Visit):
    page = visit.log_in("nurse", PASSWORD)
    page.evaluate("localStorage.setItem('vigil.sound', 'on')")
    page.reload()
    button = page.locator(".quiet-button").first
    expect(button).to_have_attribute("aria-label", "Click for sound")
    expect(button).to_have_attribute("title", "The browser plays no sound before the first click or key press.")
    go(page, "beds")


@pytest.mark.parametrize(
    ("presence", "audible", "loudest"),
    [("on", True, "high"), ("on", False, None), ("latched", True, "high"), ("acknowledged", True, None)],
)
def test_only_alerts_that_wait_and_may_be_heard_sound(visit: Visit, presence: str, audible: bool, loudest: str | None):
    page = visit.open(DESKTOP)
    page.locator("form").wait_for()
    alert = {"alert_id": "1", "presence": presence, "audible": audible, "priority": "high", "level": 0}
    script = """async (alert) => (await import("/static/js/sound.js")).loudest({beds: [{alerts: [alert]}]})"""
    assert page.evaluate(script, alert) == loudest
