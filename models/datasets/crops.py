"""Aligned crops of a set, made once and kept: pixels and landmarks in files that are mapped into memory.

The crop is the one that serving uses (``models.preprocess.align``). A cache is a folder named by a digest of all that
decides its content: the set and its rows, a sample of their pictures, the size, the preprocessing, the landmarker. It
is written in blocks of rows whose checksums are noted after each; whatever is missing or has another checksum, after a
run that was cut off or a file that was damaged, is made again, and nothing else.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import LabelledFaces
from models.errors import DataInvalid, DataMissing
from models.preprocess import CROP, TEMPLATE, align, similarity

Progress = Callable[[str, int, int], None]
"""Title, done, total."""
LANDMARKS = 478
FORMAT = "crops-1"
BLOCK = 128
"""Rows between two notes of progress."""
HOW = ("landmarker", "mesh of the set", "points of the set", "fixed")
"""``Crops.how``: what a row was aligned by. Only the first two give landmarks; the others leave them NaN."""
_SMALL_PX = 160
"""A picture smaller than this is taken for a face that fills it and enlarged before the landmarker looks."""
_SAMPLE = 8


@dataclass(frozen=True, slots=True)
class Crops:
    """The crops of ``faces``, row for row, in ``folder``; light to pickle, the files are mapped where they are used."""

    faces: LabelledFaces
    folder: Path
    size: int
    _maps: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(N, S, S, 3) uint8 BGR, mapped read-only."""
        return self._map("pixels")

    @property
    def landmarks(self) -> NDArray[np.float32]:
        """(N, 478, 2) float32 crop px, NaN where no face was found (or the set's own points had to do)."""
        return self._map("landmarks")

    @property
    def how(self) -> NDArray[np.uint8]:
        """(N,) index into ``HOW``."""
        return self._map("how")

    def _map(self, name: str) -> NDArray[Any]:
        if name not in self._maps:
            self._maps[name] = np.memmap(self.folder / f"{name}.bin", mode="r", **_layout(len(self), self.size)[name])
        return self._maps[name]

    def __getstate__(self) -> tuple[Any, ...]:
        return self.faces, self.folder, self.size

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        for name, value in zip(("faces", "folder", "size", "_maps"), (*state, {}), strict=True):
            object.__setattr__(self, name, value)


def crop_faces(
    faces: LabelledFaces,
    size: int,
    cache: Path,
    landmarker: Path | None = None,
    progress: Progress | None = None,
) -> Crops:
    """Crops of all rows, from ``cache`` where they are there and whole, made where they are not.

    A row is aligned by the set's own mesh, else by what ``landmarker`` (the asset's path) finds, else by the set's
    68 or 66 points, else not at all: the picture's centre square, scaled. Rows are done in order, so films are decoded
    once. Another process that makes the same cache is waited for. DataMissing or DataInvalid name the file that cannot
    be read; DataInvalid also an empty set.
    """
    if not len(faces):
        raise DataInvalid(f"{faces.name}: no rows to crop")
    if landmarker is not None and not landmarker.is_file():
        raise DataMissing(f"{landmarker}: face landmarker not found; `vigil assets` fetches it")
    folder = cache / f"{faces.name}-{size}-{_key(faces, size, landmarker)}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "lock"):
        blocks = _Blocks(folder, len(faces), size)
        todo = blocks.missing()
        if todo:
            with _Detector(landmarker) as detector:
                for done, block in enumerate(todo):
                    if progress is not None:
                        progress(f"crops of {faces.name}", min(done * BLOCK, len(faces)), len(faces))
                    for row in blocks.rows(block):
                        blocks.write(row, *_crop(faces, row, size, detector))
                    blocks.note(block)
            if progress is not None:
                progress(f"crops of {faces.name}", len(faces), len(faces))
    return Crops(faces, folder, size)


def _crop(
    faces: LabelledFaces, row: int, size: int, detector: _Detector
) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None, int]:
    """Pixels, landmarks in crop px or None, and how, of one row."""
    from models.datasets.multipie68 import anchors_of

    picture = faces.picture(row)
    mesh, how = faces.mesh_of(row), 1
    if mesh is None:
        mesh, how = detector.find(picture), 0
    if mesh is not None:
        crop = align(picture, mesh, size)
        return crop.pixels, crop.landmarks, how
    points = faces.points_of(row)
    anchors = None if points is None else anchors_of(points)
    if anchors is not None:
        by_points = similarity(anchors, TEMPLATE * size)
        return _warped(picture, by_points, size), None, 2
    height, width = picture.shape[:2]
    side = min(height, width)
    scale = size / side
    shift = [-(width - side) / 2 * scale, -(height - side) / 2 * scale]
    whole = np.array([[scale, 0.0, shift[0] + (scale - 1) / 2], [0.0, scale, shift[1] + (scale - 1) / 2]])
    return _warped(picture, whole, size), None, 3


