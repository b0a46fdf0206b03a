"""The first admin, and how admins keep the users."""

from __future__ import annotations

import pytest
from page_server import PASSWORD

from monitor.web.setup import FILE

NEW = {"name": "Åsa O'Hara", "role": "nurse", "beds": ["bed-1"], "password": PASSWORD}


def set_up(browser, code: str = "7-calm-doors", **changes: str):
    return browser.post("/api/setup", json={"code": code, "name": "chief", "password": PASSWORD, **changes})


def test_the_first_admin_is_made_with_the_code_from_the_file(empty, tmp_path):
    (tmp_path / FILE).write_text("7-calm-doors\n")
    browser = empty.browser()
    assert browser.get("/api/session").json()["setup_needed"] is True
    answer = set_up(browser)
    assert answer.status_code == 204
    assert browser.renew().get("/api/session").json()["user"] == {
        "name": "chief", "role": "admin", "pictures": True, "beds": "*",
    }  # fmt: skip
    assert not (tmp_path / FILE).exists()
    assert empty.browser().get("/api/session").json()["setup_needed"] is False
    assert browser.get("/api/users").json()["users"][0]["name"] == "chief"


def test_without_the_code_nobody_becomes_admin(empty, tmp_path):
    browser = empty.browser()
    assert set_up(browser, "").status_code == 401  # no file, no code: not even the empty one
    (tmp_path / FILE).write_text("7-calm-doors")
    assert [set_up(browser, "1-calm-door").status_code for _ in range(4)] == [401] * 4
    assert set_up(browser).status_code == 429  # nor by trying
    assert browser.get("/api/session").json()["setup_needed"] is True
    assert (tmp_path / FILE).exists()


def test_a_code_that_is_a_link_is_none(empty, tmp_path):
    (tmp_path / "elsewhere").write_text("7-calm-doors")
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    assert set_up(empty.browser()).status_code == 401


def test_a_weak_password_or_odd_name_leaves_the_code_in_force(empty, tmp_path):
    (tmp_path / FILE).write_text("7-calm-doors")
    browser = empty.browser()
    assert set_up(browser, password="short").status_code == 422
    assert set_up(browser, name="<b>").status_code == 422
    assert set_up(browser).status_code == 204


def test_a_page_that_has_users_cannot_be_set_up_again(served, tmp_path):
    (tmp_path / FILE).write_text("7-calm-doors")
    assert set_up(served.browser()).status_code == 409
    assert [user["name"] for user in served.browser("admin").get("/api/users").json()["users"]] == [
        "admin", "nurse", "viewer", "watcher",
    ]  # fmt: skip


def test_a_user_is_made_changed_and_removed(served):
    admin = served.browser("admin")
    assert admin.post("/api/users", json=NEW).json() == {"said": "Åsa O'Hara is a user now"}
    browser = served.browser(NEW["name"])
    assert [bed["bed"] for bed in browser.get("/api/ward").json()["beds"]] == ["bed-1"]
    url = "/api/users/Åsa O'Hara"
    assert admin.put(url, json={"beds": ["bed-2", "south/bed-1"]}).status_code == 200
    assert [bed["bed"] for bed in browser.get("/api/ward").json()["beds"]] == ["bed-2"]
    told = next(user for user in admin.get("/api/users").json()["users"] if user["name"] == NEW["name"])
    assert (told["beds"], told["role"], told["pictures"]) == (["bed-2", "south/bed-1"], "nurse", False)
    assert "password" not in str(told)
    assert admin.put(url, json={"role": "viewer"}).status_code == 200
    assert browser.get("/api/beds/bed-2/picture.jpg").status_code == 403
    assert admin.put(url, json={"password": "seven calm windows"}).status_code == 200
    assert browser.get("/api/ward").status_code == 401
    browser.log_in(NEW["name"], "seven calm windows")
    assert admin.delete(url).status_code == 200
    assert browser.get("/api/ward").status_code == 401
    assert admin.delete(url).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "NURSE"}, 409),
        ({"name": ""}, 422),
        ({"name": "x" * 65}, 422),
        ({"name": "a\nb"}, 422),
        ({"name": "a/b"}, 422),
        ({"name": 5}, 422),
        ({"role": "root"}, 422),
        ({"role": ["admin"]}, 422),
        ({"beds": "bed-1"}, 422),
        ({"beds": ["bed 1"]}, 422),
        ({"beds": ["a/b/c"]}, 422),
        ({"beds": ["*"]}, 422),
        ({"beds": [5]}, 422),
        ({"beds": None}, 422),
        ({"beds": ["bed-1"] * 1001}, 422),
        ({"pictures": "yes"}, 422),
        ({"password": "short"}, 422),
        ({"password": None}, 422),
    ],
)
def test_users_that_make_no_sense_are_refused(changes: dict[str, object], code: int, served):
    admin = served.browser("admin")
    answer = admin.post("/api/users", json={**NEW, **changes})
    assert (answer.status_code, list(answer.json())) == (code, ["error"])
    assert len(admin.get("/api/users").json()["users"]) == 4


def test_the_last_admin_cannot_be_removed_or_made_less(served):
    admin = served.browser("admin")
    assert admin.delete("/api/users/admin").status_code == 409
    refused = admin.put("/api/users/admin", json={"role": "nurse"})
    assert refused.json() == {"error": "admin is the last admin; make somebody else admin first"}
    assert admin.put("/api/users/admin", json={"role": "admin", "beds": "*"}).status_code == 200
    assert admin.put("/api/users/nurse", json={"role": "admin"}).status_code == 200
    assert admin.put("/api/users/admin", json={"role": "nurse"}).status_code == 200
    assert admin.get("/api/users").status_code == 403
    assert served.browser("nurse").delete("/api/users/nurse").status_code == 409


def test_an_admin_without_beds_sees_none(served):
    """Rights over users are no rights over residents."""
    admin = served.browser("admin")
    assert admin.put("/api/users/admin", json={"beds": []}).status_code == 200
    assert admin.get("/api/ward").json()["beds"] == []
    assert admin.get("/api/beds/bed-1/picture.jpg").status_code == 404
    assert admin.get("/api/users").status_code == 200
