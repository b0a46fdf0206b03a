"""What the beds at a glance need of the database, read ahead every few seconds: no request waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import anyio
import structlog

from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trouble import DatabaseTrouble
from monitor.storage.database.ward_snapshots import WardSnapshot, WardSnapshots
from monitor.web.alert_reading import read_raised
from monitor.web.link import WardLink
from monitor.web.opening import Opening
from monitor.web.trend_reading import read_minutes
from monitor.web.ward_view import Known

TREND = timedelta(hours=1)
TREND_EVERY_S = 10.0
FLEET_EVERY_S = 2.0
SLOWEST_S = 30.0
_LOG = structlog.get_logger()


class History:
    """Holds the last hour's trend of every bed, when the alerts that are out began, and the other wards."""

    def __init__(
        self, records: Opening, link: WardLink, now_at: Callable[[], datetime], now_s: Callable[[], float]
    ) -> None:
        self.known = Known()
        self.others: tuple[tuple[WardSnapshot, Mapping[str, Any]], ...] = ()
        self._records = records
        self._link = link
        self._now_at = now_at
        self._now_s = now_s
        self._trends: Mapping[str, list[dict[str, Any]]] = {}
        self._raised: dict[str, datetime] = {}
        self._trends_s = float("-inf")

    async def run(self) -> None:
        """Read ahead until cancelled; while the database is away, less and less often."""
        pause_s, seen = FLEET_EVERY_S, 0
        while True:
            try:
                await self._records.do(self._read)
                pause_s = FLEET_EVERY_S
            except DatabaseTrouble as trouble:
                self.others = ()
                if pause_s == FLEET_EVERY_S:
                    _LOG.warning("the page cannot read the database", because=str(trouble))
                pause_s = min(SLOWEST_S, 2 * pause_s)
                await anyio.sleep(pause_s)
                continue
            with anyio.move_on_after(pause_s):
                seen = await self._link.changed(seen)
                while not self._new_alerts():
                    seen = await self._link.changed(seen)

    def _new_alerts(self) -> set[str]:
        """Alerts that are out and of which it is not known when they began."""
        return self._out() - self._raised.keys()

    def _out(self) -> set[str]:
        beds = (self._link.snapshot() or {}).get("beds", {})
        return {alert["alert_id"] for bed in beds.values() for alert in bed.get("alerts", ())}

    def _read(self, opened: Transactions) -> None:
        configuration = self._link.configuration()
        ward, now_s = configuration.ward, self._now_s()
        if now_s - self._trends_s >= TREND_EVERY_S:
            begin = self._now_at() - TREND
            self._trends, self._trends_s = read_minutes(opened, ward, configuration.beds, begin), now_s
        out = self._out()
        kept = {name: at for name, at in self._raised.items() if name in out}
        new = out - kept.keys()
        self._raised = {**kept, **(read_raised(opened, ward, new) if new else {})}
        self.known = Known(trends=self._trends, raised=self._raised)
        if configuration.page.fleet == "database":
            found = WardSnapshots(opened, ward).others()
            self.others = tuple((entry, status) for entry in found if (status := _status(entry)) is not None)
        else:
            self.others = ()


def _status(entry: WardSnapshot) -> Mapping[str, Any] | None:
    try:
        document = json.loads(entry.document)
    except ValueError:
        return None
    return document if isinstance(document, dict) and isinstance(document.get("beds"), dict) else None
