"""Superpixels: patches of like colour that LIME hides whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import PartMissing

COUNT = 49
"""Superpixels asked for: about the 7×7 cells that Grad-CAM sees."""


def superpixels(picture: NDArray[np.floating], count: int = COUNT) -> NDArray[np.int64]:
    """(C, H, W) of any range → (H, W) numbers 0 … M − 1, M near ``count`` (SLIC, Achanta et al. 2012).

    A picture of one colour is cut into a grid. PartMissing without scikit-image.
    """
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise PartMissing("superpixels need scikit-image; install vigil[research]") from error
    low, high = float(picture.min()), float(picture.max())
    scaled = (picture - low) / (high - low) if high > low else np.zeros_like(picture)
    cells = slic(scaled, n_segments=count, compactness=0.1, start_label=0, channel_axis=0, convert2lab=False)
    if cells.max() > 0:
        return np.asarray(cells, dtype=np.int64)
    side = max(1, round(count**0.5))
    rows, columns = (np.arange(length) * side // length for length in picture.shape[1:])
    return np.asarray(rows[:, None] * side + columns, dtype=np.int64)
