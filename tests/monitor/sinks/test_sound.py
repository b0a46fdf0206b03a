"""The sound sink: tones that tell their priority, repeated while they may be heard, silent at once when not."""

from __future__ import annotations

import io
import os
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sink_receivers import SoundReceiver
from sink_story import Story, out_alert

from monitor.alerts.topics import Topic
from monitor.records import Presence, Priority
from monitor.sinks.sound.player import PLAYERS, found_players
from monitor.sinks.sound.tones import PATTERNS, RATE_HZ, tone, wav
from monitor.ward.sinks import SoundSink

TOLD = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)


@pytest.fixture
def receiver(tmp_path: Path) -> SoundReceiver:
    return SoundReceiver(tmp_path)


@pytest.fixture
def story() -> Story:
    return Story()


def test_patterns_follow_the_standard():
    """IEC 60601-1-8: ten, three and two pulses; lengths, gaps and pitches within its bounds."""
    assert [len(PATTERNS[priority].onsets_s) for priority in TOLD] == [10, 3, 2]
    for priority, (shortest_s, longest_s) in zip(TOLD, [(0.075, 0.2), (0.125, 0.25), (0.125, 0.25)], strict=True):
        pattern = PATTERNS[priority]
        assert shortest_s <= pattern.pulse_s <= longest_s
        assert all(later - earlier > pattern.pulse_s for earlier, later in pairwise(pattern.onsets_s))
        assert all(150 <= pitch_hz <= 1000 for pitch_hz in pattern.pitches_hz)
        assert len(pattern.pitches_hz) == len(pattern.onsets_s)
    assert max(PATTERNS[priority].length_s for priority in TOLD) < 4.0


@pytest.mark.parametrize("priority", TOLD)
def test_what_is_heard_is_the_pattern(priority: Priority):
    samples = tone(priority, 0.5).astype(np.float64)
    pattern = PATTERNS[priority]
    assert np.abs(samples).max() == pytest.approx(0.5 * 32767, abs=1)
    loud = np.convolve(np.abs(samples), np.ones(441) / 441, mode="same") > 200
    begins = np.flatnonzero(np.diff(loud.astype(int)) == 1) / RATE_HZ
    assert begins[-len(pattern.onsets_s) + 1 :] == pytest.approx(pattern.onsets_s[1:], abs=0.02)
    pulse = samples[: round(pattern.pulse_s * RATE_HZ)]
    spectrum = np.abs(np.fft.rfft(pulse, 1 << 16))
    peaks = [spectrum[round(number * pattern.pitches_hz[0] * (1 << 16) / RATE_HZ)] for number in range(1, 6)]
    assert 20 * np.log10(max(peaks) / min(peaks)) < 15, "four harmonics within 15 dB"
    assert abs(samples[0]) < 50, "no click"
    with wave.open(io.BytesIO(wav(priority, 0.5))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        assert file.getnframes() == len(samples)


def test_no_volume_is_silence():
    assert np.abs(tone(Priority.HIGH, 0.0)).max() == 0


def test_it_sounds_again_until_it_may_not(receiver: SoundReceiver, story: Story):
    with story.sink(receiver.settings()) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: len(receiver.received()) == 1)
        sink.step(story.clock.now_s())
        story.clock.offset_s += 8.0
        story.drive(sink, lambda: len(receiver.received()) == 2 and sink.status().delivered == 2)
        sink.send(story.message(presence=Presence.ACKNOWLEDGED))
        for _ in range(5):
            story.clock.offset_s += 8.0
            sink.step(story.clock.now_s())
        assert sink.status().delivered == 2
    assert receiver.received() == ["high", "high"]


def test_low_priority_sounds_once(receiver: SoundReceiver, story: Story):
    with story.sink(receiver.settings()) as sink:
        sink.send(story.message(topic=Topic.EXPLAINER_DOWN))
        story.drive(sink, lambda: len(receiver.received()) == 1)
        for _ in range(5):
            story.clock.offset_s += 60.0
            sink.step(story.clock.now_s())
        sink.send(story.message("bed-2", topic=Topic.CAMERA_OFFLINE))
        story.drive(sink, lambda: len(receiver.received()) == 2)
    assert receiver.received() == ["low", "medium"]


