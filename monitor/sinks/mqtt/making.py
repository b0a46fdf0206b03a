"""The MQTT sink from its settings."""

from __future__ import annotations

from monitor.sinks.base import SinkContext
from monitor.sinks.mqtt.mqtt_sink import BrokerSink
from monitor.sinks.secrets import secret_of
from monitor.sinks.tls import tls_context
from monitor.ward.sinks import MqttSink


def mqtt_sink(name: str, settings: MqttSink, context: SinkContext) -> BrokerSink:
    """The sink. ConfigurationError when its password or certificates cannot be read."""
    password = secret_of(name, "password_credential", settings.password_credential, context)
    tls = tls_context(settings.tls_ca_file, f"sinks.{name}.tls_ca_file") if settings.tls else None
    return BrokerSink(name, settings, context, password, tls)
