"""Every data set in its original layout: read whole, read late, and each kind of damage named in one line."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import dataset_trees as trees
import numpy as np
import pytest

from models.datasets import registry
from models.datasets.faces import LabelledFaces
from models.errors import DataInvalid, DataMissing

Builder = Callable[[Path], Path]


def biovid(root: Path) -> Path:
    return trees.biovid_d(trees.biovid_a(root))


BUILDERS: dict[str, Builder] = {
    "biovid": biovid,
    "biovid_a": trees.biovid_a,
    "biovid_d": trees.biovid_d,
    "unbc": trees.unbc_set,
    "ck_plus": trees.ck_plus,
    "actor_study": trees.actor_study,
    "affectnet": trees.affectnet_set,
    "fer2013": trees.fer2013,
    "kdef": trees.kdef_set,
    "us_adult_faces": trees.us_adult_faces,
    "disfa": trees.disfa_set,
    "bp4d": trees.bp4d_set,
}


def test_every_set_of_the_registry_has_a_tree() -> None:
    assert set(BUILDERS) == set(registry.NAMES)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_complete_set_has_no_problem_and_is_read_late(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = BUILDERS[name](tmp_path)
    decoded: list[int] = []
    read, grab = cv2.imread, cv2.VideoCapture
    monkeypatch.setattr(cv2, "imread", lambda *given: decoded.append(1) or read(*given))

    class Watched:
        """A film that notes what is decoded of it."""

        def __init__(self, path: str) -> None:
            self.film = grab(path)

        def __getattr__(self, name: str) -> object:
            if name in ("read", "grab", "retrieve"):
                decoded.append(1)
            return getattr(self.film, name)

    monkeypatch.setattr(cv2, "VideoCapture", Watched)
    faces = registry.open_set(name, root)
    assert registry.check(name, root) == []
    counts = registry.counts(name, root)
    assert counts
    assert all(count.here >= 0 for count in counts)
    assert decoded == []
    for row in (0, len(faces) - 1, len(faces) // 2):
        picture = faces.picture(row)
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        assert min(picture.shape[:2]) >= 40
    assert bool(decoded) is (name != "fer2013")  # which parses its pixels itself
    again = pickle.loads(pickle.dumps(faces.select([0])))
    assert (again.picture(0) == faces.picture(0)).all()


@pytest.mark.parametrize("name", registry.NAMES)
def test_an_empty_folder_and_none_at_all_are_one_line_each(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as error:
        registry.open_set(name, tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "\n" not in str(error.value)
    assert len(registry.check(name, tmp_path)) >= 1
    with pytest.raises(DataMissing, match=r"nowhere: not found"):
        registry.open_set(name, tmp_path / "nowhere")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="no data set 'unb'; there are: biovid, "):
        registry.check("unb", tmp_path)
    assert registry.check("ck-plus", trees.ck_plus(tmp_path)) == []


@dataclass(frozen=True)
class Harm:
    """What is done to a tree, what ``check`` must say, and what opening or reading must say (None: nothing)."""

    name: str
    do: Callable[[Path], object]
    said: str
    opening: str | None = None
    reading: str | None = None


def remove(place: str) -> Callable[[Path], object]:
    return lambda root: (root / place).unlink()


def cut(place: str, share: float = 0.5) -> Callable[[Path], object]:
    return lambda root: trees.cut(root / place, share)


def write(place: str, *lines: str) -> Callable[[Path], object]:
    return lambda root: trees.write_text(root / place, lines)


LL = "042-ll042/ll042t1aaaff"
UNBC_NAME = f"{LL}/ll042t1aaaff002"
CK_NAME = "S005/001/S005_001_"
FILM_A = "PartA/video/071309_w_21/071309_w_21-PA4-005.mp4"
FILM_D = "PartD/video/071614_m_20/071614_m_20-happiness.mp4"
LISTED = "Manually_Annotated_file_lists/training.csv"
PICTURE_0 = "Manually_Annotated/Manually_Annotated_Images/1/training000.jpg"
PERSON_7 = "10k US Adult Faces Database/Face Images/Google_1_Person 3_3_oval.jpg"
RATINGS = "Full Attribute Scores/psychology attributes/psychology-attributes.xlsx"
HARMS = [
    Harm("biovid_a", remove(FILM_A), f"{FILM_A}: not found", f"{FILM_A}: not found"),
    Harm("biovid_a", cut(FILM_A), f"{FILM_A}: cut off", f"{FILM_A}: cut off"),
    Harm("biovid_a", remove("PartA/starting_point/samples.csv"), "no file starting_point/samples.csv", "no file"),
    Harm(
        "biovid_a",
        write("PartA/starting_point/samples.csv", "subject_name\tclass_id", "071309_w_21\t4"),
        "no column sample_name",
        "no column sample_name",
    ),
    Harm(
        "biovid_a",
        write("PartA/starting_point/samples.csv", "subject_name\tclass_id\tsample_name", "071309_w_21\t4"),
        "line 2: no sample with class_id 0–4",
        "line 2",
    ),
    Harm("biovid_d", cut(FILM_D), f"{FILM_D}: cut off", f"{FILM_D}: cut off"),
    Harm("biovid_d", write("PartD/video/x/notes.txt", "x"), "x: no film with an emotion in its name"),
    Harm("biovid_d", remove("PartD/video/071709_w_23/071709_w_23-disgust.mp4"), "071709_w_23: no film with an emotion"),
    Harm("biovid", remove(FILM_A), f"{FILM_A}: not found", f"{FILM_A}: not found"),
    Harm("biovid", cut(FILM_D), f"{FILM_D}: cut off", f"{FILM_D}: cut off"),
    Harm("unbc", remove(f"Images/{UNBC_NAME}.png"), f"Images/{LL}: 1 of 4 frames are missing, first ll042t1aaaff002"),
    Harm("unbc", cut(f"Images/{UNBC_NAME}.png"), "002.png: cut off", None, "002.png: cut off"),
    Harm(
        "unbc",
        remove(f"Frame_Labels/FACS/{UNBC_NAME}_facs.txt"),
        f"Frame_Labels/FACS/{LL}: 1 of 4 frames are missing",
        "FACS/.*002_facs.txt: not found",
    ),
    Harm(
        "unbc",
        write(f"Frame_Labels/PSPI/{UNBC_NAME}_facs.txt", "   5.0e+00"),
        r"PSPI/.*002_facs.txt: PSPI 5, but the AUs of the FACS file give 10$",
        r"PSPI/.*002_facs.txt: PSPI 5, but the AUs of the FACS file give 10$",
    ),
    Harm("unbc", write(f"Frame_Labels/PSPI/{UNBC_NAME}_facs.txt"), "not one PSPI from 0 to 16", "not one PSPI"),
    Harm("unbc", write(f"Frame_Labels/FACS/{UNBC_NAME}_facs.txt", "4 x"), "line 1: '4 x' is not made", "line 1: '4 x'"),
    Harm("unbc", write(f"Frame_Labels/FACS/{UNBC_NAME}_facs.txt", "4"), "line 1: 1 numbers, expected 2", "1 numbers"),
    Harm("unbc", write(f"Frame_Labels/FACS/{UNBC_NAME}_facs.txt", "4 6"), "AU04 has intensity 6", "expected 0–5"),
    Harm("unbc", remove(f"AAM_landmarks/{UNBC_NAME}_aam.txt"), f"AAM_landmarks/{LL}: 1 of 4 frames are missing"),
    Harm(
        "ck_plus",
        remove(f"cohn-kanade-images/{CK_NAME}00000003.png"),
        "cohn-kanade-images/S005/001: 1 of 5 frames are missing, first 3",
    ),
    Harm(
        "ck_plus",
        cut(f"cohn-kanade-images/{CK_NAME}00000003.png"),
        "00000003.png: cut off",
        None,
        "00000003.png: cut off",
    ),
    Harm("ck_plus", remove(f"FACS_labels/FACS/{CK_NAME}00000005_facs.txt"), "FACS/S005/001: no …_facs.txt"),
    Harm(
        "ck_plus",
        write(f"FACS_labels/FACS/{CK_NAME}00000005_facs.txt", "4 9"),
        "AU04 has intensity 9",
        "AU04 has intensity 9",
    ),
    Harm(
        "ck_plus",
        write(f"Emotion_labels/Emotion/{CK_NAME}00000005_emotion.txt"),
        "not one emotion from 0 to 7",
        "not one emotion",
    ),
    Harm(
        "ck_plus",
        remove(f"Landmarks/Landmarks/{CK_NAME}00000002_landmarks.txt"),
        "Landmarks/S005/001: 1 of 5 frames are missing, first S005_001_00000002_landmarks",
    ),
    Harm("actor_study", remove("FACS/07/anger_1.csv"), "07/anger_1.csv: not found", "07/anger_1.csv: not found"),
    Harm(
        "actor_study",
        remove("center/07/anger_1/frame_00003.png"),
        "07/anger_1: 1 coded frames have no picture, first 3",
        "07/anger_1: no picture of frame 3",
    ),
    Harm("actor_study", cut("center/07/anger_1/frame_00003.png"), "frame_00003.png: cut off"),
    Harm("actor_study", write("FACS/07/anger_1.csv", "frame,AU04", "1"), "line 2: not 2 cells", "line 2: not 2 cells"),
    Harm("actor_study", write("FACS/07/anger_1.csv", "1,2,3"), "line 1: expected frame,AU04", "line 1: expected"),
    Harm("actor_study", write("FACS/07/anger_1.csv", "frame,AU04", "1,7"), "line 2: an intensity is", "outside 0–5"),
    Harm("affectnet", remove(LISTED), "no file Manually_Annotated_file_lists/training.csv", "no file"),
    Harm("affectnet", cut(LISTED, 0.98), r"training.csv: line \d+: not a row of 9", r"training.csv: line \d+"),
    Harm(
        "affectnet",
        cut(PICTURE_0),
        "1/training000.jpg: cut off",
    ),
    Harm("affectnet", remove(PICTURE_0), "1/training000.jpg: not found", None, "1/training000.jpg: not found"),
    Harm(
        "affectnet",
        write("Manually_Annotated_file_lists/validation.csv", "a.jpg,1,1,9,9,,12,0,0"),
        "validation.csv: line 1: not a row",
        "line 1",
    ),
    Harm("fer2013", cut("fer2013.csv", 0.9), r"fer2013.csv: line 10: not emotion 0–6", "line 10"),
    Harm("fer2013", remove("fer2013new.csv"), "fer2013new.csv: not found"),
    Harm("fer2013", cut("fer2013new.csv"), "fer2013new.csv: (line|\\d+ rows)", "fer2013new.csv: (line|\\d+ rows)"),
    Harm(
        "fer2013",
        lambda root: (
            (root / "fer2013.csv").write_text("emotion,pixels,Usage\n0,1 2 3,Training\n")
            and (root / "fer2013new.csv").unlink()
        ),
        "fer2013new.csv: not found",
        None,
        "byte 21: not 2304 pixels",
    ),
    Harm(
        "kdef",
        remove("KDEF_and_AKDEF/KDEF/BM11/BM11HAS.JPG"),
        r"BM11: 1 of 35 pictures are missing, first BM11HAS.JPG",
    ),
    Harm("kdef", cut("KDEF_and_AKDEF/KDEF/AF01/AF01AFFL.JPG"), "AF01AFFL.JPG: cut off", None, "AF01AFFL.JPG: cut off"),
    Harm("kdef", write("KDEF_and_AKDEF/KDEF/AF01/AF01XX.JPG", "x"), "AF01XX.JPG: the name is not of the form"),
    Harm("us_adult_faces", remove(PERSON_7), "Person 3_3_oval.jpg: not found"),
    Harm("us_adult_faces", cut(PERSON_7), "Person 3_3_oval.jpg: cut off", None, "Person 3_3_oval.jpg: cut off"),
    Harm("us_adult_faces", remove(RATINGS), "psychology-attributes", "psychology-attributes"),
    Harm(
        "us_adult_faces",
        cut(RATINGS),
        "psychology-attributes.xlsx: not a spreadsheet",
        "not a spreadsheet",
    ),
    Harm(
        "disfa",
        cut("ActionUnit_Labels/SN003/SN003_au4.txt", 0.7),
        r"SN003_au(4|5).txt: ",
        r"SN003_au(4|5).txt: ",
    ),
    Harm(
        "disfa",
        write("ActionUnit_Labels/SN003/SN003_au4.txt", "1,0", "2,9", "3,0"),
        "SN003_au4.txt: not one intensity from 0 to 5",
        "SN003_au4.txt: not one intensity",
    ),
    Harm(
        "disfa",
        remove("Video_LeftCamera/LeftVideoSN003_comp.avi"),
        "LeftVideoSN003_comp.avi: not found",
        "LeftVideoSN003_comp.avi: not found",
    ),
    Harm("disfa", remove("ActionUnit_Labels/SN003/SN003_au12.txt"), "SN003_au12.txt: not found", "au12.txt: not found"),
    Harm("disfa", cut("Video_LeftCamera/LeftVideoSN003_comp.avi"), "LeftVideoSN003_comp.avi: cut off", "cut off"),
    Harm(
        "disfa",
        lambda root: trees.write_film(root / "Video_LeftCamera/LeftVideoSN003_comp.avi", 2),
        "LeftVideoSN003_comp.avi: 2 frames, but 3 are labelled",
        "2 frames, but 3 are labelled",
    ),
    Harm(
        "bp4d", remove("Sequences/F002/T3/008.jpg"), "F002/T3: 1 of 2 coded frames have no picture, first 8", "first 8"
    ),
    Harm("bp4d", cut("Sequences/F002/T3/008.jpg"), "F002/T3/008.jpg: cut off", None, "F002/T3/008.jpg: cut off"),
    Harm("bp4d", write("AUCoding/AU_INT/AU10/F002_T3_AU10.csv", "8,7"), "F002_T3_AU10.csv: ", "F002_T3_AU10.csv: "),
    Harm("bp4d", remove("AUCoding/AU_OCC/F002_T3.csv"), "no table AU_OCC/F002_T3.csv"),
    Harm("bp4d", remove("AUCoding/AU_INT/AU10/F002_T3_AU10.csv"), "AU10/F002_T3_AU10.csv: not found"),
    Harm(
        "bp4d", write("AUCoding/AU_OCC/F002_T3.csv", "0,4,6", "8,1"), "line 2: 2 cells, the first line has 3", "line 2"
    ),
    Harm("bp4d", write("AUCoding/AU_OCC/F002_T3.csv", "0,4", "8,5"), "occurrence must be 0, 1 or 9", "0, 1 or 9"),
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: f"{harm.name}: {harm.said[:40]}")
def test_each_damage_is_one_line_that_names_the_file(harm: Harm, tmp_path: Path) -> None:
    small: dict[str, Builder] = {
        "unbc": lambda root: trees.unbc_set(root, people=["042-ll042", "043-jh043"]),
        "kdef": lambda root: trees.kdef_set(root, people=["F01", "M11"]),
        "disfa": lambda root: trees.disfa_set(root, people=["SN001", "SN003"]),
        "bp4d": lambda root: trees.bp4d_set(root, people=["F002"], tasks=["T1", "T3"]),
    }
    root = small.get(harm.name, BUILDERS[harm.name])(tmp_path)
    before = registry.check(harm.name, root)
    harm.do(root)
    new = [line for line in registry.check(harm.name, root) if line not in before]
    assert len(new) == 1
    assert_matches(harm.said, new[0])
    assert str(root) in new[0]
    if harm.opening is not None:
        with pytest.raises(DataMissing) as error:
            registry.open_set(harm.name, root)
        assert_matches(harm.opening, str(error.value))
    elif harm.reading is not None:
        absent = "not found" in harm.reading
        with pytest.raises(DataMissing if absent else DataInvalid) as unreadable:
            read_all(registry.open_set(harm.name, root))
        assert_matches(harm.reading, str(unreadable.value))


def read_all(faces: LabelledFaces) -> None:
    for row in range(len(faces)):
        faces.picture(row)


def assert_matches(pattern: str, line: str) -> None:
    assert re.search(pattern, line), line
    assert "\n" not in line