def test_the_most_urgent_of_all_beds_sounds(receiver: SoundReceiver, story: Story):
    with story.sink(receiver.settings()) as sink:
        sink.state(story.report("bed-1", out_alert(1, topic=Topic.CAMERA_OFFLINE)))
        sink.state(story.report("bed-2", out_alert(1, "bed-2")))
        story.drive(sink, lambda: receiver.received() == ["high"])
        sink.state(story.report("bed-2"))
        story.clock.offset_s += 20.0
        story.drive(sink, lambda: receiver.received() == ["high", "medium"])


def test_an_audio_pause_silences_at_once_and_the_report_counts(receiver: SoundReceiver, story: Story, tmp_path: Path):
    receiver._script(f'md5sum < "$1" >> {receiver.log}; exec sleep 30')
    with story.sink(receiver.settings()) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: receiver.received() == ["high"])
        playing = sink._player._process  # type: ignore[attr-defined]
        sink.state(story.report("bed-1", out_alert(1, audible=False)))
        story.drive(sink, lambda: playing.poll() is not None)
        story.clock.offset_s += 60.0
        sink.step(story.clock.now_s())
        assert sink.status().trouble is None, "ended on purpose"
        receiver.come_back()
        sink.state(story.report("bed-1", out_alert(1)))
        story.drive(sink, lambda: receiver.received() == ["high", "high"])


def test_what_was_told_before_the_start_is_heard_by_the_report(receiver: SoundReceiver, story: Story):
    with story.sink(receiver.settings(beds=("bed-1",))) as sink:
        sink.state(story.report("bed-2", out_alert(1, "bed-2")))
        sink.step(story.clock.now_s())
        sink.state(story.report("bed-1", out_alert(7, topic=Topic.CANNOT_ASSESS)))
        story.drive(sink, lambda: receiver.received() == ["medium"])


def test_no_player_is_said(story: Story, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with story.sink(SoundSink()) as sink:
        sink.send(story.message())
        sink.step(story.clock.now_s())
        assert sink.status().trouble == "no sound: none of pw-play, paplay, aplay is installed"


def test_a_player_that_fails_makes_way_for_the_next(story: Story, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "bin").mkdir()
    receiver = SoundReceiver(tmp_path)
    receiver.player = tmp_path / "bin" / "aplay"
    receiver._script(f'test "$1" = -q && md5sum < "$2" >> {receiver.log}')
    receiver.player = tmp_path / "bin" / "paplay"
    receiver.go()
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    assert [player.name for player in found_players(str(tmp_path / "bin"))] == list(PLAYERS[1:])
    monkeypatch.setenv("PATH", path)
    with story.sink(SoundSink()) as sink:
        sink.send(story.message())
        story.drive(sink, lambda: sink.status().trouble is not None)
        assert (sink.status().trouble or "").startswith("no sound: paplay ends with 1;")
        story.clock.offset_s += 9.0
        story.drive(sink, lambda: sink.status().delivered == 1)
        assert sink.status().trouble is None


def test_a_player_that_is_no_program_is_said(story: Story, tmp_path: Path):
    for name, words in (("none", "No such file"), ("text", "denied")):
        if name == "text":
            (tmp_path / "text").write_text("no program")
        with story.sink(SoundSink(player=tmp_path / name)) as sink:
            sink.send(story.message())
            story.drive(sink, lambda: sink.status().trouble is not None)
            assert words.lower() in (sink.status().trouble or "").lower()


def test_the_tones_are_gone_afterwards(
    receiver: SoundReceiver, story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with story.sink(receiver.settings()) as sink:
        sink.send(story.message())
        story.drive(sink, receiver.received)
        assert list(place.iterdir())
    assert list(place.iterdir()) == []
