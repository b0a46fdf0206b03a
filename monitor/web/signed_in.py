"""Who a request comes from. While the database is away, whom it knew a moment ago stays known for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from monitor.storage.database.trouble import DatabaseTrouble
from monitor.web.opening import Opening
from monitor.web.sessions import Session, SessionLimits, find_session, hash_of, seen, still_on

REMEMBERED = 1000
TRUSTED_S = 600.0
"""Nurses must see their ward while a database server restarts; rights that were taken meanwhile count after this."""


class SignedIn:
    """Finds sessions. ``limits`` and the clocks are asked anew each time."""

    def __init__(
        self,
        accounts: Opening,
        limits: Callable[[], SessionLimits],
        now_at: Callable[[], datetime],
        now_s: Callable[[], float],
    ) -> None:
        self._accounts = accounts
        self._limits = limits
        self._now_at = now_at
        self._now_s = now_s
        self._known: OrderedDict[str, tuple[Session, float]] = OrderedDict()

    async def find(self, token: str | None) -> Session | None:
        """The session of ``token``, None when there is none (any more). DatabaseTrouble when nobody can say."""
        if not token or len(token) > 200:
            return None
        now_at, limits = self._now_at(), self._limits()
        kept = hash_of(token)
        try:
            found = await self._accounts.do(lambda opened: find_session(opened, token, now_at, limits))
        except DatabaseTrouble:
            session, known_s = self._known.get(kept, (None, 0.0))
            if session is None or self._now_s() - known_s > TRUSTED_S or not still_on(session, now_at, limits):
                raise
            return session
        if found is None:
            self._known.pop(kept, None)
            return None
        self._known[kept] = found, self._now_s()
        self._known.move_to_end(kept)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def seen(self, session: Session) -> None:
        """Somebody is there. DatabaseTrouble."""
        now_at = self._now_at()
        await self._accounts.do(lambda opened: seen(opened, session, now_at))
