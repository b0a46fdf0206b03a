"""From which visible share on a region of the face counts as seen.

Tuned on occluders pasted over 1500 FER+ validation faces: each eye, the nose and the mouth are told in 98 of 100 where
less than a third of them is left. Without a pasted occluder 1 to 2 faces in 100 are told (hands and hair among them),
and no laboratory portrait, whatever expression is warped onto it.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.records import FaceRegion

VISIBLE_FROM: Mapping[FaceRegion, float] = {
    FaceRegion.RIGHT_EYE: 0.75,
    FaceRegion.LEFT_EYE: 0.75,
    FaceRegion.NOSE: 0.6,
    FaceRegion.MOUTH: 0.75,
}


def hidden_regions(visibility: Mapping[FaceRegion, float]) -> frozenset[FaceRegion]:
    """Regions of ``visibility`` (visible shares in [0, 1]) that something hides; empty when nobody has looked."""
    return frozenset(region for region, share in visibility.items() if share < VISIBLE_FROM[region])
