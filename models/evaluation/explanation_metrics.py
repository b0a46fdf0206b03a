"""Metrics of explanations through Quantus 0.6 where it is right, and own code where it is not.

    pointing_game     Quantus; empty regions are taken out first (it counts them as hits: NaN in an array of bools)
    relevance_rank    Quantus
    relevance_mass    own (``models.lrp.mu``): Quantus lets negative relevance count, so its share leaves [0, 1]
    size weighting    own (``weighted_mu``): Quantus' AttributionLocalisation multiplies by the region's share where
                      Kohlbrenner divides, and slices the batch where it means the image
    pixel_flipping    Quantus, over a mask of whole pixels (``pixel_flipping``)
    randomisation     Quantus (``parameter_randomisation``)

Everywhere: relevance (N, H, W) signed, regions (N, H, W) bool, and NaN for a picture that has no answer.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import PartMissing, SpecMismatch
from models.lrp.mu import mu

Maps = NDArray[np.floating]
Regions = NDArray[np.bool_]
Scores = NDArray[np.float64]


def pointing_game(relevance: Maps, regions: Regions) -> Scores:
    """(N,) 1 where the greatest relevance lies in the region, else 0 (Zhang et al. 2018).

    NaN for an empty region and for a map without positive relevance or without a greatest (there is nothing that
    points); so too in ``relevance_rank``.
    """
    return _localised("PointingGame", relevance, regions)


def relevance_rank(relevance: Maps, regions: Regions) -> Scores:
    """(N,) share of the K most relevant pixels that lie in the region, K its size (Arras et al. 2022)."""
    return _localised("RelevanceRankAccuracy", relevance, regions)


def relevance_mass(relevance: Maps, regions: Regions) -> Scores:
    """(N,) positive relevance inside ÷ positive relevance in all: R's μ, NaN where that is None."""
    _agree(relevance, regions)
    shares = (mu(one, region) for one, region in zip(relevance, regions, strict=True))
    return np.array([np.nan if share is None else share for share in shares])


def _localised(metric: str, relevance: Maps, regions: Regions) -> Scores:
    _agree(relevance, regions)
    scores = np.full(len(relevance), np.nan)
    greatest = relevance.max(axis=(1, 2))
    asked = regions.any(axis=(1, 2)) & np.isfinite(relevance).all(axis=(1, 2))
    asked &= (greatest > 0) & (greatest > relevance.min(axis=(1, 2)))
    if asked.any():
        maps, masks = np.asarray(relevance[asked], np.float64)[:, None], regions[asked][:, None]
        maps *= 2.0 / maps.max(axis=(1, 2, 3), keepdims=True)  # Quantus takes no batch of ones
        made = getattr(quantus(), metric)(normalise=False, abs=False, disable_warnings=True)
        with contained():
            found = made(
                model=None,
                x_batch=np.zeros_like(maps),
                y_batch=np.zeros(len(maps), int),
                a_batch=maps,
                s_batch=masks,
                channel_first=True,
            )
        scores[asked] = np.asarray(found, np.float64)
    return scores


def _agree(relevance: Maps, regions: Regions) -> None:
    if relevance.ndim != 3 or relevance.shape != regions.shape:
        raise SpecMismatch(f"relevance (N, H, W) wants as many regions, got {relevance.shape} and {regions.shape}")


def quantus() -> Any:
    """The library; PartMissing names the extra when it is not there."""
    try:
        import quantus as library
    except ImportError as error:
        raise PartMissing("explanation metrics need Quantus; see 'research' in the Makefile") from error
    return library


@contextmanager
def contained() -> Iterator[None]:
    """Quantus warns when a step of flipping changes nothing and when a map is constant; those two are silenced.

    Both have an answer of their own here: a flat piece of the curve, and NaN.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The settings for perturbing input", UserWarning)
        warnings.filterwarnings("ignore", "An input array is constant")
        yield
