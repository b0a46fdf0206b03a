"""All beds of the ward in the supervisor: their alerts' lives, from restart to end, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.alerts.bed_state import BedState, new_bed, numbered_after
from monitor.alerts.events import Event, Moment
from monitor.alerts.journal_reading import last_numbers, read_journals
from monitor.alerts.restart import restore
from monitor.alerts.state_json import load_state
from monitor.alerts.transition import Transition
from monitor.errors import InputError, UsageError
from monitor.service.bed_runtime import BedRuntime, at_second, mean_mu
from monitor.service.inference.messages import Learned
from monitor.service.log import log
from monitor.service.telling import Telling
from monitor.storage.database.trend_row import TrendRow
from monitor.ward.beds import BedSettings

Numbers = Mapping[str, tuple[int, int]]


class Beds:
    """Beds by name. Whatever happens to one is kept and told at once."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._beds: dict[str, BedRuntime] = {}
        self._baselines: dict[str, str] = {}

    def __iter__(self) -> Iterator[BedRuntime]:
        return iter(self._beds.values())

    def __len__(self) -> int:
        return len(self._beds)

    def get(self, bed: str) -> BedRuntime | None:
        """The bed of that name, if it is watched."""
        return self._beds.get(bed)

    def known(self, bed: str) -> BedRuntime:
        """The bed of that name; UsageError when there is none."""
        if bed not in self._beds:
            raise UsageError(f"there is no bed {bed!r}, only {', '.join(self._beds)}")
        return self._beds[bed]

    def add(self, bed: str, settings: BedSettings, now: Moment, numbers: Numbers) -> BedRuntime:
        """Watch ``bed``, going on where its alerts stood. ``numbers`` are the highest already given away."""
        database = self._telling.keeping.database
        text = database.load(lambda opened: opened.load_state(bed), None)
        baseline = database.load(lambda opened: opened.load_baseline(bed), None)
        if baseline is not None:
            self._baselines[bed] = baseline
        kept = _kept(bed, text)
        told: tuple[Transition, ...] = ()
        given = numbers.get(bed, (0, 0))
        if kept is None:
            state = numbered_after(new_bed(bed, now), *given)
        else:
            state, told = restore(numbered_after(kept, *given), now, settings.lifecycle_settings())
        runtime = self._beds[bed] = BedRuntime(settings, state)
        self._telling.tell(runtime.state, told, now.s)
        return runtime

    def remove(self, bed: str, now: Moment) -> None:
        """Watch ``bed`` no more: its alerts end."""
        runtime = self._beds.pop(bed, None)
        if runtime is not None:
            told = runtime.end(now)
            self._telling.tell(runtime.state, told, now.s)
            self._telling.report(runtime.report(now))

    def happen(self, bed: str, event: Event, now: Moment) -> tuple[Transition, ...]:
        """Something happened at ``bed``; what people were told. UsageError when there is no such bed."""
        runtime = self.known(bed)
        told = runtime.happen(event, now)
        self.told(runtime, told, now)
        return told

    def told(self, runtime: BedRuntime, told: tuple[Transition, ...], now: Moment) -> None:
        """Keep and tell what ``runtime`` gave rise to."""
        if told:
            self._telling.tell(runtime.state, told, now.s)
            self._telling.report(runtime.report(now))

    def baseline(self, bed: str) -> str | None:
        """The neutral face of ``bed`` as last learned."""
        return self._baselines.get(bed)

    def learned(self, learned: Learned, now: Moment) -> None:
        """The neutral face of a bed changed, or is kept by the way."""
        if learned.reason is not None:
            log().info("neutral face", bed=learned.bed, reason=learned.reason.value, detail=learned.detail)
        if self._baselines.get(learned.bed) == learned.baseline:
            return
        self._baselines[learned.bed] = learned.baseline
        self._telling.keeping.database.do(lambda database: database.save_baseline(learned.bed, learned.baseline), now.s)

    def save(self, now: Moment) -> None:
        """Keep where all alerts stand, so that a restart knows how long it took."""
        self._telling.keeping.database.record([runtime.state for runtime in self], (), now.s)

    def put_trend(self, now: Moment, passed_s: float, *, emotions: bool) -> None:
        """One row a bed for the second that is over."""
        rows = []
        for runtime in self:
            known = runtime.now(now.s)
            found = None if known.judged is None else known.judged.assessment
            rows.append(
                TrendRow(
                    bed=runtime.bed,
                    at=at_second(now.at),
                    level=known.level,
                    score=known.score,
                    confidence=known.confidence,
                    coverage=known.coverage,
                    pspi=None if found is None else found.pspi,
                    cannot_assess=known.cannot_assess,
                    mu=mean_mu(known.judged),
                    fps=runtime.pictures() / passed_s if passed_s > 0 else None,
                    emotions=found.emotions if found is not None and emotions and known.score is not None else None,
                )
            )
        if rows:
            self._telling.keeping.database.put_trend(rows, now.s)

    def close(self, now: Moment) -> None:
        """The service stops: note the time watched and keep everything."""
        for runtime in self:
            self._telling.tell(runtime.state, runtime.close(now), now.s)
        self.save(now)


def given_numbers(telling: Telling) -> dict[str, tuple[int, int]]:
    """The highest numbers of transitions and alerts that journal or database know: never to be given again."""
    none: dict[str, tuple[int, int]] = {}
    found = dict(telling.keeping.database.load(lambda opened: opened.last_numbers(), none))
    for journal in telling.keeping.journals:
        files = [path for path in (journal.newest_turned(), journal.path) if path is not None and path.is_file()]
        try:
            content = read_journals(files)
        except InputError as error:
            log().error("alert journal cannot be read", trouble=str(error))
            continue
        for torn in content.torn:
            log().warning("alert journal", torn=str(torn))
        for bed, (told, alerts) in last_numbers(content.transitions).items():
            before = found.get(bed, (0, 0))
            found[bed] = max(before[0], told), max(before[1], alerts)
    return found


def _kept(bed: str, text: str | None) -> BedState | None:
    if text is None:
        return None
    try:
        return load_state(text, f"state of bed {bed}")
    except InputError as error:
        log().error("state cannot be used", bed=bed, trouble=str(error))
        return None
