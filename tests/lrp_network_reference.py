"""LRP of the papers' networks in slow matrix form, float64: every layer a matrix, every rule a sum over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import lrp_reference as rules
import numpy as np
import torch
from torch import nn

from models.networks import levi_hassner, paper_resnet18, small_cnn, vgg16
from models.networks.reduced_resnet18 import BasicBlock

TINY, CHUNK = 1e-9, 512
Rule = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # matrix (outputs, inputs), bias, x, R


def epsilon(value: float, *, bias: bool) -> Rule:
    return lambda matrix, b, x, relevance: rules.epsilon_rule(matrix, b if bias else 0 * b, x, relevance, value)


def alpha_beta(alpha: float, beta: float) -> Rule:
    return lambda matrix, _, x, relevance: rules.alpha_beta_rule(matrix, x, relevance, alpha, beta)


def alpha_beta_of_innvestigate(alpha: float, beta: float) -> Rule:
    """z⁺ and z⁻ apart, the whole bias under both; a denominator of exactly 0 becomes Keras' 1e-7."""

    def rule(matrix: np.ndarray, bias: np.ndarray, x: np.ndarray, relevance: np.ndarray) -> np.ndarray:
        result = np.zeros_like(x)
        for row, b, r in zip(matrix, bias, relevance, strict=True):
            z = row * x
            up, down = z[z > 0].sum() + b, z[z < 0].sum() + b
            result += alpha * np.maximum(z, 0) * r / (up or 1e-7) - beta * np.minimum(z, 0) * r / (down or 1e-7)
        return result

    return rule


