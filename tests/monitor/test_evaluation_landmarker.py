"""Evaluations get the landmarker that vigil itself uses, or are told that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ServiceUnavailable
from monitor.evaluation import landmarker as module
from monitor.evaluation.landmarker import found_landmarker


def test_the_configured_one_is_taken(landmarker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_landmarker(landmarker) == landmarker
    monkeypatch.setenv("VIGIL_LANDMARKER", str(landmarker))
    assert found_landmarker(None) == landmarker


def test_none_to_be_had_is_said_and_a_wrong_one_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere(configured: Path | None) -> Path:
        raise ServiceUnavailable("no network")

    monkeypatch.setattr(module, "locate", nowhere)
    monkeypatch.delenv("VIGIL_LANDMARKER", raising=False)
    assert found_landmarker(None) is None
    said = capsys.readouterr().err
    assert said == "vigil: without a face landmarker, every face gets the fixed crop: no network\n"
    with pytest.raises(ServiceUnavailable):
        found_landmarker(tmp_path)
    monkeypatch.setenv("VIGIL_LANDMARKER", str(tmp_path))
    with pytest.raises(ServiceUnavailable):
        found_landmarker(None)
