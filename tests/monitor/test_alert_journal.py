"""The alert journal on the disk: appended, forced, turned over, read back after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ward_story import Story

from monitor.alerts.alert_journal import AlertJournal, AlertJournalSettings, transition_line
from monitor.alerts.events import Acknowledge, PauseAudio
from monitor.alerts.journal_reading import journal_files, read_journals
from monitor.alerts.topics import Verdict
from monitor.alerts.transition import Transition
from monitor.errors import ConfigurationError, InputError, InputMissing, OutputError, OutputFull


def transitions() -> list[Transition]:
    story = Story().watch("++++++")
    story.happen(Acknowledge(alert_id="bed-4:1", by="Zoë", verdict=Verdict.FALSE))
    story.happen(PauseAudio(for_s=3.0, by="x"))
    return story.watch("-" * 30 + "++++++").told


def write(path: Path, told: list[Transition], turn_bytes: int = 1 << 20) -> Path:
    with AlertJournal(path, AlertJournalSettings(turn_bytes=turn_bytes)) as journal:
        for entry in told:
            journal.write([entry])
    return path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    told = transitions()
    assert len(told) == 6
    content = read_journals([write(tmp_path / "alerts.jsonl", told)])
    assert list(content.transitions) == told
    assert content.torn == []


def test_a_second_run_appends(tmp_path: Path) -> None:
    told = transitions()
    write(tmp_path / "a.jsonl", told[:3])
    write(tmp_path / "a.jsonl", told[3:])
    assert list(read_journals([tmp_path / "a.jsonl"]).transitions) == told


def test_it_turns_over_by_size_and_a_folder_reads_as_one(tmp_path: Path) -> None:
    told = [entry for start in range(6) for entry in Story(now_s=start * 5000.0).watch("++++++" + "-" * 40).told]
    path = write(tmp_path / "alerts.jsonl", told, turn_bytes=4096)
    names = [file.name for file in journal_files([tmp_path])]
    assert names == ["alerts.0001.jsonl", "alerts.jsonl"]
    assert (tmp_path / "alerts.0001.jsonl").stat().st_size < 4096 + 500
    write(path, told, turn_bytes=4096)
    assert [file.name for file in journal_files([tmp_path])] == [
        "alerts.0001.jsonl",
        "alerts.0002.jsonl",
        "alerts.jsonl",
    ]
    content = read_journals(journal_files([tmp_path, path]))
    assert list(content.transitions) == told


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_torn_last_line_is_reported_and_the_rest_read(tmp_path: Path, cut: int) -> None:
    told = transitions()
    path = write(tmp_path / "a.jsonl", told)
    path.write_bytes(path.read_bytes()[:-cut])
    content = read_journals([path])
    assert list(content.transitions) == told[:-1]
    last = len(transition_line(told[-1]))
    assert [(line.line, line.bytes) for line in content.torn] == [(7, last - cut)]
    assert str(content.torn[0]).startswith(f"{path}: line 7: torn (")


def test_writing_goes_on_after_a_torn_line_and_both_sides_are_read(tmp_path: Path) -> None:
    told = transitions()
    path = write(tmp_path / "a.jsonl", told[:4])
    path.write_bytes(path.read_bytes()[:-30])
    write(path, told[4:])
    content = read_journals([path])
    assert list(content.transitions) == told[:3] + told[4:]
    assert [line.line for line in content.torn] == [5]


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from ward_story import Story
from monitor.alerts.alert_journal import AlertJournal, AlertJournalSettings
journal = AlertJournal(Path(sys.argv[1]), AlertJournalSettings(turn_bytes=8192))
told = Story().watch("++++++").told
from dataclasses import replace
number = 0
while True:
    number += 1
    journal.write([replace(told[0], number=number)])
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 60])
def test_a_killed_process_loses_nothing_already_written(tmp_path: Path, after: int) -> None:
    tests = Path(__file__).resolve().parent.parent
    writer = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "alerts.jsonl"), str(tests)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tests.parent,
    )
    assert writer.stdout is not None
    with writer, writer.stdout:
        for _ in range(after):
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    assert writer.returncode == -signal.SIGKILL
    written = [entry.number for entry in read_journals(journal_files([tmp_path])).transitions]
    assert written == list(range(1, len(written) + 1))
    assert len(written) >= max([last, *said])


def test_alerts_are_forced_onto_the_disk_and_pauses_alone_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, forced = transitions(), []
    with AlertJournal(tmp_path / "a.jsonl") as journal:
        monkeypatch.setattr(os, "fsync", forced.append)
        journal.write([entry for entry in told if entry.alert_id is None])
        assert forced == []
        journal.write(told[:1])
        assert len(forced) == 1
        journal.write([])


def test_a_full_disk_is_said_and_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, real = transitions(), os.write
    with AlertJournal(tmp_path / "a.jsonl") as journal:
        journal.write(told[:1])

        def full(handle: int, payload: bytes) -> int:
            if len(payload) > 50:
                return real(handle, payload[:40])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OutputFull, match="No space left"):
            journal.write(told[1:2])
        monkeypatch.setattr(os, "write", real)
        journal.write(told[2:3])
    content = read_journals([tmp_path / "a.jsonl"])
    assert list(content.transitions) == [told[0], told[2]]
    assert content.torn == []


def test_a_disk_that_is_full_while_it_turns_over_costs_nothing_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [entry for start in range(6) for entry in Story(now_s=start * 5000.0).watch("++++++" + "-" * 40).told]
    before = len(os.listdir("/proc/self/fd"))

    def full(handle: int, payload: bytes) -> int:
        raise OSError(28, "No space left on device")

    with AlertJournal(tmp_path / "alerts.jsonl", AlertJournalSettings(turn_bytes=4096)) as journal:
        written = 0
        while (tmp_path / "alerts.jsonl").stat().st_size < 4096:
            journal.write([told[written]])
            written += 1
        monkeypatch.setattr(os, "write", full)
        for _ in range(3):
            with pytest.raises(OutputFull):
                journal.write([told[written]])
        monkeypatch.undo()
        journal.write(told[written:])
    assert list(read_journals(journal_files([tmp_path])).transitions) == told
    assert len(journal_files([tmp_path])) == 2
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        AlertJournal(tmp_path / "file" / "a.jsonl")


def test_too_small_a_turn_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"alerts.journal.turn_bytes: must be >= 4096, got 10"):
        AlertJournalSettings(turn_bytes=10)


HEADER = b'{"format":"vigil-alerts","version":1}\n'
GOOD = b'{"bed":"b","number":1,"at":"2026-03-01T00:00:00+00:00","now_s":1.0,"reason":"watched","seconds":1.0}\n'


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "line 1: no alert journal: the file is empty"),
        (b"hello\n", "line 1: no alert journal: 'format' must be 'vigil-alerts'"),
        (b"\xff\xfe\n", "line 1: no alert journal"),
        (b'{"format":"vigil-alerts","version":7}\n', "line 1: journal of version 7, this program reads 1"),
        (HEADER + GOOD + b"{}\n", "line 3: bed: Field required"),
        (HEADER + b"nonsense\n" + GOOD, "line 2: no JSON: "),
        (HEADER + GOOD.replace(b"watched", b"bored"), "line 2: reason: "),
        (HEADER + GOOD.replace(b"1.0}", b"-1.0}"), "line 2: seconds: must be seconds >= 0, got -1.0"),
        (HEADER + GOOD.replace(b"2026", b"0026"), "line 2: at: no date of a journal"),
        (HEADER + GOOD[:-2] + b',"alert_id":"x"}\n', "line 2: alert_id: must be BED:NUMBER, got 'x'"),
        (HEADER + GOOD.replace(b"+00:00", b""), "line 2: at: must carry a time zone"),
    ],
)
def test_damage_is_refused_by_file_and_line(tmp_path: Path, payload: bytes, said: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(payload)
    with pytest.raises(InputError) as caught:
        read_journals([path])
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no such file"):
        journal_files([tmp_path / "none"])
    with pytest.raises(InputMissing, match="no journal"):
        journal_files([tmp_path])
