"""The Sphinx extension that puts generated reference into pages: where a page says ``<!-- from code: NAME -->``.

What is inserted is Markdown made from the program itself, so that it cannot say something else than the program does.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from from_code.commands import commands
from from_code.exit_codes import exit_codes
from from_code.metrics import metrics
from from_code.page_routes import page_routes
from from_code.records import records
from from_code.settings import settings

MARK = re.compile(r"^<!-- from code: ([a-z-]+) -->$", re.MULTILINE)

GENERATORS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "exit-codes": exit_codes,
    "metrics": metrics,
    "page-routes": page_routes,
    "records": records,
    "settings": settings,
}
"""What can be inserted, by the name in the mark."""


def inserted(text: str) -> str:
    """``text`` with every mark replaced; a name that nobody generates raises ``ExtensionError``."""

    def made(mark: re.Match[str]) -> str:
        if mark[1] not in GENERATORS:
            raise ExtensionError(f"{mark[0]}: nobody generates that; there are: {', '.join(GENERATORS)}")
        return GENERATORS[mark[1]]()

    return MARK.sub(made, text)


def _insert(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = inserted(source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Hook into the reading of every page."""
    app.connect("source-read", _insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
