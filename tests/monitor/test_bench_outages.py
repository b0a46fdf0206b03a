"""What is said of dead cameras and of one that was away."""

from __future__ import annotations

from dataclasses import replace

from monitor.bench.outages import OutageCosts

COSTS = OutageCosts(alone_ms=50.0, beside_dead_ms=52.0, away_s=60.0, offline_s=4.6, back_s=3.2, others_restarted=False)


def test_the_change_is_in_percent_and_the_others_are_spoken_of():
    first, second = COSTS.lines
    assert "alone 50 ms, beside 7 dead ones 52 ms (+4%, wanted below +10%)" in first
    assert second.startswith("a camera whose server was away for 60 s: offline after 4.6 s (wanted 5), online 3.2 s")
    assert second.endswith("others went on")


def test_what_was_restarted_is_not_hidden_and_nothing_is_divided_by():
    first, second = replace(COSTS, alone_ms=0.0, others_restarted=True).lines
    assert "(+0%" in first
    assert second.endswith("others were restarted")
