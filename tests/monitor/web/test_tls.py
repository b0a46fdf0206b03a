"""The page over TLS with a real certificate."""

from __future__ import annotations

import socket
import ssl
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from certificates import Certificates, make_certificates
from fake_ward import FakeWard
from page_server import PASSWORD, QUICK, add, serving

from monitor.errors import ConfigurationError
from monitor.web.making import make_page
from monitor.web.roles import Role
from monitor.web.server import make_server


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


def encrypt(ward: FakeWard, certificate: Path, key: Path | None) -> None:
    configuration = ward.configuration()
    page = replace(configuration.page, certificate=certificate)
    ward.configure(replace(configuration, page=page, private_key=key))


def test_a_login_over_tls_has_a_cookie_that_never_travels_in_the_open(ward, certificates):
    encrypt(ward, certificates.certificate, certificates.key)
    add(ward, "nurse", Role.NURSE, ("bed-1",))
    trust = ssl.create_default_context(cafile=str(certificates.authority))
    with (
        serving(make_page(ward, QUICK)) as (_, port),
        httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=60) as browser,
    ):
        answer = browser.post("/api/login", json={"name": "nurse", "password": PASSWORD})
        assert answer.status_code == 204
        assert "; Secure" in answer.headers["set-cookie"]
        assert "max-age=31536000" in answer.headers["strict-transport-security"]
        assert browser.get("/api/ward").status_code == 200
        assert browser.get("/", follow_redirects=False).headers["strict-transport-security"]


def test_who_does_not_know_the_authority_is_not_served(ward, certificates):
    encrypt(ward, certificates.certificate, certificates.key)
    with serving(make_page(ward, QUICK)) as (_, port), pytest.raises(httpx.ConnectError):
        httpx.get(f"https://127.0.0.1:{port}/")


def test_plain_http_gets_nothing_from_it(ward, certificates):
    encrypt(ward, certificates.certificate, certificates.key)
    with serving(make_page(ward, QUICK)) as (_, port), socket.create_connection(("127.0.0.1", port), 60) as end:
        end.sendall(b"GET /api/session HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"setup_needed" not in end.recv(65536)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_versions_of_tls_are_refused(version: ssl.TLSVersion, ward, certificates):
    encrypt(ward, certificates.certificate, certificates.key)
    old = ssl.create_default_context(cafile=str(certificates.authority))
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    old.minimum_version, old.maximum_version = version, version
    page = make_page(ward, QUICK)
    with (
        serving(page) as (_, port),
        socket.create_connection(("127.0.0.1", port), 60) as end,
        pytest.raises(ssl.SSLError),
    ):
        old.wrap_socket(end, server_hostname="127.0.0.1")


def test_a_key_that_does_not_fit_is_said_in_one_line(ward, certificates, tmp_path):
    (tmp_path / "other").mkdir()
    other = make_certificates(tmp_path / "other")
    for key in (other.key, None, tmp_path / "nothing.pem"):
        encrypt(ward, certificates.certificate, key)
        with pytest.raises(ConfigurationError, match=r"^page.certificate: "):
            make_server(make_page(ward, QUICK))


def test_behind_a_proxy_that_speaks_tls_the_cookie_is_secure_too(served):
    served.settings(behind_proxy=True)
    answer = served.browser().post("/api/login", json={"name": "nurse", "password": PASSWORD})
    assert "; Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers
    proxied = {"Host": "page.example", "Origin": "https://page.example"}
    assert served.browser().post("/api/login", json={"name": "x", "password": "x"}, headers=proxied).status_code == 401
