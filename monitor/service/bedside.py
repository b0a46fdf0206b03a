"""The bedside page beside the ward: told what changed, its questions answered, and never waited for.

What the page should know (rings, beds, pauses) is compared with what it took: what it did not take is told again with
the next round, and a page that starts anew is told everything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from monitor.alerts.events import Moment
from monitor.capture.camera import Camera
from monitor.errors import VigilError
from monitor.service.control.requests import Answer, Request
from monitor.service.folders import Folders
from monitor.service.inference.messages import EvidenceShown, ShowEvidence
from monitor.service.log import log
from monitor.service.page_messages import (
    Answered,
    Asked,
    AskedEvidence,
    EvidenceCame,
    HideBed,
    HideSource,
    PageChannel,
    SetUp,
    ShowBed,
    ShowSource,
    Status,
)
from monitor.service.page_process import START_WITHIN_S, PageProcess
from monitor.service.periodic import Every
from monitor.service.ward import Ward
from monitor.storage.database.place import database_url
from monitor.ward.credentials import Secret, credential_file, credentials_directory
from monitor.web.link import BedPlace

FLEET_EVERY_S = 2.0
LONG_DOWN_S = 60.0
"""A page that is not served for longer is trouble of the service: nobody sees alerts there."""


class Bedside:
    """``answer`` does what a request asks. Where ``page.enabled`` is off nothing runs."""

    def __init__(self, ward: Ward, folders: Folders, answer: Callable[[Request], Answer]) -> None:
        self._ward = ward
        self._folders = folders
        self._answer = answer
        self.process = PageProcess(self._set_up)
        self._pid: int | None = None
        self._sources: dict[str, Camera] = {}
        self._beds: dict[str, ShowBed] = {}
        self._told: SetUp | None = None
        self._stamps: tuple[object, ...] = ()
        self._down_since_s: float | None = None
        self._happened: dict[str, int] = {}
        self._fleet_due = Every(FLEET_EVERY_S)
        ward.on_evidence = self._evidence

    @property
    def channel(self) -> PageChannel | None:
        """For ``select``; None while there is no page."""
        return self.process.channel

    def reload(self, now_s: float) -> None:
        """Start the page, or start it anew where its own settings or its certificate are others now, or end it."""
        settings = self._ward.settings.page
        stamps = (settings, *(_stamp(path) for path in self._certificate()))
        if stamps != self._stamps:
            self._stamps = stamps
            self.process.want(settings.enabled, now_s)

    def hear(self, now: Moment) -> None:
        """Answer what the page asks."""
        for report in self.process.receive(now.s):
            match report:
                case Asked():
                    answer = self._answered(report.request)
                    self._sync()  # a pause that was asked for counts before its answer arrives
                    self.process.tell(Answered(number=report.number, answer=answer))
                case AskedEvidence():
                    self._ask_evidence(report)
                case _:
                    pass

    def step(self, now: Moment) -> None:
        """Watch the process and tell it what changed."""
        before = self.process.pid, self.process.trouble
        self.process.step(now.s)
        if (self.process.pid, self.process.trouble) != before and self.process.trouble is not None:
            log().error("page", trouble=self.process.trouble, restarts=self.process.restarts)
        if not self.process.wanted or self.process.serving:
            self._down_since_s = None
        elif self._down_since_s is None:
            self._down_since_s = now.s
        longest_s = LONG_DOWN_S if self.process.restarts else START_WITHIN_S
        down = self._down_since_s is not None and now.s - self._down_since_s > longest_s
        why = f": {self.process.trouble}" if self.process.trouble else ""
        self._ward.page_trouble = f"the page is not served{why}" if down else None
        self._sync()

    def news(self) -> bool:
        """Whether something happened at a bed since the last call that a page should not show a second late."""
        told = {runtime.bed: runtime.state.told for runtime in self._ward.beds}
        before, self._happened = self._happened, told
        return told != before and self.process.channel is not None

    def publish(self, status: Mapping[str, Any], now: Moment) -> None:
        """The newest status, for this ward's page and, in a fleet, for those of the others.

        One that the page does not take now is out of date with the next.
        """
        if self.process.channel is not None:
            self.process.tell(Status(status=status))
        if self._ward.settings.page.fleet == "database" and self._fleet_due.due(now.s):
            document = json.dumps(status, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            self._ward.telling.keeping.database.do(lambda database: database.snapshots.put(now.at, document), now.s)

    def _answered(self, request: Request) -> Answer:
        try:
            return self._answer(request)
        except VigilError as error:
            return Answer(error=" ".join(str(error).split()))

    def _ask_evidence(self, asked: AskedEvidence) -> None:
        runtime, judging = self._ward.beds.get(asked.bed), self._ward.judging
        if runtime is None or runtime.paused or judging.ready is None:
            self.process.tell(EvidenceCame(number=asked.number))
        else:
            judging.tell(ShowEvidence(bed=asked.bed, number=asked.number, face=True))

    def _evidence(self, shown: EvidenceShown) -> None:
        runtime = self._ward.beds.get(shown.bed)
        if shown.number is not None:
            seen = runtime is not None and not runtime.paused
            document, face = (shown.document, shown.face) if seen else (None, None)
            self.process.tell(EvidenceCame(number=shown.number, document=document, face=face))

    def _sync(self) -> None:
        """Tell the page what it does not know yet."""
        if self.process.channel is None:
            return
        if self.process.pid != self._pid:
            self._pid, self._sources, self._beds, self._told = self.process.pid, {}, {}, None
        wanted = self._set_up()
        if wanted != self._told and self.process.tell(wanted):
            self._told = wanted
        beds = {runtime.bed: self._shown(runtime.bed) for runtime in self._ward.beds}
        cameras = dict(self._ward.cameras)
        for bed in set(self._beds) - set(beds):
            if self.process.tell(HideBed(bed=bed)):
                del self._beds[bed]
        for source in [name for name, camera in self._sources.items() if cameras.get(name) is not camera]:
            if self.process.tell(HideSource(source=source)):
                del self._sources[source]
        for source, camera in cameras.items():
            if source not in self._sources and self._show_source(source, camera):
                self._sources[source] = camera
        for bed, shown in beds.items():
            if self._beds.get(bed) != shown and self.process.tell(shown):
                self._beds[bed] = shown

    def _show_source(self, source: str, camera: Camera) -> bool:
        layout = camera.ring_layout
        order = ShowSource(source=source, slots=layout.slots, capacity_bytes=layout.capacity_bytes)
        return self.process.tell(order, (camera.ring_fd,))

    def _shown(self, bed: str) -> ShowBed:
        runtime = self._ward.beds.known(bed)
        settings = runtime.settings
        return ShowBed(
            bed=bed,
            source=settings.source,
            zone=settings.zone,
            rotate_deg=settings.rotate_deg,
            paused=runtime.paused,
        )

    def _set_up(self) -> SetUp:
        settings, secrets = self._ward.settings, self._ward.secrets
        key = settings.page.private_key_credential
        return SetUp(
            ward=settings.name,
            page=settings.page,
            beds={
                name: BedPlace(
                    room=bed.room,
                    resident=bed.resident,
                    audio_pause_most_s=bed.lifecycle.audio_pause_most_s,
                    privacy_pause_most_s=bed.lifecycle.privacy_pause_most_s,
                )
                for name, bed in settings.beds.items()
            },
            privacy=settings.privacy,
            logging=settings.logging,
            database_url=database_url(settings.storage, self._folders.state),
            database_password=_revealed(secrets.get("storage.password_credential")),
            pixels_key=_revealed(secrets.get("storage.pixels_key_credential")),
            private_key=None if key is None else str(credential_file(key, credentials_directory())),
            state=str(self._folders.state),
        )

    def _certificate(self) -> list[Path]:
        page = self._ward.settings.page
        if page.certificate is None or page.private_key_credential is None:
            return []
        return [page.certificate, credential_file(page.private_key_credential, credentials_directory())]


def _stamp(path: Path) -> tuple[int, int] | None:
    """Changes when the file does; None without one."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_ino


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()
