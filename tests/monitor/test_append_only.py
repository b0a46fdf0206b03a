"""The file under both journals: what is cut off when there is no room, and which failures of forcing count."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from monitor.storage.append_only import EVERY_FAILURE_COUNTS, NOT_SYNCABLE, AppendOnlyFile, WhenFull, sync_folder


def opened(path: Path, when_full: WhenFull = WhenFull.KEEP_NOTHING, tolerated=EVERY_FAILURE_COUNTS, **options):
    return AppendOnlyFile(path, mode=0o640, when_full=when_full, tolerated=tolerated, **options)


def room_for(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    real = os.write

    def short(handle: int, payload: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = real(handle, payload[:room])
        room -= taken
        return taken

    monkeypatch.setattr(os, "write", short)


@pytest.mark.parametrize(
    ("when_full", "kept"),
    [(WhenFull.KEEP_WHOLE_LINES, b"before\none\n"), (WhenFull.KEEP_NOTHING, b"before\n")],
)
def test_what_does_not_fit_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when_full: WhenFull, kept: bytes
) -> None:
    file = opened(tmp_path / "f", when_full)
    file.append(b"before\n")
    room_for(monkeypatch, 6)
    with pytest.raises(OSError, match="No space left"):
        file.append(b"one\ntwo\nthree\n")
    assert (tmp_path / "f").read_bytes() == kept
    assert file.size == len(kept)
    monkeypatch.undo()
    file.append(b"after\n")
    file.close()
    assert (tmp_path / "f").read_bytes() == kept + b"after\n"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
@pytest.mark.parametrize("tolerated", [EVERY_FAILURE_COUNTS, NOT_SYNCABLE])
def test_which_failures_of_forcing_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, tolerated: frozenset[int]
) -> None:
    file = opened(tmp_path / "f", tolerated=tolerated)
    before = len(os.listdir("/proc/self/fd"))

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    if number in tolerated:
        file.sync()
        file.close()
    else:
        with pytest.raises(OSError, match=os.strerror(number)):
            file.sync()
        with pytest.raises(OSError, match=os.strerror(number)):
            file.close()
    file.close()
    assert len(os.listdir("/proc/self/fd")) == before - 1


def test_it_is_opened_anew_with_its_size_and_mode(tmp_path: Path) -> None:
    file = opened(tmp_path / "f")
    assert (file.size, file.ends_in_a_torn_line()) == (0, False)
    file.append(b"one\n")
    file.close()
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) & 0o007 == 0
    again = opened(tmp_path / "f")
    assert (again.size, again.ends_in_a_torn_line()) == (4, False)
    again.append(b"tw")
    assert again.ends_in_a_torn_line()
    again.close()


def test_a_pipe_is_written_where_pipes_are_allowed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    file = opened(tmp_path / "pipe", tolerated=NOT_SYNCABLE, readable=False)
    file.append(b"line\n")
    file.sync()
    assert os.read(reader, 100) == b"line\n"
    file.close()
    os.close(reader)


def test_folders_can_be_forced(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        sync_folder(tmp_path / "none")
