"""Canonical form for LRP: every BatchNorm folded into the convolution before it, and given back bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from zennit.canonizers import SequentialMergeBatchNorm


class FoldBatchNorm(SequentialMergeBatchNorm):  # type: ignore[misc]
    """zennit's merge of adjacent convolution and BatchNorm, with the BatchNorm left as an exact identity.

    zennit leaves its eps of 1e-5 in place, so each folded BatchNorm would still shrink what it passes on.
    """

    def __init__(self) -> None:
        super().__init__()
        self._eps = 0.0

    def register(self, linears: Sequence[nn.Module], batch_norm: _BatchNorm) -> None:
        """Fold ``batch_norm`` into ``linears``."""
        self._eps = batch_norm.eps
        super().register(linears, batch_norm)
        batch_norm.eps = 0.0

    def remove(self) -> None:
        """Give back weights, biases, statistics and eps as they were."""
        super().remove()
        self.batch_norm.eps = self._eps
