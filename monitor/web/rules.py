"""Every route of the page with what it wants of who asks. What is not listed here does not exist."""

from __future__ import annotations

from monitor.web.access import Rule
from monitor.web.routes import actions, login, pictures, records, shift, users, ward

RULES: tuple[Rule, ...] = (
    *login.RULES,
    *ward.RULES,
    *records.RULES,
    *actions.RULES,
    *pictures.RULES,
    *shift.RULES,
    *users.RULES,
)
