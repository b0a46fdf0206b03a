"""Films: judged as ``vigil replay`` judges them; a film that cannot be read is a line and a figure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.bundle import default_bundle
from models.errors import DataMissing
from monitor.config import VigilSettings
from monitor.errors import InputError
from monitor.evaluation import films as module
from monitor.evaluation.films import JudgedFilm, films_figures
from monitor.replay.run import ReplayRequest, replay


def write(folder: Path, *rows: str, header: str = "file,label,onset_s") -> Path:
    (folder / "films.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder / "films.csv"


def grey_film(path: Path, pictures: int = 6) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 5.0, (96, 64))
    for _ in range(pictures):
        writer.write(np.full((64, 96, 3), 120, np.uint8))
    writer.release()
    return path


def scripted(monkeypatch: pytest.MonkeyPatch, **outcomes: dict[str, Any]) -> list[tuple[str, str, float]]:
    """Replays by the film's name and end; the (name, end, more_s) that were asked for come back."""
    asked: list[tuple[str, str, float]] = []

    def replayed(film: JudgedFilm, path: Path, more_s: float, model: Path, settings: VigilSettings) -> JudgedFilm:
        asked.append((path.stem, film.end, more_s))
        return replace(film, **outcomes.get(f"{path.stem}_{film.end.replace(' ', '_')}", {}))

    monkeypatch.setattr(module, "replay_film", replayed)
    return asked


def test_in_time_early_late_missed_and_false(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(
        monkeypatch,
        at_once_as_is={"pain_onset_s": 2.0, "pain_max": 0.9},
        just_as_is={"pain_onset_s": 3.5, "pain_max": 0.9},
        late_as_is={"pain_onset_s": 3.6, "pain_max": 0.9, "alert_s": 9.0},
        early_as_is={"pain_onset_s": 1.9, "pain_max": 0.9},
        undated_as_is={"pain_onset_s": 1.9},
        laugh_as_is={"pain_onset_s": 0.5, "alert_s": 16.0},
        broken_as_is={"error": "broken.mp4: no film"},
    )
    rows = [f"{name}.mp4,pain,2.0" for name in ("at_once", "just", "late", "early", "missed")]
    rows += ["undated.mp4,pain,", "laugh.mp4,no pain,", "calm.mp4,0,", "broken.mp4,pain,1"]
    figures = films_figures(default_bundle(), write(tmp_path, *rows), None)
    assert {name: figures[name] for name in ("n", "unreadable", "pain", "no_pain")} == {
        "n": 9, "unreadable": 1, "pain": 6, "no_pain": 2,
    }  # fmt: skip
    assert (figures["in_time"], figures["in_time_n"]) == (0.4, 5)
    assert figures["in_time_interval_95"] == pytest.approx((0.1176, 0.7693), abs=1e-4)
    assert (figures["early"], figures["late"], figures["missed"]) == (1, 1, 1)
    assert (figures["false_onsets"], figures["false_onsets_n"]) == (0.5, 2)
    assert (figures["pain_alerted"], figures["no_pain_alerted"]) == (round(1 / 6, 4), 0.5)
    assert figures["median_delay_s"] == pytest.approx(0.75)
    entries = {entry["file"]: entry for entry in figures["films"]}
    assert entries["early.mp4"]["delay_s"] == pytest.approx(-0.1)
    assert (entries["missed.mp4"]["delay_s"], entries["missed.mp4"]["alerted"]) == (None, False)
    assert (entries["broken.mp4"]["error"], entries["broken.mp4"]["alerted"]) == ("broken.mp4: no film", None)
    assert "lengthened" not in figures


def test_held_and_looped_ends_are_asked_for_by_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = scripted(
        monkeypatch, grimace_hold={"alert_s": 20.0, "pain_onset_s": 3.0}, grimace_loop={"pain_onset_s": 3.0}
    )
    rows = ["grimace.mp4,pain,2,40,30", "laugh.mp4,no pain,,40,"]
    figures = films_figures(default_bundle(), write(tmp_path, *rows, header="file,label,onset_s,hold_s,loop_s"), None)
    assert asked == [
        ("grimace", "as is", 0.0), ("grimace", "hold", 40.0), ("grimace", "loop", 30.0),
        ("laugh", "as is", 0.0), ("laugh", "hold", 40.0),
    ]  # fmt: skip
    assert (figures["n"], figures["in_time"], figures["missed"]) == (2, 0.0, 1)
    held, looped = figures["lengthened"]["held"], figures["lengthened"]["looped"]
    assert (held["n"], held["pain_alerted"], held["no_pain_alerted"]) == (2, 1.0, 0.0)
    assert (looped["n"], looped["pain_alerted"], looped["no_pain_alerted"]) == (1, 0.0, None)


def test_a_film_that_cannot_be_read_stops_no_other(
    tmp_path: Path, landmarker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey_film(tmp_path / "grey.mp4")
    (tmp_path / "text.mp4").write_text("this is no film\n" * 50)
    rows = ["text.mp4,pain,1", "grey.mp4,no pain,,2,1", "gone.mp4,pain,1"]
    rows = [row if row.count(",") == 4 else f"{row},," for row in rows]
    file = write(tmp_path, *rows, header="file,label,onset_s,hold_s,loop_s")
    figures = films_figures(default_bundle(), file, landmarker)
    assert (figures["n"], figures["unreadable"], figures["no_pain"], figures["false_onsets"]) == (3, 2, 1, 0.0)
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in said] == ["row 2", "row 4"]
    assert "text.mp4" in said[0]
    assert said[1].endswith("gone.mp4: no such file or folder")
    grey = [entry for entry in figures["films"] if entry["file"] == "grey.mp4"]
    assert [entry["end"] for entry in grey] == ["as is", "hold", "loop"]
    assert all((entry["assessable"], entry["pain_max"], entry["alerted"]) == (0.0, None, False) for entry in grey)
    assert {path.name for path in tmp_path.iterdir()} == {"films.csv", "grey.mp4", "text.mp4"}, "no files are left"


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="needs --file"):
        films_figures(default_bundle(), None, None)
    with pytest.raises(InputError, match=r"row 2: label says no pain, so onset_s must be empty, got '2\.0'"):
        films_figures(default_bundle(), write(tmp_path, "a.mp4,no pain,2.0"), None)
    with pytest.raises(InputError, match=r"not one film can be read; row 2: .*a\.mp4: no such file"):
        films_figures(default_bundle(), write(tmp_path, "a.mp4,no pain,"), None)


@pytest.mark.shared
def test_a_film_is_judged_as_replay_judges_it(shared: Path, landmarker: Path, tmp_path: Path) -> None:
    (film,) = (shared / "data" / "synpain").glob("*_Pain_*.mp4")
    file = write(tmp_path, f"{film},{film.stem.split('_')[1]},2.2")
    (entry,) = films_figures(default_bundle(), file, landmarker)["films"]
    request = ReplayRequest(
        video=film, out=tmp_path / "run", settings=VigilSettings(landmarker=landmarker), explain=False
    )
    summary = replay(request, print)
    assert entry["pain_max"] == pytest.approx(summary["pain_max"], abs=1e-4)
    assert entry["pain_max"] > 0.0
    assert entry["pain_onset_s"] == pytest.approx(summary["pain_onset_s"], abs=1e-4)
    assert entry["assessable"] == pytest.approx(summary["assessable_frames"] / summary["frames"], abs=1e-4)
    assert entry["alerted"] == any(alert["code"] == "pain" for alert in summary["alerts"])
