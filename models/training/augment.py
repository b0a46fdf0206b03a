"""Augmentation of aligned grey crops in batches: geometry, light, resolution, background, glasses, pasted occluders.

Occluders teach the visibility head: the share of each coarse region they leave visible is the label, and AU and
emotion losses are weighed down where a region is hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.preprocess import CROP_PX
from models.spec import AUS, VISIBILITY
from models.training.spectacles import draw_spectacles

REGION_BOXES = {
    "right_eye": (0.18, 0.22, 0.48, 0.45),
    "left_eye": (0.52, 0.22, 0.82, 0.45),
    "nose": (0.38, 0.42, 0.62, 0.64),
    "mouth": (0.30, 0.64, 0.70, 0.88),
}
"""Left, top, right, bottom of each region in the aligned crop, in shares of its side."""
_GRID = 28
"""Cells a side on which the regions of the AUs are moved along."""
_MIRRORED = [VISIBILITY.index(name) for name in ("left_eye", "right_eye", "nose", "mouth")]
UNIT_REGION = {
    "AU01": (0, 1),
    "AU02": (0, 1),
    "AU04": (0, 1),
    "AU06": (0, 1),
    "AU07": (0, 1),
    "AU09": (2,),
    "AU10": (3,),
    "AU12": (3,),
    "AU25": (3,),
    "AU26": (3,),
    "AU27": (3,),
    "AU43": (0, 1),
}
"""Regions (index into ``models.spec.VISIBILITY``) of which at least one must be seen for an AU to be taught."""


@dataclass(frozen=True, slots=True)
class Augmented:
    """``crops`` (N, S, S) uint8; ``visible`` (N, 4) share per region; ``au_seen`` (N, U) and ``face_seen`` (N,).

    ``units`` (N, U, G, G) and ``hull`` (N, G, G) bool say where the regions of the AUs and the face went.
    """

    crops: NDArray[np.uint8]
    visible: Tensor
    au_seen: Tensor
    face_seen: Tensor
    units: Tensor
    hull: Tensor


def box_regions(size: int) -> Tensor:
    """(4, size, size) float: the coarse regions of ``models.spec.VISIBILITY`` in a crop of side ``size``."""
    regions = torch.zeros(len(VISIBILITY), size, size)
    for row, name in enumerate(VISIBILITY):
        left, top, right, bottom = (round(share * size) for share in REGION_BOXES[name])
        regions[row, top:bottom, left:right] = 1.0
    return regions


def occluder_bank(count: int, size: int, seed: int) -> Tensor:
    """(count, size, size) soft masks: hands (palm and fingers), arms, blankets from below, sheets, blobs."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((count, size, size), np.float32)
    for mask in masks:
        canvas = np.zeros((size, size), np.uint8)
        kind = rng.choice(["hand", "bar", "edge", "blob"], p=[0.45, 0.15, 0.25, 0.15])
        centre = rng.uniform(0.15, 0.85, 2) * size
        angle = float(rng.uniform(0, 2 * math.pi))
        along = np.array([math.cos(angle), math.sin(angle)])
        across = np.array([-along[1], along[0]])
        if kind == "hand":
            width = float(rng.uniform(0.05, 0.10)) * size
            for finger in range(int(rng.integers(2, 5))):
                start = centre + across * width * 1.9 * (finger - 1.5)
                end = start + along * float(rng.uniform(0.25, 0.5)) * size
                cv2.line(canvas, _px(start), _px(end), 255, max(2, round(width * 1.8)), cv2.LINE_AA)
            axes = (round(width * 4.2), round(width * 3.4))
            cv2.ellipse(
                canvas, _px(centre - along * width * 2), axes, math.degrees(angle), 0, 360, 255, -1, cv2.LINE_AA
            )
        elif kind == "bar":
            reach = along * 1.5 * size
            thick = round(float(rng.uniform(0.12, 0.4)) * size)
            cv2.line(canvas, _px(centre - reach), _px(centre + reach), 255, thick, cv2.LINE_AA)
        elif kind == "edge":
            side, depth = int(rng.integers(0, 6)), float(rng.uniform(0.15, 0.8)) * size
            wave = depth + 0.05 * size * np.sin(np.linspace(0, float(rng.uniform(1, 8)), size) + angle)
            fill = np.arange(size)[:, None] < wave[None, :]
            canvas[np.rot90(fill, {0: 0, 1: 1, 2: 3}.get(side, 2))] = 255
        else:
            axes = _px(rng.uniform(0.08, 0.35, 2) * size)
            cv2.ellipse(canvas, _px(centre), axes, math.degrees(angle), 0, 360, 255, -1, cv2.LINE_AA)
        mask[:] = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.4, 1.6))) / 255.0
    return torch.from_numpy(masks)


