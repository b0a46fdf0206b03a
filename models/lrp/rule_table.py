"""Every LRP rule that the four papers use, by name, for any of their networks.

    name                convolutions      dense layers          first layer   biases     used by
    z                   z (LRP-0)         z                     z             kept       W
    epsilon             ε = 0.01          ε = 0.01              ε             kept       W, A
    alpha1-beta0        α = 1, β = 0      α = 1, β = 0          α, β          left out
    alpha2-beta1        α = 2, β = 1      α = 2, β = 1          α, β          left out   A
    zplus               z⁺                z                     z⁺            left out   P
    flat                flat              flat                  flat          none
    w2                  w²                w²                    w²            none
    preset-a-flat       α = 1, β = 0      ε = 0.1               flat          kept       W, R (iNNvestigate)
    preset-b-flat       α = 2, β = 1      ε = 0.1               flat          kept       W, R (iNNvestigate)
    kohlbrenner         z⁺                ε = 1e-6              flat          left out   R (best practice)
    kohlbrenner-alpha2  α = 2, β = 1      ε = 1e-6              flat          left out

The convention is α − β = 1; A writes α + β = 1, so its α = 2, β = −1 is alpha2-beta1 here. Any rule can be given
another first layer (``flat``, ``w2``, or ``zb`` for z^B, which wants the pixel range) and renormalisation per layer.

A bias that is kept takes its share of relevance with it; where biases are left out nothing is lost but to ε and to
units that no input supports. BatchNorm is folded into the convolution before it, except in the presets, which follow
iNNvestigate to the letter (``innvestigate_rules``). Activations and local response normalisation pass relevance on
unchanged, max pooling gives it to the winner, average pooling spreads it by share (flat and w2: evenly). The addition
of residual and shortcut gets the convolutions' rule, in the presets the z rule, as iNNvestigate has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import nn
from zennit.composites import LayerMapComposite, SpecialFirstLayerMapComposite
from zennit.core import Composite, Hook
from zennit.rules import Epsilon, Flat, Norm, Pass, WSquare, ZBox
from zennit.types import Activation, AvgPool, BatchNorm, Convolution

from models.errors import SpecMismatch
from models.lrp.canonize import FoldBatchNorm
from models.lrp.even_addition import EvenAddition
from models.lrp.innvestigate_rules import AlphaBetaWithBias, BatchNormRule
from models.lrp.renormalised import Renormalised
from models.lrp.rules import STABILIZER, AddRule, AlphaBetaNoLeak
from models.networks.reduced_resnet18 import Add

EPSILON, PRESET_EPSILON, SMALL_EPSILON = 0.01, 0.1, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOptions:
    """What can be asked of a named rule.

    ``epsilon`` replaces the ε of every layer that has one; ``first`` (flat, w2 or zb) the first layer's rule;
    ``low`` and ``high`` are the least and greatest pixel value after normalisation, for zb; ``renormalise`` makes
    each layer give on as much relevance as it got.
    """

    epsilon: float | None = None
    first: str | None = None
    low: float = 0.0
    high: float = 1.0
    renormalise: bool = False


_Rules = tuple[Hook, Hook, Hook]  # convolutions, dense layers, addition
_FIRST: Mapping[str, Callable[[RuleOptions], Hook]] = {
    "flat": lambda options: Flat(stabilizer=STABILIZER),
    "w2": lambda options: WSquare(stabilizer=STABILIZER, zero_params=["bias"]),
    "zb": lambda options: ZBox(options.low, options.high, stabilizer=STABILIZER, zero_params=["bias"]),
}
FIRST_LAYER = tuple(_FIRST)
"""Rules that the first layer can be given on its own."""


def _epsilon(epsilon: float, *, bias: bool) -> Epsilon:
    return Epsilon(epsilon=epsilon, zero_params=None if bias else ["bias"])


def _everywhere(epsilon: float) -> _Rules:
    return _epsilon(epsilon, bias=True), _epsilon(epsilon, bias=True), AddRule(epsilon=epsilon)


def _contributions(alpha: float, beta: float, dense: Hook | None = None) -> _Rules:
    return AlphaBetaNoLeak(alpha, beta), dense or AlphaBetaNoLeak(alpha, beta), AddRule(alpha, beta)


def _of_weights(rule: Callable[[], Hook]) -> _Rules:
    return rule(), rule(), EvenAddition()


def _preset(alpha: float, beta: float, epsilon: float) -> _Rules:
    return AlphaBetaWithBias(alpha, beta), _epsilon(epsilon, bias=True), AddRule()


@dataclass(frozen=True, slots=True)
class _Rule:
    layers: Callable[[float], _Rules]
    epsilon: float | None = None
    first: str | None = None
    innvestigate: bool = False
    evenly: bool = False


_NAMED: Mapping[str, _Rule] = {
    "z": _Rule(lambda _: _everywhere(STABILIZER)),
    "epsilon": _Rule(_everywhere, EPSILON),
    "alpha1-beta0": _Rule(lambda _: _contributions(1, 0)),
    "alpha2-beta1": _Rule(lambda _: _contributions(2, 1)),
    "zplus": _Rule(lambda _: _contributions(1, 0, _epsilon(STABILIZER, bias=False))),
    "flat": _Rule(lambda _: _of_weights(lambda: Flat(stabilizer=STABILIZER)), evenly=True),
    "w2": _Rule(lambda _: _of_weights(lambda: WSquare(stabilizer=STABILIZER, zero_params=["bias"])), evenly=True),
    "preset-a-flat": _Rule(lambda epsilon: _preset(1, 0, epsilon), PRESET_EPSILON, "flat", innvestigate=True),
    "preset-b-flat": _Rule(lambda epsilon: _preset(2, 1, epsilon), PRESET_EPSILON, "flat", innvestigate=True),
    "kohlbrenner": _Rule(lambda epsilon: _contributions(1, 0, _epsilon(epsilon, bias=False)), SMALL_EPSILON, "flat"),
    "kohlbrenner-alpha2": _Rule(
        lambda epsilon: _contributions(2, 1, _epsilon(epsilon, bias=False)), SMALL_EPSILON, "flat"
    ),
}


def _composite(rule: _Rule, options: RuleOptions) -> Composite:
    def wrapped(hook: Hook) -> Hook:
        return Renormalised(hook) if options.renormalise else hook

    epsilon = options.epsilon if options.epsilon is not None else rule.epsilon
    convolution, dense, addition = rule.layers(epsilon or STABILIZER)
    layers = [
        (Activation, Pass()),
        (nn.LocalResponseNorm, Pass()),
        (BatchNorm, wrapped(BatchNormRule()) if rule.innvestigate else Pass()),
        (AvgPool, wrapped(Flat(stabilizer=STABILIZER) if rule.evenly else Norm(stabilizer=STABILIZER))),
        (Add, wrapped(addition)),
        (Convolution, wrapped(convolution)),
        (nn.Linear, wrapped(dense)),
    ]
    canonizers = [] if rule.innvestigate else [FoldBatchNorm()]
    first = options.first or rule.first
    if first is None:
        return LayerMapComposite(layer_map=layers, canonizers=canonizers)
    first_map = [(Convolution, wrapped(_FIRST[first](options)))]
    return SpecialFirstLayerMapComposite(layer_map=layers, first_map=first_map, canonizers=canonizers)


def composite(name: str, options: RuleOptions | None = None) -> Composite:
    """A fresh composite of the rule ``name``.

    SpecMismatch when the name or the first layer's is unknown, when ``epsilon`` is asked of a rule without one or is
    not > 0, and when the pixel range of zb is empty.
    """
    options = options or RuleOptions()
    if name not in _NAMED:
        raise SpecMismatch(f"no LRP rule {name!r}, only {', '.join(_NAMED)}")
    rule = _NAMED[name]
    if options.first is not None and options.first not in _FIRST:
        raise SpecMismatch(f"no rule {options.first!r} for the first layer, only {', '.join(_FIRST)}")
    if options.epsilon is not None and (rule.epsilon is None or not options.epsilon > 0):
        reason = "it has no ε" if rule.epsilon is None else f"ε must be > 0, got {options.epsilon:g}"
        raise SpecMismatch(f"LRP rule {name}: {reason}")
    if options.first == "zb" and not options.low < options.high:
        raise SpecMismatch(f"z^B wants the pixels' range, got {options.low:g} to {options.high:g}")
    return _composite(rule, options)


def _factory(name: str) -> Callable[[RuleOptions | None], Composite]:
    def make(options: RuleOptions | None = None) -> Composite:
        return composite(name, options)

    return make


RULES: Mapping[str, Callable[[RuleOptions | None], Composite]] = MappingProxyType(
    {name: _factory(name) for name in _NAMED}
)
"""Rule name → factory of composites."""
