"""What each set's reader makes of its labels: numbers, classes, unknowns, landmarks, as the files have them."""

from __future__ import annotations

from pathlib import Path

import dataset_trees as trees
import numpy as np
import pytest

from models.action_units import ActionUnit, pspi
from models.datasets import actor_study, affectnet, biovid, bp4d, ck_plus, disfa, fer2013, kdef, unbc, us_adult_faces
from models.datasets.counted import Count
from models.datasets.films import FilmFrames
from models.errors import DataInvalid, DataMissing


def of(counts: list[Count]) -> dict[str, int]:
    return {count.what: count.here for count in counts}


def test_unbc_recomputes_pspi_as_the_one_definition_does(rng: np.random.Generator) -> None:
    intensity = rng.integers(0, 6, (200, len(unbc.UNITS))).astype(np.float32)
    intensity[:, -1] = rng.integers(0, 2, 200)
    one_by_one = [
        pspi(
            {ActionUnit(unit): float(level) for unit, level in zip(unbc.UNITS, row, strict=True) if unit != "AU20"}
        ).value
        for row in intensity
    ]
    assert unbc.pspi_of(intensity).tolist() == one_by_one
    assert max(one_by_one) > 12  # type: ignore[type-var]


def test_unbc_reads_units_pspi_frames_and_the_66_points(tmp_path: Path) -> None:
    faces = unbc.open_faces(trees.unbc_set(tmp_path, people=["042-ll042", "095-tv095"]))
    assert faces.labels["pspi"].tolist() == [0, 10, 0, 0] * 2
    assert faces.frames.tolist() == [1, 2, 3, 4] * 2
    assert set(zip(faces.subjects, faces.sequences, strict=True)) == {
        ("042-ll042", "ll042t1aaaff"),
        ("095-tv095", "tv095t1aaaff"),
    }
    assert faces.column("AU07").tolist() == [0, 4, 0, 0] * 2
    assert faces.column("AU43").tolist() == [0, 1, 0, 0] * 2
    assert faces.column("AU12").tolist() == [0, 0, 0, 2] * 2
    points = faces.points_of(1)
    assert points is not None
    assert points.shape == (66, 2)
    trees.cut(tmp_path / "AAM_landmarks/042-ll042/ll042t1aaaff/ll042t1aaaff001_aam.txt", 0.9)
    with pytest.raises(DataInvalid, match=r"001_aam.txt: (\d+ landmarks, expected 66|line)"):
        faces.points_of(0)


def test_unbc_asks_for_the_publishable_people_and_knows_their_names(tmp_path: Path) -> None:
    root = trees.unbc_set(tmp_path, people=["042-ll042", "095-tv095"])
    with pytest.raises(DataMissing, match=r"publishable.txt: not found; list there"):
        unbc.publishable(root)
    trees.write_text(root / "publishable.txt", ["095-tv095", ""])
    assert unbc.publishable(root) == ("095-tv095",)
    trees.write_text(root / "publishable.txt", ["095-tv09"])
    with pytest.raises(DataInvalid, match="095-tv09 has no folder in Images"):
        unbc.publishable(root)


def test_ck_plus_knows_units_and_emotion_at_the_peak_alone(tmp_path: Path) -> None:
    faces = ck_plus.open_faces(trees.ck_plus(tmp_path))
    peak = faces.labels["peak"] == 1
    assert faces.frames[peak].tolist() == [5, 4, 3]
    assert faces.labels["emotion"][peak].tolist() == [3, 5, -1]
    assert (faces.labels["emotion"][~peak] == -1).all()
    assert np.isnan(faces.labels["present"][~peak]).all()
    first = faces.select(peak)
    assert first.column("AU09").tolist() == [5, 0, 0]
    assert first.presence("AU04").tolist() == [1, 0, 0]
    assert np.isnan(first.column("AU04")[0])  # listed without intensity
    points = faces.points_of(0)
    assert points is not None
    assert points.shape == (68, 2)


def test_ck_plus_may_be_unpacked_without_the_archives_outer_folders(tmp_path: Path) -> None:
    root = trees.ck_plus(tmp_path)
    (root / "FACS_labels/FACS").rename(root / "FACS")
    (root / "Landmarks/Landmarks").rename(root / "aside")
    (root / "Landmarks").rmdir()
    (root / "aside").rename(root / "Landmarks")
    assert len(ck_plus.open_faces(root)) == 12
    assert ck_plus.missing(root) == []


def test_actor_study_takes_letters_numbers_and_gaps(tmp_path: Path) -> None:
    faces = actor_study.open_faces(trees.actor_study(tmp_path, people=["subject_7", "16"]))
    assert sorted(set(faces.subjects)) == ["07", "16"]
    assert faces.column("AU04").tolist() == [0, 3, 0] * 2
    assert faces.column("AU25").tolist() == [0, 0, 1.5] * 2
    assert of(actor_study.counted(tmp_path)) == {
        "subjects": 2,
        "frames": 6,
        "subjects of paper R": 1,
        "frames of paper R": 2,
        "frames of subject 16 with an AU of paper R": 2,
    }


