"""A shift in words, from the journal of a scripted one."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from ward_story import MIDNIGHT, Run, Story, alert_commands, moment

from monitor.alerts.alert_journal import AlertJournal
from monitor.alerts.bed_state import new_bed
from monitor.alerts.events import Acknowledge, BeginPrivacy, PauseAudio
from monitor.alerts.shift import Shift, bed_shift, shift_summary
from monitor.alerts.shift_words import ENGLISH, GERMAN
from monitor.alerts.topics import Topic, Verdict
from monitor.alerts.transition import Transition

SHIFT = Shift(begin=MIDNIGHT, end=MIDNIGHT + timedelta(hours=8), zone=MIDNIGHT.tzinfo)


@pytest.fixture
def vigil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return alert_commands(monkeypatch, capsys)


@cache
def night() -> tuple[Transition, ...]:
    first = Story(now_s=3600.0, state=new_bed("bed-4", moment(3600.0))).watch("+" * 31)
    first.happen(Acknowledge(alert_id="bed-4:1", by="N. Berg", verdict=Verdict.OTHER_NEED))
    first.watch("-" * 700)
    first.happen(BeginPrivacy(for_s=60.0, by="N. Berg"))
    first.happen(PauseAudio(for_s=60.0, by="N. Berg"))
    first.watch("?" * 61)
    first.restart(120.0)
    first.watch("+" * 200, weak=True)
    second = Story(now_s=7200.0, state=new_bed("bed-5", moment(7200.0))).watch("++++++--", Topic.PICTURE_FROZEN)
    third = Story(now_s=7200.0, state=new_bed("bed-6", moment(7200.0)))
    third.happen(PauseAudio(for_s=60.0, by="x"))
    return (*first.told, *second.told, *third.told)


def test_a_night_reads_as_a_handover() -> None:
    assert shift_summary(night(), SHIFT).split("\n") == [
        "Shift 00:00 to 08:00",
        "",
        "bed-4: 2 alerts: 2 × pain",
        "  01:00 pain: over after 28 s; acknowledged by N. Berg after 25 s, found: another need – pain now",
        "  01:15 pain (weak evidence): STILL OPEN at the end; passed on to second nurse and shift lead; "
        "nobody acknowledged it – pain now",
        "  watched for 10 min, the face could be judged for 9 min 59 s",
        "  privacy during care once, sound paused once",
        "  01:15 the monitor came back after 2 min without watching",
        "",
        "bed-5: 1 alert: 1 × picture stood still",
        "  02:00 picture stood still: over after 1 s; nobody acknowledged it – picture_frozen now",
        "",
        "bed-6: no alerts",
        "  sound paused once",
    ]


def test_the_same_night_in_german() -> None:
    assert shift_summary(night(), replace(SHIFT, language=GERMAN)).split("\n") == [
        "Schicht 00:00 bis 08:00",
        "",
        "bed-4: 2 Meldungen: 2 × Schmerz",
        "  01:00 Schmerz: vorbei nach 28 s; quittiert von N. Berg nach 25 s, Befund: ein anderes Bedürfnis – pain now",
        "  01:15 Schmerz (schwache Belege): AM ENDE NOCH OFFEN; weitergegeben an second nurse und shift lead; "
        "von niemandem quittiert – pain now",
        "  10 min beobachtet, davon war das Gesicht 9 min 59 s zu beurteilen",
        "  einmal Ruhe während der Pflege, einmal Ton angehalten",
        "  01:15 der Monitor kam nach 2 min ohne Beobachtung zurück",
        "",
        "bed-5: 1 Meldung: 1 × Bild stand still",
        "  02:00 Bild stand still: vorbei nach 1 s; von niemandem quittiert – picture_frozen now",
        "",
        "bed-6: keine Meldungen",
        "  einmal Ton angehalten",
    ]


def test_a_german_shift_tells_the_german_sentence_where_there_is_one() -> None:
    lines = [replace(line, sentence_de="Schmerz jetzt") for line in night() if line.bed == "bed-4"]
    assert [line.rpartition(" – ")[2] for line in bed_shift(lines, replace(SHIFT, language=GERMAN))[1:3]] == [
        "Schmerz jetzt"
    ] * 2
    assert all("Schmerz" not in line for line in bed_shift(lines, SHIFT))


@pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])
def test_every_language_has_a_word_for_everything(language) -> None:
    assert (set(language.topics), set(language.verdicts), len(language.months)) == (set(Topic), set(Verdict), 12)
    for field in fields(ENGLISH):
        said, english = getattr(language, field.name), getattr(ENGLISH, field.name)
        if isinstance(said, str):
            assert sorted(re.findall(r"{\w+}", said)) == sorted(re.findall(r"{\w+}", english)), field.name


def test_an_alert_from_before_says_so_and_a_later_one_is_not_known() -> None:
    later = replace(
        SHIFT, begin=MIDNIGHT + timedelta(hours=1, seconds=20), end=MIDNIGHT + timedelta(hours=1, seconds=40)
    )
    text = shift_summary(night(), later)
    assert "01:00 (before this shift) pain: over after 28 s" in text
    assert "weak evidence" not in text


def test_what_goes_on_at_the_end_is_said_in_capitals() -> None:
    on = Story(now_s=0.0, state=new_bed("b", moment(0.0))).watch("++++++")
    assert "STILL OPEN at the end" in shift_summary(on.told, SHIFT)
    on.happen(Acknowledge(alert_id="b:1", by="N. Berg"))
    assert "STILL GOING ON at the end, acknowledged; acknowledged by N. Berg after 0 s, no verdict given" in (
        shift_summary(on.told, SHIFT)
    )


def test_a_quiet_shift_is_one_line() -> None:
    assert shift_summary([], SHIFT) == "00:00 to 08:00: nothing was written in this time"


def test_times_of_another_day_carry_their_date() -> None:
    assert SHIFT.clock(MIDNIGHT + timedelta(days=1, hours=6)) == "02 Mar 06:00"


def test_the_command_says_it_in_the_zone_of_from(vigil: Run, tmp_path: Path) -> None:
    with AlertJournal(tmp_path / "alerts.jsonl") as journal:
        journal.write(night())
    code, out, err = vigil("shift", tmp_path, "--from", "2026-03-01T01:00+01:00", "--to", "2026-03-01T09:00+01:00")
    assert (code, err) == (0, "")
    assert out.startswith("Shift 01:00 to 09:00\n\nbed-4: 2 alerts: 2 × pain\n  02:00 pain: over after 28 s;")


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("soon", "2026-03-01T09:00", "--from: must be a date with time, as 2026-03-01T07:00, got 'soon'"),
        ("2026-03-01T09:00", "2026-03-01T01:00", "--to: 2026-03-01T01:00 must lie after --from 2026-03-01T09:00"),
    ],
)
def test_wrong_times_are_refused(vigil: Run, tmp_path: Path, begin: str, end: str, said: str) -> None:
    code, out, err = vigil("shift", tmp_path, "--from", begin, "--to", end)
    assert (code, out, err) == (64, "", f"vigil: {said}\n")
