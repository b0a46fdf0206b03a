"""Hands mails to a server by SMTP: encrypted and logged in as set, one connection a mail."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from monitor.sinks.email.mail import alert_mail, is_told
from monitor.sinks.email.rate import MailRate
from monitor.sinks.message import AlertMessage
from monitor.sinks.transport import Outcome, Result
from monitor.sinks.trouble_words import words_of_error
from monitor.ward.credentials import Secret
from monitor.ward.sinks import EmailSink

DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_READY = 220
_FINAL = 500
_ANSWERS = 8
"""Answers that one delivery waits for, each up to ``timeout_s``."""


class Mailer:
    """Satisfies ``Transport``. What waits together shares a mail."""

    most = 50

    def __init__(
        self,
        settings: EmailSink,
        password: Secret | None,
        tls: ssl.SSLContext,
        *,
        now_s: Callable[[], float],
        now_at: Callable[[], datetime],
    ) -> None:
        self.limit_s = _ANSWERS * settings.timeout_s
        self._settings = settings
        self._password = password
        self._tls = tls
        self._now_s, self._now_at = now_s, now_at
        self._rate = MailRate(settings.mails_per_hour)
        self._server: smtplib.SMTP | None = None

    def wants(self, message: AlertMessage) -> bool:
        """New alerts and escalations."""
        return is_told(message)

    def pause_s(self, now_s: float) -> float:
        """How long the rate of mails asks to wait."""
        return self._rate.pause_s(now_s)

    def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
        """One mail about ``messages``."""
        mail = alert_mail(messages, sender=self._settings.sender, to=self._settings.to, sent_at=self._now_at())
        try:
            with self._connected() as server:
                refused = server.send_message(mail, from_addr=self._settings.sender, to_addrs=list(self._settings.to))
        except (smtplib.SMTPException, OSError) as error:
            return _judged(error)
        self._rate.spend(self._now_s())
        if refused:
            return Outcome(result=Result.DELIVERED, words=f"the mail server refused {len(refused)} of the addresses")
        return Outcome(result=Result.DELIVERED)

    def abort(self) -> None:
        """Break the connection, so that whoever waits for an answer is done waiting."""
        held = getattr(self._server, "sock", None)
        if isinstance(held, socket.socket):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)

    def close(self) -> None:
        """No connection outlives its mail."""

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        server = _server(settings.security, settings.timeout_s, self._tls)
        server._host = settings.host  # type: ignore[attr-defined]  # what certificates are checked against
        self._server = server  # before it connects, so that even that can be aborted
        try:
            code, _ = server.connect(settings.host, settings.port or DEFAULT_PORTS[settings.security])
            if code != _READY:
                raise smtplib.SMTPConnectError(code, b"")
            if settings.security == "starttls":
                server.starttls(context=self._tls)
            if settings.username is not None and self._password is not None:
                server.login(settings.username, self._password.reveal())
            yield server
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            self._server = None
            server.close()


def _server(security: str, timeout_s: float, tls: ssl.SSLContext) -> smtplib.SMTP:
    if security == "tls":
        return smtplib.SMTP_SSL(local_hostname=_own_name(), timeout=timeout_s, context=tls)
    return smtplib.SMTP(local_hostname=_own_name(), timeout=timeout_s)


def _judged(error: smtplib.SMTPException | OSError) -> Outcome:
    """What a failure means. Answers of 5xx to address, sender or content are final; whatever else may pass."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code = min((code for code, _ in error.recipients.values()), default=550)
            words = f"the mail server takes none of the addresses ({code})"
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            code, words = error.smtp_code, f"the mail server does not take the mail ({error.smtp_code})"
        case smtplib.SMTPAuthenticationError():
            code, words = 0, f"the mail server refuses user or password ({error.smtp_code})"
        case smtplib.SMTPNotSupportedError():
            code, words = 0, "the mail server does not offer the encryption or login that is set"
        case smtplib.SMTPResponseException():
            code, words = 0, f"the mail server answers {error.smtp_code}"
        case _:
            code, words = 0, f"the mail server cannot be reached: {words_of_error(error)}"
    return Outcome(result=Result.REFUSED if code >= _FINAL else Result.AWAY, words=words)


def _own_name() -> str:
    """This machine's name for the server's greeting, without asking a name server."""
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", name) else "localhost"
