"""Stage durations: quantiles within the promised 2.3%, in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.stage_clock import Durations, StageClock


def test_quantiles_close_to_exact(rng: np.random.Generator):
    values = rng.lognormal(1.0, 1.0, 5000)
    durations = Durations()
    for value in values:
        durations.add(float(value))
    for share in (0.5, 0.95, 0.99):
        assert durations.quantile_ms(share) == pytest.approx(np.quantile(values, share), rel=0.03)
    summary = durations.summary()
    assert summary["mean"] == pytest.approx(values.mean(), rel=1e-3)
    assert summary["max"] == pytest.approx(values.max(), rel=1e-3)
    assert summary["count"] == 5000


def test_nothing_counted_and_extremes():
    durations = Durations()
    assert durations.quantile_ms(0.5) == 0.0
    durations.add(0.0)
    durations.add(1e12)
    assert durations.quantile_ms(1.0) <= 1e12


def test_stages_keep_their_order_and_count_after_errors():
    clock = StageClock()
    with clock.stage("decode"):
        pass
    with pytest.raises(KeyError), clock.stage("landmarks"):
        raise KeyError
    with clock.stage("decode"):
        pass
    assert {name: stage["count"] for name, stage in clock.summary().items()} == {"decode": 2, "landmarks": 1}
    assert list(clock.summary()) == ["decode", "landmarks"]
