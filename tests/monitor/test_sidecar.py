"""The sidecar for real: its own process, real LRP, live and replay, and what it refuses."""

from __future__ import annotations

import gc
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from sidecar_story import asked

from monitor.errors import ConfigurationError, ServiceUnavailable
from monitor.records import Explanation, FaceCrop, InvalidRecord, SampleReason
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.settings import SidecarSettings

pytestmark = pytest.mark.live

pytest.importorskip("torch")
pytest.importorskip("zennit")


BOTH = ("AU04", "emotion:happiness")


def story(client: SidecarClient, frames: int) -> list[Explanation]:
    explanations = []
    for frame_id in range(frames):
        assert client.submit(*asked(frame_id, BOTH))
        explanations += client.poll()
    return explanations + client.drain(180)


@pytest.fixture(scope="module")
def replaying(tiny_bundle: Path) -> Iterator[SidecarClient]:
    with SidecarClient(tiny_bundle, live=False) as client:
        yield client


def test_a_replay_explains_every_frame_in_order(replaying: SidecarClient) -> None:
    before = replaying.stats
    explanations = story(replaying, 5)
    assert [(e.frame_id, e.target) for e in explanations] == [
        (frame_id, target) for frame_id in range(5) for target in ("AU04", "emotion:happiness")
    ]
    after = replaying.stats
    assert after.done - before.done == after.sent - before.sent == 5
    assert after.dropped == before.dropped


def test_the_same_frames_give_the_same_bytes(replaying: SidecarClient) -> None:
    first, second = story(replaying, 3), story(replaying, 3)
    for one, other in zip(first, second, strict=True):
        assert one.relevance.tobytes() == other.relevance.tobytes()
        assert (one.logit, one.mu, one.conservation_error) == (other.logit, other.mu, other.conservation_error)


