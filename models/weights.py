"""A bundle's weights as a torch network: what the sidecar explains is what the classifier runs.

A float16 or int8 bundle holds the weights of the network with BatchNorm folded into its convolutions; they are widened
to float32 and loaded into the folded network. Activations, which the deployed graph rounds as well, stay float32.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from models.bundle import Bundle, Precision
from models.dequantise import dequantised
from models.errors import BundleCorrupt, SpecMismatch
from models.folding import folded
from models.networks import reduced_resnet18, region_resnet18
from models.spec import ModelSpec

NETWORKS: Mapping[str, Callable[[ModelSpec], nn.Module]] = {
    "reduced_resnet18": reduced_resnet18.build,
    "region_resnet18": region_resnet18.build,
    "region_resnet18_units": region_resnet18.build,
}
"""Architectures by the name that ``ModelSpec.architecture`` gives."""


def load_network(bundle: Bundle) -> nn.Module:
    """The bundle's network in eval mode, on the CPU, without gradients for its weights.

    BundleCorrupt when the weights changed since the bundle was opened, SpecMismatch when they do not fit the
    specification.
    """
    try:
        data = bundle.weights.read_bytes()
    except OSError as error:
        raise BundleCorrupt(f"{bundle.weights}: {error.strerror or error}; restore it") from error
    if hashlib.sha256(data).hexdigest() != bundle.weights_sha256:
        raise BundleCorrupt(f"{bundle.weights}: changed since the bundle was opened (sha256 differs); restore it")
    return network_from(bundle.spec, data, bundle.weights, bundle.precision)


def network_from(spec: ModelSpec, data: bytes, source: Path, precision: Precision = Precision.FLOAT32) -> nn.Module:
    """The network of ``spec`` with the weights of a safetensors file's bytes; ``source`` is named in errors.

    BatchNorm is folded away unless ``precision`` is float32.
    """
    build = NETWORKS.get(spec.architecture)
    if build is None:
        raise SpecMismatch(f"{source}: unknown architecture {spec.architecture!r}, known are {', '.join(NETWORKS)}")
    try:
        state = load(data)
    except SafetensorError as error:
        raise BundleCorrupt(f"{source}: cannot be read as safetensors ({error})") from error
    with torch.device("meta"):
        network = build(spec) if precision is Precision.FLOAT32 else folded(build(spec))
    if precision is not Precision.FLOAT32:
        state = dequantised(state, source)
    _require_fit(network.state_dict(), state, spec, source)
    network.load_state_dict(state, assign=True)
    return network.requires_grad_(False).eval()


def _require_fit(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor], spec: ModelSpec, source: Path) -> None:
    for name, tensor in wanted.items():
        if name not in state:
            raise SpecMismatch(f"{source}: has no {name}, which {spec.architecture} of {spec.model_id} needs")
        if state[name].shape != tensor.shape:
            shapes = f"{tuple(state[name].shape)}, the specification wants {tuple(tensor.shape)}"
            raise SpecMismatch(f"{source}: {name} is {shapes}")
    unknown = sorted(set(state) - set(wanted))
    if unknown:
        raise SpecMismatch(f"{source}: {unknown[0]} has no place in {spec.architecture} of {spec.model_id}")
