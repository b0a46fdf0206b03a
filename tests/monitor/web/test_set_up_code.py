"""The code for the first admin: there while nobody is a user, for nobody but the service's own user to read."""

from __future__ import annotations

import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.storage.database.database import Database
from monitor.storage.database.trouble import DatabaseTrouble
from monitor.ward.page import PageSettings
from monitor.ward.service import PrivacySettings
from monitor.web.link import PageConfiguration
from monitor.web.passwords import Passwords
from monitor.web.roles import BedRights, Role
from monitor.web.set_up_code import look, new_code
from monitor.web.setup import FILE, right_code
from monitor.web.users import User, add_user


@pytest.fixture
def configuration(tmp_path: Path) -> PageConfiguration:
    url = f"sqlite:///{tmp_path}/vigil.sqlite"
    Database.open(url).close()
    return PageConfiguration(
        ward="ward",
        page=PageSettings(enabled=True),
        beds={},
        privacy=PrivacySettings(),
        database_url=url,
        state=tmp_path,
    )


def add_somebody(configuration: PageConfiguration) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with Database.open(configuration.database_url) as database:
        kept = Passwords().hash("four quiet beds")
        made = User(
            name="Zoë",
            role=Role.ADMIN,
            beds=BedRights(beds=None),
            pictures=False,
            password_hash=kept,
            created_at=at,
            changed_at=at,
        )
        add_user(database.transactions, made)


def test_it_is_made_once_is_nobody_elses_and_goes_with_the_first_user(configuration, capsys) -> None:
    path = configuration.state / FILE
    assert look(configuration, said=False)
    code = path.read_text().strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert right_code(configuration.state, code)
    assert not right_code(configuration.state, code[:-1])
    said = capsys.readouterr().out
    assert str(path) in said
    assert code not in said
    assert look(configuration, said=True)
    assert path.read_text().strip() == code, "a page that starts anew leaves it as it is"
    assert capsys.readouterr().out == ""
    add_somebody(configuration)
    assert not look(configuration, said=True)
    assert not path.exists()


def test_a_link_in_its_place_is_not_followed(configuration, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (configuration.state / FILE).symlink_to(tmp_path / "elsewhere")
    assert look(configuration, said=True)
    assert (tmp_path / "elsewhere").read_text() == "kept"
    assert not right_code(configuration.state, "kept")


def test_a_database_that_is_away_says_nothing_about_users(configuration) -> None:
    (configuration.state / "vigil.sqlite").unlink()
    with pytest.raises(DatabaseTrouble):
        look(configuration, said=False)
    assert not (configuration.state / FILE).exists()


def test_codes_are_long_and_can_be_read_out() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){4}[a-hjkmnp-z2-9]{4}", code) for code in codes)
