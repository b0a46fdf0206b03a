"""What people do at the beds. The service decides; what it answers is handed on. Recorded under the user's name."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from monitor.alerts.topics import Verdict
from monitor.errors import UsageError
from monitor.service.control.requests import Request, tidy_name
from monitor.web.access import Call, Rule
from monitor.web.body import choice, number, read_body
from monitor.web.refusals import Refused, unfit
from monitor.web.replies import said
from monitor.web.roles import Right


async def acknowledge(call: Call) -> Response:
    """Acknowledge an alert, perhaps with a verdict."""
    body = await read_body(call.request)
    found = None if body.get("verdict") is None else choice(body, "verdict", Verdict)
    return await _asked(call, lambda: Request(do="ack", alert=call.alert_id, by=_by(call), verdict=found))


async def pause_audio(call: Call) -> Response:
    """No sound for a while."""
    seconds = number(await read_body(call.request), "seconds")
    return await _asked(call, lambda: Request(do="pause", bed=call.bed, seconds=seconds, by=_by(call)))


async def resume_audio(call: Call) -> Response:
    """Sound again."""
    return await _asked(call, lambda: Request(do="resume", bed=call.bed, by=_by(call)))


async def pause_privacy(call: Call) -> Response:
    """Care at the bed: nobody looks for a while."""
    seconds = number(await read_body(call.request), "seconds")
    return await _asked(call, lambda: Request(do="privacy", bed=call.bed, seconds=seconds, by=_by(call)))


async def end_privacy(call: Call) -> Response:
    """Care is over."""
    return await _asked(call, lambda: Request(do="end_privacy", bed=call.bed, by=_by(call)))


async def neutral_face(call: Call) -> Response:
    """The face is neutral now, or: forget this person's face."""
    match (await read_body(call.request)).get("action"):
        case "adopt":
            return await _asked(call, lambda: Request(do="neutral", bed=call.bed, by=_by(call)))
        case "reset":
            return await _asked(call, lambda: Request(do="reset_neutral", bed=call.bed, by=_by(call)))
        case _:
            raise unfit("action: wants adopt or reset")


def _by(call: Call) -> str:
    return tidy_name(call.user.name)


async def _asked(call: Call, request: Callable[[], Request]) -> Response:
    try:
        wanted = request()
    except UsageError as error:
        raise unfit(str(error)) from None
    answer = await call.page.link.ask(wanted)
    if answer.error is not None:
        raise Refused(409, answer.error)
    return said(str(answer.result.get("said", "done")))


_AUDIO, _PRIVACY = "/api/beds/{bed}/audio-pause", "/api/beds/{bed}/privacy-pause"
RULES = (
    Rule(method="POST", path="/api/alerts/{alert_id}/acknowledge", right=Right.ACT, endpoint=acknowledge),
    Rule(method="POST", path=_AUDIO, right=Right.ACT, endpoint=pause_audio),
    Rule(method="DELETE", path=_AUDIO, right=Right.ACT, endpoint=resume_audio),
    Rule(method="POST", path=_PRIVACY, right=Right.ACT, endpoint=pause_privacy),
    Rule(method="DELETE", path=_PRIVACY, right=Right.ACT, endpoint=end_privacy),
    Rule(method="POST", path="/api/beds/{bed}/neutral-face", right=Right.ACT, endpoint=neutral_face),
)
