"""What a changed configuration asks of a running ward: the least that makes it true, each step with its reason.

Pure: the supervisor carries the steps out. A bed that no step names and whose source no step interrupts keeps running
without losing a frame.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from monitor.ward.beds import INHERITED
from monitor.ward.credentials import used_credentials
from monitor.ward.facility import FacilitySettings
from monitor.ward.reload_plan import Action, Part, ReloadPlan, ReloadStep

IN_PLACE: Mapping[Part, Mapping[str, str]] = {
    Part.BED: {
        "room": "words alone",
        "resident": "words alone",
        "alerts": "an alert that is out stays out; delays count from when its condition began",
        "lifecycle": "alerts that are out go on by the new times",
        "sampling": "takes effect with the next picture",
    },
    Part.SOURCE: {"max_fps": "pictures are dropped after capture", "repeat": "looked at when the recording ends"},
    Part.SINK: {"beds": "looked at per alert", "least_priority": "looked at per alert"},
    Part.CAPTURE: {},
}
"""Settings of each part that change without a restart, and why that is so; any other setting restarts the part."""

RESTARTS: Mapping[str, str] = {
    "zone": "another part of the picture: the face is looked for anew; neutral face and alerts are kept",
    "rotate_deg": "another picture: the face is looked for anew; neutral face and alerts are kept",
    "source": "another picture: the face is looked for anew; neutral face and alerts are kept",
    "face": "the face is looked for anew; neutral face and alerts are kept",
    "judgement": "the window of the judgement begins anew; neutral face and alerts are kept",
}
_SINGLE: Mapping[str, tuple[Part, Action, str]] = {
    "sidecar": (Part.SIDECAR, Action.RESTART, "explanations pause for its start; no judgement waits for them"),
    "health": (Part.HEALTH, Action.RESTART, "the endpoint moves; beds know nothing of it"),
    "page": (Part.PAGE, Action.RESTART, "its process starts anew; beds know nothing of it"),
    "logging": (Part.LOG, Action.CHANGE_IN_PLACE, "takes effect with the next line"),
}
_SERVICE: Mapping[str, str] = {
    "format": "another format of the file",
    "name": "the ward's name stands in topics and records",
    "landmarker": "every bed's faces are found by it",
    "model": "one network serves every bed; beds would lose frames while it loads",
    "classifier": "one network serves every bed; beds would lose frames while it loads",
    "inference": "one process judges every bed; beds would lose frames while it starts anew",
}
_DATABASE = ("storage.database_url", "storage.password_credential")
_LATE_CREDENTIAL = "systemd hands its credential over when the service starts"
_BY_NAME = ("sources", "beds", "sinks")


def plan_reload(old: FacilitySettings, new: FacilitySettings, credentials: Collection[str] | None = None) -> ReloadPlan:
    """The steps from ``old`` (running) to ``new`` (valid). ``credentials`` are the names in $CREDENTIALS_DIRECTORY.

    systemd hands credentials over when a service starts, so what needs a name that is not there waits for a restart
    of the service; None takes the names that ``old`` used. Credentials by absolute path are read anew.
    """
    at_hand = {credential for _, credential in used_credentials(old)} if credentials is None else set(credentials)
    steps = [
        *_entries(Part.SOURCE, "sources", old.sources, new.sources, at_hand),
        *_entries(Part.BED, "beds", old.beds, new.beds, at_hand),
        *_entries(Part.SINK, "sinks", old.sinks, new.sinks, at_hand),
        *_single(old, new, at_hand),
    ]
    steps = sorted(_kept_together(old, new, steps), key=_rank)
    interrupted = _interrupted(old, new, steps)
    named = {step.name for step in steps if step.part is Part.BED}
    untouched = tuple(bed for bed in new.beds if bed in old.beds and bed not in interrupted and bed not in named)
    return ReloadPlan(steps=tuple(steps), untouched_beds=untouched, interrupted_beds=interrupted)


def differences(old: Any, new: Any, prefix: str) -> Iterator[str]:
    """Dotted paths of the settings that differ; a section of another class differs as a whole."""
    if is_dataclass(old) and type(old) is type(new):
        for each in fields(old):
            yield from differences(getattr(old, each.name), getattr(new, each.name), f"{prefix}.{each.name}")
    elif old != new:
        yield prefix


def _entries(
    part: Part, section: str, old: Mapping[str, Any], new: Mapping[str, Any], at_hand: Collection[str]
) -> Iterator[ReloadStep]:
    for name in old:
        if name not in new:
            reason = "is no longer configured" + ("; its alerts end with that reason" if part is Part.BED else "")
            yield ReloadStep(action=Action.STOP, part=part, name=name, changed=(f"{section}.{name}",), reason=reason)
    for name, entry in new.items():
        at = f"{section}.{name}"
        if name not in old:
            changed: tuple[str, ...] = (at,)
            action, reason = Action.START, "is new"
        elif changed := tuple(differences(old[name], entry, at)):
            action, reason = _of_change(part, at, changed)
        else:
            continue
        if action is not Action.CHANGE_IN_PLACE and _lacks_credential(entry, at_hand):
            action, reason = Action.NEEDS_SERVICE_RESTART, _LATE_CREDENTIAL
        yield ReloadStep(action=action, part=part, name=name, changed=changed, reason=reason)


def _of_change(part: Part, at: str, changed: tuple[str, ...]) -> tuple[Action, str]:
    """The gentlest action that makes every change true, and the reasons of those that decide it."""
    in_place = IN_PLACE[part]
    settings = list(dict.fromkeys(each.removeprefix(f"{at}.").split(".", 1)[0] for each in changed if each != at))
    hard = [setting for setting in settings if setting not in in_place]
    if settings and not hard:
        return Action.CHANGE_IN_PLACE, "; ".join(dict.fromkeys(in_place[setting] for setting in settings))
    reasons = [RESTARTS[setting] if part is Part.BED else f"{setting} is fixed at its start" for setting in hard]
    return Action.RESTART, "; ".join(dict.fromkeys(reasons)) or "is of another kind now"


def _single(old: FacilitySettings, new: FacilitySettings, at_hand: Collection[str]) -> Iterator[ReloadStep]:
    for section in (each.name for each in fields(FacilitySettings)):
        changed = tuple(differences(getattr(old, section), getattr(new, section), section))
        if not changed or section in (*_BY_NAME, *INHERITED):  # beds carry what they inherit
            continue
        if section in _SERVICE:
            action, part, reason = Action.NEEDS_SERVICE_RESTART, Part.SERVICE, _SERVICE[section]
        elif section == "capture":
            yield from _capture(changed)
            continue
        elif section == "storage":
            yield from _storage(new, changed)
            continue
        elif section == "privacy":
            yield from _privacy(new, changed)
            continue
        else:
            part, action, reason = _SINGLE[section]
            if _lacks_credential(getattr(new, section), at_hand):
                action, reason = Action.NEEDS_SERVICE_RESTART, _LATE_CREDENTIAL
        yield ReloadStep(action=action, part=part, name="", changed=changed, reason=reason)


def _capture(changed: tuple[str, ...]) -> Iterator[ReloadStep]:
    """Watching and bringing back is the supervisor's; only the size of shared memory is fixed at start."""
    fixed = tuple(each for each in changed if each == "capture.ring_slots")
    soft = tuple(each for each in changed if each not in fixed)
    if soft:
        reason = "cameras are watched by the new figures from now on; none is restarted"
        yield ReloadStep(action=Action.CHANGE_IN_PLACE, part=Part.CAPTURE, name="", changed=soft, reason=reason)
    if fixed:
        reason = "the shared memory of every camera would be made anew, and every bed lose frames"
        yield ReloadStep(action=Action.NEEDS_SERVICE_RESTART, part=Part.CAPTURE, name="", changed=fixed, reason=reason)


