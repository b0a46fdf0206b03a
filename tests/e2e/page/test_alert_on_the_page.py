"""An alert as people meet it on the page: seen, said once, acknowledged with a verdict by keys alone, passed on."""

from __future__ import annotations

from threading import Event

import pytest
from fake_ward import FakeWard
from page_browser import Visit, go
from page_server import PASSWORD, put_evidence
from playwright.sync_api import Page, expect

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import Presence

pytestmark = pytest.mark.live
COUNT = """() => {
  window.told = [];
  const region = document.getElementById("assertive");
  new MutationObserver(() => region.textContent && window.told.push(region.textContent))
    .observe(region, {childList: true, characterData: true, subtree: true});
}"""


def hurts(ward: FakeWard, bed: str = "bed-1", **more: bool) -> str:
    """The bed is in pain and an alert goes on; its name."""
    ward.beds[bed].level, ward.beds[bed].score = "pain", 0.8
    return ward.raise_alert(bed, Topic.PAIN, **more)


def snapshots_pass(ward: FakeWard, count: int) -> None:
    """Wait until the ward has spoken so many times more."""
    wanted = ward.number() + count
    while ward.number() < wanted:
        Event().wait(0.05)


def card(page: Page, bed: str = "bed-1"):
    return page.locator(f".beds .bed[data-bed='{bed}']")


def test_a_new_alert_is_shown_and_said_once(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    expect(card(page)).to_have_attribute("data-state", "calm")
    page.evaluate(COUNT)
    hurts(ward)
    expect(card(page)).to_have_attribute("data-state", "alert")
    expect(card(page).locator(".state-word")).to_have_text("Check the resident")
    expect(page.locator(".bar-alerts")).to_contain_text("Room 12 · left bed")
    expect(page.locator("#assertive")).to_contain_text("Room 12 · left bed: Check the resident")
    snapshots_pass(ward, 8)
    assert len(page.evaluate("window.told")) == 1


def test_acknowledging_with_a_verdict_by_keys_alone(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    name = hurts(ward)
    expect(card(page)).to_have_attribute("data-state", "alert")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.card-actions') !== null"):
            break
    page.keyboard.press("Enter")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Check the resident")
    expect(dialog.locator(".verdict-later")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.locator(".verdict-pain")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    asked = ward.asked[-1]
    assert (asked.do, asked.alert, asked.by, asked.verdict) == ("ack", name, "nurse", Verdict.PAIN)
    expect(card(page)).to_have_attribute("data-state", "pain")
    expect(card(page)).to_contain_text("Alert acknowledged")
    expect(page.locator(".bar-alerts")).to_be_hidden()


def test_escape_leaves_the_alert_as_it_is(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    hurts(ward)
    card(page).get_by_role("button", name="Acknowledge").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    expect(card(page)).to_have_attribute("data-state", "alert")
    assert ward.asked == []


def test_an_alert_nobody_heeds_is_said_to_be_passed_on(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    page.evaluate(COUNT)
    hurts(ward)
    expect(page.locator("#assertive")).to_contain_text("Check the resident")
    ward.escalate("bed-1", Topic.PAIN, "shift lead")
    expect(page.locator(".bar-alerts")).to_contain_text("passed on, nobody came yet")
    expect(page.locator("#assertive")).to_contain_text("passed on because nobody came")
    expect(card(page)).to_contain_text("passed on, nobody came yet")
    snapshots_pass(ward, 6)
    assert len(page.evaluate("window.told")) == 2


def test_weak_evidence_has_a_word_and_a_shape_of_its_own(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    hurts(ward, weak=True)
    expect(card(page)).to_have_attribute("data-state", "weak")
    expect(card(page).locator(".state .icon-weak")).to_be_visible()
    expect(page.locator(".bar-alerts")).to_contain_text("weak evidence")


def test_a_fault_of_the_camera_asks_for_no_finding(visit: Visit, ward: FakeWard):
    page = visit.log_in("nurse", PASSWORD)
    ward.beds["bed-3"].online, ward.beds["bed-3"].score = False, None
    ward.beds["bed-3"].because = "camera_offline"
    ward.raise_alert("bed-3", Topic.CAMERA_OFFLINE)
    expect(card(page, "bed-3")).to_have_attribute("data-state", "unknown")
    expect(card(page, "bed-3")).to_contain_text("Camera does not answer")
    card(page, "bed-3").get_by_role("button", name="Acknowledge").click()
    buttons = page.get_by_role("alertdialog").locator(".verdict")
    expect(buttons).to_have_count(1)
    buttons.click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert ward.asked[-1].verdict is None


def test_who_may_not_acknowledge_sees_no_button(visit: Visit, ward: FakeWard):
    page = visit.log_in("viewer", PASSWORD)
    hurts(ward)
    expect(card(page)).to_have_attribute("data-state", "alert")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    expect(page.locator(".beds .bed")).to_have_count(1)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_list_of_alerts(visit: Visit, ward: FakeWard, language: str):
    said = {"en": ("Pause sound", "Sound again", "found: pain"), "de": ("Ton 2", "Ton wieder", "Befund: Schmerz")}
    pause, resume, found = said[language]
    past = ward.past_alert("bed-2", Topic.PAIN)
    ward.write("bed-2", past, Reason.CONDITION_HELD)
    past.presence = Presence.ACKNOWLEDGED
    ward.write("bed-2", past, Reason.ACKNOWLEDGED, by="nurse", verdict=Verdict.PAIN, out_s=20.0)
    past.presence = Presence.OFF
    ward.write("bed-2", past, Reason.CONDITION_ENDED)
    hurts(ward)
    page = visit.log_in("nurse", PASSWORD, view="alerts", language=language)
    expect(page.locator(".alert-item")).to_have_count(1)
    expect(page.locator(f".past[data-alert='bed-2:{past.number}']")).to_contain_text(found)
    page.get_by_role("button", name=pause).click()
    expect(page.get_by_role("button", name=resume)).to_be_visible()
    assert (ward.asked[-1].do, ward.asked[-1].seconds) == ("pause", 120.0)
    page.get_by_role("button", name=resume).click()
    expect(page.get_by_role("button", name=pause)).to_be_visible()


def test_a_past_alert_shows_what_it_rested_on(visit: Visit, ward: FakeWard):
    name = hurts(ward)
    put_evidence(ward, name)
    page = visit.log_in("nurse", PASSWORD)
    go(page, f"alert/{name}")
    expect(page.locator(".mus tbody tr")).not_to_have_count(0)
    expect(page.locator(".mus")).to_contain_text("AU4")
    expect(page.locator(".heat-face.heat-plain")).to_be_visible()  # what is kept holds no pixels
    expect(page.locator(".transitions li")).not_to_have_count(0)
