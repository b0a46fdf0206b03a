"""The shift in words, as it is handed over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from monitor.alerts.shift import Shift, bed_shift
from monitor.alerts.shift_words import LANGUAGES
from monitor.alerts.transition import Transition
from monitor.storage.database.transactions import Transactions
from monitor.web.access import Call, Rule
from monitor.web.query import span_of
from monitor.web.refusals import bad_request
from monitor.web.replies import as_json
from monitor.web.roles import Right
from monitor.web.shift_reading import read_shift

LONGEST = timedelta(days=7)
_SHIFT = timedelta(hours=8)


async def shift(call: Call) -> Response:
    """What happened at each bed that the user may see."""
    query, page = call.request.query_params, call.page
    begin, end = span_of(query, page.now_at(), _SHIFT)
    if end - begin > LONGEST:
        raise bad_request("from: a shift is at most a week")
    language = query.get("language", page.configuration.page.language)
    if language not in LANGUAGES:
        raise bad_request(f"language: wants one of {', '.join(LANGUAGES)}")
    places = page.configuration.beds
    beds = [bed for bed in places if call.may(Right.SEE, bed)]
    emotions = page.configuration.privacy.emotion_scores

    def read(opened: Transactions) -> dict[str, list[Transition]]:
        return read_shift(opened, page.ward, beds, begin, end, emotions=emotions)

    lines = await page.records.do(read)
    # times of day are this machine's, as they are in `vigil shift`
    told_as = Shift(begin=begin, end=end, zone=begin.astimezone().tzinfo, language=LANGUAGES[language])
    told: list[dict[str, Any]] = [
        {"bed": bed, "room": places[bed].room, "lines": bed_shift(lines[bed], told_as)} for bed in beds
    ]
    return as_json({"from": begin.isoformat(), "to": end.isoformat(), "beds": told})


RULES = (Rule(method="GET", path="/api/shift", right=Right.SEE, endpoint=shift),)