def _storage(new: FacilitySettings, changed: tuple[str, ...]) -> Iterator[ReloadStep]:
    reasons = dict.fromkeys(_DATABASE, "the database is open; another one is taken at the start")
    if new.storage.pixels_key_credential is not None:
        reasons["storage.pixels_key_credential"] = "the key of the pictures is taken at the start"
    for reason in dict.fromkeys(reasons.values()):
        if paths := tuple(each for each in changed if reasons.get(each) == reason):
            yield ReloadStep(
                action=Action.NEEDS_SERVICE_RESTART, part=Part.STORAGE, name="", changed=paths, reason=reason
            )
    if soft := tuple(each for each in changed if each not in reasons):
        reason = "takes effect with the next round of retention"
        yield ReloadStep(action=Action.CHANGE_IN_PLACE, part=Part.STORAGE, name="", changed=soft, reason=reason)


def _privacy(new: FacilitySettings, changed: tuple[str, ...]) -> Iterator[ReloadStep]:
    """What closes counts at once; storing pictures begins with a start of the service, where its key is taken."""
    opening = tuple(each for each in changed if each == "privacy.pixels" and new.privacy.pixels)
    if soft := tuple(each for each in changed if each not in opening):
        reason = "takes effect before anything else of this reload"
        yield ReloadStep(action=Action.CHANGE_IN_PLACE, part=Part.PRIVACY, name="", changed=soft, reason=reason)
    if opening:
        reason = "pictures are stored from a start of the service on, where their key is taken"
        yield ReloadStep(
            action=Action.NEEDS_SERVICE_RESTART, part=Part.PRIVACY, name="", changed=opening, reason=reason
        )


