"""The line of crops: no bed starves another, the newest crop of a bed wins, a replay loses nothing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from sidecar_story import asked

from monitor.sidecar.crop_line import CropLine, PendingCrop


def pending(seq: int, bed: str, *, in_pain: bool = False) -> PendingCrop:
    crop, observation, request = asked(seq, source_id=bed)
    request = replace(request, in_pain=in_pain)
    return PendingCrop(seq=seq, crop=crop, observation=observation, request=request, targets=request.targets)


def bed_of(crop: PendingCrop | None) -> str | None:
    return None if crop is None else crop.observation.source_id


def test_live_the_newest_crop_of_each_bed_waits_and_beds_take_turns() -> None:
    line = CropLine(live=True)
    puts = [line.put(pending(seq, bed)) for seq, bed in enumerate(["a", "b", "a", "c", "a"], start=1)]
    assert puts == [False, False, True, False, True]
    assert line.waiting == 3
    assert [(crop.seq, bed_of(crop)) for _ in range(3) if (crop := line.launch(0, 0.0))] == [
        (5, "a"),
        (2, "b"),
        (4, "c"),
    ]
    assert line.launch(0, 0.0) is None


def test_beds_in_pain_go_before_calm_ones_which_are_passed_over_three_times_at_most() -> None:
    line, served = CropLine(live=True), []
    for seq, bed in enumerate(["calm", "other", "x", "y"], start=1):
        line.put(pending(seq, bed, in_pain=bed in "xy"))
    for seq in range(10, 26):
        crop = line.launch(0, 0.0)
        served.append(bed_of(crop))
        line.put(pending(seq, served[-1], in_pain=served[-1] in "xy"))
    assert served == ["x", "y", "x", "calm", "y", "x", "y", "other"] * 2
    alone = CropLine(live=True)
    alone.put(pending(1, "a"))
    alone.put(pending(2, "a", in_pain=True))  # its pain began while it waited
    alone.put(pending(3, "b"))
    assert [bed_of(alone.launch(0, 0.0)) for _ in range(2)] == ["a", "b"]


def test_in_a_replay_pain_is_no_reason_to_overtake() -> None:
    line = CropLine(live=False)
    for seq in range(1, 5):
        line.put(pending(seq, "a", in_pain=seq == 4))
    assert [crop.seq for _ in range(4) if (crop := line.launch(0, 0.0))] == [1, 2, 3, 4]


def test_a_replay_keeps_every_crop_in_order_also_of_one_bed() -> None:
    line = CropLine(live=False)
    assert not any(line.put(pending(seq, "a")) for seq in range(1, 5))
    for slot in range(2):
        line.launch(slot, 0.0)
    assert line.free_slots(3) == [2]
    line.put_back(line.fallen())
    assert [crop.seq for _ in range(4) if (crop := line.launch(0, 0.0))] == [1, 2, 3, 4]


def test_a_bed_that_is_gone_is_forgotten_but_what_flies_lands() -> None:
    line = CropLine(live=True)
    line.put(pending(1, "a"))
    line.launch(0, 0.0)
    line.put(pending(2, "a"))
    line.put(pending(3, "b"))
    assert line.forget("a") == 1
    assert list(line.flying) == [1]
    assert bed_of(line.launch(1, 0.0)) == "b"
    assert line.clear() == 2


@given(st.lists(st.one_of(st.sampled_from("abcde"), st.none()), max_size=200))
def test_between_asking_and_being_served_every_other_bed_is_served_at_most_once(story: list[str | None]) -> None:
    """A letter: that bed asks (greedy beds ask often); None: the worker takes the next."""
    line, since = CropLine(live=True), dict[str, list[str]]()
    newest = dict[str, int]()
    for seq, bed in enumerate(story, start=1):
        if bed is not None:
            assert line.put(pending(seq, bed)) == (bed in since)
            since.setdefault(bed, [])
            newest[bed] = seq
            continue
        crop = line.launch(0, float(seq))
        line.fallen()
        assert (crop is None) == (not since)
        if crop is None:
            continue
        served = crop.observation.source_id
        assert crop.seq == newest[served]
        between = since.pop(served)
        assert len(between) == len(set(between))
        for others in since.values():
            others.append(served)
        assert line.waiting == len(since) <= 5
