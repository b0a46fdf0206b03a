"""Real receivers of every kind of sink on this machine: they can go away, come back, and hang."""

from __future__ import annotations

import io
import json
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import md5
from pathlib import Path
from typing import Any, Protocol

from http_receiver import HttpReceiver
from mail_receiver import MailReceiver
from mosquitto_broker import USER, Broker, Listener, mosquitto
from sink_story import PLANTED

from monitor.records import Priority
from monitor.sinks.base import Sink
from monitor.sinks.console.printer import Printer
from monitor.sinks.sound.tones import wav
from monitor.ward.credentials import Secret
from monitor.ward.sinks import ConsoleSink, DeliveredSink, EmailSink, MqttSink, SoundSink, WebhookSink

KINDS = ("console", "sound", "mqtt", "webhook", "email")
ID = "X-Vigil-Message-Id"
DURABLE = ("mqtt", "webhook", "email")


class Receiver(Protocol):
    """What the contract needs of a receiver. Sound tells no ids: there each tone is its priority."""

    secrets: Mapping[str, Secret]

    def settings(self, **more: Any) -> DeliveredSink: ...

    def received(self) -> list[str]: ...

    def late(self) -> list[bool]: ...

    def go(self) -> None: ...

    def come_back(self) -> None: ...

    def hang(self) -> None: ...

    def attach(self, sink: Sink) -> None: ...


class ConsoleReceiver:
    """A stream that can break, and one that nobody reads."""

    secrets: Mapping[str, Secret] = {}

    def __init__(self) -> None:
        self.stream = _Stream()

    def settings(self, **more: Any) -> ConsoleSink:
        return ConsoleSink(**more)

    def attach(self, sink: Sink) -> None:
        printer = sink._transport  # type: ignore[attr-defined]
        assert isinstance(printer, Printer)
        printer._stream = self.stream

    def received(self) -> list[str]:
        return [str(document["message_id"]) for document in self._documents()]

    def late(self) -> list[bool]:
        return [bool(document["late"]) for document in self._documents()]

    def go(self) -> None:
        self.stream.broken = True

    def come_back(self) -> None:
        self.stream.broken = False

    def hang(self) -> None:
        self.stream.free.clear()

    def close(self) -> None:
        self.stream.free.set()

    def _documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


