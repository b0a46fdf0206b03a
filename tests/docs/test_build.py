"""The documentation is built as ``make docs`` does; a warning fails, dead links and missing pictures are warnings."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from documents import REPOSITORY

PLANTED = {
    "a link to a page that is not there": "[x](nowhere.md)",
    "a link to a heading that is not there": "[x](operations.md#nowhere)",
    "a picture that is not there": "![x](pictures/nowhere.png)",
    "a file of the program that is not there": "[x](../monitor/nowhere.py)",
}

SAID = (
    "target not found: 'nowhere.md'",
    "local id not found in doc 'operations': 'nowhere'",
    "image file not readable: pictures/nowhere.png",
    "target not found: '../monitor/nowhere.py'",
)


def words_of_the_makefile() -> list[str]:
    found = re.search(
        r"^docs:.*\n\t\$\(BIN\)/(.*)$", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert found is not None
    return shlex.split(found[1])


def built(source: Path, out: Path) -> subprocess.CompletedProcess[str]:
    program, *options = words_of_the_makefile()
    assert program == "sphinx-build"
    assert "--fail-on-warning" in options
    assert "--nitpicky" in options
    options = [{"docs": str(source), "docs/_build": str(out)}.get(word, word) for word in options]
    return subprocess.run(
        [sys.executable, "-m", "sphinx", *options],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built")
    done = built(REPOSITORY / "docs", out)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


def test_every_page_is_reached_from_the_first(pages: Path):
    start = (pages / "index.html").read_text(encoding="utf-8")
    sources = [page.relative_to(REPOSITORY / "docs") for page in (REPOSITORY / "docs").rglob("*.md")]
    wanted = [str(page.with_suffix(".html")) for page in sources if page.parts[0] not in ("_build", "index.md")]
    assert len(wanted) > 25
    assert [page for page in wanted if f'href="{page}"' not in start] == []


def test_pages_ask_nothing_of_other_hosts(pages: Path):
    asking = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=["']?(?:https?:)?//""")
    for page in pages.rglob("*.html"):
        assert not asking.search(page.read_text(encoding="utf-8")), page.name
    for sheet in pages.rglob("*.css"):
        assert not re.search(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", sheet.read_text(encoding="utf-8")), (
            sheet.name
        )


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("commands", "vigil data export"),
        ("configuration", "audio_pause_most_s"),
        ("metrics", "vigil_pictures_judged_total"),
        ("exit-codes", "78"),
        ("records", "conservation_error"),
        ("page-api", "/api/beds/{bed}/heatmap"),
    ],
)
def test_reference_is_filled_in(pages: Path, page: str, said: str):
    text = text_of(pages / "reference" / f"{page}.html")
    assert said in text
    assert "from code:" not in text


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """What the build says of two pages with every mistake in one of them."""
    source = tmp_path_factory.mktemp("planted") / "docs"
    source.mkdir()
    for name in ("conf.py", "from_code", "_static"):
        (source / name).symlink_to(REPOSITORY / "docs" / name)
    (source / "index.md").write_text("# Index\n```{toctree}\noperations\n```\n", encoding="utf-8")
    (source / "operations.md").write_text("# Operations\n" + "\n".join(PLANTED.values()) + "\n", encoding="utf-8")
    return built(source, source.parent / "built")


@pytest.mark.parametrize(("mistake", "said"), list(zip(PLANTED.values(), SAID, strict=True)))
def test_a_mistake_ends_the_build(refused: subprocess.CompletedProcess[str], mistake: str, said: str):
    assert refused.returncode != 0
    assert said in refused.stderr, mistake


def test_a_name_that_nobody_generates_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(REPOSITORY / "docs"))
    from from_code.insertion import GENERATORS, inserted
    from sphinx.errors import ExtensionError

    assert inserted("before\n\n<!-- from code: exit-codes -->\n").count("| `78` |") == 1
    for page in (REPOSITORY / "docs/reference").glob("*.md"):
        assert re.search(r"<!-- from code: ([a-z-]+) -->", page.read_text(encoding="utf-8"))[1] in GENERATORS  # type: ignore[index]
    with pytest.raises(ExtensionError, match="nobody generates"):
        inserted("<!-- from code: nonsense -->")
