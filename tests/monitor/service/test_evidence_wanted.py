"""Evidence is asked for until it is there, as long as its alert is out."""

from __future__ import annotations

from monitor.service.evidence_wanted import AGAIN_S, EvidenceWanted


def made() -> tuple[EvidenceWanted, list[tuple[str, str]]]:
    asked: list[tuple[str, str]] = []
    return EvidenceWanted(lambda bed, alert: asked.append((bed, alert))), asked


def out(*alerts: str):
    return lambda bed, alert: alert in alerts


def test_it_is_asked_for_at_once_and_again_until_it_comes() -> None:
    wanted, asked = made()
    wanted.want("bed-1", "bed-1:4", 10.0)
    assert asked == [("bed-1", "bed-1:4")]
    wanted.step(out("bed-1:4"), 10.0 + AGAIN_S - 0.1)
    assert len(asked) == 1
    wanted.step(out("bed-1:4"), 10.0 + AGAIN_S)
    wanted.step(out("bed-1:4"), 10.0 + 2 * AGAIN_S)
    assert asked == [("bed-1", "bed-1:4")] * 3
    wanted.came("bed-1", "bed-1:3")
    wanted.step(out("bed-1:4"), 10.0 + 3 * AGAIN_S)
    assert len(asked) == 4
    wanted.came("bed-1", "bed-1:4")
    wanted.step(out("bed-1:4"), 10.0 + 9 * AGAIN_S)
    assert len(asked) == 4


def test_an_alert_that_is_over_needs_none_and_beds_know_nothing_of_each_other() -> None:
    wanted, asked = made()
    wanted.want("bed-1", "bed-1:4", 10.0)
    wanted.want("bed-2", "bed-2:1", 10.0)
    wanted.step(out("bed-2:1"), 10.0 + AGAIN_S)
    assert asked == [("bed-1", "bed-1:4"), ("bed-2", "bed-2:1"), ("bed-2", "bed-2:1")]
    wanted.step(out("bed-1:4", "bed-2:1"), 10.0 + 2 * AGAIN_S)
    assert asked[3:] == [("bed-2", "bed-2:1")]
