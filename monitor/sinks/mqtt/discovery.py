"""What Home Assistant finds by itself: a device per bed with sensors, buttons and switches, and one for the ward.

One retained message per entity on ``PREFIX/COMPONENT/OBJECT/config``, as Home Assistant's documentation of MQTT
discovery has it. An empty message takes the entity away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.records import Level, Priority
from monitor.sinks.message import BedWords
from monitor.sinks.mqtt.bed_document import OFF, ON
from monitor.sinks.mqtt.topics import OFFLINE, ONLINE, Topics
from monitor.sinks.words import place

AUDIO_PAUSE_S = 120
PRIVACY_PAUSE_S = 900
_BY = "Home Assistant"
_ACKNOWLEDGE = (
    ("acknowledge", "Acknowledge", None),
    ("acknowledge_pain", "Acknowledge: pain", "pain"),
    ("acknowledge_other_need", "Acknowledge: other need", "other_need"),
    ("acknowledge_false", "Acknowledge: false alert", "false"),
)

Entity = tuple[str, str, dict[str, Any]]
"""Component, object id, configuration."""


def bed_entities(topics: Topics, bed: str, words: BedWords, *, version: str, commands: bool) -> Iterator[Entity]:
    """Everything of one bed."""
    known = f"vigil_{topics.ward}_{bed}"
    device = {
        "identifiers": [known],
        "name": f"Bed {place(bed, words.room)}",
        "manufacturer": "vigil",
        "model": "bedside video monitor",
        "sw_version": version,
        **({"suggested_area": words.room} if words.room else {}),
    }
    common: dict[str, Any] = {
        "availability": [{"topic": topics.status, "payload_available": ONLINE, "payload_not_available": OFFLINE}],
        "device": device,
        "origin": {"name": "vigil", "sw_version": version},
        "qos": 1,
    }
    shown = {**common, "state_topic": topics.state(bed)}
    for component, key, config in [*_sensors(topics.state(bed)), *(_controls(topics.command(bed)) if commands else ())]:
        base = common if component == "button" else shown
        yield component, f"{known}_{key}", {"unique_id": f"{known}_{key}", **config, **base}


def ward_entity(topics: Topics, *, version: str) -> Entity:
    """Whether the service runs and reaches the broker; it is never unavailable itself."""
    known = f"vigil_{topics.ward}_service"
    config = {
        "unique_id": known,
        "name": "Service",
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": topics.status,
        "payload_on": ONLINE,
        "payload_off": OFFLINE,
        "qos": 1,
        "device": {
            "identifiers": [f"vigil_{topics.ward}"],
            "name": f"vigil {topics.ward}",
            "manufacturer": "vigil",
            "model": "bedside video monitor",
            "sw_version": version,
        },
        "origin": {"name": "vigil", "sw_version": version},
    }
    return "binary_sensor", known, config


def config_topic(prefix: str, entity: Entity) -> str:
    """Where Home Assistant looks for ``entity``."""
    component, object_id, _ = entity
    return f"{prefix}/{component}/{object_id}/config"


def payload(entity: Entity) -> bytes:
    """What stands there."""
    return json.dumps(entity[2], ensure_ascii=False, separators=(",", ":")).encode()


def _sensors(state_topic: str) -> Iterator[Entity]:
    binary = {"payload_on": ON, "payload_off": OFF}
    yield (
        "binary_sensor",
        "pain_alert",
        {
            "name": "Pain alert",
            "icon": "mdi:account-alert",
            "value_template": "{{ value_json.pain_alert }}",
            "json_attributes_topic": state_topic,
            **binary,
        },
    )
    yield (
        "binary_sensor",
        "problem",
        {"name": "Problem", "device_class": "problem", "value_template": "{{ value_json.problem }}", **binary},
    )
    yield (
        "binary_sensor",
        "camera",
        {
            "name": "Camera",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "value_template": f"{{{{ '{ON}' if value_json.online else '{OFF}' }}}}",
            **binary,
        },
    )
    yield "sensor", "level", _enumerated("Level", "value_json.level", [level.value for level in Level])
    priorities = [priority.value for priority in Priority]
    yield "sensor", "priority", _enumerated("Alert priority", "value_json.priority", priorities)


def _controls(command_topic: str) -> Iterator[Entity]:
    for key, name, verdict in _ACKNOWLEDGE:
        asked = {"command": "acknowledge", "by": _BY, **({"verdict": verdict} if verdict else {})}
        yield "button", key, {"name": name, "command_topic": command_topic, "payload_press": json.dumps(asked)}
    yield (
        "switch",
        "audio_pause",
        _switch(
            "Audio paused",
            command_topic,
            "audio_paused_until",
            {"command": "pause_audio", "for_s": AUDIO_PAUSE_S},
            {"command": "resume_audio"},
        ),
    )
    yield (
        "switch",
        "privacy_pause",
        _switch(
            "Privacy pause",
            command_topic,
            "privacy_until",
            {"command": "begin_privacy", "for_s": PRIVACY_PAUSE_S},
            {"command": "end_privacy"},
        ),
    )


def _switch(name: str, command_topic: str, until: str, on: Mapping[str, Any], off: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "command_topic": command_topic,
        "payload_on": json.dumps({**on, "by": _BY}),
        "payload_off": json.dumps({**off, "by": _BY}),
        "state_on": ON,
        "state_off": OFF,
        "value_template": f"{{{{ '{ON}' if value_json.{until} else '{OFF}' }}}}",
    }


def _enumerated(name: str, value: str, options: list[str]) -> dict[str, Any]:
    return {"name": name, "device_class": "enum", "options": options, "value_template": f"{{{{ {value} }}}}"}
