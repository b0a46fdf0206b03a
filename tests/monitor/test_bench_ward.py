"""Percentiles off the difference of two scrapes, drops, slopes, and what is said of a load that is missed."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.bench.soak import Soaked, slopes
from monitor.bench.ward import WardCosts, _drops, quantile, ward_settings
from monitor.bench.ward_text import plain_load, ward_lines
from monitor.service.metrics import LATENCY_BUCKETS_S


def scrape(values: np.ndarray, bed: str = "bed-1"):
    name, found = "vigil_latency_seconds_bucket", {}
    for edge in LATENCY_BUCKETS_S:
        found[name, (("bed", bed), ("le", str(float(edge))))] = float((values <= edge).sum())
    found[name, (("bed", bed), ("le", "+Inf"))] = float(len(values))
    return found


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_a_percentile_is_that_of_what_came_between(share: float, rng: np.random.Generator):
    before = rng.uniform(0.4, 0.5, 500)
    between = rng.gamma(4.0, 0.02, 4000)
    first, second = scrape(before), scrape(np.concatenate([before, between]))
    found = quantile(first, second, "vigil_latency_seconds", share)
    assert found == pytest.approx(float(np.quantile(between, share)), abs=0.006)
    assert quantile(first, second, "vigil_latency_seconds", share, ("bed", "bed-2")) == 0.0
    assert quantile(second, second, "vigil_latency_seconds", share) == 0.0


def test_beyond_the_last_bucket_its_edge_is_said():
    assert quantile({}, scrape(np.array([9.0, 9.0])), "vigil_latency_seconds", 0.95) == LATENCY_BUCKETS_S[-1]


def test_drops_are_named_by_cause():
    before = {("vigil_pictures_left_out_total", (("bed", "a"),)): 3.0}
    after = {
        ("vigil_pictures_left_out_total", (("bed", "a"),)): 8.0,
        ("vigil_pictures_dropped_total", (("cause", "late"), ("source", "x"))): 2.0,
        ("vigil_explanations_dropped_total", (("cause", "busy"), ("sidecar", "sidecar"))): 0.0,
    }
    assert _drops(before, after) == {"overtaken": 5, "camera late": 2}


def costs(p95: float, fps: float = 15.0, ages: tuple[float, float] = (5.0, 6.0)) -> WardCosts:
    return WardCosts(
        cameras=4, fps=fps, over="RTSP", seconds=60.0, judged=3600, latency_ms={"p50": 60.0, "p95": p95, "p99": 200.0},
        ages_ms={"pictures": ages}, dropped={"overtaken": 9}, explained_hz=1.0, batch=3.5,
        cpu={"inference": 1.2, "capture camera-1": 0.1}, stage_ms={"look": 30.0},
    )  # fmt: skip


def test_a_load_is_met_by_its_percentile_and_by_queues_that_do_not_grow():
    assert costs(150.0).met
    assert not costs(150.1).met
    assert not costs(100.0, ages=(30.0, 60.0)).met
    assert costs(100.0, ages=(1.0, 9.0)).met  # ten milliseconds are no queue
    assert plain_load(costs(100.0))["judged_fps"] == 15.0


def test_a_missed_load_is_said_with_the_largest_that_is_met_and_what_limits_it():
    text = "\n".join(ward_lines((costs(200.0), costs(90.0, fps=10.0)), 2))
    assert "growing queue: missed" in text
    assert "explanations ≥ 0.9 a second and bed: 1.00, met" in text
    assert "largest load that meets it: 4 × 10 a second" in text
    assert text.index("inference            1.20") < text.index("capture camera-1     0.10")
    assert "met" in list(ward_lines((costs(90.0),), 2))[-1]


def test_every_camera_of_the_ward_shows_a_bed():
    settings = ward_settings({"camera-1": {"kind": "recording"}, "camera-2": {"kind": "recording"}})
    assert settings["beds"] == {"bed-1": {"source": "camera-1"}, "bed-2": {"source": "camera-2"}}


def test_slopes_leave_the_beginning_out():
    seen = Soaked(
        memory=[(float(minute), 100.0 if minute < 12 else 200.0 + minute / 60.0) for minute in range(60)],
        descriptors=[(float(minute), 30.0) for minute in range(60)],
        pids={1},
    )
    lines = slopes({"inference": seen})
    assert lines[1].split()[:2] == ["inference", "+1.00"]
    assert "+0.00 descriptors" in lines[1] or "-0.00 descriptors" in lines[1]
