"""A mail server on loopback (aiosmtpd): with login, STARTTLS or TLS, refusals, hangs; it goes away and comes back."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
import threading
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from certificates import Certificates
from free_ports import free_port


class MailReceiver:
    """``mails`` is what came; ``refused`` are addresses it does not take, ``answer`` what it says to a mail."""

    def __init__(
        self,
        *,
        login: tuple[str, str] | None = None,
        certificates: Certificates | None = None,
        security: str = "none",
    ) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refused: dict[str, str] = {}
        self.answer = "250 taken"
        self.hanging = threading.Event()
        self.encrypted: list[bool] = []
        self.logins: list[str] = []
        self._login = login
        self._security = security
        self._tls: ssl.SSLContext | None = None
        if certificates is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificates.certificate, certificates.key)
        self._controller: Controller | None = None

    def start(self) -> None:
        receiver = self

        class Handler:
            async def handle_RCPT(  # noqa: N802 — the server's own naming
                self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
            ) -> str:
                if receiver._login is not None and not session.authenticated:
                    return "530 log in first"
                if address in receiver.refused:
                    return receiver.refused[address]
                envelope.rcpt_tos.append(address)
                return "250 ok"

            async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
                while receiver.hanging.is_set():
                    await asyncio.sleep(0.05)
                if receiver.answer.startswith("250"):
                    content = envelope.content
                    assert isinstance(content, bytes)
                    mail = email.message_from_bytes(content, policy=email.policy.default)
                    assert isinstance(mail, EmailMessage)
                    receiver.mails.append(mail)
                    receiver.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
                    receiver.encrypted.append(session.ssl is not None or receiver._security == "tls")
                return receiver.answer

        def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
            assert isinstance(data, LoginPassword)
            receiver.logins.append(data.login.decode())
            right = receiver._login is not None and (data.login.decode(), data.password.decode()) == receiver._login
            return AuthResult(success=right, handled=False)

        more: dict[str, Any] = {}
        if self._login is not None:
            secured = self._security == "starttls"
            more = {"authenticator": authenticate, "auth_required": secured, "auth_require_tls": secured}
        if self._security == "starttls":
            more |= {"tls_context": self._tls, "require_starttls": True}
        if self._security == "tls":
            more |= {"ssl_context": self._tls}
        self._controller = Controller(Handler(), hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self.hanging.clear()
            self._controller.stop()
            self._controller = None
