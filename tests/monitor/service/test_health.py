"""The health endpoints: a camera offline never fails liveness, a loop that stands still does."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from free_ports import free_port

from monitor.errors import ServiceUnavailable
from monitor.service.health.app import health_app
from monitor.service.health.board import Board
from monitor.service.health.server import HealthServer
from monitor.service.metrics import Metrics
from monitor.service.process_table import ProcessKind, ProcessTable

STATUS = {
    "cameras": {"door": {"online": False, "fps": 0.0, "age_s": None, "dropped": {"late": 3}}},
    "beds": {"bed-1": {"assessable": False, "alerts_out": 2}},
    "sinks": {"broker": {"ok": False, "waiting": 7, "delivered": 11, "dropped": {"old": 1}}},
    "processes": [{"name": "capture door", "pid": None, "restarts": 4}],
    "inference": {"stage_ms": {"look": 12.5}},
    "sidecar": {"done": 5, "dropped": {"busy": 2}},
    "troubles": ["alert journal: full"],
}


@pytest.fixture
def health():
    clock = SimpleNamespace(now_s=100.0)
    board, metrics = Board(clock.now_s), Metrics()
    port = free_port()
    server = HealthServer(health_app(board, metrics.text, lambda: clock.now_s), "127.0.0.1", port)
    yield SimpleNamespace(clock=clock, board=board, metrics=metrics, port=port)
    server.close()


def get(health, path: str, method: str = "GET"):
    request = urllib.request.Request(f"http://127.0.0.1:{health.port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_liveness_is_the_loop_s_and_readiness_the_work_s(health):
    assert get(health, "/livez")[0] == 200
    assert get(health, "/readyz")[0] == 503
    health.board.publish(STATUS, ())
    assert [get(health, path)[0] for path in ("/livez", "/readyz")] == [200, 200]
    health.board.publish(STATUS, ("alert journal: full",))
    status, body = get(health, "/readyz")
    assert (status, json.loads(body)["because"]) == (503, ["alert journal: full"])
    health.clock.now_s += 11.0
    status, body = get(health, "/livez")
    assert (status, json.loads(body)["because"]) == (503, ["the loop has stood still for 11 s"])
    health.board.moved(health.clock.now_s)
    assert get(health, "/livez")[0] == 200


def test_status_is_what_was_published_and_nothing_can_be_changed(health):
    health.board.publish(STATUS, ())
    assert json.loads(get(health, "/status")[1]) == STATUS
    assert [get(health, "/status", method)[0] for method in ("POST", "PUT", "DELETE")] == [405, 405, 405]
    assert get(health, "/nothing")[0] == 404


def test_metrics_name_what_was_counted(health):
    health.metrics.show(STATUS)
    health.metrics.judged("bed-1", latency_s=0.083, ring_s=0.01, way_s=0.001, batch=2, left_out=3)
    status, text = get(health, "/metrics")
    assert status == 200
    for line in (
        'vigil_pictures_judged_total{bed="bed-1"} 1.0',
        'vigil_pictures_left_out_total{bed="bed-1"} 3.0',
        'vigil_latency_seconds_bucket{bed="bed-1",le="0.085"} 1.0',
        'vigil_latency_seconds_bucket{bed="bed-1",le="0.08"} 0.0',
        'vigil_camera_online{source="door"} 0.0',
        'vigil_pictures_dropped_total{cause="late",source="door"} 3.0',
        'vigil_sink_waiting{sink="broker"} 7.0',
        'vigil_process_restarts_total{process="capture door"} 4.0',
        'vigil_process_up{process="capture door"} 0.0',
        "vigil_explained_total 5.0",
        "vigil_troubles 1.0",
    ):
        assert line in text.splitlines()
    assert "picture_age" not in [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    health.metrics.forget("bed-1")
    assert 'vigil_pictures_judged_total{bed="bed-1"}' not in get(health, "/metrics")[1]


def test_an_address_that_is_taken_is_said(health):
    with pytest.raises(ServiceUnavailable, match="cannot be taken"):
        HealthServer(health_app(health.board, health.metrics.text, lambda: 0.0), "127.0.0.1", health.port)


def test_the_process_table_says_since_when_and_why_the_last_one_ended():
    from builders import BEGINNING

    table = ProcessTable()
    assert table.note("capture door", ProcessKind.CAPTURE, 10, BEGINNING, restarts=0, trouble=None)
    assert not table.note("capture door", ProcessKind.CAPTURE, 10, BEGINNING, restarts=0, trouble=None)
    assert table.note("capture door", ProcessKind.CAPTURE, None, BEGINNING, restarts=0, trouble="ended by SIGKILL")
    assert table.note("capture door", ProcessKind.CAPTURE, 11, BEGINNING, restarts=1, trouble=None)
    (row,) = table.rows
    assert (row.pid, row.restarts, row.why_ended) == (11, 1, "ended by SIGKILL")
    table.remove("capture door")
    assert table.rows == ()
