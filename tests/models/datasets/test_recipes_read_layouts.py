"""The papers' recipes take the sets in their original layouts: whoever holds them needs nothing in between."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dataset_trees as trees
import numpy as np
import pytest

pytest.importorskip("torch")


def quiet(title: str, done: int, total: int) -> None:
    pass


def test_paper_w_reads_biovid_and_the_sets_it_shows_its_network(tmp_path: Path) -> None:
    from models.recipes.weitz_data import open_material

    root = trees.biovid_d(trees.biovid_a(tmp_path / "biovid"))
    data = {
        "biovid": root,
        "unbc": trees.unbc_set(tmp_path / "unbc", people=["042-ll042"]),
        "actor_study": trees.actor_study(tmp_path / "actors", people=["01"]),
    }
    material = open_material(data, None, subjects=3, frames=4, picture_px=64, seed=0)
    assert not material.faces.stand_in
    assert np.bincount(material.faces.labels["emotion"]).tolist() == [84, 84, 84]
    assert ("disgust", "after", 2, 84) in material.counts
    assert {name: faces.stand_in for name, faces in material.others.items()} == {"unbc": False, "actor_study": False}


def test_paper_r_reads_its_three_sets(tmp_path: Path) -> None:
    from models.recipes.rieger_data import open_sets

    data = {
        "actor_study": trees.actor_study(tmp_path / "a"),
        "ck_plus": trees.ck_plus(tmp_path / "c"),
        "unbc": trees.unbc_set(tmp_path / "u", people=["042-ll042", "043-jh043"]),
    }
    sets = open_sets(
        data, None, ("actor_study", "ck_plus"), subjects=3, frames=4, input_px=24, picture_px=48, seed=0,
        work=tmp_path / "work", progress=quiet,
    )  # fmt: skip
    assert {name: (len(part.rows), part.stand_in) for name, part in sets.parts.items()} == {
        "actor_study": (40, False),
        "ck_plus": (8, False),
        "unbc": (2, False),
    }
    assert sets.present.shape == (48, 8)


def test_paper_p_reads_affectnet_unbc_and_ck_plus(tmp_path: Path) -> None:
    from models.recipes.prajod import PrajodSettings
    from models.recipes.prajod_data import pain_task, probe_faces, source_task

    unbc = trees.unbc_set(tmp_path / "unbc", people=[f"04{n}-aa04{n}" for n in range(7)], frames=40)
    trees.write_text(unbc / "publishable.txt", ["040-aa040", "043-aa043"])
    data = {
        "affectnet": trees.affectnet_set(tmp_path / "affectnet", each=20),
        "unbc": unbc,
        "ck_plus": trees.ck_plus(tmp_path / "ck"),
    }
    settings = replace(PrajodSettings.quick(), data=data, input_px=24, pain_per_class=20, pain_validation=8)
    emotion = source_task(settings, tmp_path / "work", quiet)
    assert [len(rows) for rows in (emotion.split.train, emotion.split.validation, emotion.split.test)] == [152, 8, 16]
    pain = pain_task(settings, tmp_path / "work", quiet)
    assert [len(rows) for rows in (pain.split.train, pain.split.validation, pain.split.test)] == [32, 8, 80]
    assert len(probe_faces(settings, tmp_path / "work", quiet)) == 3


def test_paper_a_reads_the_rated_faces(tmp_path: Path) -> None:
    from models.recipes.arbabzadah import ArbabzadahSettings
    from models.recipes.arbabzadah_training import rated_faces

    data = {"us_adult_faces": trees.us_adult_faces(tmp_path / "faces", count=9)}
    settings = replace(ArbabzadahSettings.quick(), data=data, input_px=24)
    rated = rated_faces(settings, tmp_path / "work", quiet)
    assert len(rated.crops) == 8  # the ninth has no rating of confidence
    assert not rated.crops.faces.stand_in
