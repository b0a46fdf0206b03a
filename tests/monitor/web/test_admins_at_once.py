"""Two admins who remove each other at the same moment: one of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from page_server import QUICK
from postgresql_server import PASSWORD as DATABASE_PASSWORD
from postgresql_server import PostgresqlServer, postgresql_server

from monitor import clock
from monitor.storage.database.database import Database
from monitor.web.roles import BedRights, Role
from monitor.web.users import LastAdmin, NameTaken, User, add_user, every_user, remove_user

ROUNDS = 6


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request, tmp_path) -> Iterator[tuple[Database, Database]]:
    """Two connections to one database, as two boxes have them."""
    url, password = f"sqlite:///{tmp_path / 'users.sqlite'}", None
    if request.param == "postgresql":
        url, password = request.getfixturevalue("server").new_place(), DATABASE_PASSWORD
    with Database.open(url, password) as one, Database.open(url, password) as other:
        yield one, other


def admin(name: str) -> User:
    now = clock.now_at()
    kept = QUICK.hash("four quiet beds")
    return User(
        name=name, role=Role.ADMIN, beds=BedRights(beds=None), password_hash=kept, created_at=now, changed_at=now
    )


def test_one_of_them_stays(databases):
    one, other = databases
    together = Barrier(2)

    def remove(database: Database, name: str) -> bool:
        together.wait(60)
        try:
            remove_user(database.transactions, name)
        except LastAdmin:
            return False
        return True

    add_user(one.transactions, admin("Anna"))
    with ThreadPoolExecutor(2) as both:
        for _ in range(ROUNDS):
            missing = {"Anna", "Berta"} - {user.name for user in every_user(one.transactions)}
            for name in missing:
                add_user(one.transactions, admin(name))
            done = [both.submit(remove, one, "Anna"), both.submit(remove, other, "Berta")]
            assert sorted(each.result() for each in done) == [False, True]
            assert len(every_user(one.transactions)) == 1


def test_the_first_set_up_happens_once(databases):
    together = Barrier(2)

    def first(database: Database, name: str) -> bool:
        together.wait(60)
        try:
            add_user(database.transactions, admin(name), first=True)
        except NameTaken:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        done = [both.submit(first, *each) for each in zip(databases, ("Anna", "Berta"), strict=True)]
        assert sorted(each.result() for each in done) == [False, True]
