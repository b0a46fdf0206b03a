"""The bedside page: whether its certificate can be used and for how long, and whether its port is free."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from monitor.clock import now_at
from monitor.doctor.finding import Finding, Verdict
from monitor.errors import ConfigurationError
from monitor.ward.credentials import credential_file, read_credential
from monitor.ward.page import PageSettings

ENDS_SOON = timedelta(days=30)
_AREA = "page"


def page(settings: PageSettings, credentials: Path | None, at: datetime | None = None) -> Iterator[Finding]:
    """What is found at ``at`` (now); nothing where no page is served."""
    if not settings.enabled:
        return
    if settings.certificate is not None and settings.private_key_credential is not None:
        yield _certificate(settings.certificate, settings.private_key_credential, credentials, at or now_at())
    yield _port(settings.host, settings.port)


def _certificate(path: Path, credential: str, credentials: Path | None, at: datetime) -> Finding:
    try:
        read_credential(credential, credentials, many_lines=True)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, credential_file(credential, credentials))
        ends = x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc
    except ConfigurationError as error:
        return _found("certificate", Verdict.WRONG, f"its key: {error}", "see page.private_key_credential")
    except ssl.SSLError as error:
        said = f"{path}: certificate and key do not go together ({error.reason or 'unreadable'})"
        return _found(
            "certificate", Verdict.WRONG, said, "name the key that this very certificate was made for, in PEM"
        )
    except (OSError, ValueError) as error:
        said = f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"
        return _found("certificate", Verdict.WRONG, said, "see page.certificate")
    if ends <= at:
        return _found(
            "certificate", Verdict.WRONG, f"ended on {ends:%Y-%m-%d}", "renew it and say systemctl reload vigil"
        )
    if ends - at < ENDS_SOON:
        return _found(
            "certificate", Verdict.WARN, f"ends on {ends:%Y-%m-%d}", "renew it and say systemctl reload vigil"
        )
    return _found("certificate", Verdict.OK, f"goes with its key, until {ends:%Y-%m-%d}")


def _port(host: str, port: int) -> Finding:
    about = f"{host}:{port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _found(
                about, Verdict.WARN, "is taken", "by the running service, it is hoped; else name another port"
            )
        return _found(
            about, Verdict.WRONG, f"cannot be served: {error.strerror or error}", "see page.host and page.port"
        )
    return _found(about, Verdict.OK, "is free")


def _found(about: str, verdict: Verdict, said: str, advice: str = "") -> Finding:
    return Finding(area=_AREA, about=about, verdict=verdict, said=said, advice=advice)
