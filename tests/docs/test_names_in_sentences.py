"""What sentences name in passing exists: options, keys of the configuration, metrics, units, columns of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from documents import DOCUMENTS, REPOSITORY, inline_code
from dry_parse import command_tree

from monitor.service.metrics import Metrics
from monitor.ward.schema import ward_schema

OTHERS_OPTIONS = {"--now", "--offline", "--constraint"}
"""Of programs that are not ours."""
ENDINGS = {"py", "md", "json", "jsonl", "yaml", "onnx", "parquet", "sqlite", "sock", "html", "csv", "png"}
VERBS = {"enable", "disable", "mask", "start", "stop", "restart", "reload", "status", "daemon-reload"}


@cache
def _schema() -> dict[str, Any]:
    return ward_schema()


def options(command: Any) -> Iterator[str]:
    """Every option of ``command`` and of all below it."""
    for each in command.params:
        yield from (*each.opts, *each.secondary_opts)
    for inner in getattr(command, "commands", {}).values():
        yield from options(inner)


def sections(schema: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """The sections that a value may be: itself, or one of those by name."""
    inner = schema.get("additionalProperties")
    kinds = inner.get("anyOf", ()) if isinstance(inner, dict) else ()
    return [definitions[kind["$ref"].rpartition("/")[2]] for kind in kinds if "$ref" in kind] or [schema]


def has_key(dotted: str) -> bool:
    """Whether a ward's configuration can have ``dotted``; names of cameras, beds and sinks stand for any."""
    schema = _schema()
    definitions = schema["$defs"]
    found = [schema]
    for step in dotted.split("."):
        by_name = [
            kind
            for each in found
            if isinstance(each.get("additionalProperties"), dict)
            for kind in sections(each, definitions)
        ]
        direct = [each["properties"][step] for each in found if step in each.get("properties", {})]
        found = direct or by_name
        if not found:
            return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS)
def test_options_exist(document: str):
    known = {*options(command_tree()), *OTHERS_OPTIONS, "--help"}
    named = {
        option for text in inline_code(document) if text.startswith("-") for option in re.findall(r"--[a-z-]+", text)
    }
    assert named - known == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_keys_of_the_configuration_exist(document: str):
    top = set(_schema()["properties"])
    dotted = {
        found[1]
        for text in inline_code(document)
        if (found := re.match(r"([a-z]+(?:\.[A-Za-z0-9_-]+)+)(?:: .*)?$", text)) and found[1].partition(".")[0] in top
    }
    files = {key for key in dotted if key.rpartition(".")[2] in ENDINGS}
    replays_alone = {"source.hold_s"}
    assert {key for key in dotted - files - replays_alone if not has_key(key)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_metrics_exist(document: str):
    families = list(Metrics().registry.collect())
    known = {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
    named = {text.partition("{")[0] for text in inline_code(document) if re.match(r"vigil_[a-z_]+(\{|$)", text)}
    assert named - known - {"vigil_session", "vigil_wards"} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_units_exist(document: str):
    for text in inline_code(document):
        words = text.split()
        if words[:1] == ["systemctl"]:
            verb, *units = [word for word in words[1:] if not word.startswith("-")]
            assert verb in VERBS, text
        elif words[:1] == ["journalctl"]:
            units = words[words.index("-u") + 1 :][:1]
        else:
            continue
        for unit in units:
            name = re.sub(r"@.*", "@", unit.removesuffix(".service")) + ".service"
            assert (REPOSITORY / "systemd" / name).is_file(), text


def test_what_does_not_exist_is_found():
    assert has_key("alerts.delay_s")
    assert has_key("judgement.pain.brow_weight")
    assert has_key("sources.door-camera.url")
    assert has_key("beds.bed-1.zone")
    assert not has_key("alerts.delay_m")
    assert not has_key("beds.bed-1.url")
    assert not has_key("page.colour")


def test_what_troubleshooting_quotes_is_said_by_the_program():
    places = [*(REPOSITORY / "monitor").rglob("*.py"), REPOSITORY / "monitor/web/static/words.en.json"]
    said = " ".join(re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8")) for path in places).lower()
    rows = [
        line
        for line in (REPOSITORY / "docs/troubleshooting.md").read_text(encoding="utf-8").splitlines()
        if "|" in line
    ]
    quoted = {words for row in rows for words in re.findall(r'"([^"]{6,})"', row)}
    assert len(quoted) >= 5
    assert {words for words in quoted if words.lower() not in said} == set()
