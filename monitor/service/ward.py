"""The ward as it runs: cameras, the process that judges, beds, and those who are told. One object, one thread.

Nothing here waits for a camera, a network or a broker. What fails is told as trouble and tried again.
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from monitor.alerts.events import Event, Moment
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.transition import Transition
from monitor.errors import UsageError
from monitor.service.bed_runtime import FRESH_S, BedRuntime
from monitor.service.beds import Beds, given_numbers
from monitor.service.cameras import Cameras, password_of
from monitor.service.evidence_wanted import EvidenceWanted
from monitor.service.folders import Folders
from monitor.service.inference.messages import (
    AddBed,
    Beat,
    EvidenceShown,
    FaceShown,
    Judged,
    Learned,
    PauseBed,
    Ready,
    Refused,
    ShowEvidence,
    ShowFace,
)
from monitor.service.judging import Judging, Told
from monitor.service.keeping import Keeping, KeptDatabase, KeptJournal
from monitor.service.log import log
from monitor.service.metrics import Metrics
from monitor.service.orders import add_bed, add_source, configure
from monitor.service.pruning import Pruning
from monitor.service.telling import Telling
from monitor.sinks.base import SinkContext
from monitor.sinks.message import BedWords
from monitor.storage.database.beds import known_wards
from monitor.storage.database.database import Database
from monitor.storage.database.pictures import StoredPicture
from monitor.storage.database.place import database_url
from monitor.ward.credentials import Secret
from monitor.ward.facility import FacilitySettings
from monitor.ward.sinks import JournalSink

UNJUDGED_S = 10.0
"""Fresh pictures that are not judged for longer are trouble."""
MOST_COMMANDS = 256
"""Commands of sinks that wait for the end of a round; they are taken after it, since a sink is at work until then."""
_RAISED = (Reason.CONDITION_HELD, Reason.RETRIGGERED)
ANSWER_S = 3.0
"""Longest that the loop waits for the database's server."""
SLOW_START_S = 60.0
"""The first start of judging may take this long before it is trouble."""


