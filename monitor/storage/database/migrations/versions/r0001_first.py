"""The first schema: trends, transitions, states, baselines, configuration changes, outboxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    _trends()
    op.create_table(
        "transitions",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("bed", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("now_s", sa.Double),
        sa.Column("reason", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("alert_id", "topic", "kind", "priority", "presence")),
        sa.Column("audible", sa.Boolean),
        sa.Column("weak", sa.Boolean, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text) for name in ("who", "by", "verdict")),
        *(
            sa.Column(name, sa.Double)
            for name in ("held_s", "out_s", "seconds", "assessed_s", "paused_s", "confidence")
        ),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.UniqueConstraint("bed", "number", "at", name="transitions_once"),
    )
    op.create_index("transitions_at", "transitions", ["at"])
    for table, column in (("bed_states", "state"), ("baselines", "baseline")):
        op.create_table(table, sa.Column("bed", sa.Text, primary_key=True), sa.Column(column, sa.Text, nullable=False))
    op.create_table(
        "configuration_changes",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "summary", "digest")),
    )
    _outboxes()


def _trends() -> None:
    real = ("confidence", "coverage", "pspi")
    op.create_table(
        "trend_seconds",
        sa.Column("bed", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("level", sa.Text, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("score", *real)),
        sa.Column("cannot_assess", sa.Text),
        *(sa.Column(name, sa.Double) for name in ("mu", "fps")),
        sa.Column("emotions", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trend_minutes",
        sa.Column("bed", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("seconds", "judged")),
        *(sa.Column(name, sa.Double) for name in ("pain_share", "score_mean", "score_min", "score_max")),
        *(sa.Column(name, sa.Double) for name in ("confidence_mean", "coverage_mean", "pspi_mean", "pspi_max")),
        *(sa.Column(name, sa.Double) for name in ("mu_mean", "fps_mean")),
        *(sa.Column(name, sa.Text) for name in ("cannot_assess", "emotions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_minutes",
        sa.Column("bed", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )


def _outboxes() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("sink", "message_id")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text),
        sa.UniqueConstraint("sink", "message_id", name="outbox_once"),
        sqlite_autoincrement=True,
    )
    waits = sa.text("body IS NOT NULL")
    op.create_index("outbox_waiting", "outbox", ["sink", "id"], sqlite_where=waits, postgresql_where=waits)
    op.create_table(
        "outbox_drops",
        sa.Column("sink", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
