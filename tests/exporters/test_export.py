"""A bundle is written whole, the same every time, or not at all."""

from __future__ import annotations

import copy
import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from tiny_bundle import tiny_network, tiny_spec  # noqa: E402

import exporters.export as exporting  # noqa: E402
from exporters.export import export_bundle  # noqa: E402
from exporters.graph import trace  # noqa: E402
from exporters.photograph import photograph_crops  # noqa: E402
from models.bundle import CARD, MANIFEST, PARITY, open_bundle  # noqa: E402
from models.errors import BundleUnwritable, ParityFailed, SpecMismatch  # noqa: E402


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return photograph_crops(112, 4)


def test_exporting_twice_gives_the_same_bytes(tiny_bundle: Path, tmp_path: Path, crops: np.ndarray) -> None:
    again = export_bundle(tiny_network(), tiny_spec(), tmp_path / "again", real_crops=crops)
    for entry in tiny_bundle.iterdir():
        assert (again / entry.name).read_bytes() == entry.read_bytes(), entry.name


def test_certificate_covers_every_kind_batch_and_head(tiny_bundle: Path) -> None:
    certificate = json.loads((tiny_bundle / PARITY).read_text())
    seen = {(case["crops"], case["batch"], head) for case in certificate["cases"] for head in case["heads"]}
    assert seen == {
        (kind, batch, head)
        for kind in ("random", "constant", "real")
        for batch in (1, 16)
        for head in ("emotion", "au", "visibility")
    }
    assert certificate["weights_sha256"] == open_bundle(tiny_bundle).weights_sha256
    assert all(
        head["same_argmax"] and 0 <= head["max_relative"] <= certificate["tolerance"] and head["max_absolute"] >= 0
        for case in certificate["cases"]
        for head in case["heads"].values()
    )


@pytest.fixture(scope="module")
def traced() -> onnx.ModelProto:
    return trace(tiny_network(), tiny_spec())


@pytest.fixture
def right_graph(monkeypatch: pytest.MonkeyPatch, traced: onnx.ModelProto) -> None:
    """Whatever network is exported, the graph is that of the tiny network."""
    monkeypatch.setattr(exporting, "trace", lambda network, spec: copy.deepcopy(traced))


@pytest.mark.usefixtures("right_graph")
def test_grey_crops_will_do_and_training_mode_comes_back(tmp_path: Path, rng: np.random.Generator) -> None:
    network = tiny_network().train()
    grey = rng.integers(0, 256, (2, 112, 112), dtype=np.uint8)
    out = export_bundle(network, tiny_spec(), tmp_path / "grey", real_crops=grey, card="# Mine\n")
    assert network.training
    assert (out / CARD).read_text() == "# Mine\n"


class Wrong(torch.nn.Module):
    """Computes something else than the graph, with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = tiny_network()

    def state_dict(self, *args: object, **kwargs: object) -> dict[str, torch.Tensor]:
        return self.inner.state_dict()

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(head + 0.01 * x.square().mean((1, 2, 3))[:, None] for head in self.inner(x))


@pytest.mark.usefixtures("right_graph")
def test_wrong_graph_leaves_nothing_behind(tmp_path: Path, crops: np.ndarray) -> None:
    with pytest.raises(ParityFailed, match=r"tiny-untrained: head emotion, random crops, batch 1: relative error"):
        export_bundle(Wrong(), tiny_spec(), tmp_path / "out", real_crops=crops)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("right_graph")
def test_failed_parity_keeps_the_older_bundle(tmp_path: Path, crops: np.ndarray) -> None:
    older = export_bundle(tiny_network(), tiny_spec(model_id="older"), tmp_path / "out", real_crops=crops)
    with pytest.raises(ParityFailed):
        export_bundle(Wrong(), tiny_spec(), older, real_crops=crops)
    assert open_bundle(older).spec.model_id == "older"
    assert list(tmp_path.iterdir()) == [older]
    export_bundle(tiny_network(), tiny_spec(model_id="newer"), older, real_crops=crops)
    assert open_bundle(older).spec.model_id == "newer"
    assert list(tmp_path.iterdir()) == [older]


@pytest.mark.usefixtures("right_graph")
def test_graph_with_other_weights_is_refused(tmp_path: Path, crops: np.ndarray) -> None:
    """The weights in the graph must be those of the file, bit for bit."""
    with pytest.raises(SpecMismatch, match=r"stem\.0\.weight differs between graph and weights\.safetensors"):
        export_bundle(tiny_network(7), tiny_spec(), tmp_path / "out", real_crops=crops)
    assert list(tmp_path.iterdir()) == []


def test_folder_with_other_things_is_left_alone(tmp_path: Path, crops: np.ndarray) -> None:
    (tmp_path / "thesis.md").write_text("years of work")
    with pytest.raises(BundleUnwritable, match="exists and is no bundle"):
        export_bundle(tiny_network(), tiny_spec(), tmp_path, real_crops=crops)
    assert not (tmp_path / MANIFEST).exists()


def test_unwritable_place(tmp_path: Path, crops: np.ndarray) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleUnwritable, match=r"file/out: (Not a directory|File exists)"):
        export_bundle(tiny_network(), tiny_spec(), tmp_path / "file" / "out", real_crops=crops)


@pytest.mark.usefixtures("right_graph")
def test_full_disk_leaves_nothing_behind(tmp_path: Path, crops: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, model_id: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, "write_manifest", full)
    with pytest.raises(BundleUnwritable, match="out: No space left on device") as refusal:
        export_bundle(tiny_network(), tiny_spec(), tmp_path / "out", real_crops=crops)
    assert refusal.value.exit_code == 73
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [
        ((2, 96, 96), np.uint8, r"network wants 112 px, real crops give \(96, 96\)"),
        ((0, 112, 112), np.uint8, "want at least one"),
        ((2, 112, 112, 4), np.uint8, "want .* uint8, got"),
        ((2, 112, 112), np.float32, "want .* uint8, got"),
    ],
)
def test_crops_that_are_none(tmp_path: Path, shape: tuple[int, ...], dtype: type, message: str) -> None:
    with pytest.raises(SpecMismatch, match=message):
        export_bundle(tiny_network(), tiny_spec(), tmp_path / "out", real_crops=np.zeros(shape, dtype))


def test_network_for_another_crop(tmp_path: Path) -> None:
    spec = replace(tiny_spec(), input_px=96)
    with pytest.raises(SpecMismatch, match="network wants 96 px, crop gives 112"):
        export_bundle(tiny_network(), spec, tmp_path / "out", real_crops=np.zeros((1, 96, 96), np.uint8))
    for change, message in (
        ({"input_channels": 3}, "network wants 3 channels, models.preprocess makes 1"),
        ({"normalisation": "raw"}, "network wants input 'raw', this program makes 'face-window-1'"),
    ):
        with pytest.raises(SpecMismatch, match=message):
            export_bundle(
                tiny_network(),
                replace(tiny_spec(), **change),
                tmp_path / "out",
                real_crops=np.zeros((1, 112, 112), np.uint8),
            )
