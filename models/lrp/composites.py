"""Composites by name: which LRP rule each layer gets. One rule for convolutions, one for dense layers.

    z             z rule (LRP-0) everywhere
    epsilon       ε rule everywhere, ε = 0.01
    alpha2-beta1  α = 2, β = 1 everywhere
    zplus         z⁺ for convolutions, z for dense layers (Prajod et al.)
    preset-a      flat for the first convolution, z⁺ for the others, ε = 0.1 for dense layers (iNNvestigate PresetAFlat)
    preset-b      flat for the first convolution, α = 2, β = 1 for the others, ε = 0.1 for dense layers (PresetBFlat)

Activations pass relevance on unchanged, max pooling gives it to the winner, average pooling spreads it by share.
The addition of residual and shortcut is a linear layer and gets the rule of the convolutions. BatchNorm is folded
first.

``z`` and ``epsilon`` keep the biases in their denominators, as Bach et al. write them: without, a ResNet's
denominators come close to 0 and relevance explodes (measured 1e23 times the logit); with them the biases absorb
their share and the conservation error says how much. All other composites leave biases out and conserve the logit
up to their ε.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn
from zennit.composites import LayerMapComposite, SpecialFirstLayerMapComposite
from zennit.core import Composite, Hook
from zennit.rules import Epsilon, Flat, Norm, Pass
from zennit.types import Activation, AvgPool, BatchNorm, Convolution

from models.errors import SpecMismatch
from models.lrp.canonize import FoldBatchNorm
from models.lrp.rules import STABILIZER, AddRule, AlphaBetaNoLeak
from models.networks.reduced_resnet18 import Add

EPSILON = 0.01
"""ε of the ``epsilon`` composite."""
PRESET_EPSILON = 0.1
"""ε of the dense layers in the presets, as in iNNvestigate."""
DEFAULT = "zplus"
"""Conserves the logit, has no ε to tune, and leaves negative contributions out, as μ does."""


def _epsilon(epsilon: float) -> Epsilon:
    return Epsilon(epsilon=epsilon)


def _dense(epsilon: float) -> Epsilon:
    return Epsilon(epsilon=epsilon, zero_params=["bias"])


def _composite(convolution: Hook, dense: Hook, addition: Hook, *, flat_first: bool = False) -> Composite:
    layers = [
        (Activation, Pass()),
        (BatchNorm, Pass()),
        (AvgPool, Norm(stabilizer=STABILIZER)),
        (Add, addition),
        (Convolution, convolution),
        (nn.Linear, dense),
    ]
    canonizers = [FoldBatchNorm()]
    if flat_first:
        first = [(Convolution, Flat(stabilizer=STABILIZER))]
        return SpecialFirstLayerMapComposite(layer_map=layers, first_map=first, canonizers=canonizers)
    return LayerMapComposite(layer_map=layers, canonizers=canonizers)


_BUILDERS: Mapping[str, Callable[[], Composite]] = {
    "z": lambda: _composite(_epsilon(STABILIZER), _epsilon(STABILIZER), AddRule()),
    "epsilon": lambda: _composite(_epsilon(EPSILON), _epsilon(EPSILON), AddRule(epsilon=EPSILON)),
    "alpha2-beta1": lambda: _composite(AlphaBetaNoLeak(2, 1), AlphaBetaNoLeak(2, 1), AddRule(2, 1)),
    "zplus": lambda: _composite(AlphaBetaNoLeak(1, 0), _dense(STABILIZER), AddRule(1, 0)),
    "preset-a": lambda: _composite(AlphaBetaNoLeak(1, 0), _dense(PRESET_EPSILON), AddRule(1, 0), flat_first=True),
    "preset-b": lambda: _composite(AlphaBetaNoLeak(2, 1), _dense(PRESET_EPSILON), AddRule(2, 1), flat_first=True),
}

NAMES = tuple(_BUILDERS)
"""The composites that can be asked for."""


def build(name: str) -> Composite:
    """A fresh composite; SpecMismatch names the known ones when ``name`` is not among them."""
    if name not in _BUILDERS:
        raise SpecMismatch(f"no LRP composite {name!r}, only {', '.join(NAMES)}")
    return _BUILDERS[name]()
