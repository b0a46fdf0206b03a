"""Looking back: trends, alerts and what they rested on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from monitor.alerts.transition import Transition
from monitor.errors import InputError
from monitor.storage.database.transactions import Transactions
from monitor.web.access import Call, Rule
from monitor.web.alert_history import told_alert, told_transition
from monitor.web.alert_reading import (
    MOST_ALERTS,
    Kept,
    Sought,
    read_alert,
    read_alerts,
    read_evidence,
    read_kept,
)
from monitor.web.heatmap_document import read_heatmap
from monitor.web.page import Page
from monitor.web.query import span_of, whole
from monitor.web.refusals import no_such_bed, no_such_thing
from monitor.web.replies import as_json, jpeg
from monitor.web.roles import Right
from monitor.web.routes.pictures import told_heatmap
from monitor.web.stored_pictures import read_picture
from monitor.web.trend_reading import MOST_POINTS, Span, read_trend

_DAY = timedelta(days=1)
_MARK = ("alert_id", "topic", "presence", "verdict")


async def trend(call: Call) -> Response:
    """A bed's trend and the alerts in it."""
    query, page = call.request.query_params, call.page
    begin, end = span_of(query, page.now_at(), timedelta(hours=1))
    span = Span(begin=begin, end=end, points=whole(query, "points", otherwise=600, most=MOST_POINTS))
    sought = Sought(ward=page.ward, beds=(call.bed,), begin=begin, end=end, emotions=_emotions(page))

    def read(opened: Transactions) -> dict[str, Any]:
        alerts = [told_alert(name, lines, "") for name, lines in read_alerts(opened, sought).items()]
        marks = [
            {**{key: alert[key] for key in _MARK}, "from": alert["raised_at"], "to": alert["ended_at"]}
            for alert in reversed(alerts)
        ]
        return {"bed": call.bed, **read_trend(opened, page.ward, call.bed, span), "alerts": marks}

    return as_json(await page.records.do(read))


async def alerts(call: Call) -> Response:
    """Alerts of one bed or of all that the user may see, newest first."""
    query, page = call.request.query_params, call.page
    begin, end = span_of(query, page.now_at(), _DAY)
    beds = [bed for bed in page.configuration.beds if call.may(Right.SEE, bed)]
    if (bed := query.get("bed")) is not None:
        if bed not in beds:
            raise no_such_bed()
        beds = [bed]
    limit = whole(query, "limit", otherwise=100, most=MOST_ALERTS)
    sought = Sought(ward=page.ward, beds=beds, begin=begin, end=end, limit=limit, emotions=_emotions(page))

    def read(opened: Transactions) -> list[dict[str, Any]]:
        found = read_alerts(opened, sought)
        kept = read_kept(opened, page.ward, found)
        return [_alert(call, name, lines, kept[name]) for name, lines in found.items()]

    return as_json({"alerts": await page.records.do(read)})


async def alert(call: Call) -> Response:
    """One alert and everything that happened to it."""
    page = call.page

    def read(opened: Transactions) -> dict[str, Any]:
        lines = _lines(opened, call)
        kept = read_kept(opened, page.ward, [call.alert_id])[call.alert_id]
        return {
            **_alert(call, call.alert_id, lines, kept),
            "transitions": [told_transition(line) for line in lines],
        }

    return as_json(await page.records.do(read))


async def evidence(call: Call) -> Response:
    """Where on the face the network found what the alert says, as it was kept: without the face."""
    page = call.page

    def read(opened: Transactions) -> tuple[str | None, Kept]:
        _lines(opened, call)
        kept = read_kept(opened, page.ward, [call.alert_id])[call.alert_id]
        return read_evidence(opened, page.ward, call.alert_id), kept

    document, kept = await page.records.do(read)
    if document is None:
        raise no_such_thing("evidence of this alert")
    try:
        found = read_heatmap(json.loads(document))
    except (InputError, ValueError):
        raise no_such_thing("evidence of this alert that can be read") from None
    return as_json({**told_heatmap(found), "picture": _picture(call, kept)})


async def picture(call: Call) -> Response:
    """The picture that was kept of the alert, where pictures are kept at all."""
    page = call.page
    configuration = page.configuration
    if not configuration.privacy.pixels or configuration.pixels_key is None:
        raise no_such_thing("picture of this alert: none are kept")
    key = configuration.pixels_key

    def read(opened: Transactions) -> bytes | None:
        _lines(opened, call)
        return read_picture(opened, page.ward, call.alert_id, key.reveal())

    found = await page.records.do(read)
    if found is None:
        raise no_such_thing("picture of this alert")
    return jpeg(found)


def _lines(opened: Transactions, call: Call) -> Sequence[Transition]:
    page = call.page
    lines = read_alert(opened, page.ward, call.bed, call.alert_id, emotions=_emotions(page))
    if not lines:
        raise no_such_thing("such alert")
    return lines


def _alert(call: Call, name: str, lines: Sequence[Transition], kept: Kept) -> dict[str, Any]:
    place = call.page.configuration.beds.get(lines[0].bed)
    room = "" if place is None else place.room
    return {**told_alert(name, lines, room), "has_evidence": kept.evidence, "has_picture": _picture(call, kept)}


def _picture(call: Call, kept: Kept) -> bool:
    return kept.picture and call.may(Right.PICTURE) and call.page.configuration.privacy.pixels


def _emotions(page: Page) -> bool:
    return page.configuration.privacy.emotion_scores


RULES = (
    Rule(method="GET", path="/api/beds/{bed}/trend", right=Right.SEE, endpoint=trend),
    Rule(method="GET", path="/api/alerts", right=Right.SEE, endpoint=alerts),
    Rule(method="GET", path="/api/alerts/{alert_id}", right=Right.SEE, endpoint=alert),
    Rule(method="GET", path="/api/alerts/{alert_id}/evidence", right=Right.SEE, endpoint=evidence),
    Rule(method="GET", path="/api/alerts/{alert_id}/picture.jpg", right=Right.PICTURE, endpoint=picture),
)
