"""Who may do what, and which beds a name stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.roles import BedRights, Right, Role, may, read_beds, told_beds

NAMES = st.sampled_from(["north", "south", "bed-1", "bed-2", "B_3", "7"])


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.VIEWER, {Right.ANYBODY, Right.SEE}),
        (Role.NURSE, {Right.ANYBODY, Right.SEE, Right.PICTURE, Right.ACT}),
        (Role.ADMIN, set(Right)),
    ],
)
def test_what_each_role_includes(role: Role, rights: set[Right]):
    assert {right for right in Right if may(role, right, pictures=False)} == rights
    assert {right for right in Right if may(role, right, pictures=True)} == rights | {Right.PICTURE}


def test_beds_of_wards_that_are_called_alike_are_not_the_same():
    rights = read_beds(["bed-1", "south/bed-2", "west/*"], "north")
    assert rights.allow("north", "bed-1")
    assert not rights.allow("south", "bed-1")
    assert rights.allow("south", "bed-2")
    assert not rights.allow("north", "bed-2")
    assert rights.allow("west", "any")
    assert not BedRights().allow("north", "bed-1")
    assert read_beds("*", "north").allow("anywhere", "any")
    assert not read_beds([], "north").allow("north", "bed-1")


@given(st.lists(NAMES | st.tuples(NAMES, NAMES).map("/".join) | NAMES.map(lambda ward: f"{ward}/*")), NAMES)
def test_what_is_told_means_the_same_when_it_is_read_again(said: list[str], ward: str):
    rights = read_beds(said, ward)
    assert read_beds(told_beds(rights, ward), ward) == rights


@pytest.mark.parametrize(
    "said",
    [None, "", "bed-1", "**", 5, {}, [""], ["*"], ["/"], ["a/"], ["/b"], ["a/b/c"], ["../b"], ["a b"], [None], ["*/b"]],
)
def test_what_names_no_beds_is_refused(said: object):
    with pytest.raises(ValueError, match="beds"):
        read_beds(said, "north")
