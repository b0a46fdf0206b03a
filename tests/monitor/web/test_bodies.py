"""Bodies that are too large, too slow or nonsense hold nobody up and break nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from monitor.web import body


def test_a_body_that_is_too_large_is_refused(served):
    browser = served.browser()
    said = {"name": "x", "password": "y" * (17 << 10)}
    assert browser.post("/api/login", json=said).status_code == 413


def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(served):
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 1024

    answer = served.browser().post("/api/login", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_body_that_does_not_come_is_given_up(served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body, "PATIENCE_S", 0.3)
    port = int(served.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as end:
        kind = b"Content-Type: application/json"
        end.sendall(b"POST /api/login HTTP/1.1\r\nHost: localhost\r\n" + kind + b"\r\nContent-Length: 90\r\n\r\n{")
        assert end.recv(65536).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"[" * 9000, 400),
        (b'{"name":' + b"9" * 9000 + b"}", 400),
        (b"{}", 422),
        (b'{"name":5,"password":"x"}', 422),
        (b'{"name":null,"password":null}', 422),
        (b'{"name":"\\ud800","password":"x"}', 422),
        (b'{"name":"a\\u0000b","password":"x"}', 401),
    ],
)
def test_nonsense_is_refused_in_one_line(content: bytes, code: int, served):
    answer = served.browser().post("/api/login", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == code
    assert list(answer.json()) == ["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("seconds", ["60", None, True, 0, -1, 86_401, 1e300, [60], float("inf"), float("nan")])
def test_pauses_without_a_sensible_length_are_refused(seconds: object, served, ward):
    nurse = served.browser("nurse")
    for pause in ("audio-pause", "privacy-pause"):
        answer = nurse.post(
            f"/api/beds/bed-1/{pause}",
            content=json.dumps({"seconds": seconds}),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, answer.text
    assert ward.asked == []


def test_a_request_head_without_an_end_is_refused(served):
    port = int(served.base.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as end:
        end.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * (80 << 10))
        answer = b""
        try:
            while chunk := end.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
