"""Small data sets in the exact original layouts, with drawn faces: what a licence would give, a few frames of it."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import cv2
import numpy as np

from models.datasets import affectnet, bp4d, disfa, ferplus, kdef, unbc


def drawn_face(seed: int, width: int = 40, height: int = 48) -> np.ndarray:
    """(H, W, 3) uint8 BGR: an oval with eyes, brows and a mouth, all a little different by seed."""
    rng = np.random.default_rng(seed)
    face = np.full((height, width, 3), rng.integers(60, 200), np.uint8)
    middle = (width // 2, height // 2)
    skin = tuple(int(level) for level in rng.integers(120, 220, 3))
    cv2.ellipse(face, middle, (width // 3, int(height * 0.42)), 0, 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (middle[0] + side * width // 7, middle[1] - height // 8)
        cv2.circle(face, eye, 2, (20, 20, 20), -1)
        cv2.line(face, (eye[0] - 4, eye[1] - 5), (eye[0] + 4, eye[1] - 5 + int(rng.integers(-1, 2))), (30, 30, 30), 1)
    cv2.ellipse(
        face, (middle[0], middle[1] + height // 5), (width // 8, int(rng.integers(1, 5))), 0, 0, 180, (40, 40, 160), 1
    )
    return face


def write_picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded, content = cv2.imencode(path.suffix.lower(), drawn_face(seed))
    assert encoded
    path.write_bytes(content.tobytes())


def write_text(path: Path, lines: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def write_film(path: Path, frames: int, seed: int = 0) -> None:
    """Frame k is as bright as (11 k) mod 256 all over, so that a decoded frame tells its number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = cv2.VideoWriter_fourcc(*("MJPG" if path.suffix == ".avi" else "mp4v"))
    film = cv2.VideoWriter(str(path), codec, 25, (64, 48))
    assert film.isOpened()
    for frame in range(frames):
        film.write(np.full((48, 64, 3), (11 * frame) % 256, np.uint8))
    film.release()


def points_68(number: int) -> list[str]:
    points = np.random.default_rng(number).uniform(5, 40, (68, 2))
    return [f"{x:.7e} {y:.7e}" for x, y in points]


