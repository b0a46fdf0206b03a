"""A sink from its settings: one name a kind."""

from __future__ import annotations

from monitor.sinks.base import Sink, SinkContext
from monitor.sinks.console.printer import console_sink
from monitor.sinks.email.email_sink import email_sink
from monitor.sinks.mqtt.making import mqtt_sink
from monitor.sinks.sound.sound_sink import SoundingSink
from monitor.sinks.webhook.webhook_sink import webhook_sink
from monitor.ward.sinks import ConsoleSink, DeliveredSink, EmailSink, MqttSink, SoundSink


def make_sink(name: str, settings: DeliveredSink, context: SinkContext) -> Sink:
    """The sink ``sinks.NAME``, not started. ConfigurationError with the dotted path when it cannot be made."""
    match settings:
        case ConsoleSink():
            return console_sink(name, settings, context)
        case SoundSink():
            return SoundingSink(name, settings, context)
        case MqttSink():
            return mqtt_sink(name, settings, context)
        case EmailSink():
            return email_sink(name, settings, context)
        case _:
            return webhook_sink(name, settings, context)
