"""Pairs of pictures: scores are those of ``vigil explain --neutral``, and what is not judged counts as missed."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from models.bundle import default_bundle
from models.errors import DataMissing
from monitor.config import VigilSettings
from monitor.errors import InputError
from monitor.evaluation import pairs as module
from monitor.evaluation.pairs import pairs_figures
from monitor.records import QualityReason
from monitor.replay.still import explain_picture


def write(folder: Path, *rows: str, header: str = "neutral,expressive,label") -> Path:
    (folder / "pairs.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder / "pairs.csv"


def picture(path: Path, grey: int = 128) -> str:
    cv2.imwrite(str(path), np.full((60, 80, 3), grey, np.uint8))
    return path.name


def scripted(
    monkeypatch: pytest.MonkeyPatch, **pains: list[tuple[float, float | None]] | str
) -> list[dict[str, object]]:
    """Pictures are explained by name: (face px, pain) per face, or the error that the neutral one gives."""
    calls: list[dict[str, object]] = []

    def explained(path: Path, settings: VigilSettings, say: object, **given: object) -> SimpleNamespace:
        calls.append({"picture": path, **given})
        faces = pains[path.name.split(".")[0]]
        if isinstance(faces, str):
            raise InputError(f"{given['neutral']}: {faces}")
        reasons = (QualityReason.BLURRED,)
        return SimpleNamespace(
            faces=[
                SimpleNamespace(pain=pain, face=SimpleNamespace(quality=SimpleNamespace(face_px=px, reasons=reasons)))
                for px, pain in faces
            ]
        )

    monkeypatch.setattr(module, "explain_picture", explained)
    return calls


def test_every_pair_counts_and_the_largest_face_is_the_persons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = scripted(monkeypatch, a=[(40, 0.1), (90, 0.8)], b=[(50, 0.3)], c=[(50, 0.6)], d=[(50, 0.2)])
    for name in "abcdn":
        picture(tmp_path / f"{name}.png")
    rows = [f"n.png,{name}.png,{label},{group}" for name, label, group in
            (("a", "Pain", "old"), ("b", "pain", "young"), ("c", "NoPain", "young"), ("d", "0", "old"))]  # fmt: skip
    figures = pairs_figures(default_bundle(), write(tmp_path, *rows, header="neutral,expressive,label,group"), None)
    assert (figures["auc"], figures["n"], figures["pain"], figures["no_pain"]) == (0.75, 4, 2, 2)
    low, high = figures["auc_interval_95"]
    assert low < 0.75 < high
    assert (figures["sensitivity"], figures["false_positive_rate"]) == (0.5, 0.5)
    assert [pair["score"] for pair in figures["pairs"]] == [0.8, 0.3, 0.6, 0.2]
    assert [pair["row"] for pair in figures["pairs"]] == [2, 3, 4, 5]
    assert (figures["groups"]["old"]["auc"], figures["groups"]["young"]["auc"]) == (1.0, 0.0)
    assert all(call["explain"] is False and call["bundle"] == default_bundle() for call in calls)
    assert {call["neutral"] for call in calls} == {tmp_path / "n.png"}


def test_an_unjudged_pain_picture_is_missed_never_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scripted(monkeypatch, a=[], b=[(50, 0.9)], c=[(50, 0.1)], d=[(50, None)], e="shows no face to take as neutral")
    for name in "abcden":
        picture(tmp_path / f"{name}.png")
    labels = {"a": 1, "b": 1, "c": 0, "d": 0, "e": 1}
    rows = [f"n.png,{name}.png,{label}" for name, label in labels.items()]
    figures = pairs_figures(default_bundle(), write(tmp_path, *rows, "n.png,gone.png,1"), None)
    assert (figures["n"], figures["unjudged_pain"], figures["unjudged_no_pain"]) == (6, 3, 1)
    assert figures["auc"] == pytest.approx(1 / 8), "of the eight comparisons one is won: b over c"
    assert figures["auc_judged"] == 1.0
    assert figures["sensitivity"] == 0.25
    assert figures["false_positive_rate"] == 0.0
    reasons = {pair["expressive"]: pair["reason"] for pair in figures["pairs"]}
    assert reasons["a.png"].endswith("a.png: no face")
    assert reasons["d.png"].endswith("d.png: blurred")
    assert reasons["e.png"].endswith("n.png: shows no face to take as neutral")
    assert reasons["gone.png"].endswith("gone.png: no such file or folder")
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in said] == ["row 2", "row 5", "row 6", "row 7"]


def test_a_half_of_a_picture_is_cut_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = np.random.default_rng(1).integers(0, 255, (40, 61, 3)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "both.png"), both)
    seen: dict[str, np.ndarray] = {}

    def explained(path: Path, settings: VigilSettings, say: object, *, neutral: Path, **_: object) -> SimpleNamespace:
        seen.update(neutral=cv2.imread(str(neutral)), expressive=cv2.imread(str(path)))
        return SimpleNamespace(faces=[])

    monkeypatch.setattr(module, "explain_picture", explained)
    pairs_figures(default_bundle(), write(tmp_path, "both.png#left,both.png#right,pain"), None)
    assert np.array_equal(seen["neutral"], both[:, :30])
    assert np.array_equal(seen["expressive"], both[:, 30:])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["both.png", "pairs.csv"]


def test_only_one_kind_of_label_has_no_auc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, a=[(50, 0.9)])
    picture(tmp_path / "a.png")
    figures = pairs_figures(default_bundle(), write(tmp_path, "a.png,a.png,pain"), None)
    assert math.isnan(figures["auc"])
    assert figures["auc_interval_95"] == (0.0, 1.0)
    assert figures["false_positive_rate"] is None


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="needs --file"):
        pairs_figures(default_bundle(), None, None)
    with pytest.raises(InputError, match=r"row 3: label must be pain or no pain .* got 'perhaps'"):
        pairs_figures(default_bundle(), write(tmp_path, "a.png,b.png,pain", "a.png,b.png,perhaps"), None)
    with pytest.raises(InputError, match=r"not one pair can be read; row 2: .*a\.png: no such file"):
        pairs_figures(default_bundle(), write(tmp_path, "a.png,b.png,pain"), None)
    (tmp_path / "text.jpg").write_text("no picture " * 40)
    with pytest.raises(InputError, match=r"not one pair can be read; row 2: .*text\.jpg: "):
        pairs_figures(default_bundle(), write(tmp_path, "text.jpg#left,text.jpg#right,pain"), None)


@pytest.mark.shared
def test_scores_are_those_of_explain_with_neutral(shared: Path, landmarker: Path, tmp_path: Path) -> None:
    stills = sorted((shared / "data" / "synpain").glob("*.jpg"))
    rows = [f"{still}#left,{still}#right,{still.stem.split('_')[1]}" for still in stills]
    figures = pairs_figures(default_bundle(), write(tmp_path, *rows), landmarker)
    assert (figures["n"], figures["pain"], figures["unjudged_pain"], figures["unjudged_no_pain"]) == (5, 2, 0, 0)
    first = cv2.imread(str(stills[0]))
    middle = first.shape[1] // 2
    cv2.imwrite(str(tmp_path / "neutral.png"), first[:, :middle])
    cv2.imwrite(str(tmp_path / "expressive.png"), first[:, middle:])
    (face,) = explain_picture(
        tmp_path / "expressive.png",
        VigilSettings(landmarker=landmarker),
        print,
        neutral=tmp_path / "neutral.png",
        explain=False,
    ).faces
    assert face.pain == pytest.approx(figures["pairs"][0]["score"], abs=1e-6)


def test_pictures_without_a_face_are_counted(tmp_path: Path, landmarker: Path) -> None:
    name = picture(tmp_path / "grey.png")
    figures = pairs_figures(default_bundle(), write(tmp_path, f"{name},{name},pain"), landmarker)
    assert (figures["n"], figures["unjudged_pain"], figures["sensitivity"]) == (1, 1, 0.0)
    assert figures["pairs"][0]["reason"].endswith("grey.png: shows no face to take as neutral")
