"""The client against a service that answers anything: no exception, no wrong explanation, every frame accounted for."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sidecar_story import asked

from monitor.sidecar.client import SidecarClient
from monitor.sidecar.peers import HELLO
from monitor.sidecar.settings import SidecarSettings
from monitor.sidecar.wire import (
    Channel,
    Configure,
    Done,
    Failed,
    Job,
    Loading,
    Ready,
    Refused,
    TargetResult,
    WireError,
    encode,
)

BEDS = ("a", "b")
RESULT = {"logit": 1.0, "mu": 0.5, "mu_chance": 0.25, "outside_face": 0.0, "conservation_error": 0.0}
ANSWERS = st.one_of(
    st.just(Ready(model_id="m", network="none")),
    st.just(Loading()),
    st.builds(Refused, reason=st.just("no"), for_now=st.booleans()),
    st.builds(Failed, seq=st.integers(1, 6), reason=st.just("why")),
    st.builds(
        Done,
        seq=st.integers(1, 6),
        results=st.lists(
            st.builds(
                TargetResult, target=st.sampled_from(["AU04", "AU06"]), **{k: st.just(v) for k, v in RESULT.items()}
            ),
            max_size=3,
        ).map(tuple),
    ),
    st.just(Job(seq=1, slot=0, targets=("AU04",))),
)
SAID = st.one_of(ANSWERS.map(encode), st.binary(min_size=1, max_size=30))


class Service:
    """A listening socket that answers what it is told to."""

    def __init__(self, path: Path) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(str(path))
        self.listening.listen()
        self.listening.setblocking(False)
        self.ends: list[socket.socket] = []

    def say(self, data: bytes) -> None:
        try:
            while True:
                self.ends.append(self.listening.accept()[0])
        except BlockingIOError:
            pass
        for end in self.ends[-1:]:
            try:
                end.sendall(data)
            except OSError:
                self.ends.pop().close()

    def close(self) -> None:
        for end in (*self.ends, self.listening):
            end.close()


@settings(max_examples=80, deadline=None, suppress_health_check=[*HealthCheck])
@given(story=st.lists(st.one_of(SAID, st.sampled_from(BEDS)), max_size=25))
def test_whatever_it_answers_the_client_goes_on_and_every_frame_is_accounted_for(
    story: list[bytes | str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("s") / "s"
    service = Service(path)
    limits = SidecarSettings(socket=str(path), first_backoff_s=1e-6, longest_backoff_s=1e-6, max_targets=2)
    client = SidecarClient(Path("/none"), limits, live=True)
    client.begin()
    submitted, explained = 0, []
    try:
        service.say(encode(Ready(model_id="m", network="none")))
        for said in story:
            if isinstance(said, bytes):
                service.say(said)
            else:
                submitted += 1
                client.submit(*asked(submitted, ("AU04", "AU06"), said))
            explained += client.poll()
        client.poll()
        stats = client.stats
        client.close()
        dropped = sum(count for cause, count in client.stats.dropped.items() if cause not in {"busy", "target_limit"})
        assert stats.done + dropped == submitted
        assert len({(each.frame_id, each.target) for each in explained}) == len(explained)
        assert all(each.relevance.shape == (112, 112) and not np.any(each.relevance) for each in explained)
    finally:
        client.close()
        service.close()


@settings(deadline=None)
@given(chunks=st.lists(st.one_of(SAID, st.binary(min_size=1, max_size=8)), max_size=20))
def test_no_stream_of_bytes_gives_anything_but_messages_or_a_refusal(chunks: list[bytes]) -> None:
    left, right = socket.socketpair()
    with left, right:
        channel, said = Channel(right), ""
        for chunk in chunks:
            left.sendall(chunk)
        left.close()
        try:
            while (message := channel.receive()) is not None:
                assert isinstance(message, Configure | Job | Loading | Ready | Refused | Done | Failed)
        except WireError as error:
            said = str(error)
        assert "\n" not in said


def test_the_hello_carries_the_memory_the_configuration_follows_and_an_answer_counts_once(tmp_path: Path) -> None:
    service = Service(tmp_path / "s")
    client = SidecarClient(Path("/none"), SidecarSettings(socket=str(tmp_path / "s")), live=True)
    client.begin()
    end, _ = service.listening.accept()
    said, descriptors, _, _ = socket.recv_fds(end, len(HELLO), 4)
    assert said == HELLO
    assert len(descriptors) == 1
    assert Channel(end).receive() == Configure(
        bundle="/none", composite="zplus", crop_px=112, slots=2, max_targets=16, nice=10
    )
    os.close(descriptors[0])
    service.ends.append(end)
    service.say(encode(Ready(model_id="m", network="none")))
    client.poll()
    assert client.submit(*asked(1, ("AU04", "AU06"), "a"))
    results = tuple(TargetResult(target=target, **RESULT) for target in ("AU04", "AU06"))
    service.say(encode(Done(seq=1, results=results)))
    assert [(each.source_id, each.target) for each in client.poll()] == [("a", "AU04"), ("a", "AU06")]
    service.say(encode(Done(seq=1, results=results)))  # the same once more
    assert client.poll() == []
    assert client.stats.done == 1
    client.close()
    service.close()
