"""A user's own bundle: used as it is, told what it lacks, or refused in one line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

onnx = pytest.importorskip("onnx")
pytest.importorskip("torch")

from models.bundle import GRAPH, SPEC, SPEC_KEY, Bundle, open_bundle, write_manifest  # noqa: E402
from models.command import models  # noqa: E402
from models.drop_in import lacks  # noqa: E402
from models.errors import BundleCorrupt, SpecMismatch  # noqa: E402
from models.spec import EMOTIONS, ModelSpec  # noqa: E402


def bundle_of(spec: ModelSpec, tiny_bundle: Path, folder: Path) -> Bundle:
    """The tiny bundle with another specification, sealed."""
    copied = Path(shutil.copytree(tiny_bundle, folder))
    (copied / SPEC).write_text(spec.to_json(), encoding="utf-8")
    graph = onnx.load(copied / GRAPH, load_external_data=False)
    onnx.helper.set_model_props(
        graph, {entry.key: entry.value for entry in graph.metadata_props} | {SPEC_KEY: spec.to_json()}
    )
    (copied / GRAPH).write_bytes(graph.SerializeToString())
    write_manifest(copied, spec.model_id)
    return open_bundle(copied)


def test_tiny_bundle_lacks_little(tiny_bundle: Path) -> None:
    found = lacks(open_bundle(tiny_bundle))
    assert [line.split(":")[0] for line in found] == [f"no neutral prior of {', '.join(EMOTIONS)}", "not calibrated"]


def test_what_is_missing_is_named(tiny_bundle: Path, tmp_path: Path) -> None:
    spec = open_bundle(tiny_bundle).spec
    emotion, au, visibility = spec.heads
    other = {"AU09": "AU05", "AU43": "AU14"}
    changed = replace(
        spec,
        architecture="my_own",
        calibrated=True,
        neutral_prior=dict.fromkeys((*au.labels, *other.values(), *EMOTIONS), (0.0, 0.3)),
        heads=(emotion, replace(au, labels=tuple(other.get(label, label) for label in au.labels)), visibility),
    )
    found = lacks(bundle_of(changed, tiny_bundle, tmp_path / "own"))
    assert found[0] == "no AU09, AU43: PSPI cannot be computed"
    assert "unknown architecture 'my_own'" in found[1]
    assert found[1].startswith("no explanations: ")
    assert len(found) == 2


def test_command(tiny_bundle: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(models, ["check", str(tiny_bundle)])
    assert result.exception is None, result.output
    lines = result.output.splitlines()
    assert lines[0] == f"{tiny_bundle}: tiny-untrained, float32, hashes agree: can be used as it is"
    assert lines[-1].startswith("- not calibrated")

    wrong = bundle_of(replace(open_bundle(tiny_bundle).spec, input_px=96), tiny_bundle, tmp_path / "wrong")
    for folder, error, said in (
        (wrong.path, SpecMismatch, "network wants 96 px, crop gives 112"),
        (tmp_path / "nothing", BundleCorrupt, "no model here"),
    ):
        refused = CliRunner().invoke(models, ["check", str(folder)])
        assert isinstance(refused.exception, error)
        assert said in str(refused.exception)
        assert "\n" not in str(refused.exception)
