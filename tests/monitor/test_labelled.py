"""Lists of labelled files: spellings that are understood, and what is said of those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import InputError, InputMissing
from monitor.evaluation.labelled import read_labelled

COLUMNS = ("file", "label", "onset_s")


def listed(folder: Path, text: str | bytes) -> Path:
    file = folder / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize(
    ("said", "pain"),
    [(said, True) for said in ("pain", "Pain", " PAIN ", "1", "true", "yes")]
    + [(said, False) for said in ("no pain", "NoPain", "no_pain", "No-Pain", "0", "false", "no")],
)
def test_spellings_of_the_label(tmp_path: Path, said: str, pain: bool) -> None:
    (row,) = read_labelled(listed(tmp_path, f"file,label,onset_s\na.mp4,{said},\n"), COLUMNS)
    assert row.pain() is pain


def test_rows_paths_and_seconds(tmp_path: Path) -> None:
    text = "﻿Label; file ;onset_s;age\r\npain;a b.mp4; 2.5 ;old\r\n\r\n0;/data/c.mp4;;young\r\n"
    first, second = read_labelled(listed(tmp_path, text), COLUMNS)
    assert (first.number, second.number) == (2, 4)
    assert first.path("file") == tmp_path / "a b.mp4"
    assert second.path("file") == Path("/data/c.mp4")
    assert (first.seconds("onset_s"), second.seconds("onset_s"), first.seconds("hold_s")) == (2.5, None, None)
    assert first.cells["age"] == "old"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"row 1: no column 'file'; wanted file,label,onset_s, the header is empty"),
        ("file,label\na,pain\n", r"row 1: no column 'onset_s'; .* the header is file, label"),
        ("file,label,onset_s\n", r"no rows below the header"),
        ("file,label,onset_s\na,pain,1\nb,pain\n", r"row 3: 2 cells, the header has 3"),
        (b"file,label,onset_s\n\xff\xfe,pain,\n", r"not a CSV: no UTF-8 text \(byte 19\)"),
    ],
)
def test_a_wrong_list_is_refused_by_row(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=rf"list\.csv: {said}"):
        read_labelled(listed(tmp_path, text), COLUMNS)


def test_wrong_cells_are_refused_by_row(tmp_path: Path) -> None:
    text = "file,label,onset_s\n,maybe,-1\nb,pain,soon\nc,pain,nan\n"
    first, second, third = read_labelled(listed(tmp_path, text), COLUMNS)
    with pytest.raises(InputError, match=r"list\.csv: row 2: label must be pain or no pain .* got 'maybe'"):
        first.pain()
    with pytest.raises(InputError, match="row 2: file is empty"):
        first.path("file")
    for row, said in ((first, "-1"), (second, "soon"), (third, "nan")):
        with pytest.raises(InputError, match=rf"row {row.number}: onset_s must be seconds .* got '{said}'"):
            row.seconds("onset_s")


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no such file"):
        read_labelled(tmp_path / "none.csv", COLUMNS)
    with pytest.raises(InputError, match="directory"):
        read_labelled(tmp_path, COLUMNS)
