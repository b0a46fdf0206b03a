"""A bundle is whole or refused, and the refusal names the file."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import FILES, GRAPH, MANIFEST, SPEC, WEIGHTS, default_bundle, open_bundle, sha256, write_manifest
from models.errors import BundleCorrupt, SpecMismatch


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def test_opens_and_knows_its_weights(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    assert bundle.spec.model_id == "tiny-untrained"
    assert bundle.weights_sha256 == sha256(tiny_bundle / WEIGHTS)
    assert set(bundle.files) == set(FILES)
    assert {entry.name for entry in tiny_bundle.iterdir()} == {*FILES, MANIFEST}


@pytest.mark.parametrize("name", FILES)
def test_changed_byte_is_refused(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(BundleCorrupt, match=f"{name}: changed since export"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_refused(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(BundleCorrupt, match=f"{name}: No such file"):
        open_bundle(bundle)


def test_no_bundle_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleCorrupt, match=r"nowhere: no model here; run `vigil export` or point VIGIL_MODEL"):
        open_bundle(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "sha256": 3}', "\x00\xff"])
def test_unreadable_manifest(bundle: Path, text: str) -> None:
    (bundle / MANIFEST).write_text(text)
    with pytest.raises(BundleCorrupt, match=MANIFEST):
        open_bundle(bundle)


def test_manifest_of_another_format(bundle: Path) -> None:
    (bundle / MANIFEST).write_text(json.dumps({"format": 99, "sha256": {}}))
    with pytest.raises(BundleCorrupt, match="format 99, this program reads 1"):
        open_bundle(bundle)


def test_manifest_may_not_name_files_outside(bundle: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text())
    manifest["sha256"]["../secret"] = "0" * 64
    (bundle / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(BundleCorrupt, match="outside the bundle"):
        open_bundle(bundle)


def test_resealed_bundle_with_other_weights_is_refused(bundle: Path) -> None:
    """All hashes agree, yet the graph was made from other weights."""
    data = bytearray((bundle / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (bundle / WEIGHTS).write_bytes(data)
    write_manifest(bundle, "tiny-untrained")
    with pytest.raises(BundleCorrupt, match=f"{GRAPH}: was exported from other weights"):
        open_bundle(bundle)


def test_resealed_bundle_with_another_specification_is_refused(bundle: Path) -> None:
    spec = replace(open_bundle(bundle).spec, calibrated=True)
    (bundle / SPEC).write_text(spec.to_json())
    write_manifest(bundle, "tiny-untrained")
    with pytest.raises(SpecMismatch, match=f"{GRAPH}: was exported with another specification"):
        open_bundle(bundle)


@pytest.mark.parametrize("data", [b"", b"not a network", b"\xff" * 40, b"\x72\x7f\x00"])
def test_resealed_bundle_without_a_graph_is_refused(bundle: Path, data: bytes) -> None:
    (bundle / GRAPH).write_bytes(data)
    write_manifest(bundle, "tiny-untrained")
    with pytest.raises(BundleCorrupt, match=GRAPH):
        open_bundle(bundle)


def test_default_bundle_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VIGIL_MODEL", str(tmp_path))
    assert default_bundle() == tmp_path
    monkeypatch.delenv("VIGIL_MODEL")
    assert default_bundle().parts[-3:] == ("models", "zoo", "face-112")
