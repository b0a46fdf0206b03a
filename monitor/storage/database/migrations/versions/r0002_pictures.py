"""Encrypted pictures, and the number of a transition's alert as a column: a start no longer reads years of lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what is new and fill it."""
    op.add_column("transitions", sa.Column("alert_number", sa.BigInteger))
    op.execute(
        "UPDATE transitions SET alert_number = CAST(substr(alert_id, length(bed) + 2) AS BIGINT) "
        "WHERE alert_id IS NOT NULL"
    )
    op.create_index("transitions_alert", "transitions", ["bed", "alert_number"])
    op.create_table(
        "pictures",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("bed", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("alert_id", sa.Text),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("pictures_at", "pictures", ["at"])
    op.create_table(
        "picture_keys",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("proof", sa.LargeBinary, nullable=False),
    )
