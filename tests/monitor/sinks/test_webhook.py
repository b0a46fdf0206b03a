"""The webhook: signed, retried as far as it makes sense, never redirected, bounded whatever the receiver does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import make_certificates
from http_receiver import HttpReceiver
from mosquitto_broker import wait
from sink_story import PLANTED, Story

from monitor import clock
from monitor.sinks.webhook.signature import FRESH_S, is_genuine, signature
from monitor.ward.credentials import Secret
from monitor.ward.sinks import WebhookSink

SECRETS = {"sinks.there.secret_credential": Secret(PLANTED)}


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    running = HttpReceiver()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def story() -> Story:
    return Story(secrets=SECRETS)


def settings(receiver: HttpReceiver, **more: Any) -> WebhookSink:
    quick: dict[str, Any] = {"first_backoff_s": 0.02, "longest_backoff_s": 0.05, "secret_credential": "hook", **more}
    return WebhookSink(url=receiver.url("/vigil?ward=3"), **quick)


def test_a_receiver_can_tell_that_it_is_ours_and_fresh(receiver: HttpReceiver, story: Story):
    message = story.message()
    with story.sink(settings(receiver)) as sink:
        sink.send(message)
        story.drive(sink, lambda: sink.status().delivered == 1)
    (request,) = receiver.requests
    stamp, signed = request.headers["Vigil-Timestamp"], request.headers["Vigil-Signature"]
    assert request.path == "/vigil?ward=3"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Vigil-Message-Id"] == message.message_id == json.loads(request.body)["message_id"]
    now_s = clock.now_at().timestamp()
    assert is_genuine(PLANTED, stamp, request.body, signed, now_s=now_s)
    assert not is_genuine("another", stamp, request.body, signed, now_s=now_s)
    assert not is_genuine(PLANTED, stamp, request.body + b" ", signed, now_s=now_s)
    assert not is_genuine(PLANTED, str(int(stamp) + 1), request.body, signed, now_s=now_s)
    assert not is_genuine(PLANTED, stamp, request.body, signed, now_s=now_s + FRESH_S + 10)
    assert not is_genuine(PLANTED, stamp, request.body, signed, now_s=now_s - FRESH_S - 10)
    for odd in ("", "-1", "٣", "9" * 30, "1e9"):
        assert not is_genuine(PLANTED, odd, request.body, signed, now_s=now_s)


def test_the_recipe_in_the_document_verifies():
    text = (Path(__file__).resolve().parents[3] / "docs" / "sinks.md").read_text()
    recipe = text.split("```python\n")[1].split("```")[0]
    space: dict[str, Any] = {}
    exec(recipe, space)
    stamp, body = int(clock.now_at().timestamp()), b'{"a":1}'
    headers = {"Vigil-Timestamp": str(stamp), "Vigil-Signature": signature(PLANTED, stamp, body)}
    assert space["genuine"](PLANTED, headers, body)
    assert not space["genuine"]("another", headers, body)


def test_without_a_secret_nothing_is_signed(receiver: HttpReceiver, story: Story):
    with story.sink(settings(receiver, secret_credential=None)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
    assert not {"Vigil-Signature", "Vigil-Timestamp"} & receiver.requests[0].headers.keys()


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301, 307])
def test_what_cannot_succeed_is_given_up_at_once_and_said(receiver: HttpReceiver, story: Story, status: int):
    receiver.answers.append((status, {"Location": "http://127.0.0.1:1/elsewhere"}))
    told = [story.message(alert=1), story.message(alert=2)]
    with story.sink(settings(receiver)) as sink:
        sink.send(told[0])
        story.drive(sink, lambda: sink.status().dropped == {"refused": 1})
        assert str(status) in (sink.status().trouble or "")
        sink.send(told[1])
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().trouble is None
        assert sink.status().waiting == 0
    assert [request.status for request in receiver.requests] == [status, 204]
    assert {request.path for request in receiver.requests} == {"/vigil?ward=3"}


@pytest.mark.parametrize("status", [408, 429, 500, 507])
def test_errors_of_the_receiver_are_tried_so_often(receiver: HttpReceiver, story: Story, status: int):
    receiver.answers.extend([(status, {})] * 4)
    with story.sink(settings(receiver, attempts=3)) as sink:
        sink.send(story.message(alert=1))
        sink.send(story.message(alert=2))
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().dropped == {"failed": 1}
    tried = [request.headers["Vigil-Message-Id"] for request in receiver.requests]
    assert [tried.count(each) for each in dict.fromkeys(tried)] == [3, 2]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_receiver_behind_a_proxy_may_be_away_for_long(receiver: HttpReceiver, story: Story, status: int):
    receiver.answers.extend([(status, {})] * 6)
    with story.sink(settings(receiver, attempts=2)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().dropped == {}
    assert len(receiver.requests) == 7


def test_it_leaves_a_receiver_alone_that_asks_for_it(receiver: HttpReceiver, story: Story):
    receiver.answers.append((429, {"Retry-After": "0.4"}))
    with story.sink(settings(receiver, longest_backoff_s=1.0)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
    first, second = receiver.requests
    assert second.at_s - first.at_s > 0.3


@pytest.mark.parametrize("asked", ["nan", "inf", "-5", "Wed, 21 Oct 2026 07:28:00 GMT", "x" * 5000])
def test_odd_wishes_are_not_heeded(receiver: HttpReceiver, story: Story, asked: str):
    receiver.answers.append((503, {"Retry-After": asked}))
    with story.sink(settings(receiver)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)


def test_an_answer_that_never_ends_is_cut_off(receiver: HttpReceiver, story: Story):
    """Each byte comes in time; the whole does not."""
    receiver.dripping.set()
    with story.sink(settings(receiver, timeout_s=0.5)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().trouble is not None)
        receiver.dripping.clear()
        story.drive(sink, lambda: sink.status().delivered == 1)


def test_by_https_with_our_own_authority_and_with_no_other(tmp_path: Path, story: Story):
    certificates = make_certificates(tmp_path)
    receiver = HttpReceiver(certificates)
    receiver.start()
    try:
        with story.sink(settings(receiver)) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: "certificate is not trusted" in (sink.status().trouble or ""))
        with story.sink(settings(receiver, tls_ca_file=certificates.authority)) as sink:
            story.drive(sink, lambda: sink.status().delivered == 1)
        wait(lambda: len(receiver.requests) == 1)
    finally:
        receiver.stop()


def test_no_proxy_of_the_environment_is_asked(receiver: HttpReceiver, story: Story, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with story.sink(settings(receiver)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
