"""PSPI: absolute, 0–16, or not computable."""

from __future__ import annotations

import pytest

from models.action_units import NAMES, PSPI_UNITS, ActionUnit, pspi

FULL = {
    ActionUnit.AU04: 2.0,
    ActionUnit.AU06: 1.0,
    ActionUnit.AU07: 3.0,
    ActionUnit.AU09: 0.5,
    ActionUnit.AU10: 1.5,
    ActionUnit.AU43: 0.7,
}


def test_sum_of_its_parts() -> None:
    assert pspi(FULL).value == pytest.approx(2.0 + 3.0 + 1.5 + 1.0)
    assert pspi(FULL).reason is None


@pytest.mark.parametrize(("closed", "counts"), [(0.0, 0.0), (0.49, 0.0), (0.5, 1.0), (1.0, 1.0)])
def test_closed_eyes_count_all_or_nothing(closed: float, counts: float) -> None:
    assert pspi(FULL | {ActionUnit.AU43: closed}).value == pytest.approx(6.5 + counts)


def test_bounds() -> None:
    assert pspi(dict.fromkeys(PSPI_UNITS, 0.0)).value == 0.0
    assert pspi(dict.fromkeys(PSPI_UNITS, 99.0)).value == 16.0
    assert pspi(dict.fromkeys(PSPI_UNITS, -3.0)).value == 0.0


@pytest.mark.parametrize("unit", PSPI_UNITS)
def test_a_missing_or_covered_unit_makes_it_not_computable(unit: ActionUnit) -> None:
    without = {name: value for name, value in FULL.items() if name is not unit}
    for result in (pspi(without), pspi(FULL, covered=[unit])):
        assert result.value is None
        assert result.missing == (unit,)
        assert result.reason == f"not computable: {unit} missing or covered"


def test_units_outside_pspi_change_nothing() -> None:
    assert pspi(FULL | {ActionUnit.AU12: 5.0}, covered=[ActionUnit.AU25]).value == pspi(FULL).value


def test_every_unit_has_a_name() -> None:
    assert set(NAMES) == set(ActionUnit)
