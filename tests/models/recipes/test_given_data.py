"""Data sets given by name: spelt either way, wrong names refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import DataMissing
from models.recipes.given_data import given_data, known_weights


def test_names_may_be_spelt_either_way() -> None:
    given = {"ck-plus": Path("a"), "unbc": Path("b"), "stand-ins": Path("c")}
    assert given_data(given, ("ck_plus", "unbc")) == {"ck_plus": Path("a"), "unbc": Path("b"), "stand-ins": Path("c")}


def test_a_wrong_name_is_not_silently_replaced_by_a_stand_in() -> None:
    with pytest.raises(DataMissing, match=r"--data bivid=x: this recipe uses biovid and stand-ins"):
        given_data({"bivid": Path("x")}, ("biovid",))


def test_wrong_weights_are_not_silently_ignored() -> None:
    assert known_weights({"age": "a.pt"}, ("age", "gender")) == {"age": "a.pt"}
    with pytest.raises(DataMissing, match=r"--weights agee=a\.pt: this recipe starts from age, gender$"):
        known_weights({"agee": "a.pt"}, ("age", "gender"))
