"""The watchdog is fed only when every stage moved; what is off or being brought back holds nothing up."""

from __future__ import annotations

from types import SimpleNamespace

from monitor.service.stages import Stages


def camera(sequence: int, *, online: bool = True) -> SimpleNamespace:
    return SimpleNamespace(sequence=sequence, online=online)


class FakeWard:
    def __init__(self, **cameras: SimpleNamespace) -> None:
        self.silent_s = 0.1
        self.cameras = SimpleNamespace(status=cameras)
        self.judging = SimpleNamespace(ready=object(), silent_s=lambda now_s: self.silent_s)


def fed(stages: Stages, ward: FakeWard, *, begin_s: float, seconds: int, show: bool = True) -> list[float]:
    """When it was fed; cameras that are online show a picture a second if ``show``."""
    times = []
    for number in range(seconds):
        stages.control()
        for status in ward.cameras.status.values():
            status.sequence += show and status.online
        if stages.due(ward, begin_s + number):
            times.append(begin_s + number)
    return times


def test_it_is_fed_at_half_of_its_patience_while_all_moves():
    assert fed(Stages(30.0), FakeWard(door=camera(5)), begin_s=0.0, seconds=40) == [0.0, 15.0, 30.0]


def test_a_stalled_process_starves_it_and_one_that_is_being_restarted_does_not():
    stages, ward = Stages(30.0), FakeWard(door=camera(5))
    assert fed(stages, ward, begin_s=0.0, seconds=10) == [0.0]
    ward.silent_s = 60.0
    assert fed(stages, ward, begin_s=10.0, seconds=30) in ([], [15.0])  # what moved before counts once
    ward.judging.ready = None
    assert fed(stages, ward, begin_s=60.0, seconds=2)


def test_a_camera_whose_pictures_stand_still_starves_it_and_one_that_is_offline_does_not():
    stages, ward = Stages(30.0), FakeWard(door=camera(5), window=camera(0, online=False))
    assert fed(stages, ward, begin_s=0.0, seconds=20) == [0.0, 15.0]
    assert len(fed(stages, ward, begin_s=20.0, seconds=60, show=False)) <= 1
    del ward.cameras.status["door"]
    assert fed(stages, ward, begin_s=80.0, seconds=2)


def test_nobody_watching_is_never_told():
    assert fed(Stages(None), FakeWard(), begin_s=0.0, seconds=40) == []
