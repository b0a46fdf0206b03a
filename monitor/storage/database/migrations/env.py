"""Run by Alembic: all revisions that are missing, in the transaction of the connection that was handed in."""

from __future__ import annotations

from alembic import context

_given = context.config.attributes
context.configure(connection=_given["connection"], version_table=_given["version_table"])
context.run_migrations()
