"""Several wards in one database: what belongs to a ward carries its name first in every key.

Beside that the tables of the bedside page (users, sessions, evidence, snapshots of a fleet's wards), and a transition's
sentence in German. What is there already belongs to the ward whose program migrates (``ward``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ONCE = {"transitions": ("bed", "number", "at"), "outbox": ("sink", "message_id")}
_WAITS = sa.text("body IS NOT NULL")


def upgrade() -> None:
    """Put the ward into every table and make the new ones."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    give = _in_new_tables if on_sqlite else _in_place
    op.drop_index("transitions_alert", "transitions")
    op.drop_index("outbox_waiting", "outbox")
    if on_sqlite:  # names of indexes stay with the old table
        op.drop_index("transitions_at", "transitions")
        op.drop_index("pictures_at", "pictures")
    for table in ("trend_seconds", "trend_minutes", "open_minutes"):
        give(table, ("ward", "bed", "at"), sqlite_with_rowid=False)
    for table in ("bed_states", "baselines"):
        give(table, ("ward", "bed"))
    give("outbox_drops", ("ward", "sink", "cause"))
    for table in ("transitions", "configuration_changes"):
        give(table, ("id",))
    for table in ("outbox", "pictures"):
        give(table, ("id",), sqlite_autoincrement=True)
    give("picture_keys", ("ward",), without=("id",))
    if on_sqlite:
        op.create_index("transitions_at", "transitions", ["at"])
        op.create_index("pictures_at", "pictures", ["at"])
    op.create_index("transitions_alert", "transitions", ["ward", "bed", "alert_number"])
    op.create_index("outbox_waiting", "outbox", ["ward", "sink", "id"], sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.add_column("transitions", sa.Column("sentence_de", sa.Text))
    _new_tables()


def _ward() -> str:
    return str(context.config.attributes.get("ward", ""))


def _in_place(table: str, key: Sequence[str], *, without: Sequence[str] = (), **_: Any) -> None:
    """PostgreSQL adds a column with one value for all rows at once, however many there are."""
    op.add_column(table, sa.Column("ward", sa.Text, nullable=False, server_default=_ward()))
    op.alter_column(table, "ward", server_default=None)
    if key != ("id",):
        op.drop_constraint(f"{table}_pkey", table)
        op.create_primary_key(f"{table}_pkey", table, list(key))
    for column in without:
        op.drop_column(table, column)
    if table in _ONCE:
        op.drop_constraint(f"{table}_once", table)
        op.create_unique_constraint(f"{table}_once", table, ["ward", *_ONCE[table]])


def _in_new_tables(table: str, key: Sequence[str], *, without: Sequence[str] = (), **options: Any) -> None:
    """SQLite cannot change a key: the rows move into a new table."""
    bind = op.get_bind()
    known = [column for column in sa.inspect(bind).get_columns(table) if column["name"] not in without]
    rows = [sa.Column("ward", sa.Text, primary_key="ward" in key, nullable=False)] + [
        sa.Column(
            column["name"],
            column["type"],
            nullable=column["nullable"],
            primary_key=column["name"] in key,
            autoincrement="auto" if column["name"] == "id" else False,
        )
        for column in known
    ]
    if key == ("id",):
        rows = [rows[1], rows[0], *rows[2:]]
    once = [sa.UniqueConstraint("ward", *_ONCE[table], name=f"{table}_once")] if table in _ONCE else []
    op.rename_table(table, f"wardless_{table}")
    op.create_table(table, *rows, *once, **options)
    names = ", ".join(f'"{column["name"]}"' for column in known)
    bind.execute(
        sa.text(f"INSERT INTO {table} (ward, {names}) SELECT :ward, {names} FROM wardless_{table}"), {"ward": _ward()}
    )
    op.drop_table(f"wardless_{table}")


def _new_tables() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", _NUMBER, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("ward", "bed")),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("alert_id", "document")),
    )
    op.create_index("evidence_alert", "evidence", ["ward", "alert_id"])
    op.create_index("evidence_at", "evidence", ["at"])
    op.create_table(
        "users",
        sa.Column("name", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("role", "beds")),
        sa.Column("pictures", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created_at", "changed_at")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "csrf")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created_at", "seen_at", "expires_at")),
    )
    op.create_index("sessions_name", "sessions", ["name"])
    op.create_table(
        "ward_snapshots",
        sa.Column("ward", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
