"""The latch of one alert: delay, short dropouts, latching, acknowledgement. Pure: state and time in, changes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from monitor.records import Presence, SignalReason


class Fact(StrEnum):
    """Whether the condition holds now. UNKNOWN (the face is hidden) is neither true nor over."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatchRules:
    """How one alert behaves. All in seconds; ``latch_s`` 0 means that the signal ends with its condition."""

    delay_s: float
    dropout_s: float = 3.0
    unknown_s: float = 6.0
    latch_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatchState:
    """Where one alert stands. ``onset_s`` is since when the condition holds (dropouts bridged), None when it does not.

    ``true_s`` is when it was last seen to hold, ``false_since_s`` since when it is seen not to, ``quiet_s`` the
    seconds seen free of it since the signal latched; ``alert_onset_s`` and ``start_s`` belong to the signal out now.
    """

    now_s: float = float("-inf")
    onset_s: float | None = None
    true_s: float = float("-inf")
    false_since_s: float | None = None
    quiet_s: float = 0.0
    presence: Presence = Presence.OFF
    alert_onset_s: float = 0.0
    start_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The signal's presence changed. ``end_s`` is set when it went off."""

    presence: Presence
    reason: SignalReason
    onset_s: float
    start_s: float
    end_s: float | None = None


def step(state: LatchState, fact: Fact, now_s: float, rules: LatchRules) -> tuple[LatchState, tuple[Change, ...]]:
    """Take in what holds at ``now_s`` (an earlier time than the last counts as the last)."""
    now_s = max(now_s, state.now_s)
    passed_s = now_s - state.now_s if state.now_s > float("-inf") else 0.0
    state = _observe(state, fact, now_s)
    if fact is Fact.TRUE:
        return _go_on(state, rules)
    if state.onset_s is not None and _over(state, fact, rules):
        return _end(state, fact, rules)
    if state.presence is Presence.LATCHED and fact is Fact.FALSE:
        state = replace(state, quiet_s=state.quiet_s + passed_s)
        if state.quiet_s >= rules.latch_s:
            return _off(state, SignalReason.LATCH_EXPIRED)
    return state, ()


def acknowledge(state: LatchState) -> tuple[LatchState, tuple[Change, ...]]:
    """Someone has taken notice: an alert that is on becomes acknowledged, a latched one goes off."""
    if state.presence is Presence.LATCHED:
        return _off(state, SignalReason.ACKNOWLEDGED)
    if state.presence is Presence.ON:
        state = replace(state, presence=Presence.ACKNOWLEDGED)
        return state, (_change(state, SignalReason.ACKNOWLEDGED),)
    return state, ()


def finish(state: LatchState) -> tuple[LatchState, tuple[Change, ...]]:
    """The recording has ended: what is out goes off."""
    if state.presence is Presence.OFF:
        return LatchState(now_s=state.now_s), ()
    return _off(replace(state, onset_s=None), SignalReason.RECORDING_ENDED)


def _observe(state: LatchState, fact: Fact, now_s: float) -> LatchState:
    if fact is Fact.TRUE:
        onset_s = now_s if state.onset_s is None else state.onset_s
        return replace(state, now_s=now_s, onset_s=onset_s, true_s=now_s, false_since_s=None)
    if fact is Fact.FALSE:
        since_s = now_s if state.false_since_s is None else state.false_since_s
        return replace(state, now_s=now_s, false_since_s=since_s)
    return replace(state, now_s=now_s, false_since_s=None)


def _go_on(state: LatchState, rules: LatchRules) -> tuple[LatchState, tuple[Change, ...]]:
    """Turn the signal on when the condition has held for the delay. A latched signal makes way for the new one."""
    onset_s = state.onset_s
    if onset_s is None or state.presence in (Presence.ON, Presence.ACKNOWLEDGED):
        return state, ()
    if state.now_s - onset_s < rules.delay_s:
        return state, ()
    changes: tuple[Change, ...] = ()
    if state.presence is Presence.LATCHED:
        state, changes = _off(state, SignalReason.RETRIGGERED)
    state = replace(state, presence=Presence.ON, alert_onset_s=onset_s, start_s=state.now_s)
    return state, (*changes, _change(state, SignalReason.CONDITION_HELD))


def _over(state: LatchState, fact: Fact, rules: LatchRules) -> bool:
    """Whether a condition that held is over: seen not to hold for longer than a dropout, or not seen for too long."""
    if fact is Fact.UNKNOWN:
        return state.now_s - state.true_s > rules.unknown_s
    since_s = state.now_s if state.false_since_s is None else state.false_since_s
    return state.now_s - since_s >= rules.dropout_s or state.now_s - state.true_s > rules.unknown_s + rules.dropout_s


def _end(state: LatchState, fact: Fact, rules: LatchRules) -> tuple[LatchState, tuple[Change, ...]]:
    reason = SignalReason.CONDITION_ENDED if fact is Fact.FALSE else SignalReason.NO_LONGER_OBSERVED
    state = replace(state, onset_s=None)
    if state.presence is Presence.ON and rules.latch_s > 0:
        state = replace(state, presence=Presence.LATCHED, quiet_s=0.0)
        return state, (_change(state, reason),)
    if state.presence in (Presence.ON, Presence.ACKNOWLEDGED):
        return _off(state, reason)
    return state, ()


def _off(state: LatchState, reason: SignalReason) -> tuple[LatchState, tuple[Change, ...]]:
    state = replace(state, presence=Presence.OFF)
    return state, (_change(state, reason),)


def _change(state: LatchState, reason: SignalReason) -> Change:
    return Change(
        presence=state.presence,
        reason=reason,
        onset_s=state.alert_onset_s,
        start_s=state.start_s,
        end_s=state.now_s if state.presence is Presence.OFF else None,
    )