def test_affectnet_leaves_out_what_is_no_emotion_and_reads_a_list_without_header(tmp_path: Path) -> None:
    faces = affectnet.open_faces(trees.affectnet_set(tmp_path, each=3))
    assert np.bincount(faces.labels["emotion"]).tolist() == [5] * 8
    assert np.bincount(faces.labels["usage"]).tolist() == [24, 16]
    points = faces.points_of(0)
    assert points is not None
    assert points.shape == (68, 2)
    assert len(set(faces.subjects)) == len(faces)
    first = tmp_path / "Manually_Annotated/Manually_Annotated_Images" / faces.subjects[0]
    trees.cut(first, 0.8)
    assert faces.picture(0).shape == (48, 40, 3)  # as the web gave it
    first.write_bytes(b"")
    with pytest.raises(DataInvalid, match=r"training000.jpg: empty \(half copied\?\)"):
        faces.picture(0)
    trees.write_text(first, ["no picture"])
    with pytest.raises(DataInvalid, match="not a picture that can be decoded"):
        faces.picture(0)


def test_fer2013_leaves_out_what_leaks_and_takes_the_votes_where_there_are_any(tmp_path: Path) -> None:
    voted = fer2013.open_faces(trees.fer2013(tmp_path / "voted"))
    assert voted.frames.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]  # row 0 is row 6 again
    assert voted.labels["usage"].tolist() == [0, 0, 1, 1, 1, 2, 2, 2]
    assert [fer2013.EMOTIONS[label] for label in voted.labels["emotion"][:3]] == ["happiness", "surprise", "sadness"]
    own = fer2013.open_faces(trees.fer2013(tmp_path / "own", votes=False))
    assert [fer2013.EMOTIONS[label] for label in own.labels["emotion"][:3]] == ["disgust", "fear", "happiness"]
    grey = trees.cv2.cvtColor(trees.drawn_face(4, 48, 48), trees.cv2.COLOR_BGR2GRAY)
    assert (own.picture(3) == grey[..., None]).all()


def test_fer2013_reads_the_repacked_file_and_opens_no_picture_before_it_is_asked(tmp_path: Path) -> None:
    votes = np.zeros((4, 10), np.uint8)
    votes[range(4), [0, 1, 8, 4]] = 9
    images = np.arange(4, dtype=np.uint8)[:, None, None] * np.ones((1, 48, 48), np.uint8)
    np.savez(tmp_path / "f.npz", images=images, votes=votes, usage=np.array([0, 0, 1, 1]), csv_row=[3, 5, 7, 9])
    for root in (tmp_path, tmp_path / "f.npz"):
        faces = fer2013.open_faces(root)
        assert faces.labels["emotion"].tolist() == [0, 1, -1, 4]
        assert faces.frames.tolist() == [3, 5, 7, 9]
        assert faces.picture(2)[0, 0].tolist() == [2, 2, 2]
    assert fer2013.missing(tmp_path) == []


def test_kdef_knows_person_session_emotion_and_angle_by_name(tmp_path: Path) -> None:
    faces = kdef.open_faces(trees.kdef_set(tmp_path, people=["F01", "M35"]))
    assert len(faces) == 2 * 2 * 35
    assert set(faces.subjects) == {"F01", "M35"}
    assert set(faces.sequences) == {"A", "B"}
    front = kdef.straight(faces)
    assert len(front) == 28
    happy = front.select(front.labels["emotion"] == kdef.EMOTIONS.index("happiness"))
    assert len(happy) == 4


def test_us_adult_faces_reads_the_means_of_the_right_sheet(tmp_path: Path) -> None:
    faces = us_adult_faces.open_faces(trees.us_adult_faces(tmp_path))
    assert faces.ratings == ("attractiveness", "happiness", "confidence", "intelligence")
    assert faces.labels["ratings"][0].tolist() == [2.5, 2.25, 5.25, 4.5]
    assert np.isnan(faces.labels["ratings"][5, 2])
    assert len(us_adult_faces.rated(faces)) == 5


def test_us_adult_faces_refuses_a_table_that_is_not_the_ratings(tmp_path: Path) -> None:
    root = trees.us_adult_faces(tmp_path)
    table = root / "Full Attribute Scores/psychology attributes/psychology-attributes.xlsx"
    header: list[str | float] = ["Filename", "attractive", "happy", "confident", "intelligent"]
    trees.spreadsheet(table, {"Final Values": [header, ["a.jpg", 4, 12, 3, 2]]})
    with pytest.raises(DataInvalid, match=r"row 2, happy: 12 is not a rating from 1 to 9"):
        us_adult_faces.open_faces(root)
    trees.spreadsheet(table, {"Final Values": [header[:3], ["a.jpg", 4, 5]]})
    with pytest.raises(DataInvalid, match="no column confident, intelligent"):
        us_adult_faces.open_faces(root)
    trees.spreadsheet(table, {"All Data": [header]})
    with pytest.raises(DataInvalid, match="no sheet 'Final Values'; there are All Data"):
        us_adult_faces.open_faces(root)
    table.unlink()
    trees.write_text(table.with_suffix(".csv"), ["Filename,attractive,happy,confident,intelligent", "a.jpg,4,5,nan,2"])
    assert us_adult_faces.open_faces(root).labels["ratings"][0, :2].tolist() == [4, 5]


