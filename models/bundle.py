"""A bundle: one folder that holds a network in every form it is used in, each checked by its sha256.

    bundle.json           format, model_id, sha256 of every other file
    spec.json             the specification (``models.spec``)
    weights.safetensors   the weights, stored once
    model.onnx            the graph; its weights point by offset into weights.safetensors
    parity.json           how far ONNX Runtime and torch differ
    card.md               the model card
    variants.json         what float32, float16 and int8 were measured to do, where they were

A bundle has one precision. ``model.onnx`` carries in its metadata the specification, the hash of the weights beside
it and, in a float16 or int8 bundle, the precision and the hash of the float32 weights it was derived from. A graph
that was exported from other weights or another specification is refused, and so is a mixture of two variants.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from models.errors import BundleCorrupt, SpecMismatch
from models.onnx_metadata import read_metadata
from models.spec import ModelSpec

FORMAT = 1
MANIFEST, SPEC, WEIGHTS, GRAPH, PARITY, CARD = (
    "bundle.json",
    "spec.json",
    "weights.safetensors",
    "model.onnx",
    "parity.json",
    "card.md",
)
FILES = (SPEC, WEIGHTS, GRAPH, PARITY, CARD)
"""Every file that a bundle must have beside its manifest."""
VARIANTS = "variants.json"
"""Sealed as well where it is there."""
SPEC_KEY, WEIGHTS_KEY = "vigil.spec", "vigil.weights_sha256"
PRECISION_KEY, SOURCE_KEY = "vigil.precision", "vigil.source_weights_sha256"
"""Metadata keys of ``model.onnx``; the last two only where the precision is not float32."""


class Precision(StrEnum):
    """How a bundle's weights are stored and computed with."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verified bundle. ``files`` maps each file's name to its sha256 (hexadecimal).

    ``source_weights_sha256`` is the hash of the float32 weights that a float16 or int8 bundle was derived from.
    """

    path: Path
    spec: ModelSpec
    weights_sha256: str
    files: Mapping[str, str]
    precision: Precision = Precision.FLOAT32
    source_weights_sha256: str | None = None

    @property
    def graph(self) -> Path:
        """The ONNX graph."""
        return self.path / GRAPH

    @property
    def weights(self) -> Path:
        """The weights."""
        return self.path / WEIGHTS

    @property
    def explained_weights(self) -> str:
        """What an explanation is made from, in words; empty where it is the deployed weights themselves."""
        return "" if self.precision is Precision.FLOAT32 else f"dequantised {self.precision} weights"


def default_bundle() -> Path:
    """The bundle vigil uses: ``$VIGIL_MODEL`` when set, else the shipped ``models/zoo/face-112``."""
    configured = os.environ.get("VIGIL_MODEL")
    return Path(configured).expanduser() if configured else Path(__file__).parent / "zoo" / "face-112"


def open_bundle(path: Path) -> Bundle:
    """The bundle at ``path`` after all its hashes were compared.

    BundleCorrupt names the file that is missing or changed, SpecMismatch says which parts do not fit together.
    """
    files = _manifest(path)
    for name in FILES:
        if name not in files:
            raise BundleCorrupt(f"{path / MANIFEST}: does not list {name}; export the model again")
    for name, expected in files.items():
        if sha256(path / name) != expected:
            raise BundleCorrupt(f"{path / name}: changed since export (sha256 differs); restore it or export again")
    text = (path / SPEC).read_text(encoding="utf-8")
    spec = ModelSpec.from_json(text, source=str(path / SPEC))
    metadata = read_metadata(path / GRAPH)
    if metadata.get(WEIGHTS_KEY) != files[WEIGHTS]:
        raise BundleCorrupt(f"{path / GRAPH}: was exported from other weights than {WEIGHTS}; export the model again")
    if metadata.get(SPEC_KEY) != text:
        raise SpecMismatch(f"{path / GRAPH}: was exported with another specification than {SPEC}; export again")
    _require_certificate(path, files[WEIGHTS])
    precision, source = _precision(path, metadata)
    return Bundle(
        path=path,
        spec=spec,
        weights_sha256=files[WEIGHTS],
        files=files,
        precision=precision,
        source_weights_sha256=source,
    )


def _precision(path: Path, metadata: Mapping[str, str]) -> tuple[Precision, str | None]:
    named, source = metadata.get(PRECISION_KEY, Precision.FLOAT32), metadata.get(SOURCE_KEY)
    if named not in set(Precision):
        raise SpecMismatch(f"{path / GRAPH}: precision {named!r}, this program reads {', '.join(Precision)}")
    if (source is None) != (named == Precision.FLOAT32):
        raise BundleCorrupt(f"{path / GRAPH}: {named}, but does not say from which float32 weights; export again")
    return Precision(named), source


def _require_certificate(path: Path, weights_sha256: str) -> None:
    """BundleCorrupt unless the certificate is about these weights."""
    try:
        certified = json.loads((path / PARITY).read_text(encoding="utf-8"))["weights_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleCorrupt(f"{path / PARITY}: cannot be read as a parity certificate; export again") from error
    if certified != weights_sha256:
        raise BundleCorrupt(f"{path / PARITY}: certifies other weights than {WEIGHTS}; export the model again")


def write_manifest(path: Path, model_id: str) -> None:
    """Seals the folder: writes ``bundle.json`` over the files that lie in it."""
    sealed = (*FILES, VARIANTS) if (path / VARIANTS).is_file() else FILES
    manifest = {"format": FORMAT, "model_id": model_id, "sha256": {name: sha256(path / name) for name in sealed}}
    (path / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file; BundleCorrupt when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BundleCorrupt(f"{path}: {error.strerror or error}; restore it or export the model again") from error


def _manifest(path: Path) -> dict[str, str]:
    try:
        data = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise BundleCorrupt(f"{path / MANIFEST}: format {data['format']!r}, this program reads {FORMAT}")
        files = {str(name): str(digest) for name, digest in data["sha256"].items()}
    except FileNotFoundError as error:
        raise BundleCorrupt(f"{path}: no model here; run `vigil export` or point VIGIL_MODEL at a bundle") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BundleCorrupt(f"{path / MANIFEST}: cannot be read as a bundle's manifest ({error})") from error
    strange = [name for name in files if Path(name).name != name]
    if strange:
        raise BundleCorrupt(f"{path / MANIFEST}: names files outside the bundle: {strange[0]}")
    return files