def _px(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


class Augmenter:
    """Draws from its own generator, so that the same seed gives the same batches.

    ``size`` is the side of what comes out; crops of 112 px go in. ``units`` (U + 1, S, S) are the mean regions of
    the AUs and of the face, which take part in every move of the crop.
    """

    def __init__(
        self,
        size: int,
        seed: int,
        *,
        occlusion: float = 0.35,
        glasses: float = 0.0,
        units: NDArray[np.float32] | None = None,
    ) -> None:
        self.size, self.occlusion, self.glasses = size, occlusion, glasses
        self.spectacles = draw_spectacles(256, CROP_PX, seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.bank = occluder_bank(512, size, seed)
        self.regions = box_regions(size)
        grown = torch.ones(len(AUS) + 1, 4, 4) if units is None else torch.from_numpy(units).float()
        self.units = F.adaptive_avg_pool2d(grown[None], _GRID)[0]

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator) * (high - low) + low

    def _coin(self, chance: float, count: int) -> Tensor:
        return torch.rand(count, generator=self.generator) < chance

    def __call__(self, crops: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Augmented:
        """(N, S, S) uint8 crops and their (N, S, S) validity → augmented crops with what is visible of each region."""
        count = len(crops)
        pictures = torch.from_numpy(crops).float()
        inside = torch.from_numpy(valid).float()
        pictures, behind = self.spectacles.worn(
            pictures,
            torch.randint(0, len(self.spectacles.frame), (count,), generator=self.generator),
            self._coin(self.glasses, count),
        )
        stacked = torch.stack([pictures, inside, behind], dim=1)
        grid, flipped = self._grid(count)
        regions = torch.where(flipped[:, None, None, None], self.regions[_MIRRORED], self.regions)
        moved = F.grid_sample(stacked, grid, align_corners=False)
        coarse = F.grid_sample(regions[..., ::4, ::4], grid[:, ::4, ::4], mode="nearest", align_corners=False)
        cells = self.units.expand(count, *self.units.shape)
        steps = torch.linspace(0, self.size - 1, _GRID).round().long()
        units = F.grid_sample(cells, grid[:, steps][:, :, steps], align_corners=False) > 0.3
        picture = self._fill(moved[:, 0], moved[:, 1])
        picture, cover = self._occlude(picture)
        cover = torch.maximum(cover, moved[:, 2])
        area = coarse.sum(dim=(2, 3)).clamp_min(1.0)
        visible = 1.0 - (coarse * cover[:, None, ::4, ::4]).sum(dim=(2, 3)) / area
        picture = self._light(self._resolution(picture))
        seen = torch.stack([visible[:, UNIT_REGION[unit]].amax(dim=1) for unit in AUS], dim=1)
        eyes = visible[:, :2].mean(dim=1)
        return Augmented(
            picture.round().clamp(0, 255).byte().numpy(),
            visible,
            ((seen - 0.5) / 0.3).clamp(0, 1),
            ((0.5 * (eyes + visible[:, 3]) - 0.4) / 0.4).clamp(0, 1),
            units[:, :-1],
            units[:, -1],
        )

    def _grid(self, count: int) -> tuple[Tensor, Tensor]:
        """(N, S, S, 2) sampling grid, and (N,) which samples are mirrored: there the right eye becomes the left."""
        turn = self._uniform(-0.2, 0.2, count)
        zoom = torch.exp(self._uniform(-0.12, 0.12, count))
        flipped = self._coin(0.5, count)
        flip = torch.where(flipped, -1.0, 1.0)
        shift = self._uniform(-0.09, 0.09, count, 2)
        cosine, sine = torch.cos(turn) * zoom, torch.sin(turn) * zoom
        rows = torch.stack([cosine * flip, -sine, shift[:, 0], sine * flip, cosine, shift[:, 1]], dim=1)
        grid = F.affine_grid(rows.view(count, 2, 3), [count, 1, self.size, self.size], align_corners=False)
        return grid, flipped

    def _texture(self, picture: Tensor) -> Tensor:
        """(N, S, S) smooth cloth- or skin-like fillings cut from other pictures of the batch, or flat with noise."""
        count, size = picture.shape[0], self.size
        other = picture[torch.randperm(count, generator=self.generator)]
        corner = int(torch.randint(0, size // 2, (1,), generator=self.generator))
        patch = other[:, corner : corner + size // 3, corner : corner + size // 3]
        enlarged = F.interpolate(patch[:, None], size=(size, size), mode="bilinear", align_corners=False)[:, 0]
        level = self._uniform(0, 255, count, 1, 1)
        skin = picture[:, size // 2 : size // 2 + 20, size // 4 : 3 * size // 4].mean(dim=(1, 2), keepdim=True)
        level = torch.where(self._coin(0.5, count)[:, None, None], skin * self._uniform(0.7, 1.2, count, 1, 1), level)
        waves = F.interpolate(
            torch.randn(count, 1, 7, 7, generator=self.generator),
            size=(size, size),
            mode="bicubic",
            align_corners=False,
        )[:, 0]
        flat = level + waves * self._uniform(2, 30, count, 1, 1)
        return torch.where(self._coin(0.4, count)[:, None, None], enlarged, flat).clamp(0, 255)

    def _fill(self, picture: Tensor, inside: Tensor) -> Tensor:
        """Replaces what lies outside the source picture, so that a black border never tells anything."""
        black = self._coin(0.3, len(picture))[:, None, None]
        filling = torch.where(black, torch.zeros(1), self._texture(picture))
        return picture * inside + filling * (1 - inside)

    def _occlude(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        count = len(picture)
        which = torch.randint(0, len(self.bank), (count,), generator=self.generator)
        cover = self.bank[which] * self._coin(self.occlusion, count)[:, None, None]
        return picture * (1 - cover) + self._texture(picture) * cover, cover

    def _resolution(self, picture: Tensor) -> Tensor:
        """A third of the batch passes through one lower resolution: small bedside faces are soft."""
        count = len(picture)
        small = int(torch.randint(28, 80, (1,), generator=self.generator))
        soft = F.interpolate(picture[:, None], size=(small, small), mode="area")
        soft = F.interpolate(soft, size=(self.size, self.size), mode="bicubic", align_corners=False)[:, 0]
        return torch.where(self._coin(0.33, count)[:, None, None], soft, picture)

    def _light(self, picture: Tensor) -> Tensor:
        count = len(picture)
        gamma = torch.exp(self._uniform(-0.35, 0.35, count, 1, 1))
        ramp = torch.linspace(-1, 1, self.size)
        slope = self._uniform(-0.3, 0.3, count, 1, 1) * ramp[None, None, :]
        slope = slope + self._uniform(-0.2, 0.2, count, 1, 1) * ramp[None, :, None]
        lit = (picture.clamp(0, 255) / 255.0) ** gamma * (1 + slope) * 255.0
        noise = torch.randn(picture.shape, generator=self.generator) * self._uniform(0, 8, count, 1, 1)
        return lit * self._uniform(0.4, 1.0, count, 1, 1) + noise