def test_disfa_puts_label_k_on_the_films_frame_k_minus_one(tmp_path: Path) -> None:
    faces = disfa.open_faces(trees.disfa_set(tmp_path, people=["SN001", "SN003"]))
    assert faces.frames.tolist() == [1, 2, 3, 1, 2, 3]
    assert faces.column("AU04").tolist() == [0, 1, 2, 0, 1, 2]
    for row in (0, 1, 2):
        assert abs(int(faces.picture(row).mean()) - 11 * row) <= 3


def test_bp4d_keeps_unknown_apart_from_absent(tmp_path: Path) -> None:
    faces = bp4d.open_faces(trees.bp4d_set(tmp_path, people=["F001"], tasks=["T1"]))
    assert faces.frames.tolist() == [8, 9]
    assert faces.presence("AU06").tolist() == [1, 0]
    assert faces.column("AU06").tolist() == [3, 0]
    assert faces.presence("AU04").tolist() == [1, 0]
    assert np.isnan(faces.column("AU04")[0])  # present, intensity not coded
    assert faces.presence("AU07")[0] == 0
    assert np.isnan(faces.presence("AU07")[1])
    assert np.isnan(faces.presence("AU12")).all()


def test_bp4d_pictures_that_count_from_zero_are_matched(tmp_path: Path) -> None:
    root = trees.bp4d_set(tmp_path, people=["F001"], tasks=["T1"])
    (root / "Sequences/F001/T1/009.jpg").rename(root / "Sequences/F001/T1/0000.jpg")
    assert sorted(bp4d.pictures_of(root / "Sequences/F001/T1")) == [1, 8, 9]


def test_biovid_joins_one_clip_a_level_with_thinned_films_of_people_who_have_both(tmp_path: Path) -> None:
    root = trees.biovid_d(trees.biovid_a(tmp_path))
    faces = biovid.open_faces(root)
    assert faces.class_names == ("pain", "happiness", "disgust")
    assert np.bincount(faces.labels["emotion"]).tolist() == [84, 84, 84]  # 3 people · 2 levels · 14; 2 people · 42
    pain = faces.select(faces.labels["emotion"] == 0)
    assert {name.split("-", 1)[1] for name in pain.sequences} == {"PA3-005", "PA4-005"}
    disgust = faces.select(faces.labels["emotion"] == 2)
    assert set(disgust.subjects) == {"071309_w_21", "071614_m_20"}
    assert len(set(disgust.frames.tolist())) == 42
    for row in (3, 30):
        assert abs(int(disgust.picture(row).mean()) - 11 * int(disgust.frames[row]) % 256) <= 5


def test_the_papers_own_counts_follow_from_its_clips() -> None:
    """12,006 = 87 · 138, 114,076 = 76 · 1,501, and 75 people leave 24,075 = 75 · 321 evenly spaced frames."""
    people = [f"p{number}" for number in range(87)]
    hurt = [biovid.Clip(f"{p}-{level}", p, level) for p in people for level in (3, 4)]
    posed = [biovid.Clip(f"{p}-d", p, biovid.EMOTIONS.index("disgust")) for p in people[:76]]
    posed += [biovid.Clip(f"{p}-h", p, biovid.EMOTIONS.index("happiness")) for p in people[1:76]]
    kept, frames = biovid.cleaned(hurt, posed, [138] * len(hurt))
    assert biovid.PUBLISHED["pain 3: frames"] == 138 * 87
    assert biovid.PUBLISHED["disgust: frames"] == 1501 * 76
    assert len(kept) == 2 * 75
    assert 75 * len(biovid.evenly(1501, frames)) == biovid.PUBLISHED["cleaned disgust: frames"]


@pytest.mark.parametrize(("count", "wanted"), [(1501, 321), (60, 42), (5, 5), (3, 9), (7, 1)])
def test_thinned_frames_are_different_in_order_and_spread(count: int, wanted: int) -> None:
    chosen = biovid.evenly(count, wanted)
    assert len(chosen) == min(count, wanted)
    assert chosen == sorted(set(chosen))
    assert 0 <= chosen[0] <= chosen[-1] < count
    gaps = np.diff([-1, *chosen, count])
    assert gaps.max() <= 2 * count / len(chosen) + 1


def test_films_are_decoded_forwards_and_a_film_that_ends_early_is_named(tmp_path: Path) -> None:
    trees.write_film(tmp_path / "a.avi", 20)
    read = FilmFrames(tmp_path, ("a.avi",), np.zeros(25, np.int64), np.arange(25))
    for row in (0, 7, 3, 19):
        assert abs(int(read(row).mean()) - 11 * row) <= 3
    with pytest.raises(DataInvalid, match=r"a.avi: frame 24 cannot be decoded, the film ends at 20"):
        read(24)
    (tmp_path / "a.avi").unlink()
    with pytest.raises(DataMissing, match=r"a.avi: not found"):
        read(0)
