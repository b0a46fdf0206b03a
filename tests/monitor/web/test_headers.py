"""What every answer carries, which hosts are served, and what other sites cannot do."""

from __future__ import annotations

import re
import socket

import pytest
from page_server import PASSWORD

from monitor.web.headers import HEADERS


@pytest.mark.parametrize(
    ("path", "code"),
    [("/", 200), ("/static/index.html", 200), ("/api/session", 200), ("/api/ward", 401), ("/nothing", 404)],
)
def test_every_answer_carries_the_headers(path: str, code: int, served):
    answer = served.browser().get(path)
    assert answer.status_code == code
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_the_policy_lets_no_inline_script_and_no_other_site_in():
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\*", policy)


def test_mistakes_of_the_program_are_one_line_without_its_inside(served, ward):
    nurse = served.browser("nurse")
    ward.snapshot = lambda: {"beds": {"bed-1": {"alerts": [{}]}}}  # what no service sends
    answer = nurse.get("/api/ward")
    assert answer.status_code == 500
    assert answer.json() == {"error": "the page made a mistake; it was written to the log"}
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "a b", ""])
def test_on_loopback_no_other_name_is_served(host: str, served):
    """Else a site could point its own name here and read the page with a visitor's browser."""
    assert raw(served, f"GET /api/session HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")[0] == 400


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9", "[::1]:8720"])
def test_the_names_of_this_machine_are_served(host: str, served):
    assert raw(served, f"GET /api/session HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")[0] == 200


def test_two_hosts_are_none(served):
    assert raw(served, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n")[0] == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_sites_can_neither_log_in_nor_act(headers: dict[str, str], served, ward):
    stranger = served.browser()
    said = {"name": "nurse", "password": PASSWORD}
    assert stranger.post("/api/login", json=said, headers=headers).status_code == 403
    nurse = served.browser("nurse")
    assert nurse.post("/api/beds/bed-1/audio-pause", json={"seconds": 5}, headers=headers).status_code == 403
    assert ward.asked == []
    own = {"Origin": served.base, "Sec-Fetch-Site": "same-origin"}
    assert nurse.post("/api/beds/bed-1/audio-pause", json={"seconds": 5}, headers=own).status_code == 200


def test_a_form_of_another_site_is_not_json(served):
    said = {"name": "nurse", "password": PASSWORD}
    assert served.browser().post("/api/login", data=said).status_code == 415
    plain = served.browser().post(
        "/api/login", content='{"name":"nurse","password":"x"}', headers={"Content-Type": "text/plain"}
    )
    assert plain.status_code == 415


def raw(served, request: str) -> tuple[int, bytes]:
    """Status and everything, of a request that a client library would not write."""
    port = int(served.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as end:
        end.sendall(request.encode())
        answer = b""
        while chunk := end.recv(65536):
            answer += chunk
    return int(answer.split(b" ", 2)[1]), answer
