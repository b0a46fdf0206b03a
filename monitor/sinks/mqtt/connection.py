"""One connection to a broker, from its attempt to its end. It never comes back by itself: its owner makes a new one."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from monitor.sinks.mqtt.topics import OFFLINE
from monitor.sinks.trouble_words import words_of_error
from monitor.ward.credentials import Secret
from monitor.ward.sinks import MqttSink

CONNECT_TIMEOUT_S = 5.0
_UNTOLD = "unspecified error"
MOST_RECEIVED = 200
"""Messages that wait to be looked at; more are dropped, counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message from the broker; ``retained``: it was kept there and is of unknown age."""

    topic: str
    payload: bytes
    retained: bool


class Connection:
    """Made for one attempt. ``ended`` says in words why it is over, None while it is not; ``up`` once it stands.

    ``wake`` is called from other threads whenever there is something to look at.
    """

    def __init__(
        self,
        settings: MqttSink,
        *,
        client_id: str,
        password: Secret | None,
        tls: ssl.SSLContext | None,
        will_topic: str,
        wake: Callable[[], None],
    ) -> None:
        self.up = False
        self.ended: str | None = None
        self.overflown = 0
        self._host = settings.host
        self._port = settings.port or (8883 if settings.tls else 1883)
        self._keepalive_s = settings.keepalive_s
        self._wake = wake
        self._acknowledged: deque[int] = deque()
        self._received: deque[Received] = deque()
        self._told = threading.Event()
        self._closing = False
        self._client = self._make_client(settings, client_id, password, tls, will_topic)
        self._connector = threading.Thread(target=self._connect, name="mqtt connect", daemon=True)
        self._connector.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> int:
        """Hand a message over; its number comes back by ``acknowledged`` when the broker has it (QoS 1)."""
        return self._client.publish(topic, payload, qos=qos, retain=retain).mid

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """Receive what is published there."""
        self._client.subscribe(topic_filter, qos)

    def unsubscribe(self, topic_filter: str) -> None:
        """Receive it no longer."""
        self._client.unsubscribe(topic_filter)

    def acknowledged(self) -> list[int]:
        """Numbers of messages that the broker took since the last call."""
        return [self._acknowledged.popleft() for _ in range(len(self._acknowledged))]

    def received(self, most: int) -> list[Received]:
        """The oldest messages received, at most ``most``."""
        return [self._received.popleft() for _ in range(min(most, len(self._received)))]

    def wait_acknowledged(self, number: int, until: Callable[[], float]) -> bool:
        """Wait for the broker to take ``number``, as long as ``until()`` (seconds left) says; for closing alone."""
        while number not in self._acknowledged and self.ended is None and (left_s := until()) > 0:
            self._told.clear()
            if number not in self._acknowledged:
                self._told.wait(min(left_s, 0.1))
        return number in self._acknowledged

    def close(self, timeout_s: float) -> None:
        """Take leave of the broker (no last will is sent) and end every thread within ``timeout_s`` seconds."""
        self._closing = True
        self._client.disconnect()
        ender = threading.Thread(target=self._end, name="mqtt end", daemon=True)
        ender.start()
        ender.join(timeout_s / 2)
        if ender.is_alive():  # a broker that does not listen does not take leave either
            self._hang_up()
            ender.join(timeout_s / 2)

    def _end(self) -> None:
        self._connector.join()
        self._client.loop_stop()
        self._client.on_connect = self._client.on_disconnect = None
        self._client.on_publish = self._client.on_message = None
        if (left := self._socket()) is not None:  # closed before anything could be said on it
            left.close()

    def _hang_up(self) -> None:
        held = self._socket()
        if held is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)

    def _socket(self) -> socket.socket | None:
        held = self._client.socket()
        return held if isinstance(held, socket.socket) else None

    def _make_client(
        self, settings: MqttSink, client_id: str, password: Secret | None, tls: ssl.SSLContext | None, will_topic: str
    ) -> Client:
        newest = settings.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if newest else True,
            protocol=MQTTv5 if newest else MQTTv311,
            reconnect_on_failure=False,
        )
        if settings.username is not None:
            client.username_pw_set(settings.username, None if password is None else password.reveal())
        if tls is not None:
            client.tls_set_context(tls)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.will_set(will_topic, OFFLINE, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        return client

    def _connect(self) -> None:
        try:
            self._client.connect(self._host, self._port, self._keepalive_s)
        except (OSError, ValueError) as error:
            self._over(f"the broker cannot be reached: {words_of_error(error)}")
            return
        if not self._closing:
            self._client.loop_start()

    def _on_connect(
        self, client: Client, userdata: Any, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._over(f"the broker refuses: {str(reason).lower()}")
            return
        self.up = True
        self._wake()

    def _on_disconnect(
        self, client: Client, userdata: Any, flags: DisconnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        said = str(reason).lower() if reason.is_failure else "it ended the connection"
        self._over(f"the broker is gone: {'the connection broke' if said == _UNTOLD else said}")

    def _on_publish(
        self, client: Client, userdata: Any, number: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._over(f"the broker does not take messages: {str(reason).lower()}")
            return
        self._acknowledged.append(number)
        self._told.set()
        self._wake()

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        if len(self._received) >= MOST_RECEIVED:
            self.overflown += 1
            return
        self._received.append(Received(topic=message.topic, payload=bytes(message.payload), retained=message.retain))
        self._wake()

    def _over(self, words: str) -> None:
        if self.ended is None:  # the first cause is the true one
            self.ended = words
        self.up = False
        self._told.set()
        self._wake()