def flat(matrix: np.ndarray, _: np.ndarray, __: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    return rules.flat_rule(matrix, relevance)


def w2(matrix: np.ndarray, _: np.ndarray, __: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    """Montavon et al. 2017: R_i = Σ_j w_ij² / Σ_i' w_i'j² R_j."""
    return (matrix**2 / ((matrix**2).sum(axis=1, keepdims=True) + TINY)).T @ relevance


def zb(low: float, high: float) -> Rule:
    """Montavon et al. 2017: contributions x w − l w⁺ − h w⁻."""

    def rule(matrix: np.ndarray, _: np.ndarray, x: np.ndarray, relevance: np.ndarray) -> np.ndarray:
        z = matrix * x - low * np.maximum(matrix, 0) - high * np.minimum(matrix, 0)
        return (z / rules.with_sign(z.sum(axis=1), TINY)[:, None]).T @ relevance

    return rule


def batch_norm_of_innvestigate(norm: nn.BatchNorm2d, x: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    """Subtract, scale, add: shares x / (x − μ), 1 and (y − β) / y; x and R flat over (C, H, W)."""
    mean, variance, scale, shift = (
        np.repeat(t.detach().numpy(), len(x) // norm.num_features)
        for t in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    y = (x - mean) / np.sqrt(variance + norm.eps) * scale + shift
    return x * (y - shift) * relevance / rules.with_sign((x - mean) * y, 1e-7)


BY_SHARE = epsilon(TINY, bias=False)


@dataclass(frozen=True)
class Scheme:
    convolution: Rule
    dense: Rule
    addition: Rule
    first: Rule
    average: Rule = BY_SHARE
    fold: bool = True
    renormalise: bool = False

    def given(self, shares: np.ndarray, relevance: np.ndarray) -> np.ndarray:
        """What a layer gives on; renormalised, as much as it got."""
        return shares * relevance.sum() / shares.sum() if self.renormalise else shares


@dataclass
class Affine:
    """A convolution, perhaps with the BatchNorm after it, or a dense layer, as matrix and bias over flat inputs."""

    matrix: np.ndarray
    bias: np.ndarray
    shape: tuple[int, ...]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.matrix @ x + self.bias


class SlowLrp:
    """Matrices are made once for each network; ``explain`` then applies any scheme."""

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        self.made: dict[tuple[int, ...], Affine] = {}

    def explain(self, picture: np.ndarray, index: int, scheme: Scheme) -> tuple[np.ndarray, float]:
        x, shape, tape = picture.reshape(-1), picture.shape, []
        for unit in self._units(self.network, scheme.fold):
            if isinstance(unit, BasicBlock):
                x, shape, back = self._block(unit, x, shape, scheme)
            else:  # every architecture begins with its first convolution
                x, shape, back = self._layer(unit, x, shape, scheme, first=not tape)
            tape.append(back)
        relevance = np.where(np.arange(len(x)) == index, x, 0.0)
        for back in reversed(tape):
            relevance = back(relevance)
        return relevance.reshape(picture.shape), float(x[index])

    def _units(self, module: nn.Module, fold: bool) -> Iterator[nn.Module | tuple[nn.Module, ...]]:
        """Leaves in their order, a BasicBlock whole, a BatchNorm with the convolution it is folded into."""
        leaves = list(self._leaves(module))
        while leaves:
            leaf = leaves.pop(0)
            if fold and isinstance(leaf, nn.Conv2d) and leaves and isinstance(leaves[0], nn.BatchNorm2d):
                yield leaf, leaves.pop(0)
            else:
                yield leaf

    def _leaves(self, module: nn.Module) -> Iterator[nn.Module]:
        children = list(module.children())
        if isinstance(module, BasicBlock) or not children:
            yield module
        else:
            for child in children:
                yield from self._leaves(child)

    def _affine(self, parts: tuple[nn.Module, ...], shape: tuple[int, ...]) -> Affine:
        key = tuple(map(id, parts))
        if key not in self.made:

            def through(batch: torch.Tensor) -> torch.Tensor:
                with torch.no_grad():
                    for part in parts:
                        batch = part(batch)
                return batch

            nothing = through(torch.zeros(1, *shape, dtype=torch.float64))
            count = int(np.prod(shape))
            columns = [
                (
                    through(torch.eye(count, dtype=torch.float64)[start : start + CHUNK].reshape(-1, *shape)) - nothing
                ).flatten(1)
                for start in range(0, count, CHUNK)
            ]
            matrix = torch.cat(columns).T.numpy()
            matrix[np.abs(matrix) < 1e-14] = 0.0  # what subtracting the bias leaves where nothing is connected
            self.made[key] = Affine(matrix, nothing.flatten().numpy(), tuple(nothing.shape[1:]))
        return self.made[key]

    def _layer(self, unit, x, shape, scheme: Scheme, *, first: bool):
        parts = unit if isinstance(unit, tuple) else (unit,)
        kind = parts[0]
        if isinstance(kind, nn.Conv2d | nn.Linear):
            layer = self._affine(parts, shape)
            rule = scheme.dense if isinstance(kind, nn.Linear) else scheme.first if first else scheme.convolution
            return (
                layer(x),
                layer.shape,
                lambda relevance: scheme.given(rule(layer.matrix, layer.bias, x, relevance), relevance),
            )
        if isinstance(kind, nn.MaxPool2d):
            given = torch.from_numpy(x.reshape(1, *shape))
            pooled, winner = nn.functional.max_pool2d(
                given, kind.kernel_size, kind.stride, kind.padding, ceil_mode=kind.ceil_mode, return_indices=True
            )
            place = winner[0].flatten(1).numpy() + np.arange(shape[0])[:, None] * shape[1] * shape[2]
            return (
                pooled.flatten().numpy(),
                tuple(pooled.shape[1:]),
                lambda relevance: np.bincount(place.ravel(), relevance, minlength=len(x)),
            )
        if isinstance(kind, nn.AdaptiveAvgPool2d):
            matrix = np.kron(np.eye(shape[0]), np.full((1, shape[1] * shape[2]), 1 / (shape[1] * shape[2])))
            bias = np.zeros(shape[0])
            return (
                matrix @ x,
                (shape[0], 1, 1),
                lambda relevance: scheme.given(scheme.average(matrix, bias, x, relevance), relevance),
            )
        with torch.no_grad():
            y = kind(torch.from_numpy(x.reshape(1, *shape)))
        if isinstance(kind, nn.BatchNorm2d):
            return y.flatten().numpy(), shape, lambda r: scheme.given(batch_norm_of_innvestigate(kind, x, r), r)
        assert isinstance(kind, nn.ReLU | nn.Flatten | nn.Dropout | nn.LocalResponseNorm)
        return y.flatten().numpy(), tuple(y.shape[1:]), lambda relevance: relevance

    def _block(self, block: BasicBlock, x, shape, scheme: Scheme):
        left, right = [], []
        y, size = x, shape
        for unit in ((block.conv1, block.bn1), block.relu1, (block.conv2, block.bn2)):
            for part in [unit] if scheme.fold or not isinstance(unit, tuple) else unit:
                y, size, back = self._layer(part, y, size, scheme, first=False)
                left.append(back)
        other = x
        if not isinstance(block.shortcut, nn.Identity):
            pair = tuple(block.shortcut)
            between = shape
            for part in [pair] if scheme.fold else pair:
                other, between, back = self._layer(part, other, between, scheme, first=False)
                right.append(back)
        both, sides = np.concatenate([y, other]), np.hstack([np.eye(len(y))] * 2)

        def back_through(relevance: np.ndarray) -> np.ndarray:
            shares = scheme.given(scheme.addition(sides, np.zeros(len(y)), both, relevance), relevance)
            on_left, on_right = shares[: len(y)], shares[len(y) :]
            for back in reversed(left):
                on_left = back(on_left)
            for back in reversed(right):
                on_right = back(on_right)
            return on_left + on_right

        return np.maximum(y + other, 0), size, back_through


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "small_cnn": (lambda: small_cnn.build(outputs=3, input_px=16, width=1 / 16), (3, 16, 16)),
    "vgg16": (lambda: vgg16.build(outputs=4, input_px=32, channels=1, width=1 / 32, dense=(512,)), (1, 32, 32)),
    "levi_hassner": (lambda: levi_hassner.build(outputs=2, input_px=51, channels=1, width=1 / 16), (1, 51, 51)),
    "paper_resnet18": (lambda: paper_resnet18.build(outputs=8, stacks=(1, 2, 1, 0), width=4), (3, 32, 32)),
}


def tiny(name: str, seed: int = 4) -> nn.Module:
    """One of the papers' architectures, small, float64, with biases and statistics that nothing can ignore."""
    torch.manual_seed(seed)
    network = NETWORKS[name][0]()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.4)
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.uniform_(module.bias, -0.1, 0.2)
    return network.double().eval()


def picture(name: str, seed: int = 0) -> np.ndarray:
    """Pixels in [−1, 1] for ``tiny(name)``: both signs, so that rules for inputs of either sign are tried."""
    return np.random.default_rng(seed).uniform(-1, 1, size=NETWORKS[name][1])
