"""A report: one offline file, CSV in full, published beside ours, stand-ins and shrinking told."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from models.errors import ReportUnwritable
from models.reports.document import Report
from models.reports.table import shown


def _drawn() -> Figure:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [1, 0])
    return figure


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self.inside |= tag in {"td", "th"}
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.inside &= tag not in {"td", "th"}

    def handle_data(self, data):
        if self.inside and data.strip():
            self.rows[-1][-1] += f"[{data.strip()}]"


def test_the_page_opens_offline_and_holds_figure_and_table(tmp_path):
    report = Report("A paper", tmp_path / "out", lead="What was found.")
    report.section("First", "Some words <b>.")
    report.table("one", ["model", "recall"], [["B5", 0.54321], ["B0", None]], published=[["B0", 0.71], ["B5", 0.54]])
    report.figure("curve", _drawn(), "falls")
    page = report.write().read_text()
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert "Some words &lt;b&gt;." in page
    assert (tmp_path / "out/figures/curve.png").read_bytes().startswith(b"\x89PNG")
    words = _Words()
    words.feed(page)
    assert ["[B5]", "[0.543][0.540]"] in words.rows
    assert ["[B0]", "[–][0.710]"] in words.rows


def test_csv_holds_ours_in_full_beside_published(tmp_path):
    report = Report("A paper", tmp_path)
    report.table(
        "one",
        ["model", "fold", "f1"],
        [["A", 1, 1 / 3]],
        published=[["A", 1, 0.5], ["B", 1, 0.7]],
        keys=2,
        stand_in=True,
    )
    report.write()
    with (tmp_path / "tables/one.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["f1"]) == 1 / 3
    assert rows[0]["f1 (published)"] == "0.5"
    assert rows[1] == {"model": "B", "fold": "1", "f1": "", "f1 (published)": "0.7", "stand-in data": "yes"}


def test_words_that_the_paper_said_are_marked_as_its_own(tmp_path):
    report = Report("A paper", tmp_path)
    report.table("one", ["unit", "verdict"], [["AU14", ""]], published=[["AU14", "forgotten"]])
    assert "<small>paper: forgotten</small>" in report.html()


def test_stand_ins_and_shrinking_are_told_and_only_then(tmp_path):
    plain = Report("A paper", tmp_path)
    plain.table("one", ["a"], [[1]])
    assert "Stand-in data" not in plain.html()
    assert "Shrunk" not in plain.html()
    marked = Report("A paper", tmp_path)
    marked.stand_in = True
    marked.table("one", ["a"], [[1]])
    marked.table("two", ["a"], [[1]], stand_in=False)
    marked.shrunk(["input 64 px instead of 224"])
    page = marked.html()
    assert page.count('class="badge"') == 2  # the banner's and table one's
    assert "input 64 px instead of 224" in page
    assert [table.stand_in for table in marked.tables] == [True, False]


def test_the_same_report_gives_the_same_bytes(tmp_path):
    pages = []
    for name in ("a", "b"):
        report = Report("A paper", tmp_path / name)
        report.figure("curve", _drawn(), "falls")
        pages.append(report.write().read_bytes())
    assert pages[0] == pages[1]


def test_bad_tables_are_refused(tmp_path):
    report = Report("A paper", tmp_path)
    report.table("one", ["a", "b"], [[1, 2]])
    with pytest.raises(ValueError, match="two of the name 'one'"):
        report.table("one", ["a"], [[1]])
    with pytest.raises(ValueError, match="2 columns, but a row of 1"):
        report.table("two", ["a", "b"], [[1]])
    with pytest.raises(ValueError, match="no file name"):
        report.table("../three", ["a"], [[1]])
    report.figure("one", _drawn(), "a figure may have a table's name")


def test_a_folder_that_cannot_be_written_gives_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportUnwritable, match=r"file: report cannot be written there: [^\n]+$"):
        Report("A paper", tmp_path / "file").write()


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (12006, "12,006"),
        (0.5, "0.500"),
        (1.56e-4, "1.56e−04"),
        (0.0, "0.000"),
        (-13.13, "−13.130"),
        ("AU05", "AU05"),
        (True, "yes"),
        (float("inf"), "∞"),
    ],
)
def test_cells_as_people_read_them(cell, text):
    assert shown(cell, 3) == text
