"""The log: one JSON object a line on standard output, of vigil's own and other libraries' lines alike."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from monitor.service.log import log, set_up_log
from monitor.ward.service import LoggingSettings


@pytest.fixture(autouse=True)
def _log_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_lines_are_json_with_time_and_weight(capsys: pytest.CaptureFixture[str]):
    set_up_log(LoggingSettings(level="info"))
    log().debug("unheard")
    log().info("alert", bed="bed-1", resident="Bett am Fenster – links")
    logging.getLogger("elsewhere").warning("disk %s", "slow")
    logging.getLogger("elsewhere").info("unheard")
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["event"], first["bed"], first["level"]) == ("alert", "bed-1", "info")
    assert first["resident"].endswith("links")
    assert first["timestamp"].endswith("Z")
    assert (second["event"], second["level"]) == ("disk slow", "warning")


def test_lines_for_people(capsys: pytest.CaptureFixture[str]):
    set_up_log(LoggingSettings(format="console", level="warning"))
    log().info("unheard")
    log().error("camera", source="door")
    (line,) = capsys.readouterr().out.splitlines()
    assert "camera" in line
    assert "source=door" in line