class Ward:
    """``settings`` is what runs; a reload replaces it."""

    def __init__(
        self,
        settings: FacilitySettings,
        folders: Folders,
        secrets: Mapping[str, Secret],
        *,
        metrics: Metrics,
        wake: Callable[[], None],
        now: Callable[[], Moment],
    ) -> None:
        self.settings = settings
        self.secrets = secrets
        self.cameras = Cameras()
        self._folders = folders
        self._metrics = metrics
        self._wake = wake
        self.on_evidence: Callable[[EvidenceShown], None] = lambda shown: None
        self.page_trouble: str | None = None
        self._now = now
        self._began_s = self._second_s = now().s
        self._was_ready = self._was_explaining = False
        self._commands: deque[tuple[str, Event]] = deque(maxlen=MOST_COMMANDS)
        self._keeping = Keeping(_journals(settings, folders), KeptDatabase(lambda: self._open_database(ANSWER_S)))
        self._keeping.database.open(self._began_s)
        self._pruning = Pruning(self._open_database)
        self.telling = Telling(self._keeping, self.context(), metrics)
        self.beds = Beds(self.telling)
        self._evidence = EvidenceWanted(lambda bed, alert: self.judging.tell(ShowEvidence(bed=bed, alert_id=alert)))
        self.judging = Judging(lambda: configure(self.settings), self._setup)

    def start(self) -> None:
        """Begin to watch. ConfigurationError when a sink cannot be made."""
        now = self._now()
        for name, sink in self.settings.sinks.items():
            self.telling.open(name, sink, self.context())
        self._say_whose_records_these_are()
        for source in self.settings.sources:
            self.start_source(source)
        numbers = given_numbers(self.telling)
        for bed, settings in self.settings.beds.items():
            self.beds.add(bed, settings, now, numbers)
        self.judging.start(now.s)

    def _say_whose_records_these_are(self) -> None:
        """A ward under a new name finds none of its records; whoever renamed it should hear of that."""
        name, none = self.settings.name, list[str]()
        wards = self._keeping.database.load(lambda opened: known_wards(opened.transactions), none)
        shared = (self.settings.storage.database_url or "").startswith("postgresql")
        if wards and name not in wards and not shared:
            said = f"the database has records of {', '.join(wards)} and none of {name}"
            log().warning("new name", trouble=f"{said}; `vigil data rename {wards[0]} {name}` gives them to it")

    def context(self) -> SinkContext:
        """What sinks are given."""
        return SinkContext(
            ward=self.settings.name,
            beds={name: BedWords(room=bed.room, resident=bed.resident) for name, bed in self.settings.beds.items()},
            outbox=self._keeping.database.outbox,
            credentials=self.secrets,
            command=lambda bed, event: self._commands.append((bed, event)),
            emotion_scores=self.settings.privacy.emotion_scores,
            lines=self.settings.logging.format,
            wake=self._wake,
        )

    def start_source(self, source: str) -> None:
        """Capture ``source``, and tell the process that judges where its pictures lie."""
        camera = self.cameras.start(
            source,
            self.settings.sources[source],
            self.settings.capture,
            password_of(self.settings, source, self.secrets),
        )
        self.judging.tell(*add_source(source, camera))

    def use_journals(self) -> None:
        """Keep the alert journals that the settings name now, from here on."""
        for journal in self._keeping.use_journals(_journals(self.settings, self._folders)):
            log().info("alert journal", closed=str(journal.path), unwritten=journal.waiting)

    def order_of(self, runtime: BedRuntime) -> AddBed:
        """How the bed is judged, as the process that judges is told."""
        return add_bed(runtime.bed, runtime.settings, self.beds.baseline(runtime.bed), paused=runtime.paused)

    def hear(self, now: Moment) -> None:
        """Take in what the process that judges said."""
        for report in self.judging.receive(now.s):
            match report:
                case Judged():
                    self._judged(report, now)
                case Learned():
                    self.beds.learned(report, now)
                case FaceShown():
                    self._keep(report, now)
                case EvidenceShown():
                    self._keep_evidence(report, now)
                    self.on_evidence(report)
                case Ready():
                    self._was_ready = True
                    log().info("judging", model=report.model_id, providers=list(report.providers))
                case Refused():
                    log().error("judging refused", trouble=report.reason)
                case Beat():
                    self._was_explaining |= report.sidecar is not None and report.sidecar.alive

    def step(self, now: Moment) -> None:
        """Watch processes, serve sinks. About five times a second."""
        self.cameras.step(now.s)
        before = self.judging.trouble, self.judging.restarts
        self.judging.step(now.s)
        if (self.judging.trouble, self.judging.restarts) != before:
            log().error("judging", trouble=self.judging.trouble, restarts=self.judging.restarts)
        self.telling.step(now.s)
        self._obey(now)

    def second(self, now: Moment) -> None:
        """Time passes at every bed, and is kept."""
        self.telling.keeping.step(now.s)
        self.telling.look(now.s)
        general = self.troubles(now)
        for runtime in self.beds:
            status = self.cameras.status.get(runtime.settings.source)
            was_paused = runtime.paused
            told = runtime.tick(
                now,
                faults=frozenset() if status is None else status.faults,
                online=status is not None and status.online,
                explainer_down=self._explainer_down(now),
                troubles=(*general, *self._troubles_of(runtime, now)),
            )
            self.beds.told(runtime, told, now)
            self._look_closer(runtime.bed, told)
            self._tell_pause(runtime, was_paused)
            self.telling.report(runtime.report(now))
        self._evidence.step(self._is_out, now.s)
        passed_s, self._second_s = now.s - self._second_s, now.s
        self.beds.put_trend(now, passed_s, emotions=self.settings.privacy.emotion_scores)

    def happen(self, bed: str, event: Event, now: Moment) -> tuple[Transition, ...]:
        """Something was asked for at ``bed``; what people were told. UsageError when there is no such bed."""
        runtime = self.beds.known(bed)
        was_paused = runtime.paused
        told = self.beds.happen(bed, event, now)
        self._tell_pause(runtime, was_paused)
        return told

    def prune(self, now: Moment) -> None:
        """Let go of what need not be kept any longer."""
        self._pruning.begin(now.at, self.settings.storage)

    def troubles(self, now: Moment) -> tuple[str, ...]:
        """What is wrong with the service for every bed, in words."""
        found = list(self.telling.troubles(now.s))
        late = now.s - self._began_s > SLOW_START_S
        if self.judging.ready is None and (self._was_ready or late or self.judging.trouble):
            found.append("nothing is judged" + (f": {self.judging.trouble}" if self.judging.trouble else ""))
        if self.page_trouble is not None:
            found.append(self.page_trouble)
        elif self.judging.stands_still(now.s):
            found.append("nothing is judged: no sign of life")
        return tuple(found)

    def close(self, timeout_s: float) -> None:
        """End all processes, keep what is known, tell that it ends."""
        now = self._now()
        self.judging.stop()
        for _, camera in self.cameras:
            camera.stop()
        self.judging.close_after(timeout_s / 2, lambda: self.hear(self._now()))
        self.cameras.close()
        self.beds.close(now)
        self.telling.close(timeout_s / 4)
        self._pruning.close()
        self.telling.keeping.close(now.s)

    def _judged(self, judged: Judged, now: Moment) -> None:
        runtime = self.beds.get(judged.bed)
        if runtime is None:
            return
        if judged.sequence is not None:
            self._metrics.judged(
                judged.bed,
                latency_s=judged.judged_s - judged.captured_s,
                ring_s=judged.taken_s - judged.captured_s,
                way_s=max(0.0, now.s - judged.judged_s),
                batch=judged.batch,
                left_out=judged.left_out,
            )
        told = runtime.judged(judged, now)
        self.beds.told(runtime, told, now)
        self._look_closer(runtime.bed, told)

    def _is_out(self, bed: str, alert_id: str) -> bool:
        """Whether that alert of ``bed`` is on, latched or acknowledged."""
        runtime = self.beds.get(bed)
        return runtime is not None and alert_id in runtime.alert_ids_out()

    def _look_closer(self, bed: str, told: tuple[Transition, ...]) -> None:
        """An alert of pain went out: keep what it rests on and, where the ward keeps pictures, the face."""
        for transition in told:
            if transition.topic is not Topic.PAIN or transition.alert_id is None:
                continue
            if transition.reason in (*_RAISED, Reason.EVIDENCE_STRENGTHENED):
                self._evidence.want(bed, transition.alert_id, transition.now_s)
            if transition.reason in _RAISED and self.settings.privacy.pixels:
                self.judging.tell(ShowFace(bed=bed, alert_id=transition.alert_id))

    def _keep(self, shown: FaceShown, now: Moment) -> None:
        """Keep the face of an alert, encrypted, where the ward keeps pictures."""
        if self.settings.privacy.pixels:
            image = base64.b64decode(shown.image)
            picture = StoredPicture(bed=shown.bed, at=shown.at, image=image, alert_id=shown.alert_id)
            self.telling.keeping.database.do(lambda database: database.put_picture(picture), now.s)

    def _keep_evidence(self, shown: EvidenceShown, now: Moment) -> None:
        """Keep what an alert rested on, without a picture, as long as the alert."""
        bed, alert_id, at, document = shown.bed, shown.alert_id, shown.at, shown.document
        if alert_id is not None and at is not None and document is not None:
            self._evidence.came(bed, alert_id)
            self.telling.keeping.database.do(lambda database: database.evidence.put(bed, alert_id, at, document), now.s)

    def _obey(self, now: Moment) -> None:
        """Do what sinks were asked from elsewhere; what concerns no bed here is only logged."""
        while self._commands:
            bed, event = self._commands.popleft()
            try:
                self.happen(bed, event, now)
            except UsageError as error:
                log().warning("command refused", trouble=str(error))

    def _tell_pause(self, runtime: BedRuntime, was_paused: bool) -> None:
        if runtime.paused is not was_paused:
            self.judging.tell(PauseBed(bed=runtime.bed, paused=runtime.paused))

    def _troubles_of(self, runtime: BedRuntime, now: Moment) -> Iterator[str]:
        source, beat = runtime.settings.source, self.judging.beat
        if source in self.cameras.troubles:
            yield f"camera {source}: {self.cameras.troubles[source]}"
        if beat is not None and runtime.bed in beat.troubles:
            yield f"judging failed: {beat.troubles[runtime.bed]}"
        status, ready = self.cameras.status.get(source), self.judging.ready_for_s(now.s)
        fresh = status is not None and status.age_s is not None and status.age_s < FRESH_S
        if fresh and not runtime.paused and ready > UNJUDGED_S and runtime.unjudged_s(now.s) > UNJUDGED_S:
            yield "its pictures are not judged"

    def _explainer_down(self, now: Moment) -> bool | None:
        """None where no explanations are expected, or not yet."""
        beat = self.judging.beat
        if beat is None or beat.sidecar is None:
            return None
        starting = self.judging.ready_for_s(now.s) < self.settings.sidecar.start_timeout_s
        if not beat.sidecar.alive and not self._was_explaining and starting:
            return None
        return not beat.sidecar.alive

    def _setup(self) -> Iterator[Told]:
        """All that a new process must be told."""
        for source, camera in self.cameras:
            yield add_source(source, camera)
        for runtime in self.beds:
            yield self.order_of(runtime), ()

    def _open_database(self, answer_s: float | None = None) -> Database:
        storage = self.settings.storage
        password = self.secrets.get("storage.password_credential")
        key = self.secrets.get("storage.pixels_key_credential")
        return Database.open(
            database_url(storage, self._folders.state),
            None if password is None else password.reveal(),
            ward=self.settings.name,
            emotion_scores=self.settings.privacy.emotion_scores,
            pixels_key=None if key is None else key.reveal(),
            busy_s=1.0,
            answer_s=answer_s,
        )


def _journals(settings: FacilitySettings, folders: Folders) -> Iterator[KeptJournal]:
    """Every journal that a sink names; without any the one in the state directory."""
    sinks = [sink for sink in settings.sinks.values() if isinstance(sink, JournalSink)] or [JournalSink()]
    for sink in sinks:
        yield KeptJournal(sink.path or folders.journal, sink.journal_settings())
