"""A real mosquitto of our own on a free loopback port, with its own configuration, ended by its own process id."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from certificates import Certificates
from free_ports import free_port
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

USER, PASSWORD = "vigil", "pl4nted-s3cret"


@dataclass
class Broker:
    """``start`` brings it back on the same port; ``kill`` is SIGKILL, ``freeze`` stops it in its tracks."""

    folder: Path
    port: int
    certificates: Certificates | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            pytest.skip("no mosquitto")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", self.folder / "conf"], stdout=log, stderr=log)
        for _ in range(1500):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)
        raise AssertionError("mosquitto does not come up")

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def mosquitto(
    folder: Path, certificates: Certificates | None = None, *, users: Sequence[str] = (USER,), access: str | None = None
) -> Iterator[Broker]:
    """Running, with ``users`` who alone may connect, to what the list ``access`` says; with ``certificates`` by TLS."""
    folder.mkdir()
    port = free_port()
    lines = [f"listener {port} 127.0.0.1", "user root", "allow_anonymous false", f"password_file {folder}/passwords"]
    if certificates is not None:
        lines += [f"certfile {certificates.certificate}", f"keyfile {certificates.key}"]
    if access is not None:
        (folder / "access").write_text(access)
        (folder / "access").chmod(0o600)
        lines.append(f"acl_file {folder}/access")
    (folder / "conf").write_text("\n".join([*lines, "persistence false", "max_inflight_messages 0", ""]))
    (folder / "passwords").touch(mode=0o600)
    for user in users:
        subprocess.run(
            ["mosquitto_passwd", "-b", str(folder / "passwords"), user, PASSWORD], check=True, capture_output=True
        )
    broker = Broker(folder, port, certificates)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@dataclass
class Listener:
    """Hears everything below ``topic_filter``; ``heard`` is (topic, payload, retained) in order."""

    broker: Broker
    topic_filter: str = "#"
    user: str = USER
    heard: list[tuple[str, bytes, bool]] = field(default_factory=list)
    _client: Client | None = None

    def start(self) -> None:
        """Connected and subscribed when this returns."""
        ready = threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5, reconnect_on_failure=False)
        client.username_pw_set(self.user, PASSWORD)
        if self.broker.certificates is not None:
            client.tls_set(str(self.broker.certificates.authority))

        def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
            self.heard.append((message.topic, bytes(message.payload), message.retain))

        client.on_message = on_message
        client.on_connect = lambda *_: client.subscribe(self.topic_filter, 1)
        client.on_subscribe = lambda *_: ready.set()
        client.connect("127.0.0.1", self.broker.port)
        client.loop_start()
        assert ready.wait(60)
        self._client = client

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self._client is not None
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(60)

    def stop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client.on_message = self._client.on_connect = self._client.on_subscribe = None
            self._client = None

    def wait_for_the_end(self) -> None:
        """Until the broker has hung up and everything it had sent before is heard."""
        client = self._client
        assert client is not None
        wait(lambda: not client.is_connected())

    def of(self, topic: str) -> list[bytes]:
        return [payload for said, payload, _ in self.heard if said == topic]


@contextmanager
def listening(broker: Broker, topic_filter: str = "#", user: str = USER) -> Iterator[Listener]:
    """A listener that ends with the block."""
    listener = Listener(broker, topic_filter, user)
    listener.start()
    try:
        yield listener
    finally:
        listener.stop()


def wait(until: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for something that happens elsewhere."""
    end_s = time.monotonic() + within_s
    while not until():
        assert time.monotonic() < end_s, "did not happen"
        time.sleep(0.01)
