"""SIGHUP: read the configuration again, refuse a bad one, and carry out the least that makes a good one true."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from monitor.alerts.events import Moment
from monitor.errors import VigilError
from monitor.service.beds import given_numbers
from monitor.service.inference.messages import ChangeBed, RemoveBed, RemoveSource, RestartSidecar
from monitor.service.log import log, set_up_log
from monitor.service.ward import Ward
from monitor.ward.credentials import credentials_directory, read_credentials
from monitor.ward.facility import FacilitySettings
from monitor.ward.reading import read_ward
from monitor.ward.reload import plan_reload
from monitor.ward.reload_plan import Action, Part, ReloadPlan, ReloadStep


class Reloading:
    """``reload`` for every SIGHUP. ``restart_health`` moves the endpoint to what the ward's settings say by then."""

    def __init__(self, configuration: Path, ward: Ward, restart_health: Callable[[], None]) -> None:
        self._configuration = configuration
        self._ward = ward
        self._restart_health = restart_health

    def reload(self, now: Moment) -> ReloadPlan | None:
        """Apply the files as they are now; None when they were refused and everything goes on as before."""
        ward = self._ward
        try:
            wanted = read_ward(self._configuration).settings_or_raise()
            plan = plan_reload(ward.settings, wanted, _at_hand())
            settings = without_waiting(ward.settings, wanted, plan)
            secrets = read_credentials(settings, credentials_directory())
        except VigilError as error:
            log().error("configuration refused", trouble=str(error))
            return None
        ward.secrets = secrets
        numbers = None
        old, ward.settings = ward.settings, settings
        ward.use_journals()
        ward.telling.keeping.database.keep_emotions(settings.privacy.emotion_scores)
        for step in plan.steps:
            log().info("reload", step=str(step), changed=list(step.changed))
            if step.action is Action.NEEDS_SERVICE_RESTART:
                continue
            if step.part is Part.BED and step.action is Action.START and numbers is None:
                numbers = given_numbers(ward.telling)
            try:
                self._carry_out(step, old, now, numbers or {})
            except VigilError as error:
                log().error("reload", step=str(step), trouble=str(error))
        ward.telling.change({name: sink for name, sink in settings.sinks.items() if name in old.sinks}, ward.context())
        summary = "; ".join(str(step) for step in plan.steps) or "nothing changed"
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()
        ward.telling.keeping.database.do(
            lambda database: database.record_configuration(now.at, "SIGHUP", summary, digest), now.s
        )
        log().info("configuration taken", steps=len(plan.steps), waiting=len(plan.needs_service_restart))
        return plan

    def _carry_out(self, step: ReloadStep, old: FacilitySettings, now: Moment, numbers: dict[str, Any]) -> None:
        match step.part:
            case Part.BED:
                self._bed(step, now, numbers)
            case Part.SOURCE:
                self._source(step)
            case Part.SINK:
                self._sink(step)
            case Part.CAPTURE:
                for _, camera in self._ward.cameras:
                    camera.change(capture=self._ward.settings.capture)
            case Part.SIDECAR:
                self._ward.judging.tell(RestartSidecar(sidecar=self._ward.settings.sidecar))
            case Part.HEALTH:
                self._restart_health()
            case Part.LOG:
                set_up_log(self._ward.settings.logging)
            case Part.STORAGE | Part.PRIVACY | Part.SERVICE | Part.PAGE:
                pass  # read from the settings whenever they matter

    def _bed(self, step: ReloadStep, now: Moment, numbers: dict[str, Any]) -> None:
        ward, name = self._ward, step.name
        if step.action is Action.STOP:
            ward.judging.tell(RemoveBed(bed=name))
            ward.beds.remove(name, now)
            return
        settings = ward.settings.beds[name]
        if step.action is Action.START:
            runtime = ward.beds.add(name, settings, now, numbers)
        else:
            runtime = ward.beds.known(name)
            runtime.change(settings)
        if step.action is Action.CHANGE_IN_PLACE:
            ward.judging.tell(ChangeBed(bed=name, sampling=settings.sampling))
        else:
            ward.judging.tell(ward.order_of(runtime))

    def _source(self, step: ReloadStep) -> None:
        ward, name = self._ward, step.name
        if step.action is Action.STOP:
            ward.judging.tell(RemoveSource(source=name))
            ward.cameras.stop(name)
        elif step.action is Action.CHANGE_IN_PLACE:
            source = ward.settings.sources[name]
            ward.cameras[name].change(max_fps=source.max_fps, repeat=getattr(source, "repeat", None))
        else:
            ward.start_source(name)

    def _sink(self, step: ReloadStep) -> None:
        ward, name = self._ward, step.name
        if step.action is Action.STOP:
            ward.telling.close_sink(name)
        elif step.action is not Action.CHANGE_IN_PLACE:
            ward.telling.open(name, ward.settings.sinks[name], ward.context())


def without_waiting(old: FacilitySettings, wanted: FacilitySettings, plan: ReloadPlan) -> FacilitySettings:
    """``wanted``, but as ``old`` wherever the change waits for a restart of the service: this is what will run."""
    settings = wanted
    for step in plan.needs_service_restart:
        section = _SECTIONS.get(step.part)
        if section is not None:
            entries: dict[str, Any] = dict(getattr(settings, section))
            before = getattr(old, section)
            if step.name in before:
                entries[step.name] = before[step.name]
            else:
                entries.pop(step.name, None)
            changed: dict[str, Any] = {section: entries}
            settings = replace(settings, **changed)
        else:
            names = {each.name for each in fields(FacilitySettings)}
            whole = {path.split(".", 1)[0] for path in step.changed} & names
            changes: dict[str, Any] = {name: _kept(old, settings, name, step) for name in whole}
            settings = replace(settings, **changes)
    return settings


def _kept(old: FacilitySettings, settings: FacilitySettings, section: str, step: ReloadStep) -> Any:
    """The section with the settings that wait as they were."""
    before, now = getattr(old, section), getattr(settings, section)
    waiting = {path.split(".")[1] for path in step.changed if path.startswith(f"{section}.")}
    if not waiting or step.part is Part.SERVICE:
        return before
    return replace(now, **{name: getattr(before, name) for name in waiting})


_SECTIONS = {Part.BED: "beds", Part.SOURCE: "sources", Part.SINK: "sinks"}


def _at_hand() -> set[str] | None:
    """Names of the credentials that systemd handed over; None outside such a service."""
    directory = credentials_directory()
    try:
        return None if directory is None else {path.name for path in directory.iterdir()}
    except OSError:
        return set()  # what needs one waits for a restart
