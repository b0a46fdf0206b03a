"""Stories for a bed's alerts: one character a second, events between them; and the commands that read journals."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from monitor import cli
from monitor.alerts.bed_state import BedState, new_bed
from monitor.alerts.events import Event, Moment, Observed, Seen, Tick
from monitor.alerts.latch import Fact
from monitor.alerts.lifecycle import step
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.restart import restore
from monitor.alerts.settings import AlertSettings
from monitor.alerts.state_json import dump_state, load_state
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.transition import Transition

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
SHORT = LifecycleSettings(
    alerts=AlertSettings(delay_s=5.0, dropout_s=2.0, unknown_s=4.0, latch_s=30.0), stale_s=2.0, cooldown_s=20.0
)
FACTS = {"+": Fact.TRUE, "-": Fact.FALSE, "?": Fact.UNKNOWN}


def moment(now_s: float, boot: str = "one") -> Moment:
    return Moment(s=now_s, at=MIDNIGHT + timedelta(seconds=now_s), boot=boot)


def saw(topic: Topic, fact: Fact, *, weak: bool = False) -> Observed:
    return Observed(seen={topic: Seen(fact=fact, sentence=f"{topic} now", weak=weak)})


@dataclass(slots=True)
class Story:
    """A bed, its clock, and all it told."""

    settings: LifecycleSettings = SHORT
    now_s: float = 100.0
    state: BedState = field(default_factory=lambda: new_bed("bed-4", moment(100.0)))
    told: list[Transition] = field(default_factory=list)

    def happen(self, event: Event) -> Sequence[Transition]:
        self.state, told = step(self.state, event, moment(self.now_s), self.settings)
        self.told += told
        return told

    def watch(self, facts: str, topic: Topic = Topic.PAIN, *, weak: bool = False) -> Story:
        """``+`` holds, ``-`` does not, ``?`` cannot be seen, ``.`` nobody looks; a second each."""
        for sign in facts:
            self.now_s += 1.0
            self.happen(Tick() if sign == "." else saw(topic, FACTS[sign], weak=weak))
        return self

    def wait(self, seconds: float) -> Story:
        self.now_s += seconds
        self.happen(Tick())
        return self

    def restart(self, outage_s: float = 0.0) -> Sequence[Transition]:
        self.now_s += outage_s
        state = load_state(dump_state(self.state), "story")
        assert state == self.state
        self.state, told = restore(state, moment(self.now_s), self.settings)
        self.told += told
        return told

    @property
    def reasons(self) -> list[Reason]:
        return [told.reason for told in self.told if told.reason is not Reason.WATCHED]

    def presence(self, topic: Topic = Topic.PAIN) -> str:
        return self.state.topics[topic].latch.presence.value


Run = Callable[..., tuple[int, str, str]]


def alert_commands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("burden", ...) -> (exit code, stdout, stderr)`` with the commands as the project registers them."""
    project = tomllib.loads((Path(cli.__file__).parent.parent / "pyproject.toml").read_text())["project"]
    targets = project["entry-points"][cli.GROUP]
    points = {name: EntryPoint(name, targets[name], cli.GROUP) for name in ("burden", "shift")}
    monkeypatch.setattr(cli, "registered", lambda: points)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
