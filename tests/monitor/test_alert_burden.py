"""What alerts cost: figures from journals and from replays, with labels; and everything wrong said in one line."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from ward_story import Run, Story, alert_commands, moment

from monitor.alerts.alert_journal import AlertJournal
from monitor.alerts.bed_state import new_bed
from monitor.alerts.burden import BurdenAlert, BurdenData, Onset, burden_figures
from monitor.alerts.burden_sources import of_journal
from monitor.alerts.events import Acknowledge, BeginPrivacy
from monitor.alerts.topics import Topic, Verdict
from monitor.alerts.transition import Transition


@pytest.fixture
def vigil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return alert_commands(monkeypatch, capsys)


def acknowledge(story: Story, number: int, verdict: Verdict | None) -> None:
    story.happen(Acknowledge(alert_id=f"{story.state.bed}:{number}", by="N. Berg", verdict=verdict))


@cache
def day() -> list[Transition]:
    """Two hours of two beds: three alerts with verdicts, one that nobody heeded, a camera that flaps."""
    first = Story()
    for number, verdict in enumerate((Verdict.PAIN, Verdict.FALSE, Verdict.FALSE), start=1):
        first.watch("+" * (6 + 10 * number))
        acknowledge(first, number, verdict)
        first.watch("-" * 600)
    first.happen(BeginPrivacy(for_s=600.0, by="N. Berg"))
    first.watch("?" * 600)
    second = Story(state=new_bed("bed-5", moment(100.0)))
    second.watch("++++++-" + "+" * 6 + "-" * 600, Topic.CAMERA_OFFLINE).watch("+" * 70 + "-" * 600)
    return [*first.told, *second.told]


def journal(path: Path, told: list[Transition]) -> Path:
    with AlertJournal(path) as out:
        out.write(told)
    return path


def test_figures_of_a_journal() -> None:
    alerts, watched_s = of_journal(day())
    figures = burden_figures(BurdenData(alerts=alerts, watched_s=watched_s))
    assert watched_s == {"bed-4": 1878.0, "bed-5": 1200.0}
    assert (figures["alerts"], figures["returns"], figures["escalations"]) == (5, 1, 1)
    assert figures["by_topic"] == {"camera_offline": 1, "pain": 4}
    assert figures["alerts_per_resident_day"] == pytest.approx(5 * 86400 / 3078, abs=1e-4)
    assert figures["technical_per_resident_day"] == pytest.approx(86400 / 3078, abs=1e-4)
    low, high = figures["alerts_per_resident_day_interval_95"]
    assert low < figures["alerts_per_resident_day"] < high
    assert figures["verdicts"] == {"pain": 1, "other_need": 0, "false": 2}
    assert (figures["false_verdicts"], figures["false_verdicts_n"]) == (0.6667, 3)
    assert (figures["time_to_acknowledge_s"], figures["time_to_acknowledge_s_n"]) == (20.0, 3)
    assert (figures["acknowledged"], figures["escalated"]) == (0.6, 0.2)
    assert figures["by_source"]["bed-5"]["alerts"] == 2


def test_figures_of_nothing_say_so() -> None:
    figures = burden_figures(BurdenData())
    assert figures["alerts_per_resident_day"] is None
    assert (figures["false_verdicts"], figures["false_verdicts_n"]) == (None, 0)
    assert figures["false_verdicts_interval_95"] == [0.0, 1.0]
    assert "onsets_detected" not in figures


@pytest.mark.parametrize(
    ("count", "low", "high"), [(0, 0.0, 3.69), (1, 0.03, 5.57), (10, 4.80, 18.39), (100, 81.4, 121.6)]
)
def test_the_interval_of_a_rate_is_nearly_the_exact_one(count: int, low: float, high: float) -> None:
    alert = BurdenAlert(source="b", topic="pain", raised_s=(0.0,), felt=True)
    figures = burden_figures(BurdenData(alerts=[alert] * count, watched_s={"b": 86400.0}))
    assert figures["alerts_per_resident_day_interval_95"] == pytest.approx([low, high], rel=0.02, abs=0.03)


def test_onsets_are_detected_by_the_first_pain_alert_of_their_time_and_bed() -> None:
    def alert(source: str, *raised_s: float, topic: str = "pain") -> BurdenAlert:
        return BurdenAlert(source=source, topic=topic, raised_s=raised_s, felt=True)

    alerts = [alert("a", 20.0, 130.0), alert("a", 12.0, topic="distress_fear"), alert("b", 205.0)]
    onsets = [Onset(source="a", at_s=at_s, until_s=at_s + 60.0) for at_s in (10.0, 100.0, 200.0)]
    figures = burden_figures(BurdenData(alerts=alerts, onsets=onsets))
    assert (figures["onsets_detected"], figures["onsets_detected_n"]) == (0.6667, 3)
    assert (figures["time_to_detect_s"], figures["time_to_detect_s_n"]) == (20.0, 2)


def test_the_command_reads_journals(vigil: Run, tmp_path: Path) -> None:
    path = journal(tmp_path / "ward" / "alerts.jsonl", day())
    code, out, err = vigil("burden", path.parent)
    assert (code, err) == (0, "")
    assert "watched:                 0.036 resident-days" in out
    assert "false among verdicts:    67% (n = 3, 95% 21–94%)" in out
    assert "time to acknowledge:     median 20.0 s (n = 3, too few for an interval)" in out
    code, out, _ = vigil("burden", path, "--json")
    assert json.loads(out)["alerts"] == 5


def test_labels_date_onsets_in_a_journal(vigil: Run, tmp_path: Path) -> None:
    path = journal(tmp_path / "a.jsonl", Story().watch("---++++++").told + Story().watch("-" * 600).told)
    labels = tmp_path / "labels.csv"
    labels.write_text("source,onset\nbed-4,2026-03-01T00:01:44+00:00\n")
    code, out, _ = vigil("burden", path, "--labels", labels, "--json")
    assert code == 0
    assert json.loads(out)["time_to_detect_s"] == 5.0


def replayed(folder: Path) -> Path:
    folder.mkdir()
    entry = {"code": "pain_weak_evidence", "kind": "physiological", "start_s": 27.0}
    (folder / "alerts.json").write_text(json.dumps([entry]))
    (folder / "summary.json").write_text(json.dumps({"recording_s": 120.0, "source": {"name": "night.mkv"}}))
    return folder


def test_labels_date_onsets_in_a_replay(vigil: Run, tmp_path: Path) -> None:
    folder = replayed(tmp_path / "out")
    labels = tmp_path / "labels.csv"
    labels.write_text("source;onset;end\nnight.mkv;10;40\nnight.mkv;60;\n")
    code, out, err = vigil("burden", folder, "--labels", labels)
    assert (code, err) == (0, "")
    assert "per resident-day:        720.00" in out
    assert "labelled onsets found:   50% (n = 2," in out
    assert "time to detect:          median 17.0 s (n = 1, too few for an interval)" in out
    assert vigil("burden", folder / "alerts.json")[0] == 0


def test_a_torn_line_is_said_and_counted_without(vigil: Run, tmp_path: Path) -> None:
    path = journal(tmp_path / "a.jsonl", day())
    path.write_bytes(path.read_bytes()[:-5])
    code, _, err = vigil("burden", path)
    assert code == 0
    assert err.count("\n") == 1
    assert "torn" in err


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ('{"format":"vigil-alerts","version":1}\n{"bed":1}\n', 65, "a.jsonl: line 2: bed: "),
        ("hello\n", 65, "a.jsonl: line 1: no alert journal"),
        (None, 66, "a.jsonl: no such file"),
    ],
)
def test_a_wrong_journal_is_one_line(vigil: Run, tmp_path: Path, content: str | None, code: int, said: str) -> None:
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_text(content)
    for command in (("burden",), ("shift", "--from", "2026-03-01T00:00", "--to", "2026-03-01T08:00")):
        left, out, err = vigil(command[0], path, *command[1:])
        assert (left, out, err.count("\n")) == (code, "", 1)
        assert said in err


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("source,onset\nbed-9,1\n", "row 2: source 'bed-9' is in none of the files; there are bed-4, bed-5"),
        ("source,onset\nbed-4,\n", "row 2: onset is empty"),
        ("source,onset\nbed-4,soon\n", "row 2: onset must be seconds or a date with time and zone, got 'soon'"),
        ("source,onset\nbed-4,2026-03-01T00:00\n", "row 2: onset needs a time zone"),
        ("source,onset,end\nbed-4,9,3\n", "row 2: end lies before onset"),
        ("bed,onset\nbed-4,9\n", "row 1: no column 'source'"),
    ],
)
def test_wrong_labels_are_named_by_row(vigil: Run, tmp_path: Path, labels: str, said: str) -> None:
    path = journal(tmp_path / "a.jsonl", day())
    (tmp_path / "labels.csv").write_text(labels)
    code, out, err = vigil("burden", path, "--labels", tmp_path / "labels.csv")
    assert (code, out) == (65, "")
    assert f"labels.csv: {said}" in err


@pytest.mark.parametrize(
    ("alerts", "summary", "said"),
    [
        ("[{}]", None, "alert 1: 'code' is wrong or missing"),
        ("{}", None, "alerts.json: no list of alerts"),
        ("[", None, "alerts.json: line 1: no JSON"),
        (None, "{}", "summary.json: no summary of a replay: 'source' is wrong or missing"),
    ],
)
def test_a_wrong_replay_is_one_line(
    vigil: Run, tmp_path: Path, alerts: str | None, summary: str | None, said: str
) -> None:
    folder = replayed(tmp_path / "out")
    if alerts is not None:
        (folder / "alerts.json").write_text(alerts)
    if summary is not None:
        (folder / "summary.json").write_text(summary)
    code, out, err = vigil("burden", folder)
    assert (code, out, err.count("\n")) == (65, "", 1)
    assert said in err