def _lacks_credential(entry: Any, at_hand: Collection[str]) -> bool:
    named = [credential for _, credential in used_credentials(entry)]
    return any(not credential.startswith("/") and credential not in at_hand for credential in named)


def _interrupted(old: FacilitySettings, new: FacilitySettings, steps: list[ReloadStep]) -> tuple[str, ...]:
    """Beds that go on and lose frames on the way: restarted themselves, or their source is."""
    breaking = {(step.part, step.name) for step in steps if step.action in (Action.RESTART, Action.STOP)}
    return tuple(
        name
        for name, bed in new.beds.items()
        if name in old.beds and ((Part.BED, name) in breaking or (Part.SOURCE, bed.source) in breaking)
    )


def _kept_together(old: FacilitySettings, new: FacilitySettings, steps: list[ReloadStep]) -> Iterator[ReloadStep]:
    """``steps`` where a bed waits with the source it is to take, and that bed's present source is left running."""
    waiting = {
        step.name
        for step in steps
        if step.part is Part.SOURCE and step.action is Action.NEEDS_SERVICE_RESTART and step.name not in old.sources
    }
    beds = [step.name for step in steps if step.part is Part.BED and step.name in new.beds]
    waiting_beds = {name for name in beds if new.beds[name].source in waiting}
    needed = {old.beds[name].source: name for name in waiting_beds if name in old.beds}
    for step in steps:
        if step.part is Part.BED and step.name in waiting_beds:
            reason = f"its source {new.beds[step.name].source} waits for that as well"
            yield replace(step, action=Action.NEEDS_SERVICE_RESTART, reason=reason)
        elif step.part is Part.SOURCE and step.action is Action.STOP and step.name in needed:
            reason = f"bed {needed[step.name]} keeps its picture until then"
            yield replace(step, action=Action.NEEDS_SERVICE_RESTART, reason=reason)
        else:
            yield step


def _rank(step: ReloadStep) -> int:
    """Order of carrying out: what closes first; a device is let go before another takes it; sources before beds."""
    if step.action is Action.NEEDS_SERVICE_RESTART:
        return 7
    if step.part is Part.PRIVACY:
        return 0
    if step.action is Action.STOP:
        return 2 if step.part is Part.SOURCE else 1
    if step.action is Action.CHANGE_IN_PLACE:
        return 3
    return {Part.SOURCE: 4, Part.BED: 6}.get(step.part, 5)
