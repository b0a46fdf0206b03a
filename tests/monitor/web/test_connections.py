"""Connections that ask for nothing do not stay."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest

from monitor.web import connections

HEAD = b"GET /api/session HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def end(served):
    with socket.create_connection(("127.0.0.1", int(served.base.rpartition(":")[2])), timeout=60) as made:
        yield made


def is_closed(end: socket.socket) -> bool:
    """Waits for the other end to say more or to go."""
    try:
        return end.recv(65536) == b""
    except ConnectionResetError:
        return True


def answer(end: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"}"):
        said += end.recv(65536)
    return said


@pytest.mark.parametrize("said", [b"", b"G", HEAD])
def test_one_that_never_finishes_asking_is_closed(said: bytes, served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    with socket.create_connection(("127.0.0.1", int(served.base.rpartition(":")[2])), timeout=60) as end:
        end.sendall(said)
        assert is_closed(end)


def test_one_that_asks_once_and_then_begins_without_an_end_is_closed(end, monkeypatch: pytest.MonkeyPatch):
    end.sendall(HEAD + b"\r\n")
    assert b"200 OK" in answer(end)
    monkeypatch.setattr(connections, "HEAD_S", 0.5)
    end.sendall(HEAD)
    assert is_closed(end)


def test_one_that_asks_again_and_again_stays(end):
    for _ in range(5):
        end.sendall(HEAD[:30])
        end.sendall(HEAD[30:] + b"\r\n")
        assert b"200 OK" in answer(end)


def test_a_stream_that_goes_on_is_no_connection_without_a_request(served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "HEAD_S", 3.0)
    browser = served.browser("nurse")
    with browser.stream("GET", "/api/events") as reply:
        lines = reply.iter_lines()
        told = [line for _, line in zip(range(9), lines, strict=False)]  # three events, some four seconds
    assert sum(line == "event: ward" for line in told) == 3


def test_one_address_cannot_hold_every_connection(served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "is_loopback", lambda host: False)
    monkeypatch.setattr(connections, "MOST_OF_ONE_ADDRESS", 5)
    browser = served.browser("nurse")
    with ExitStack() as held:
        for _ in range(5):
            assert held.enter_context(browser.stream("GET", "/api/events")).status_code == 200
        end = held.enter_context(socket.create_connection(("127.0.0.1", int(served.base.rpartition(":")[2])), 60))
        end.sendall(HEAD + b"\r\n")
        assert is_closed(end)
