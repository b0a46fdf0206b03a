"""LRP in slow matrix form, close to the papers, float64: every layer is an explicit matrix and every rule a sum."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from models.networks.reduced_resnet18 import BasicBlock, ReducedResNet18

TINY = 1e-9


def with_sign(z, epsilon):
    return z + epsilon * np.where(z >= 0, 1.0, -1.0)


def epsilon_rule(matrix, bias, x, relevance, epsilon):
    """Bach et al. 2015, eq. 58: R_i = Σ_j z_ij / (z_j + ε sign z_j) R_j; matrix is (outputs, inputs)."""
    z = matrix * x[None, :]
    total = with_sign(z.sum(axis=1) + bias, epsilon)
    return (z / total[:, None] * relevance[:, None]).sum(axis=0)


def alpha_beta_rule(matrix, x, relevance, alpha, beta):
    """Bach et al. 2015, eq. 60, in the convention α − β = 1; one-signed outputs pass all on through that sign."""
    result = np.zeros_like(x)
    for j in range(len(matrix)):
        z = matrix[j] * x
        positive, negative = np.maximum(z, 0), np.minimum(z, 0)
        a, b = alpha, beta
        if beta and negative.sum() == 0:
            a, b = 1.0, 0.0
        elif beta and positive.sum() == 0:
            a, b = 0.0, -1.0
        result += (a * positive / with_sign(positive.sum(), TINY) - b * negative / (negative.sum() - TINY)) * relevance[
            j
        ]
    return result


def flat_rule(matrix, relevance):
    """Lapuschkin et al. 2019: every connected input gets the same share."""
    connected = (matrix != 0).astype(float)
    return (connected / (connected.sum(axis=1, keepdims=True) + TINY) * relevance[:, None]).sum(axis=0)


def convolution_matrix(convolution: nn.Conv2d, weight: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """The convolution of a (C, H, W) input as a matrix (outputs, inputs), column by column."""
    basis = torch.eye(int(np.prod(shape)), dtype=torch.float64).reshape(-1, *shape)
    columns = torch.nn.functional.conv2d(
        basis, torch.from_numpy(weight), stride=convolution.stride, padding=convolution.padding
    )
    return columns.reshape(len(basis), -1).T.numpy()


def folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[np.ndarray, np.ndarray]:
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().numpy()
    weight = convolution.weight.detach().numpy() * scale[:, None, None, None]
    return weight, norm.bias.detach().numpy() - norm.running_mean.numpy() * scale


class Linear:
    """One folded layer as matrix and bias over flat inputs."""

    def __init__(self, convolution, norm, shape):
        weight, bias = folded(convolution, norm)
        self.matrix = convolution_matrix(convolution, weight, shape)
        channels = len(weight)
        pixels = len(self.matrix) // channels
        side = round(pixels**0.5)
        self.bias = np.repeat(bias, pixels)
        self.out = (channels, side, side)

    def __call__(self, x):
        return self.matrix @ x + self.bias


class Reference:
    """``ReducedResNet18`` and its LRP in matrix form. ``rules`` names what each kind of layer gets."""

    def __init__(self, network: ReducedResNet18, rules: dict[str, tuple]):
        self.network, self.rules = network, rules

    def _apply(self, kind, matrix, bias, x, relevance):
        rule, *parameters = self.rules[kind]
        if rule == "epsilon":
            epsilon, keep_bias = parameters
            return epsilon_rule(matrix, bias if keep_bias else 0 * bias, x, relevance, epsilon)
        if rule == "alpha-beta":
            return alpha_beta_rule(matrix, x, relevance, *parameters)
        assert rule == "flat"
        return flat_rule(matrix, relevance)

    def __call__(self, picture: np.ndarray, head: str, label: int) -> tuple[np.ndarray, float]:
        stem = Linear(self.network.stem[0], self.network.stem[1], picture.shape)
        x = picture.reshape(-1)
        tape = [("first", stem.matrix, stem.bias, x)]
        x = np.maximum(stem(x), 0)
        pooled, winner = torch.nn.functional.max_pool2d(
            torch.from_numpy(x.reshape(stem.out))[None], 3, 2, 1, return_indices=True
        )
        tape.append(("winner", winner[0].numpy(), stem.out, x))
        shape, x = tuple(pooled.shape[1:]), pooled.numpy().reshape(-1)
        for block in self.network.blocks:
            assert isinstance(block, BasicBlock)
            first = Linear(block.conv1, block.bn1, shape)
            second = Linear(block.conv2, block.bn2, first.out)
            shortcut = None if isinstance(block.shortcut, nn.Identity) else Linear(*block.shortcut, shape)
            middle = np.maximum(first(x), 0)
            left, right = second(middle), x if shortcut is None else shortcut(x)
            tape.append(("block", (first, second, shortcut, middle, left, right), None, x))
            shape, x = second.out, np.maximum(left + right, 0)
        pixels = shape[1] * shape[2]
        average = np.kron(np.eye(shape[0]), np.full((1, pixels), 1.0 / pixels))
        tape.append(("average", average, np.zeros(shape[0]), x))
        x = average @ x
        dense = self.network.heads[head]
        matrix, bias = dense.weight.detach().numpy()[label : label + 1], dense.bias.detach().numpy()[label : label + 1]
        logit = matrix @ x + bias
        relevance = self._apply("dense", matrix, bias, x, logit)
        for kind, what, extra, x in reversed(tape):
            if kind == "block":
                relevance = self._block(what, x, relevance)
            elif kind == "average":
                relevance = epsilon_rule(what, extra, x, relevance, TINY)
            elif kind == "winner":
                below = np.zeros((extra[0], extra[1] * extra[2]))
                for channel, (places, values) in enumerate(
                    zip(what.reshape(extra[0], -1), relevance.reshape(extra[0], -1), strict=True)
                ):
                    np.add.at(below[channel], places, values)
                relevance = below.reshape(-1)
            else:
                relevance = self._apply("first", what, extra, x, relevance)
        return relevance.reshape(picture.shape), float(logit[0])

    def _block(self, parts, x, relevance):
        first, second, shortcut, middle, left, right = parts
        count = len(left)
        both = np.hstack([np.eye(count), np.eye(count)])
        split = self._apply("add", both, np.zeros(count), np.concatenate([left, right]), relevance)
        to_left, to_right = split[:count], split[count:]
        to_middle = self._apply("convolution", second.matrix, second.bias, middle, to_left)
        below = self._apply("convolution", first.matrix, first.bias, x, to_middle)
        if shortcut is None:
            return below + to_right
        return below + self._apply("convolution", shortcut.matrix, shortcut.bias, x, to_right)
