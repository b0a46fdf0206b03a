"""Script beside judgement: what counts as judged as written."""

from __future__ import annotations

from pathlib import Path

from monitor.demo.comparison import compare, judged_levels
from monitor.demo.script import Act, written_script
from monitor.records import Level

SCRIPT = written_script(
    ((Act.NEUTRAL, 10.0), (Act.GRIMACE, 20.0), (Act.LAUGH, 10.0), (Act.COVERED, 10.0), (Act.TURNED_AWAY, 5.0))
)


def _levels(grimace_after: float, covered_after: float, laugh: Level = Level.NO_PAIN) -> list[tuple[float, Level]]:
    levels = []
    for step in range(550):
        at_s = step / 10
        level = Level.NO_PAIN
        if 10 + grimace_after <= at_s < 30.5:
            level = Level.PAIN
        elif 32 <= at_s < 40:
            level = laugh
        elif at_s >= 40 + covered_after:
            level = Level.UNASSESSABLE
        levels.append((at_s, level))
    return levels


def test_all_as_written():
    judged = compare(SCRIPT, _levels(2.0, 2.5), [{"code": "pain", "start_s": 27.0}])
    assert [part.as_written for part in judged] == [True] * 5
    assert judged[1].reached_s == 2.0
    assert judged[1].alert_s == 17.0
    assert "pain judged after 2.0 s, pain alert after 17.0 s" in judged[1].sentence()


def test_a_late_judgement_is_not_as_written():
    judged = compare(SCRIPT, _levels(3.5, 4.0), [{"code": "pain", "start_s": 28.5}])
    assert [part.as_written for part in judged] == [True, False, True, False, True]
    assert "not as written" in judged[1].sentence()


def test_a_grimace_without_an_alert_is_not_as_written():
    assert not compare(SCRIPT, _levels(1.0, 1.0), [])[1].as_written


def test_weak_evidence_still_counts_as_the_pain_alert():
    assert compare(SCRIPT, _levels(1.0, 1.0), [{"code": "pain_weak_evidence", "start_s": 26.0}])[1].as_written


def test_pain_on_the_laugh_is_not_as_written():
    judged = compare(SCRIPT, _levels(1.0, 1.0, Level.PAIN), [{"code": "pain", "start_s": 26.0}])
    assert not judged[2].as_written
    assert "pain was judged" in judged[2].sentence()


def test_technical_alerts_are_not_pain_alerts():
    judged = compare(SCRIPT, _levels(1.0, 1.0), [{"code": "cannot_assess", "start_s": 35.0}])
    assert judged[2].as_written


def test_levels_are_read_from_the_journal(tmp_path: Path):
    (tmp_path / "records.jsonl").write_text(
        '{"record":"Frame","captured_s":0.0}\n'
        '{"record":"Assessment","captured_s":0.0,"level":"unassessable"}\n'
        '{"record":"Assessment","captured_s":0.1,"level":"pain"}\n'
    )
    assert judged_levels(tmp_path / "records.jsonl") == [(0.0, Level.UNASSESSABLE), (0.1, Level.PAIN)]
