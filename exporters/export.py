"""A trained network → a bundle (``models.bundle``), whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save
from torch import nn

from exporters.graph import point_into, trace
from exporters.parity import certify
from models.bundle import CARD, GRAPH, MANIFEST, PARITY, SPEC, WEIGHTS, open_bundle, sha256, write_manifest
from models.errors import BundleUnwritable, SpecMismatch
from models.preprocess import CROP, CROP_PX, NORMALISATION
from models.spec import ModelSpec


def export_bundle(
    network: nn.Module, spec: ModelSpec, out: Path, *, real_crops: NDArray[np.uint8], card: str = ""
) -> Path:
    """Writes the float32 bundle of ``network`` to ``out`` and returns that path; an older bundle there is replaced.

    ``real_crops`` (N, S, S[, 3]) uint8, N ≥ 1, enter the parity certificate. Without ``card`` a short one is
    made of the specification. ParityFailed and every other error leave ``out`` as it was; BundleUnwritable when
    ``out`` cannot be written or holds something else than a bundle.
    """
    require_crops(spec, real_crops)
    with resting(network), replacing(out) as folder:
        fill(folder, network, spec, real_crops, card)
    return out


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``out`` once ``open_bundle`` takes it; errors leave ``out`` as it was."""
    if out.exists() and not (out / MANIFEST).is_file() and not (out.is_dir() and not any(out.iterdir())):
        raise BundleUnwritable(f"{out}: exists and is no bundle; choose another folder")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as staging:
            folder = Path(staging) / "new"
            folder.mkdir()
            yield folder
            open_bundle(folder)
            _put(folder, out, Path(staging) / "old")
    except OSError as error:
        raise BundleUnwritable(f"{out}: {error.strerror or error}") from error


@contextmanager
def resting(network: nn.Module) -> Iterator[None]:
    """``network`` in eval mode, and afterwards as it was."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def fill(folder: Path, network: nn.Module, spec: ModelSpec, real_crops: NDArray[np.uint8], card: str) -> None:
    """Writes the files of the float32 bundle of ``network``, in eval mode, into ``folder`` and seals them."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    (folder / WEIGHTS).write_bytes(save(state))
    weights_sha256 = sha256(folder / WEIGHTS)
    (folder / SPEC).write_text(spec.to_json(), encoding="utf-8")
    model = trace(network, spec)
    point_into(model, folder / WEIGHTS, spec, weights_sha256)
    (folder / GRAPH).write_bytes(model.SerializeToString(deterministic=True))
    certificate = certify(network, spec, folder / GRAPH, real_crops)
    certificate |= {"model_id": spec.model_id, "weights_sha256": weights_sha256, "graph_sha256": sha256(folder / GRAPH)}
    (folder / PARITY).write_text(json.dumps(certificate, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card or card_of(spec), encoding="utf-8")
    write_manifest(folder, spec.model_id)


def require_crops(spec: ModelSpec, crops: NDArray[np.uint8]) -> None:
    """SpecMismatch unless ``crops`` are (N, S, S[, 3]) uint8 as this program and the network of ``spec`` want them."""
    if crops.dtype != np.uint8 or crops.ndim not in (3, 4) or (crops.ndim == 4 and crops.shape[3] != 3):
        raise SpecMismatch(f"real crops: want (N, S, S) or (N, S, S, 3) uint8, got {crops.shape} {crops.dtype}")
    if len(crops) == 0:
        raise SpecMismatch("real crops: want at least one")
    if crops.shape[1] != spec.input_px or crops.shape[2] != spec.input_px:
        raise SpecMismatch(f"{spec.model_id}: network wants {spec.input_px} px, real crops give {crops.shape[1:3]}")
    spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION)
    if spec.input_channels != 1:
        raise SpecMismatch(f"{spec.model_id}: network wants {spec.input_channels} channels, models.preprocess makes 1")


def _put(folder: Path, out: Path, aside: Path) -> None:
    """Moves ``folder`` to ``out``; what lay there goes ``aside`` and comes back when that fails."""
    if not out.exists():
        folder.replace(out)
        return
    shutil.move(out, aside)
    try:
        folder.replace(out)
    except OSError:
        shutil.move(aside, out)
        raise


def card_of(spec: ModelSpec) -> str:
    """The short card of a network that came without one."""
    heads = "\n".join(f"- {head.name}: {', '.join(head.labels)}" for head in spec.heads)
    return (
        f"# {spec.model_id}\n\n{spec.architecture}, width {spec.width}, input {spec.input_px} px.\n\n{heads}\n\n"
        "No card came with this checkpoint: what it was trained on and how well it does are not stated.\n"
    )