def test_the_sidecar_explains_what_the_network_says(replaying: SidecarClient, tiny_bundle: Path) -> None:
    import torch

    from models.action_units import ActionUnit
    from models.bundle import open_bundle
    from models.lrp.explain import relevance
    from models.lrp.mu import chance, mu
    from models.preprocess import to_input
    from models.regions import hull_mask, region_mask
    from models.weights import load_network

    crop, observation, request = asked(1, ("AU07",))
    assert replaying.submit(crop, observation, request)
    (found,) = replaying.drain(180)
    bundle = open_bundle(tiny_bundle)
    network, column = load_network(bundle), bundle.spec.head("au").labels.index("AU07")
    expected, logit = relevance(network, torch.from_numpy(to_input(crop.pixels[None])), "au", column, found.composite)
    np.testing.assert_allclose(found.relevance, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    assert found.logit == pytest.approx(logit, rel=1e-4)
    region, hull = region_mask(ActionUnit.AU07, crop.landmarks, 112), hull_mask(crop.landmarks, 112)
    assert found.mu_chance == chance(region, hull)
    assert found.mu == (None if mu(expected, region) is None else pytest.approx(mu(expected, region), abs=1e-4))
    assert found.conservation_error < 0.05
    assert (found.frame_id, found.source_id, found.captured_s) == (1, "noise", 1 / 25)
    assert found.reason is SampleReason.PERIOD
    assert found.model_id == "tiny-untrained"


@pytest.fixture(scope="module")
def variants(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    pytest.importorskip("onnx")
    from tiny_bundle import make_tiny_variants

    return make_tiny_variants(tiny_bundle, tmp_path_factory.mktemp("variants"))


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_a_variant_is_explained_through_its_dequantised_weights_and_says_so(
    tiny_bundle: Path, variants: dict[str, Path], precision: str
) -> None:
    import torch

    from models.bundle import open_bundle
    from models.lrp.explain import relevance
    from models.preprocess import to_input
    from models.weights import load_network
    from monitor.classifier import Classifier

    variant = open_bundle(variants[precision])
    crop, observation, request = asked(1, ("AU12",))
    with SidecarClient(variant.path, live=False) as client:
        assert client.submit(crop, observation, request)
        (found,) = client.drain(180)
        assert client.composite == found.composite == f"zplus, dequantised {precision} weights"
    assert found.model_id == f"tiny-untrained-{precision}" == Classifier(variant).model_id
    x, column = to_input(crop.pixels[None]), variant.spec.head("au").labels.index("AU12")
    expected, logit = relevance(load_network(variant), torch.from_numpy(x), "au", column, "zplus")
    _, original = relevance(load_network(open_bundle(tiny_bundle)), torch.from_numpy(x), "au", column, "zplus")
    np.testing.assert_allclose(found.relevance, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    assert found.logit == pytest.approx(logit, rel=1e-4)
    assert found.logit != pytest.approx(original, rel=1e-5)
    assert found.conservation_error < 0.05


def test_an_emotion_has_no_region(replaying: SidecarClient) -> None:
    replaying.submit(*asked(0, ("emotion:fear",)))
    (found,) = replaying.drain(180)
    assert found.mu is None
    assert found.mu_chance is None


def test_unknown_target_fails_alone_and_is_counted(replaying: SidecarClient) -> None:
    before = replaying.stats
    replaying.submit(*asked(0, ("AU14",)))
    assert replaying.drain(180) == []
    after = replaying.stats
    assert after.dropped["failed"] == before.dropped.get("failed", 0) + 1
    assert "AU14" in (after.trouble or "")
    assert after.alive
    assert after.pid == before.pid


def test_the_worker_lowers_its_priority_and_uses_one_thread(replaying: SidecarClient) -> None:
    worker = psutil.Process(replaying.stats.pid)
    assert worker.nice() == psutil.Process().nice() + SidecarSettings().nice


def test_too_many_targets_are_cut_and_counted(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, SidecarSettings(max_targets=2), live=False) as client:
        client.submit(*asked(0, ("AU04", "AU06", "AU07")))
        assert [e.target for e in client.drain(180)] == ["AU04", "AU06"]
        assert client.stats.dropped == {"target_limit": 1}


def test_live_the_latest_wins_and_drops_are_counted(tiny_bundle: Path) -> None:
    with SidecarClient(tiny_bundle, SidecarSettings(in_flight=1), live=True) as client:
        os.kill(client.stats.pid, signal.SIGSTOP)  # keeps the first one flying while the others come
        for frame_id in range(30):
            client.submit(*asked(frame_id, ("AU04",)))
        os.kill(client.stats.pid, signal.SIGCONT)
        explained = [e.frame_id for e in client.drain(180)]
        stats = client.stats
    assert explained == [0, 29]
    assert stats.dropped == {"superseded": 28}


def test_a_crop_of_another_size_is_refused_at_the_door(replaying: SidecarClient) -> None:
    crop, observation, request = asked(0)
    small = FaceCrop(
        frame_id=0, track_id=1, pixels=crop.pixels[:96, :96], to_frame=crop.to_frame, landmarks=crop.landmarks
    )
    with pytest.raises(InvalidRecord, match="112"):
        replaying.submit(small, observation, request)


def test_a_changed_byte_in_the_weights_is_refused_with_the_reason(tiny_bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_bundle, broken)
    weights = broken / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    client = SidecarClient(broken, live=False)
    with pytest.raises(ServiceUnavailable, match=r"weights\.safetensors: changed since export") as caught:
        client.start()
    assert "\n" not in str(caught.value)
    assert client.stats.pid is None


def test_an_unknown_composite_is_refused_with_the_known_ones(tiny_bundle: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="no LRP composite 'gamma', only z, epsilon"):
        SidecarClient(tiny_bundle, SidecarSettings(composite="gamma"), live=True).start()


def test_without_torch_one_line_names_the_extra(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    client = SidecarClient(tiny_bundle, live=False)
    with pytest.raises(ServiceUnavailable, match=r"torch not installed; install vigil\[explain\]"):
        client.start()
    assert not client.submit(*asked(0))
    assert client.poll() == client.drain(1) == []
    assert client.stats.dropped == {"not_started": 1}
    client.close()


def test_the_client_does_not_import_torch() -> None:
    probe = "import sys, monitor.sidecar.client; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_closing_leaves_no_process_memory_or_descriptor(tiny_bundle: Path) -> None:
    process = psutil.Process()

    def shared_memory() -> int:
        """Mappings of this process that it shares with a sidecar; other programs' memory is not ours to judge."""
        return sum("vigil-sidecar" in part.path for part in process.memory_maps(grouped=False))

    gc.collect()
    open_before, memory_before = process.num_fds(), shared_memory()
    client = SidecarClient(tiny_bundle, live=False)
    client.start()
    pid = client.stats.pid
    assert shared_memory() > memory_before
    client.submit(*asked(0))
    client.close()
    client.close()
    assert not psutil.pid_exists(pid)
    assert process.num_fds() <= open_before
    assert shared_memory() == memory_before


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"in_flight": 0}, "sidecar.in_flight: must be >= 1"),
        ({"job_timeout_s": 0.0}, "sidecar.job_timeout_s: must be > 0"),
        ({"nice": 30}, "sidecar.nice: must lie in 0 to 19"),
    ],
)
def test_settings_are_checked(values: dict, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        SidecarSettings(**values)
