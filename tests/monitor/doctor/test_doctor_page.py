"""What the doctor says of the bedside page: certificate, key and port as they are."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from certificates import make_certificates
from free_ports import free_port

from monitor.doctor.finding import Finding, Verdict
from monitor.doctor.page import page
from monitor.ward.page import PageSettings

NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> PageSettings:
    made = make_certificates(tmp_path)
    return PageSettings(
        enabled=True, port=free_port(), certificate=made.certificate, private_key_credential=str(made.key)
    )


def found(settings: PageSettings, at: datetime = NOW) -> list[Finding]:
    return list(page(settings, None, at))


def test_no_page_no_finding() -> None:
    assert found(PageSettings()) == []


def test_a_certificate_is_good_ends_soon_or_is_over(settings: PageSettings) -> None:
    for ahead, verdict in ((-60, Verdict.OK), (0, Verdict.WARN), (30, Verdict.WRONG)):
        certificate, port = found(settings, NOW + timedelta(days=ahead))
        assert (certificate.verdict, port.verdict) == (verdict, Verdict.OK), certificate
    assert "renew" in certificate.advice


def test_a_key_of_another_certificate_is_wrong(settings: PageSettings, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_certificates(tmp_path / "other")
    (finding, _) = found(replace(settings, private_key_credential=str(other.key)))
    assert finding.verdict is Verdict.WRONG
    assert "do not go together" in finding.said


def test_files_that_are_not_there_or_open_to_others_are_wrong(settings: PageSettings, tmp_path: Path) -> None:
    assert found(replace(settings, certificate=tmp_path / "none.pem"))[0].verdict is Verdict.WRONG
    Path(str(settings.private_key_credential)).chmod(0o644)
    (finding, _) = found(settings)
    assert (finding.verdict, "others may read" in finding.said) == (Verdict.WRONG, True)


def test_a_port_in_use_is_remarked_on_and_an_address_of_others_is_wrong(settings: PageSettings) -> None:
    plain = replace(settings, certificate=None, private_key_credential=None)
    with socket.create_server(("127.0.0.1", plain.port)):
        assert [finding.verdict for finding in found(plain)] == [Verdict.WARN]
    assert [finding.verdict for finding in found(replace(plain, host="192.0.2.1"))] == [Verdict.WRONG]
