"""Puts the page together from what the ward says of itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor import clock
from monitor.storage.database.database import Database
from monitor.web.history import History
from monitor.web.link import WardLink
from monitor.web.login_limits import LoginLimits
from monitor.web.opening import ANSWER_S, Opening
from monitor.web.page import Page, session_limits
from monitor.web.passwords import Passwords
from monitor.web.signed_in import SignedIn


def make_page(
    link: WardLink,
    passwords: Passwords | None = None,
    *,
    now_at: Callable[[], datetime] = clock.now_at,
    now_s: Callable[[], float] = clock.now_s,
) -> Page:
    """The page of the ward behind ``link``, with the clocks ``now_at`` and ``now_s``.

    The database need not be there yet.
    """

    def open_database() -> Database:
        configuration = link.configuration()
        password = configuration.database_password
        return Database.open(
            configuration.database_url,
            None if password is None else password.reveal(),
            ward=configuration.ward,
            create=False,
            migrate=False,
            answer_s=ANSWER_S,
        )

    accounts, records = Opening(open_database), Opening(open_database)
    settings = link.configuration().page
    return Page(
        link=link,
        accounts=accounts,
        records=records,
        history=History(records, link, now_at, now_s),
        passwords=passwords or Passwords(),
        login_limits=LoginLimits(settings.failed_logins, settings.lockout_s),
        signed_in=SignedIn(accounts, lambda: session_limits(link.configuration()), now_at, now_s),
        now_at=now_at,
        now_s=now_s,
    )
