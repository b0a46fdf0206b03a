"""Which run of the machine a moment belongs to, and what is due when."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.service import moments
from monitor.service.moments import Moments
from monitor.service.periodic import Every

BOOT = "0123456789abcdef0123456789abcdef"


def test_systemd_s_word_counts_first():
    assert Moments({"VIGIL_BOOT_ID": BOOT}).now().boot == BOOT


def test_else_the_kernel_s_in_the_same_form():
    kernel = Path("/proc/sys/kernel/random/boot_id").read_text()
    assert Moments().now().boot == kernel.strip().replace("-", "")


@pytest.mark.parametrize("said", ["%b", "nonsense", BOOT + "0"])
def test_what_is_no_boot_id_is_unknown(said: str):
    assert Moments({"VIGIL_BOOT_ID": said}).now().boot == ""


def test_out_of_view_is_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(moments, "_BOOT_ID", tmp_path / "hidden")
    assert Moments().now().boot == ""


def test_now_goes_on():
    clock = Moments()
    first, second = clock.now(), clock.now()
    assert second.s >= first.s
    assert first.at.tzinfo is not None


def test_what_is_due_is_due_once_a_period_and_not_made_up_for():
    every = Every(1.0)
    assert [every.due(now_s) for now_s in (10.0, 10.5, 11.0, 11.1, 17.0, 17.1, 18.0)] == [
        True, False, True, False, True, False, True,
    ]  # fmt: skip
    late = Every(1.0, first_at_once=False)
    assert [late.due(now_s) for now_s in (10.0, 10.9, 11.0)] == [False, False, True]