class _Stream(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.free = threading.Event()
        self.free.set()

    def write(self, text: str) -> int:
        self.free.wait(20)
        if self.broken:
            raise BrokenPipeError(32, "Broken pipe")
        return super().write(text)


class SoundReceiver:
    """A player that notes what it was handed."""

    secrets: Mapping[str, Secret] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.player = folder / "player"
        self.log = folder / "played"
        self.come_back()

    def settings(self, **more: Any) -> SoundSink:
        return SoundSink(player=self.player, **more)

    def attach(self, sink: Sink) -> None:
        """Nothing."""

    def received(self) -> list[str]:
        sums = {md5(wav(priority, 0.6)).hexdigest(): priority.value for priority in list(Priority)[1:]}
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [sums[line.split()[0]] for line in lines]

    def late(self) -> list[bool]:
        return [False for _ in self.received()]

    def go(self) -> None:
        self._script("exit 1")

    def come_back(self) -> None:
        self._script(f'md5sum < "$1" >> {self.log}')

    def hang(self) -> None:
        self._script("exec sleep 60")

    def _script(self, line: str) -> None:
        new = self.player.with_suffix(".new")
        new.write_text(f"#!/bin/sh\n{line}\n")
        new.chmod(stat.S_IRWXU)
        new.replace(self.player)


class BrokerReceiver:
    """mosquitto and somebody who listens."""

    secrets: Mapping[str, Secret] = {"sinks.there.password_credential": Secret(PLANTED)}

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.listener = Listener(broker)
        self.listener.start()

    def settings(self, **more: Any) -> MqttSink:
        return MqttSink(
            host="127.0.0.1",
            port=self.broker.port,
            tls=False,
            username=USER,
            password_credential="mqtt",
            keepalive_s=5,
            **more,
        )

    def attach(self, sink: Sink) -> None:
        """Nothing."""

    def received(self) -> list[str]:
        return [str(document["message_id"]) for document in self._documents()]

    def late(self) -> list[bool]:
        return [bool(document["late"]) for document in self._documents()]

    def go(self) -> None:
        self.listener.stop()
        self.broker.kill()

    def come_back(self) -> None:
        self.broker.start()
        self.listener.start()

    def hang(self) -> None:
        self.broker.freeze()

    def close(self) -> None:
        self.listener.stop()

    def _documents(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for topic, payload, _ in self.listener.heard if topic.endswith("/alert")]


class WebhookReceiver:
    """A web server."""

    secrets: Mapping[str, Secret] = {"sinks.there.secret_credential": Secret(PLANTED)}

    def __init__(self) -> None:
        self.server = HttpReceiver()
        self.server.start()

    def settings(self, **more: Any) -> WebhookSink:
        quick: dict[str, Any] = {"first_backoff_s": 0.05, "longest_backoff_s": 0.2, "timeout_s": 4.0, **more}
        return WebhookSink(url=self.server.url("/vigil"), secret_credential="hook", **quick)

    def attach(self, sink: Sink) -> None:
        """Nothing."""

    def received(self) -> list[str]:
        return [str(json.loads(request.body)["message_id"]) for request in self.server.taken]

    def late(self) -> list[bool]:
        return [bool(json.loads(request.body)["late"]) for request in self.server.taken]

    def go(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()

    def hang(self) -> None:
        self.server.hanging.set()

    def close(self) -> None:
        self.server.stop()


class EmailReceiver:
    """A mail server."""

    secrets: Mapping[str, Secret] = {"sinks.there.password_credential": Secret(PLANTED)}

    def __init__(self) -> None:
        self.server = MailReceiver(login=("vigil", PLANTED))
        self.server.start()

    def settings(self, **more: Any) -> EmailSink:
        quick: dict[str, Any] = {"first_backoff_s": 0.05, "longest_backoff_s": 0.2, "timeout_s": 4.0, **more}
        quick.setdefault("least_priority", "low")
        return EmailSink(
            host="127.0.0.1",
            port=self.server.port,
            security="none",
            sender="vigil@ward.example",
            to=("nurse@ward.example",),
            username="vigil",
            password_credential="mail",
            **quick,
        )

    def attach(self, sink: Sink) -> None:
        """Nothing."""

    def received(self) -> list[str]:
        return [found for mail in self.server.mails for found in mail.get_all(ID, [])]

    def late(self) -> list[bool]:
        return [
            "LATE" in str(mail.get_content()) for mail in self.server.mails for _ in mail.get_all("X-Vigil-Message-Id")
        ]

    def go(self) -> None:
        self.server.stop()

    def come_back(self) -> None:
        self.server.start()

    def hang(self) -> None:
        self.server.hanging.set()

    def close(self) -> None:
        self.server.stop()


@contextmanager
def receiver_of(kind: str, folder: Path) -> Iterator[Any]:
    """A receiver of ``kind`` that is there."""
    if kind == "sound":
        yield SoundReceiver(folder)
        return
    if kind == "mqtt":
        with mosquitto(folder / "broker") as broker:
            broker_receiver = BrokerReceiver(broker)
            try:
                yield broker_receiver
            finally:
                broker_receiver.close()
        return
    made = {"console": ConsoleReceiver, "webhook": WebhookReceiver, "email": EmailReceiver}[kind]()
    try:
        yield made
    finally:
        made.close()


def with_beds(settings: DeliveredSink, *beds: str) -> DeliveredSink:
    """The same for some beds alone."""
    return replace(settings, beds=beds)
