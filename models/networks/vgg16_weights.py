"""torchvision's ImageNet weights in our VGG16, from a file that the user names."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from models.errors import DataInvalid, DataMissing, SpecMismatch
from models.networks.vgg16 import Vgg16


def load_imagenet(network: Vgg16, file: Path) -> tuple[str, ...]:
    """Fills ``network`` from torchvision's ``vgg16`` state dict (.pth) and names the layers that were filled.

    Always the thirteen convolutions; the dense layers of 4096 where shape and number agree (224 px, width 1,
    ``dense=(4096, 4096)``); never the last layer, whose classes are others. DataMissing without the file,
    DataInvalid when it is none of torchvision's, SpecMismatch when the network has another width or input.
    """
    state = _read(file)
    convolutions = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Conv2d)]
    dense = [(name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    sources = sorted({int(key.split(".")[1]) for key in state if key.startswith("features.")})
    if len(sources) != len(convolutions):
        raise DataInvalid(
            f"{file}: {len(sources)} convolutions, VGG16 has {len(convolutions)}; give torchvision's vgg16"
        )
    pairs: list[tuple[str, nn.Conv2d | nn.Linear, str]] = []
    for (name, convolution), source in zip(convolutions, sources, strict=True):
        found = state.get(f"features.{source}.weight")
        if found is None or found.shape != convolution.weight.shape:
            shape = "missing" if found is None else tuple(found.shape)
            wanted = tuple(convolution.weight.shape)
            raise SpecMismatch(f"{file}: {name} wants weights {wanted}, found {shape}; width 1 and 3 channels fit")
        pairs.append((name, convolution, f"features.{source}"))
    for (name, layer), source_name in zip(dense[:-1], ("classifier.0", "classifier.3"), strict=False):
        found = state.get(f"{source_name}.weight")
        if found is None or found.shape != layer.weight.shape:
            break
        pairs.append((name, layer, source_name))
    with torch.no_grad():
        for _, module, source_name in pairs:
            module.weight.copy_(state[f"{source_name}.weight"])
            if module.bias is not None:
                module.bias.copy_(state[f"{source_name}.bias"])
    return tuple(name for name, _, _ in pairs)


def _read(file: Path) -> Mapping[str, Tensor]:
    if not file.is_file():
        raise DataMissing(f"{file}: no such file; save torchvision's vgg16 ImageNet state dict there (vgg16-*.pth)")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataInvalid(f"{file}: cannot be read as a state dict ({reason})") from error
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise DataInvalid(f"{file}: holds no state dict; save torchvision's vgg16 weights, not the whole network")
    return state
