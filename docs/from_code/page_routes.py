"""The routes of the bedside page with what each wants of who asks, from the page's own table of rules."""

from __future__ import annotations

from from_code.markdown import code, prose, table
from monitor.web.access import CSRF_HEADER
from monitor.web.rules import RULES


def page_routes() -> str:
    """A row for each route, in the order of the table."""
    rows = (
        (code(rule.method), code(rule.path), rule.right.value.replace("_", " "), prose(_first(rule.endpoint.__doc__)))
        for rule in RULES
    )
    head = table(("method", "path", "right", "what it does"), rows)
    return f"{head}\nEvery request that changes something carries the header `{CSRF_HEADER}`.\n"


def _first(text: str | None) -> str:
    return (text or "").strip().split("\n\n")[0]
