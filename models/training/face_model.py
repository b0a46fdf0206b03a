"""The ICT-FaceKit Light face: a mesh that changes with identity and expression (Li et al. 2020, MIT licence).

Read from ``ict_facekit/ict_facekit_light.npz`` and ``vertex_indices.json`` of the shared data; nothing of it is kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from models.errors import DataMissing

F32 = NDArray[np.float32]
SKIN, EYE, TEETH, TONGUE, LASHES = range(5)
"""Materials told apart by the renderer."""
_MATERIALS = {
    "M_Face": SKIN,
    "M_BackHead": SKIN,
    "M_ScleraLeft": EYE,
    "M_ScleraRight": EYE,
    "M_Teeth": TEETH,
    "M_GumsTongue": TONGUE,
    "M_EyeLashes": LASHES,
}
"""What is drawn; inner iris, tear film and blending strips are not."""
TURNED_AWAY = -0.55
"""Surfaces that face further back than this are dropped: no pose of a rendering shows them."""
IDENTITY_MODES = 50
"""Shape modes in use: the later half moves the mesh by less than 0.2 mm."""


@dataclass(frozen=True, slots=True)
class FaceModel:
    """``neutral`` (V, 3) in cm, x to the face's left, y up, z to the front; ``triangles`` (T, 3); ``material`` (T,).

    ``identity`` (I, V·3) for standard normal weights and ``expression`` (E, V·3) for weights 0–1, by ``names``;
    ``landmarks`` (68,) vertices of the iBUG landmarks; ``eye_local`` (V, 2) place on the eyeball in radii (0 on skin).
    """

    neutral: F32
    triangles: NDArray[np.int32]
    material: NDArray[np.int8]
    identity: F32
    expression: F32
    names: tuple[str, ...]
    landmarks: NDArray[np.int64]
    eye_local: F32
    around: csr_matrix
    """(V, T): which triangles meet at a vertex."""
    neighbours: csr_matrix
    """(V, V): mean over the neighbouring vertices."""

    def person(self, weights: F32) -> F32:
        """(V, 3) neutral face of identity ``weights`` (≤ I,)."""
        moved = self.neutral.reshape(-1) + np.asarray(weights, np.float32) @ self.identity[: len(weights)]
        return np.asarray(moved.reshape(-1, 3), dtype=np.float32)

    def posed(self, person: F32, weights: Mapping[str, float]) -> F32:
        """``person`` (V, 3) with the expression shapes of ``weights`` added; a name without _L/_R moves both sides."""
        moved = person.reshape(-1).copy()
        for row, name in enumerate(self.names):
            weight = weights.get(name, 0.0) + (weights.get(name[:-2], 0.0) if name[-2:] in ("_L", "_R") else 0.0)
            if weight:
                moved += np.float32(weight) * self.expression[row]
        return moved.reshape(-1, 3)

    def normals(self, points: F32) -> F32:
        """(V, 3) unit normals of ``points`` (V, 3), outward."""
        first, second, third = (points[self.triangles[:, corner]] for corner in range(3))
        flat = self.around @ np.cross(second - first, third - first)
        length = np.sqrt(np.einsum("ij,ij->i", flat, flat))[:, None]
        return np.asarray(flat / np.maximum(length, 1e-9), dtype=np.float32)

    def hollow(self, points: F32, normals: F32) -> F32:
        """(V,) how far a vertex lies below its neighbours along its normal, cm: > 0 in folds."""
        return np.asarray(np.einsum("ij,ij->i", self.neighbours @ points - points, normals), dtype=np.float32)


def load(folder: Path) -> FaceModel:
    """Reads the ``ict_facekit`` folder; DataMissing names the file and what is wrong with it."""
    archive_path, index_path = folder / "ict_facekit_light.npz", folder / "vertex_indices.json"
    for path in (archive_path, index_path):
        if not path.is_file():
            raise DataMissing(f"{path}: not found; ICT-FaceKit Light is needed for rendered faces")
    try:
        with np.load(archive_path, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in archive.files}
        landmarks = np.array(json.loads(index_path.read_text(encoding="utf-8"))["idx_to_landmark_verts"])
        return _build(columns, landmarks)
    except (KeyError, ValueError, IndexError, OSError, TypeError) as error:
        raise DataMissing(f"{folder}: not an ICT-FaceKit Light folder: {error!r}") from error


def _build(columns: dict[str, NDArray], landmarks: NDArray[np.int64]) -> FaceModel:  # type: ignore[type-arg]
    wanted = np.array([_MATERIALS.get(str(name), -1) for name in columns["materials"]])
    kinds = wanted[columns["face_material"]]
    quads, kinds, names = (
        columns["faces"][kinds >= 0],
        kinds[kinds >= 0],
        columns["materials"][columns["face_material"]],
    )
    names = names[wanted[columns["face_material"]] >= 0]
    upper = ~_lower_lashes(quads, kinds, columns["neutral"])
    quads, kinds, names = quads[upper], kinds[upper], names[upper]
    four = quads[:, 3] >= 0
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[four][:, [0, 2, 3]]])
    kinds, names = np.concatenate([kinds, kinds[four]]), np.concatenate([names, names[four]])
    facing = _normal_z(columns["neutral"], triangles) > np.where(kinds == EYE, 0.0, TURNED_AWAY)
    triangles, kinds, names = triangles[facing], kinds[facing], names[facing]
    used = np.union1d(np.unique(triangles), landmarks)
    renumber = np.full(len(columns["neutral"]), -1)
    renumber[used] = np.arange(len(used))
    triangles = renumber[triangles].astype(np.int32)
    neutral = columns["neutral"][used].astype(np.float32)

    def shapes(key: str, count: int) -> F32:
        return np.asarray(columns[key][:count, used], dtype=np.float32).reshape(count, -1)

    eye_local = np.zeros((len(used), 2), np.float32)
    for name in ("M_ScleraLeft", "M_ScleraRight"):
        ball = np.unique(triangles[names == name])
        middle = (neutral[ball].min(axis=0) + neutral[ball].max(axis=0)) / 2
        radius = float(np.ptp(neutral[ball], axis=0)[:2].mean() / 2)
        eye_local[ball] = (neutral[ball, :2] - middle[:2]) / radius
    ones = np.ones(len(triangles) * 3, np.float32)
    rows = triangles.T.reshape(-1)
    around = csr_matrix((ones, (rows, np.tile(np.arange(len(triangles)), 3))), shape=(len(used), len(triangles)))
    edges = np.concatenate([triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    pairs = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    count = np.maximum(np.bincount(pairs[:, 0], minlength=len(used)), 1).astype(np.float32)
    neighbours = csr_matrix((1 / count[pairs[:, 0]], (pairs[:, 0], pairs[:, 1])), shape=(len(used), len(used)))
    return FaceModel(
        neutral=neutral,
        triangles=triangles,
        material=kinds.astype(np.int8),
        identity=shapes("identity_delta", min(IDENTITY_MODES, len(columns["identity_delta"]))),
        expression=shapes("expression_delta", len(columns["expression_names"])),
        names=tuple(str(name) for name in columns["expression_names"]),
        landmarks=renumber[landmarks],
        eye_local=eye_local,
        around=around,
        neighbours=neighbours,
    )


def _normal_z(points: F32, triangles: NDArray[np.int32]) -> F32:
    """(T,) how far the triangles face the front, -1 to 1."""
    first, second, third = (points[triangles[:, corner]].astype(np.float32) for corner in range(3))
    normals = np.cross(second - first, third - first)
    return np.asarray(normals[:, 2] / np.maximum(np.linalg.norm(normals, axis=1), 1e-9), dtype=np.float32)


def _lower_lashes(quads: NDArray[np.int32], kinds: NDArray[np.int64], neutral: F32) -> NDArray[np.bool_]:
    """(Q,) quads of the lower lashes: wide cards that would read as bags under the eyes."""
    chosen = np.flatnonzero(kinds == LASHES)
    lower = np.zeros(len(quads), bool)
    if len(chosen) == 0:
        return lower
    links = np.concatenate([quads[chosen][:, [corner, 0]] for corner in (1, 2)])
    graph = csr_matrix((np.ones(len(links)), links.T), shape=(len(neutral), len(neutral)))
    _, part = connected_components(graph, directed=False)
    label = part[quads[chosen, 0]]
    height = np.bincount(part, weights=neutral[:, 1]) / np.bincount(part)
    middle = np.mean([height[one] for one in np.unique(label)])
    lower[chosen] = height[label] < middle
    return lower
