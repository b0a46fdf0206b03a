"""From a request at the control socket to the event it means, and what is answered."""

from __future__ import annotations

from monitor.alerts.events import Acknowledge, BeginPrivacy, EndPrivacy, Event, Moment, PauseAudio, ResumeAudio
from monitor.alerts.topics import Reason
from monitor.errors import UsageError
from monitor.service.control.requests import Answer, Request
from monitor.service.inference.messages import NeutralBed
from monitor.service.judging import Judging
from monitor.service.status import bed_status
from monitor.service.ward import Ward


def answer(request: Request, ward: Ward, now: Moment) -> Answer:
    """Do what is asked. UsageError, in one line, when it cannot be done."""
    if request.do == "list":
        return Answer(result={"beds": [bed_status(runtime, now) for runtime in ward.beds]})
    if request.do == "ack":
        return _acknowledge(request, ward, now)
    ward.beds.known(request.bed)
    if request.do in ("neutral", "reset_neutral"):
        return _neutral(request, ward.judging)
    told = ward.happen(request.bed, _event(request), now)
    if not told:
        return Answer(result={"said": f"{request.bed}: nothing to end"})
    granted = next((entry.seconds for entry in told if entry.alert_id is None and entry.seconds is not None), None)
    for_s = "" if granted is None else f" for {granted:.0f} s"
    return Answer(result={"said": f"{request.bed}: {_SAID[request.do]}{for_s}", "seconds": granted})


def _acknowledge(request: Request, ward: Ward, now: Moment) -> Answer:
    bed = request.alert.rpartition(":")[0]
    runtime = ward.beds.known(bed)
    told = ward.happen(bed, Acknowledge(alert_id=request.alert, by=request.by, verdict=request.verdict), now)
    reasons = {entry.reason for entry in told if entry.alert_id == request.alert}
    if Reason.ACKNOWLEDGED in reasons:
        return Answer(result={"said": f"{request.alert}: acknowledged by {request.by}"})
    if Reason.VERDICT_GIVEN in reasons:
        return Answer(result={"said": f"{request.alert}: the verdict is noted"})
    out = [alert.alert_id for alert in runtime.report(now).alerts]
    there = f"out are {', '.join(out)}" if out else "none is out"
    raise UsageError(f"{request.alert}: there is no such alert to acknowledge ({there})")


def _neutral(request: Request, judging: Judging) -> Answer:
    if judging.ready is None:
        raise UsageError(f"{request.bed}: nothing is judged now; try again in a moment")
    reset = request.do == "reset_neutral"
    judging.tell(NeutralBed(bed=request.bed, reset=reset, seconds=request.seconds, by=request.by))
    if reset:
        return Answer(result={"said": f"{request.bed}: the neutral face is forgotten"})
    return Answer(result={"said": f"{request.bed}: the next moments of face are taken for neutral"})


def _event(request: Request) -> Event:
    for_s = request.seconds or 0.0
    match request.do:
        case "pause":
            return PauseAudio(for_s=for_s, by=request.by)
        case "resume":
            return ResumeAudio(by=request.by)
        case "privacy":
            return BeginPrivacy(for_s=for_s, by=request.by)
        case _:
            return EndPrivacy(by=request.by)


_SAID = {
    "pause": "sound paused",
    "resume": "sound again",
    "privacy": "nobody looks",
    "end_privacy": "watched again",
}
