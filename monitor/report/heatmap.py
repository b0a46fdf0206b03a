"""Relevance as a picture: red speaks for the target, blue against it, transparent where nothing was found."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from monitor.records import F32, U8
from monitor.report.face_lines import face_lines

FOR_BGR = (60, 50, 225)
AGAINST_BGR = (215, 120, 40)
_FULL_SHARE = 0.995
"""The quantile of |relevance| drawn at full strength: a single hot pixel does not make the rest invisible."""
_SMOOTH_PX = 1.2


def overlay(relevance: F32) -> U8:
    """(S, S) signed relevance → (S, S, 4) uint8 BGRA."""
    smooth = cv2.GaussianBlur(np.asarray(relevance, dtype=np.float32), (0, 0), _SMOOTH_PX)
    scale = float(np.quantile(np.abs(smooth), _FULL_SHARE))
    strength = np.clip(np.abs(smooth) / scale, 0.0, 1.0) if scale > 0 else np.zeros_like(smooth)
    colours = np.where((smooth >= 0)[:, :, None], np.array(FOR_BGR), np.array(AGAINST_BGR))
    alpha = (strength**0.8 * 235.0)[:, :, None]
    return np.concatenate([colours, alpha], axis=2).astype(np.uint8)


def on_picture(relevance: F32, picture: U8) -> U8:
    """``overlay`` drawn on a grey version of (S, S, 3) BGR ``picture``; (S, S, 3) BGR."""
    layer = overlay(relevance).astype(np.float32)
    alpha = layer[:, :, 3:] / 255.0 * 0.75
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.float32)
    return np.asarray(grey * (1 - alpha) + layer[:, :, :3] * alpha, dtype=np.uint8)


def data_uri(pixels: U8, kind: str = ".png") -> str:
    """A picture as a ``data:`` address for a page that loads nothing."""
    written, payload = cv2.imencode(kind, pixels)
    if not written:
        raise ValueError(f"cannot encode {pixels.shape} as {kind}")
    name = "jpeg" if kind == ".jpg" else kind.removeprefix(".")
    return f"data:image/{name};base64,{base64.b64encode(payload.tobytes()).decode()}"


def svg(relevance: F32, landmarks: F32, regions: Sequence[F32], *, pixels: U8 | None = None, label: str = "") -> str:
    """An inline SVG: face lines or, with ``pixels`` (S, S, 3) BGR, the face; the heatmap; the AU's region outlined.

    Colours of lines come from the page (classes ``face-line`` and ``region``), so that they fit light and dark.
    """
    side = relevance.shape[0]
    parts = [f'<svg class="heatmap" viewBox="0 0 {side} {side}" role="img" aria-label="{label}">']
    if pixels is not None:
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        parts.append(_image(data_uri(np.asarray(grey, dtype=np.uint8), ".jpg"), side))
    else:
        parts += [f'<polyline class="face-line" points="{_points(line)}"/>' for line in face_lines(landmarks)]
    parts.append(_image(data_uri(overlay(relevance)), side))
    parts += [f'<polygon class="region" points="{_points(outline)}"/>' for outline in regions]
    parts.append("</svg>")
    return "".join(parts)


def _image(address: str, side: int) -> str:
    return f'<image href="{address}" width="{side}" height="{side}" preserveAspectRatio="none"/>'


def _points(line: F32) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