def cut(path: Path, share: float = 0.5) -> None:
    """Leaves only the first part of a file, as a copy that was broken off does."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def biovid_a(
    root: Path, people: Sequence[str] = ("071309_w_21", "071614_m_20", "071709_w_23"), frames: int = 14
) -> Path:
    """Two samples a person and level, of which paper W takes the first."""
    rows = ["subject_id\tsubject_name\tclass_id\tclass_name\tsample_id\tsample_name"]
    for number, person in enumerate(people, start=1):
        for level, name in enumerate(("BL1", "PA1", "PA2", "PA3", "PA4")):
            for sample in (5, 17):
                rows.append(f"{number}\t{person}\t{level}\t{name}\t{sample}\t{person}-{name}-{sample:03d}")
                write_film(root / "PartA/video" / person / f"{person}-{name}-{sample:03d}.mp4", frames)
    write_text(root / "PartA/starting_point/samples.csv", rows)
    return root


def biovid_d(root: Path, films: Mapping[str, Sequence[str]] | None = None, frames: int = 60) -> Path:
    """Films of posed emotions; one person lacks happiness, as in the real set."""
    films = films or {
        "071309_w_21": ("disgust", "happiness", "anger"),
        "071614_m_20": ("disgust", "happiness"),
        "071709_w_23": ("disgust",),
    }
    for person, emotions in films.items():
        for emotion in emotions:
            write_film(root / "PartD/video" / person / f"{person}-{emotion}.mp4", frames)
    return root


PAINFUL = {"AU04": 3, "AU06": 2, "AU07": 4, "AU09": 1, "AU10": 2, "AU25": 2, "AU43": 1}


def unbc_frame(root: Path, person: str, sequence: str, number: int, units: Mapping[str, int]) -> str:
    """One frame with its four files; PSPI as the units give it."""
    name = f"{person}/{sequence}/{sequence}{number:03d}"
    write_picture(root / f"Images/{name}.png", number)
    write_text(
        root / f"Frame_Labels/FACS/{name}_facs.txt",
        [
            f"   {float(unit[2:]):.7e}   {float(level):.7e}   0.0000000e+00   0.0000000e+00"
            for unit, level in units.items()
        ],
    )
    get = units.get
    pspi = get("AU04", 0) + max(get("AU06", 0), get("AU07", 0)) + max(get("AU09", 0), get("AU10", 0)) + get("AU43", 0)
    write_text(root / f"Frame_Labels/PSPI/{name}_facs.txt", [f"   {pspi:.7e}"])
    write_text(root / f"AAM_landmarks/{name}_aam.txt", points_68(number)[:66])
    return name


def unbc_set(root: Path, people: Sequence[str] = unbc.SUBJECTS, frames: int = 4) -> Path:
    """One sequence a person; every second frame is painful, the last one has AU12 alone."""
    for person in people:
        sequence = f"{person.split('-')[1]}t1aaaff"
        for number in range(1, frames + 1):
            units = {"AU12": 2} if number == frames else PAINFUL if number % 2 == 0 else {}
            unbc_frame(root, person, sequence, number, units)
    return root


def ck_sequence(root: Path, person: str, sequence: str, frames: int, units: Sequence[str], emotion: int | None) -> None:
    for number in range(1, frames + 1):
        name = f"{person}/{sequence}/{person}_{sequence}_{number:08d}"
        write_picture(root / f"cohn-kanade-images/{name}.png", number)
        write_text(root / f"Landmarks/Landmarks/{name}_landmarks.txt", points_68(number))
    name = f"{person}/{sequence}/{person}_{sequence}_{frames:08d}"
    write_text(root / f"FACS_labels/FACS/{name}_facs.txt", units)
    (root / f"Emotion_labels/Emotion/{person}/{sequence}").mkdir(parents=True, exist_ok=True)
    if emotion is not None:
        write_text(root / f"Emotion_labels/Emotion/{name}_emotion.txt", [f"   {emotion:.7e}"])


def ck_plus(root: Path) -> Path:
    """Three people: a pained, a smiling (no AU of paper R) and a surprised one."""
    ck_sequence(root, "S005", "001", 5, ["   9.0000000e+00   5.0000000e+00", "   4.0000000e+00   0.0000000e+00"], 3)
    ck_sequence(root, "S010", "002", 4, ["   1.2000000e+01   3.0000000e+00"], 5)
    ck_sequence(root, "S010", "004", 3, ["   2.7000000e+01   4.0000000e+00", "   1.0000000e+00   2.0000000e+00"], None)
    return root


def actor_study(root: Path, people: Sequence[str] | None = None, frames: int = 3) -> Path:
    for person in people or [f"{number:02d}" for number in range(1, 22)]:
        for number in range(1, frames + 1):
            write_picture(root / f"center/{person}/anger_1/frame_{number:05d}.png", number)
        rows = ["frame,AU04,AU06,AU12,AU25", "1,0,0,0,0", "2,C,,2,0", "3,0,0,4,1.5"]
        write_text(root / f"FACS/{person}/anger_1.csv", rows[: frames + 1])
    return root


def affectnet_set(root: Path, each: int = 5) -> Path:
    """``each`` training and two validation pictures of every expression, those without an emotion among them."""
    written = ";".join(f"{value:.2f}" for value in np.random.default_rng(0).uniform(5, 40, 136))
    for name, count in (("training", each), ("validation", 2)):
        rows: list[Sequence[object]] = [affectnet.COLUMNS] if name == "training" else []
        for expression in range(11):
            for number in range(count):
                place = f"{1 + number % 2}/{name}{expression:02d}{number}.jpg"
                write_picture(root / "Manually_Annotated/Manually_Annotated_Images" / place, number)
                rows.append([place, 4, 4, 30, 40, written, expression, 0.1, -0.2])
        path = root / f"Manually_Annotated_file_lists/{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return root


def fer2013(root: Path, votes: bool = True) -> Path:
    """Nine rows, three a part; the first training row is in PrivateTest again."""
    lines, polls = ["emotion,pixels,Usage"], ["Usage,Image name," + ",".join((*ferplus.COLUMNS[:-1], "NF"))]
    for number in range(9):
        usage = ("Training", "PublicTest", "PrivateTest")[number // 3]
        grey = cv2.cvtColor(drawn_face(0 if number == 6 else number, 48, 48), cv2.COLOR_BGR2GRAY)
        lines.append(f"{number % 7},{' '.join(map(str, grey.reshape(-1).tolist()))},{usage}")
        poll = [0] * 10
        poll[number % 8] = 9
        polls.append(f"{usage},fer{number:07d}.png,{','.join(map(str, poll))}")
    write_text(root / "fer2013.csv", lines)
    if votes:
        write_text(root / "fer2013new.csv", polls)
    return root


def kdef_set(root: Path, people: Iterable[str] | None = None) -> Path:
    """All pictures of these people (both sessions), the same face again and again."""
    encoded = cv2.imencode(".jpg", drawn_face(1))[1].tobytes()
    for person in people or [f"{sex}{number:02d}" for sex in "FM" for number in range(1, 36)]:
        for session in "AB":
            folder = root / "KDEF_and_AKDEF/KDEF" / f"{session}{person}"
            folder.mkdir(parents=True, exist_ok=True)
            for emotion in ("AF", "AN", "DI", "HA", "NE", "SA", "SU"):
                for angle in kdef.ANGLES:
                    (folder / f"{session}{person}{emotion}{angle}.JPG").write_bytes(encoded)
    return root


def spreadsheet(path: Path, sheets: Mapping[str, Sequence[Sequence[str | float]]]) -> None:
    """A workbook as Excel writes it: shared strings, numbers in place, empty cells left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    strings: list[str] = []

    def cell(row: int, column: int, value: str | float) -> str:
        place = f"{chr(ord('A') + column)}{row}"
        if value == "":
            return ""
        if isinstance(value, str):
            strings.append(value)
            return f'<c r="{place}" t="s"><v>{len(strings) - 1}</v></c>'
        return f'<c r="{place}"><v>{value}</v></c>'

    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as archive:
        for number, rows in enumerate(sheets.values(), start=1):
            body = "".join(
                f'<row r="{r}">' + "".join(cell(r, c, value) for c, value in enumerate(row)) + "</row>"
                for r, row in enumerate(rows, start=1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml", f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>"
            )
        named = "".join(
            f'<sheet name="{escape(n)}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(sheets, start=1)
        )
        archive.writestr("xl/workbook.xml", f'<workbook {main} xmlns:r="{office}"><sheets>{named}</sheets></workbook>')
        links = "".join(
            f'<Relationship Id="rId{i}" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(sheets) + 1)
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{links}</Relationships>")
        items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        archive.writestr("xl/sharedStrings.xml", f"<sst {main}>{items}</sst>")


def us_adult_faces(root: Path, count: int = 6) -> Path:
    """``count`` rated faces, one of them without a rating of confidence, and one that nobody rated."""
    header = ["Filename", "Image #", "atypical", "Attractive", "happy", "confident", "intelligent"]
    rows: list[list[str | float]] = [list(header)]
    for number in range(1, count + 1):
        name = f"Google_1_Person {number}_{number}_oval.jpg"
        write_picture(root / "10k US Adult Faces Database/Face Images" / name, number)
        rows.append([name, number, 3.0, 1.5 + number % 7, 2.0 + (number % 7) / 4, "" if number == count else 5.25, 4.5])
    write_picture(root / "10k US Adult Faces Database/Face Images/Google_1_Nobody_1_oval.jpg", 99)
    table = root / "Full Attribute Scores/psychology attributes/psychology-attributes.xlsx"
    spreadsheet(table, {"All Data": [["Filename"]], "Final Values": rows, "StDev Values": [["Filename"]]})
    return root


def disfa_set(root: Path, people: Sequence[str] = disfa.SUBJECTS, frames: int = 3) -> Path:
    """Frame k has AU4 of intensity k − 1; the films are one frame longer than the labels, as the real ones may be."""
    for person in people:
        for number in disfa.AUS:
            rows = [f"{frame},{frame - 1 if number == 4 else 0}" for frame in range(1, frames + 1)]
            write_text(root / f"ActionUnit_Labels/{person}/{person}_au{number}.txt", rows)
        write_film(root / f"Video_LeftCamera/LeftVideo{person}_comp.avi", frames + 1)
    return root


def bp4d_set(root: Path, people: Sequence[str] = bp4d.SUBJECTS, tasks: Sequence[str] = bp4d.TASKS) -> Path:
    """Two coded frames of three a sequence; AU7 could not be coded in the second."""
    encoded = cv2.imencode(".jpg", drawn_face(1))[1].tobytes()
    for person in people:
        for task in tasks:
            folder = root / "Sequences" / person / task
            folder.mkdir(parents=True)
            for number in (7, 8, 9):
                (folder / f"{number:03d}.jpg").write_bytes(encoded)
            write_text(root / f"AUCoding/AU_OCC/{person}_{task}.csv", ["0,4,6,7", "8,1,1,0", "9,0,0,9"])
            for unit in bp4d.INTENSITIES:
                rows = ["8,3", "9,0"] if unit == "AU06" else ["8,0", "9,9"]
                write_text(root / f"AUCoding/AU_INT/{unit}/{person}_{task}_{unit}.csv", rows)
    return root
