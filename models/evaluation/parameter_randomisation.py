"""Model parameter randomisation (Adebayo et al. 2018) through Quantus: an explanation must change with the weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn

from models.evaluation.explanation_metrics import Maps, Scores, contained, quantus
from models.lrp.named_rules import wanted_outputs

Explain = Callable[[nn.Module, Tensor, Tensor], Maps]
"""Network, pictures (N, C, H, W), outputs (N,) → relevance (N, H, W)."""


def parameter_randomisation(
    network: nn.Module,
    x: Tensor,
    target: Sequence[int] | NDArray[np.integer] | Tensor,
    explain: Explain,
    *,
    seed: int = 0,
    only_last: bool = False,
) -> Mapping[str, Scores]:
    """Layer → (N,) Spearman correlation of the signed maps with those after its randomisation, from the top down.

    Each layer is drawn anew on top of those before it in the mapping, so the last entry is a network of which nothing
    is left; ``only_last`` computes that one alone. NaN where a map is constant. Quantus draws every layer from the
    same seed, so layers of equal shape get equal weights. ``network`` (eval mode) and the caller's generator stay as
    they were.
    """
    index = wanted_outputs(network, x, target)

    def explained(model: nn.Module, inputs: NDArray[np.floating], targets: NDArray[np.integer], **_: object) -> Maps:
        pictures = torch.as_tensor(np.asarray(inputs)).to(x)
        maps = np.asarray(explain(model, pictures, torch.as_tensor(np.asarray(targets))), np.float64)
        # Spearman sees ranks alone, and Quantus takes neither maps of zeros or ones nor a batch of constant ones
        ranks: Maps = rankdata(maps.reshape(len(maps), -1), axis=1)
        ranks[ranks.max(axis=1) == ranks.min(axis=1)] = np.nan
        return ranks.reshape(maps.shape)[:, None]

    made = quantus().MPRT(
        layer_order="top_down",
        seed=seed,
        skip_layers=only_last,
        abs=False,
        normalise=False,
        disable_warnings=True,
        display_progressbar=False,
    )
    with contained(), torch.random.fork_rng(devices=[]):
        found = made(
            model=network,
            x_batch=x.detach().cpu().numpy(),
            y_batch=index.numpy(),
            channel_first=True,
            explain_func=explained,
            softmax=False,
            batch_size=len(x),
        )
    return {layer: np.asarray(values, np.float64) for layer, values in found.items() if layer != "original"}
