"""Crops: the serving crop byte for byte, made once, resumed where a run was cut off, remade where a file was hurt."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from models.datasets import crops as module
from models.datasets.crops import HOW, crop_faces
from models.datasets.faces import LabelledFaces
from models.datasets.joining import joined
from models.datasets.multipie68 import FROM_MESH
from models.errors import DataInvalid, DataMissing
from models.preprocess import align

SIZE = 24


@dataclass
class Noise:
    """Reproducible pictures; remembers which were read, and stops after ``until`` of them."""

    until: int = 10**9
    seed: int = 0
    read: list[int] = field(default_factory=list)

    def __call__(self, row: int) -> np.ndarray:
        if len(self.read) >= self.until:
            raise KeyboardInterrupt
        self.read.append(row)
        return np.random.default_rng([self.seed, row]).integers(0, 255, (40, 50, 3)).astype(np.uint8)


def mesh(row: int) -> np.ndarray:
    """A mesh whose anchors lie as in a face of some 30 px."""
    points = np.random.default_rng(row).uniform(10, 30, (478, 2)).astype(np.float32)
    points[[33, 133, 263, 362]] = [[12, 15], [16, 15], [28, 15], [24, 15]]
    points[[2, 94]] = [[20, 26], [20, 26]]
    return points


def faces(reader: Noise, count: int = 300, **more: object) -> LabelledFaces:
    given: dict[str, object] = {"mesh": mesh, "origin": "noise"}
    return LabelledFaces(name="noise", subjects=tuple(f"s{n % 7}" for n in range(count)), read=reader, **given | more)


def test_crops_are_the_serving_crop_byte_for_byte_and_are_made_once(tmp_path: Path) -> None:
    reader = Noise()
    made = crop_faces(faces(reader), SIZE, tmp_path)
    expected = align(Noise()(5), mesh(5), SIZE)
    assert (made.pixels[5] == expected.pixels).all()
    assert made.landmarks[5].tolist() == expected.landmarks.tolist()
    assert {HOW[kind] for kind in made.how} == {"mesh of the set"}
    before = len(reader.read)
    again = crop_faces(faces(reader), SIZE, tmp_path)
    assert again.folder == made.folder
    assert len(reader.read) - before <= 8  # the sample that names the cache
    assert not again.pixels.flags.writeable


def test_a_run_that_is_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    first = Noise(until=200)
    with pytest.raises(KeyboardInterrupt):
        crop_faces(faces(first), SIZE, tmp_path)
    second = Noise()
    resumed = crop_faces(faces(second), SIZE, tmp_path)
    assert min(row for row in second.read[8:]) >= module.BLOCK
    whole = crop_faces(faces(Noise()), SIZE, tmp_path / "other")
    assert (resumed.pixels == whole.pixels).all()
    assert (resumed.landmarks == whole.landmarks).all()


@pytest.mark.parametrize("harm", ["byte", "short", "notes", "cut notes", "gone"])
def test_a_damaged_cache_is_noticed_and_only_the_damage_remade(tmp_path: Path, harm: str) -> None:
    made = crop_faces(faces(Noise()), SIZE, tmp_path)
    right = np.array(made.pixels)
    path, notes = made.folder / "pixels.bin", made.folder / "blocks.json"
    if harm == "byte":
        with path.open("r+b") as stream:
            stream.seek(130 * SIZE * SIZE * 3)
            stream.write(bytes(64))
    elif harm == "short":
        with path.open("r+b") as stream:
            stream.truncate(290 * SIZE * SIZE * 3)
    elif harm == "notes":
        notes.unlink()
    elif harm == "cut notes":
        notes.write_text(notes.read_text()[:-7])
    else:
        path.unlink()
    reader = Noise()
    remade = crop_faces(faces(reader), SIZE, tmp_path)
    assert (remade.pixels == right).all()
    expected = {"byte": range(128, 256), "short": range(256, 300)}.get(harm, range(300))
    assert reader.read[8:] == list(expected)


def test_the_cache_is_named_by_all_that_decides_its_content(tmp_path: Path) -> None:
    base = faces(Noise(), 10)
    others = [
        faces(Noise(seed=1), 10),
        faces(Noise(), 10, origin="elsewhere"),
        base.select([0, 1, 2]),
        base.select([1, 0, 2, 3, 4, 5, 6, 7, 8, 9]),
        replace(base, frames=np.arange(10) + 5),
    ]
    folders = [crop_faces(one, SIZE, tmp_path).folder for one in [base, *others]]
    folders.append(crop_faces(base, SIZE + 1, tmp_path).folder)
    assert len(set(folders)) == len(folders)
    assert crop_faces(faces(Noise(), 10), SIZE, tmp_path).folder == folders[0]


def test_rows_without_a_face_get_the_centre_square_and_no_landmarks(tmp_path: Path) -> None:
    made = crop_faces(faces(Noise(), 3, mesh=None), 40, tmp_path)
    assert np.isnan(made.landmarks).all()
    assert {HOW[kind] for kind in made.how} == {"fixed"}
    assert (made.pixels[1] == Noise()(1)[:, 5:45]).all()


def test_a_sets_own_68_points_align_like_the_mesh_they_stand_for(tmp_path: Path) -> None:
    smooth = cv2.GaussianBlur(Noise()(0), (0, 0), 3)
    by_points = faces(lambda row: smooth, 1, mesh=None, points=lambda row: mesh(row)[list(FROM_MESH)])  # type: ignore[arg-type]
    by_mesh = faces(lambda row: smooth, 1)  # type: ignore[arg-type]
    one, other = crop_faces(by_points, SIZE, tmp_path), crop_faces(by_mesh, SIZE, tmp_path)
    assert HOW[one.how[0]] == "points of the set"
    assert np.abs(one.pixels[0].astype(int) - other.pixels[0]).mean() < 2


def test_the_landmarker_is_asked_where_the_set_knows_no_mesh(tmp_path: Path, landmarker: Path) -> None:
    photo = cv2.imread(str(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    seen = faces(lambda row: photo, 1, mesh=None)  # type: ignore[arg-type]
    made = crop_faces(seen, 112, tmp_path, landmarker)
    assert HOW[made.how[0]] == "landmarker"
    eyes = made.landmarks[0][[33, 133]].mean(axis=0), made.landmarks[0][[263, 362]].mean(axis=0)
    assert np.allclose(np.array(eyes) / 112, [[0.34, 0.37], [0.66, 0.37]], atol=0.02)
    small = cv2.resize(photo[20:300, 130:400], (64, 66))
    tiny = crop_faces(faces(lambda row: small, 1, mesh=None, origin="small"), 48, tmp_path, landmarker)  # type: ignore[arg-type]
    assert HOW[tiny.how[0]] == "landmarker"


def test_the_landmarker_is_asked_for_those_of_joined_sets_that_know_no_mesh(tmp_path: Path, landmarker: Path) -> None:
    photo = cv2.imread(str(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    seen = replace(faces(lambda row: photo, 1, mesh=None), name="photo")  # type: ignore[arg-type]
    made = crop_faces(joined("both", [faces(Noise(), 2), seen]), 112, tmp_path, landmarker)
    assert [HOW[kind] for kind in made.how] == ["mesh of the set", "mesh of the set", "landmarker"]


def test_crops_are_light_to_send_to_another_process(tmp_path: Path) -> None:
    made = crop_faces(faces(Noise(), 20), SIZE, tmp_path)
    assert made.pixels.shape == (20, SIZE, SIZE, 3)
    sent = pickle.dumps(made)
    assert len(sent) < 4000
    assert (pickle.loads(sent).pixels == made.pixels).all()


def test_progress_is_told_and_what_cannot_be_cropped_is_refused(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    crop_faces(faces(Noise()), SIZE, tmp_path, progress=lambda *step: told.append(step))
    assert told == [("crops of noise", done, 300) for done in (0, 128, 256, 300)]
    with pytest.raises(DataInvalid, match="no rows to crop"):
        crop_faces(faces(Noise()).select([]), SIZE, tmp_path)
    with pytest.raises(DataMissing, match="face landmarker not found"):
        crop_faces(faces(Noise()), SIZE, tmp_path, tmp_path / "none.task")


def test_notes_hold_a_checksum_a_block(tmp_path: Path) -> None:
    made = crop_faces(faces(Noise()), SIZE, tmp_path)
    assert sorted(json.loads((made.folder / "blocks.json").read_text())) == ["0", "1", "2"]
