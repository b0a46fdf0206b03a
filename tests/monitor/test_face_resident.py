"""Who is the resident: stories with a nurse who passes, stays, or was there first."""

from __future__ import annotations

from monitor.face.resident import ResidentChoice
from monitor.face.settings import FaceSettings

BED = (600.0, 300.0, 100.0, 120.0)
DOOR = (100.0, 200.0, 110.0, 130.0)
LEANING_OVER = (300.0, 200.0, 240.0, 280.0)


def play(story, **settings):
    """``story``: (seconds, {track: box}) in turn, at 10 pictures a second → the resident per picture."""
    choice = ResidentChoice(FaceSettings(**settings))
    out, now_s = [], 0.0
    for seconds, faces in story:
        for _ in range(round(seconds * 10)):
            out.append(choice.step(faces, now_s, 1280, 720))
            now_s += 0.1
    return out


def test_the_only_face_is_the_residents_at_once():
    assert play([(1, {1: BED})]) == [1] * 10


def test_a_nurse_who_leans_over_for_ten_seconds_is_not_taken_for_the_resident():
    story = [(20, {1: BED}), (10, {1: BED, 2: LEANING_OVER}), (10, {2: LEANING_OVER}), (5, {1: BED})]
    assert set(play(story)) == {1, None}


def test_the_resident_who_turns_back_has_a_new_number_and_is_known_by_the_place():
    out = play([(20, {1: BED}), (12, {2: DOOR}), (2, {3: BED, 2: DOOR})])
    assert out[-1] == 3
    assert 2 not in out


def test_who_stays_for_takeover_s_after_the_resident_left_is_the_next():
    out = play([(30, {1: BED}), (3, {}), (20, {2: DOOR})])
    assert out[30 * 10 + 30 + 140] is None
    assert out[-1] == 2


def test_a_fleeting_first_face_does_not_bind():
    out = play([(0.2, {1: DOOR}), (1.0, {}), (3, {2: BED})])
    assert out[-1] == 2
    assert out.count(None) < 20


def test_a_first_face_far_behind_yields_to_a_much_larger_one_that_stays():
    out = play([(5, {1: DOOR}), (20, {1: DOOR, 2: LEANING_OVER})])
    assert out[60] == 1
    assert out[-1] == 2


def test_only_the_zone_counts_when_there_is_one():
    zone = (0.4, 0.3, 0.3, 0.5)
    assert set(play([(30, {1: DOOR}), (1, {1: DOOR, 2: BED})], zone=zone)) == {None, 2}
