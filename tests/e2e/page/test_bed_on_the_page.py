"""One bed on the page: the picture for those allowed, the heatmap, the history, and what can be done there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fake_ward import FakeWard
from page_browser import Visit, go
from page_server import PASSWORD
from playwright.sync_api import Page, expect

from monitor import clock
from monitor.alerts.topics import Reason, Topic
from monitor.records import Level, Presence
from monitor.storage.database.trend_row import TrendRow
from monitor.ward.service import StorageSettings

pytestmark = pytest.mark.live
GREY = """(image) => {
  const canvas = new OffscreenCanvas(8, 8).getContext("2d");
  canvas.drawImage(image, 0, 0, 8, 8);
  return image.naturalWidth > 0 && canvas.getImageData(4, 4, 1, 1).data[3] > 0;
}"""


def bed_page(visit: Visit, name: str, bed: str = "bed-1") -> Page:
    page = visit.log_in(name, PASSWORD, view=f"bed/{bed}")
    expect(page.locator(".bed-parts .bed")).to_be_visible()
    return page


def test_the_live_picture_is_shown_on_demand_to_those_allowed(visit: Visit):
    page = bed_page(visit, "nurse")
    assert not any("live.mjpeg" in url for url in visit.asked)
    page.get_by_role("button", name="Show live picture").click()
    picture = page.locator(".live-frame img")
    expect(picture).to_be_visible()
    page.wait_for_function(GREY, arg=picture.element_handle())
    page.get_by_role("button", name="Hide live picture").click()
    expect(picture).to_have_count(0)


def test_others_get_no_picture_and_a_heatmap_without_a_face(visit: Visit):
    page = bed_page(visit, "viewer")
    expect(page.get_by_role("button", name="Show live picture")).to_have_count(0)
    expect(page.get_by_role("button", name="Start pause")).to_be_hidden()
    page.get_by_role("button", name="Show on the face").click()
    expect(page.locator(".heat-plain")).to_be_visible()
    expect(page.locator("img.heat-face")).to_have_count(0)
    assert not any("live.mjpeg" in url or "picture.jpg" in url for url in visit.asked)


def test_the_heatmap_comes_with_its_sentence_and_each_share_beside_chance(visit: Visit):
    page = bed_page(visit, "nurse")
    page.get_by_role("button", name="Show on the face").click()
    expect(page.locator("img.heat-face")).to_be_visible()
    row = page.locator(".mus tbody tr").first
    expect(row).to_contain_text("AU4")
    expect(row).to_contain_text("44%")
    expect(row).to_contain_text("12%")
    fill, chance = (row.locator(name).bounding_box() for name in (".mu-fill", ".mu-chance"))
    assert fill is not None
    assert chance is not None
    assert fill["x"] + fill["width"] > chance["x"] > fill["x"]
    expect(page.locator(".heat-lines polygon")).not_to_have_count(0)
    expect(page.locator(".evidence-words .lead")).to_contain_text("brow lowered")


def test_a_privacy_pause_hides_all_and_counts_down(visit: Visit, ward: FakeWard):
    page = bed_page(visit, "nurse")
    page.get_by_role("button", name="Show live picture").click()
    expect(page.locator(".live-frame img")).to_be_visible()
    page.get_by_label("Length").select_option("300")
    page.get_by_role("button", name="Start pause").click()
    expect(page.get_by_role("timer")).to_contain_text("Pause: ")
    assert (ward.asked[-1].do, ward.asked[-1].seconds, ward.asked[-1].by) == ("privacy", 300.0, "nurse")
    expect(page.locator(".bed-parts .bed")).to_have_attribute("data-state", "privacy")
    expect(page.locator(".live-frame img")).to_have_count(0)
    expect(page.get_by_role("button", name="Show live picture")).to_be_disabled()
    expect(page.get_by_role("button", name="End pause now")).to_be_focused()
    page.get_by_role("button", name="End pause now").click()
    expect(page.locator(".bed-parts .bed")).to_have_attribute("data-state", "calm")


def test_the_neutral_face_is_forgotten_only_after_a_yes(visit: Visit, ward: FakeWard):
    page = bed_page(visit, "nurse")
    page.get_by_role("button", name="Forget and learn anew").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Cancel").click()
    assert ward.asked == []
    page.get_by_role("button", name="Forget and learn anew").click()
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    page.get_by_role("button", name="Take the face now as neutral").click()
    page.get_by_role("button", name="Yes, calm now").click()
    expect(page.get_by_role("alertdialog")).to_have_count(0)
    assert [request.do for request in ward.asked] == ["reset_neutral", "neutral"]


def test_the_history_zooms_and_marks_alerts(visit: Visit, ward: FakeWard):
    put_two_hours(ward)
    page = bed_page(visit, "nurse")
    expect(page.locator(".history-words")).to_contain_text("Highest 0.90 of 1")
    expect(page.locator(".history-words")).to_contain_text("1 alert")
    expect(page.locator(".plot canvas")).to_be_visible()
    expect(page.locator(".bed-parts .past")).to_have_count(1)
    with page.expect_request("**/trend?**") as wide:
        page.get_by_role("button", name="1 h", exact=True).click()
    with page.expect_request("**/trend?**") as narrow:
        page.get_by_role("button", name="Zoom in").click()
    assert length_s(page, narrow.value.url) == pytest.approx(length_s(page, wide.value.url) / 2, abs=5)
    drawn = str(round(length_s(page, narrow.value.url)))
    expect(page.locator(".plot")).to_have_attribute("data-seconds", drawn)  # the older plot is gone
    plot = page.locator(".plot .u-over")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    with page.expect_request("**/trend?**") as dragged:
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.50 * box["width"], box["y"] + 60, steps=4)
        page.mouse.up()
    assert length_s(page, dragged.value.url) == pytest.approx(length_s(page, narrow.value.url) / 4, rel=0.05)


def length_s(page: Page, url: str) -> float:
    """How long a time the address asks for."""
    script = """(url) => { const asked = new URL(url).searchParams;
      return (Date.parse(asked.get("to")) - Date.parse(asked.get("from"))) / 1000; }"""
    return float(page.evaluate(script, url))


def put_two_hours(ward: FakeWard) -> None:
    """A trend with a quarter of an hour that nobody could assess, and one alert."""
    now = clock.now_at().replace(microsecond=0)
    rows = []
    for second in range(0, 7200, 20):
        blind = 3000 <= second < 3900
        score = None if blind else 0.9 if 5000 <= second < 5200 else 0.1
        level = Level.UNASSESSABLE if blind else Level.PAIN if score == 0.9 else Level.NO_PAIN
        at = now - timedelta(seconds=7200 - second)
        rows.append(TrendRow(bed="bed-1", at=at, level=level, score=score, pspi=score and 10 * score, coverage=0.9))
    with ward.lock:
        ward.database.put_trend(rows)
        ward.database.prune(now, StorageSettings(), pause_s=0.0)  # counts the minutes
        alert = ward.past_alert("bed-1", Topic.PAIN)
        ward.write("bed-1", alert, Reason.CONDITION_HELD, at=now - timedelta(seconds=2150))
        alert.presence = Presence.OFF
        ward.write("bed-1", alert, Reason.CONDITION_ENDED, at=now - timedelta(seconds=1990))


def test_an_unknown_bed_is_said_to_be_unknown(visit: Visit):
    page = visit.log_in("viewer", PASSWORD)
    go(page, "bed/bed-2")
    expect(page.locator("main")).to_contain_text("There is no such bed, or it is not shown to you.")