def _warped(picture: NDArray[np.uint8], to_crop: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """(S, S, 3) sampled through a (2, 3) map from picture to crop px; averaged first where it makes things smaller."""
    from models.preprocess import halved, halvings

    scale = float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    factor = 1
    for _ in range(halvings(1.0 / max(scale, 1e-6))):
        if min(picture.shape[:2]) >= 2:
            picture, factor = halved(picture), 2 * factor
    offset = (factor - 1) / 2
    linear = to_crop[:, :2] * factor
    shift = to_crop[:, :2] @ np.array([offset, offset]) + to_crop[:, 2]
    crop = cv2.warpAffine(picture, np.hstack([linear, shift[:, None]]), (size, size), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, np.uint8)


class _Detector:
    """The landmarker behind ``asset``, opened when the first picture needs it; without an asset it finds nothing."""

    def __init__(self, asset: Path | None) -> None:
        self.asset = asset
        self.stack = ExitStack()
        self.opened: Any = None

    def __enter__(self) -> _Detector:
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def find(self, picture: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """(478, 2) px of the face in a picture, or None; small pictures are made square and enlarged before."""
        if self.asset is None:
            return None
        from models.datasets.landmarker import find_mesh, find_mesh_enlarged, landmarker

        if self.opened is None:
            self.opened = self.stack.enter_context(landmarker(self.asset))
        height, width = picture.shape[:2]
        side = max(height, width)
        if side >= _SMALL_PX:
            mesh = find_mesh(self.opened, picture)
        else:
            square = cv2.copyMakeBorder(picture, 0, side - height, 0, side - width, cv2.BORDER_REPLICATE)
            mesh = find_mesh_enlarged(self.opened, np.asarray(square, np.uint8))
        return None if mesh is None else mesh.landmarks


def _layout(count: int, size: int) -> dict[str, dict[str, Any]]:
    """Type and shape of the three files."""
    return {
        "pixels": {"dtype": np.uint8, "shape": (count, size, size, 3)},
        "landmarks": {"dtype": np.float32, "shape": (count, LANDMARKS, 2)},
        "how": {"dtype": np.uint8, "shape": (count,)},
    }


class _Blocks:
    """The files of one cache, open for writing, and which blocks of rows are done."""

    def __init__(self, folder: Path, count: int, size: int) -> None:
        self.count = count
        self.noted = folder / "blocks.json"
        self.sums: dict[str, int] = {}
        self.files: dict[str, Any] = {}
        shapes = _layout(count, size)
        try:
            self.sums = {str(key): int(value) for key, value in json.loads(self.noted.read_text()).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            self.sums = {}
        for name, form in shapes.items():
            path, size_b = folder / f"{name}.bin", int(np.prod(form["shape"])) * np.dtype(form["dtype"]).itemsize
            if not path.is_file() or path.stat().st_size != size_b:
                with path.open("ab") as stream:
                    stream.truncate(size_b)
            self.files[name] = np.memmap(path, mode="r+", **form)

    def rows(self, block: int) -> range:
        """The rows of a block."""
        return range(block * BLOCK, min((block + 1) * BLOCK, self.count))

    def missing(self) -> list[int]:
        """Blocks that were never noted, or whose bytes are not the noted ones."""
        blocks = range((self.count + BLOCK - 1) // BLOCK)
        return [block for block in blocks if self.sums.get(str(block)) != self.checksum(block)]

    def checksum(self, block: int) -> int:
        """CRC-32 over the three files' rows of a block; -1 for a block that was never noted, unread."""
        if str(block) not in self.sums:
            return -1
        rows = self.rows(block)
        total = 0
        for mapped in self.files.values():
            total = zlib.crc32(mapped[rows.start : rows.stop].tobytes(), total)
        return total

    def write(self, row: int, pixels: NDArray[np.uint8], landmarks: NDArray[np.float32] | None, how: int) -> None:
        """One row's crop."""
        self.files["pixels"][row] = pixels
        self.files["landmarks"][row] = np.nan if landmarks is None else landmarks
        self.files["how"][row] = how

    def note(self, block: int) -> None:
        """The block is on disk: its checksum is written beside it, in one step."""
        for mapped in self.files.values():
            mapped.flush()
        self.sums[str(block)] = 0
        self.sums[str(block)] = self.checksum(block)
        part = self.noted.with_suffix(".part")
        part.write_text(json.dumps(self.sums))
        os.replace(part, self.noted)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds a lock file, waiting for the process that has it."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _key(faces: LabelledFaces, size: int, landmarker: Path | None) -> str:
    """Digest of everything that decides the crops; the same in every run over the same rows of the same place."""
    rows = [faces.source_row(row) for row in range(len(faces))]
    asset = "" if landmarker is None else hashlib.blake2b(landmarker.read_bytes()).hexdigest()
    said = [FORMAT, CROP, faces.name, faces.origin, size, asset, rows, faces.subjects, faces.sequences,
            faces.frames.tolist()]  # fmt: skip
    digest = hashlib.blake2b(json.dumps(said).encode(), digest_size=10)
    for row in sorted(set(np.linspace(0, len(faces) - 1, _SAMPLE).astype(int).tolist())):
        picture = faces.picture(row)
        digest.update(repr(picture.shape).encode() + picture.tobytes())
    return digest.hexdigest()
