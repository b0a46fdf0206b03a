"""The e-mail sink against a real mail server: encryption, login, refusals, and mails that nobody can bend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from certificates import Certificates, make_certificates
from hypothesis import given
from hypothesis import strategies as st
from mail_receiver import MailReceiver
from sink_story import PLANTED, SENTENCE, Story

from monitor.alerts.topics import Reason, Topic
from monitor.records import Presence, Priority
from monitor.sinks.email.mail import alert_mail, is_told
from monitor.sinks.email.rate import BURST, MailRate
from monitor.ward.credentials import Secret
from monitor.ward.sinks import EmailSink

LOGIN = ("vigil", PLANTED)


@pytest.fixture
def story() -> Story:
    return Story(secrets={"sinks.there.password_credential": Secret(PLANTED)})


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@pytest.fixture
def server() -> Iterator[MailReceiver]:
    running = MailReceiver()
    running.start()
    yield running
    running.stop()


def settings(server: MailReceiver, **more: Any) -> EmailSink:
    values: dict[str, Any] = {
        "sender": "vigil@ward.example",
        "to": ("nurse@ward.example", "lead@ward.example"),
        "security": "none",
        "timeout_s": 5.0,
        "first_backoff_s": 0.02,
        "longest_backoff_s": 0.1,
        **more,
    }
    return EmailSink(host="127.0.0.1", port=server.port, **values)


def logged_in(server: MailReceiver, certificates: Certificates, **more: Any) -> EmailSink:
    trusted: dict[str, Any] = {"tls_ca_file": certificates.authority, "security": server._security, **more}
    return settings(server, username="vigil", password_credential="mail", **trusted)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted_and_logged_in(story: Story, certificates: Certificates, security: str):
    server = MailReceiver(login=LOGIN, certificates=certificates, security=security)
    if security == "tls":
        server._login = None  # aiosmtpd offers a login after STARTTLS alone
    server.start()
    wanted = logged_in(server, certificates)
    if security == "tls":
        wanted = settings(server, security="tls", tls_ca_file=certificates.authority)
    try:
        with story.sink(wanted) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: sink.status().delivered == 1)
            assert sink.status().trouble is None
    finally:
        server.stop()
    assert server.encrypted == [True]
    assert server.logins == (["vigil"] if security == "starttls" else [])
    assert server.envelopes == [("vigil@ward.example", ["nurse@ward.example", "lead@ward.example"])]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_no_password_goes_to_a_server_that_is_not_trusted(story: Story, certificates: Certificates, security: str):
    server = MailReceiver(login=LOGIN, certificates=certificates, security=security)
    server.start()
    try:
        with story.sink(logged_in(server, certificates, tls_ca_file=None)) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: "certificate is not trusted" in (sink.status().trouble or ""))
    finally:
        server.stop()
    assert server.logins == []
    assert server.mails == []


def test_no_encryption_offered_means_no_mail(story: Story, server: MailReceiver, certificates: Certificates):
    with story.sink(logged_in(server, certificates, security="starttls")) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().trouble is not None)
        assert sink.status().trouble == "the mail server does not offer the encryption or login that is set"
    assert server.mails == []


def test_a_wrong_password_is_said_and_not_shown(story: Story, certificates: Certificates):
    server = MailReceiver(login=("vigil", "right"), certificates=certificates, security="starttls")
    server.start()
    try:
        with story.sink(logged_in(server, certificates)) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: sink.status().trouble is not None)
            assert sink.status().trouble == "the mail server refuses user or password (535)"
            server._login = LOGIN
            story.drive(sink, lambda: sink.status().delivered == 1)
    finally:
        server.stop()


def test_an_address_that_is_refused_keeps_the_mail_from_nobody_else(story: Story, server: MailReceiver):
    server.refused["lead@ward.example"] = "550 no such user"
    with story.sink(settings(server)) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().trouble == "the mail server refused 1 of the addresses"
    assert server.envelopes == [("vigil@ward.example", ["nurse@ward.example"])]


def test_refused_for_good_is_given_up_and_refused_for_now_is_tried_again(story: Story, server: MailReceiver):
    addresses = ("nurse@ward.example", "lead@ward.example")
    with story.sink(settings(server)) as sink:
        server.refused = dict.fromkeys(addresses, "550 no such user")
        sink.send(story.message(alert=1))
        story.drive(sink, lambda: sink.status().dropped == {"refused": 1})
        assert sink.status().trouble == "the mail server takes none of the addresses (550)"
        server.refused = dict.fromkeys(addresses, "450 come again later")
        sink.send(story.message(alert=2))
        story.drive(sink, lambda: "(450)" in (sink.status().trouble or ""))
        server.refused = {}
        story.drive(sink, lambda: sink.status().delivered == 1)
        server.answer = "554 spam"
        sink.send(story.message(alert=3))
        story.drive(sink, lambda: sink.status().dropped == {"refused": 2})
        server.answer = "452 full"
        sink.send(story.message(alert=4))
        story.drive(sink, lambda: "(452)" in (sink.status().trouble or ""))
        server.answer = "250 taken"
        story.drive(sink, lambda: sink.status().delivered == 2)


def test_new_alerts_and_escalations_are_told_and_nothing_else():
    story = Story()
    told = {reason for reason in Reason if is_told(story.message(reason=reason))}
    assert told == {
        Reason.CONDITION_HELD,
        Reason.RETRIGGERED,
        Reason.STILL_HOLDS,
        Reason.EVIDENCE_STRENGTHENED,
        Reason.ESCALATED,
        Reason.RESTORED,
    }
    for presence in (Presence.LATCHED, Presence.ACKNOWLEDGED, Presence.OFF):
        assert not any(is_told(story.message(reason=reason, presence=presence)) for reason in Reason)


def test_what_comes_too_fast_shares_mails(story: Story, server: MailReceiver):
    with story.sink(settings(server, mails_per_hour=2, least_priority="low")) as sink:
        for number in (1, 2):
            sink.send(story.message(alert=number))
            story.drive(sink, lambda: sink.status().delivered == number)  # noqa: B023 — driven at once
        for number in range(3, 31):
            sink.send(story.message(alert=number))
            sink.step(story.clock.now_s())
        assert sink.status().waiting == 28
        story.clock.offset_s += 1801
        sink.send(story.message(alert=99))
        story.drive(sink, lambda: sink.status().waiting == 0)
    assert len(server.mails) == 3
    ids = [found for mail in server.mails for found in mail.get_all("X-Vigil-Message-Id", [])]
    assert len(ids) == len(set(ids)) == 31
    assert "(and 28 more)" in str(server.mails[-1]["Subject"])


def test_the_rate_is_a_bucket():
    rate = MailRate(60)
    for _ in range(BURST):
        assert rate.pause_s(100.0) == 0.0
        rate.spend(100.0)
    assert rate.pause_s(100.0) == pytest.approx(60.0)
    assert rate.pause_s(130.0) == pytest.approx(30.0)
    assert rate.pause_s(160.0) == 0.0
    rate.spend(160.0)
    assert rate.pause_s(50.0) > 0.0, "a clock that goes back gives nothing"
    fresh = MailRate(3)
    for _ in range(3):
        assert fresh.pause_s(0.0) == 0.0
        fresh.spend(0.0)
    assert fresh.pause_s(0.0) == pytest.approx(1200.0)


def mail_of(*messages: Any) -> Any:
    story = Story()
    return alert_mail(messages, sender="vigil@ward.example", to=["nurse@ward.example"], sent_at=story.clock.now_at())


def test_a_nurse_understands_it():
    story = Story()
    mail = mail_of(story.message(reason=Reason.ESCALATED, level=1, who="second nurse"))
    assert mail["Subject"] == "Check the resident (bed-1, room 12): signs of pain, nobody has acknowledged yet"
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    text = mail.get_content()
    for said in (SENTENCE, "now for: second nurse", "priority high", "no diagnosis", "Alert bed-1:1, ward ward-3"):
        assert said in text
    camera = mail_of(story.message(topic=Topic.CAMERA_OFFLINE)).get_content()
    assert "look after the resident in person" in camera
    assert "diagnosis" not in camera


def test_late_and_test_mails_say_so_first():
    story = Story()
    late = mail_of(story.message().marked_late())
    assert late["Subject"].startswith("[LATE] Check the resident")
    assert "look whether it still is" in late.get_content()
    assert mail_of(replace(story.message(), test=True))["Subject"].startswith("[TEST, no real alert] ")


def test_several_alerts_share_a_mail_under_the_most_urgent():
    story = Story()
    mail = mail_of(
        story.message(topic=Topic.CANNOT_ASSESS), story.message("bed-2"), story.message(topic=Topic.EXPLAINER_DOWN)
    )
    assert mail["Subject"] == "Check the resident (bed-2): signs of pain (and 2 more)"
    text = mail.get_content()
    assert text.index("bed-1:1") < text.index("bed-2:1")


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_no_content_adds_a_header_or_an_address(words: str, sentence: str, who: str):
    evil = "\r\nBcc: thief@elsewhere.example\r\n\r\n"
    message = replace(Story().message(), headline=f"{words}{evil}{who}", sentence=sentence + evil, who=who + evil)
    mail = mail_of(message)
    raw = bytes(mail)
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert not any(line.lower().startswith((b"bcc", b"to: thief", b"cc")) for line in head.split(b"\r\n"))
    assert mail.get_all("To") == ["nurse@ward.example"]
    assert set(mail.keys()) <= {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Vigil-Message-Id", "X-Priority"),
        *("Importance", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }


def test_letters_of_every_language_arrive(story: Story, server: MailReceiver):
    message = replace(story.message(), headline="Prüfen: Zimmer 12 — 痛み", sentence="é" * 2000)
    with story.sink(settings(server)) as sink:
        sink.send(message)
        story.drive(sink, lambda: sink.status().delivered == 1)
    (mail,) = server.mails
    assert mail["Subject"] == "Prüfen: Zimmer 12 — 痛み"
    assert "é" * 2000 in mail.get_content()


def test_low_priorities_are_left_out_by_default(story: Story, server: MailReceiver):
    with story.sink(settings(server)) as sink:
        sink.send(story.message(alert=1, topic=Topic.EXPLAINER_DOWN))
        sink.send(story.message(alert=2, priority=Priority.MEDIUM))
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().waiting == 0
    assert len(server.mails) == 1
