"""Every table as this program wants it. The migrations lead here; a test holds the two against each other.

Several wards may share one database, and the beds of two of them may be called alike: what belongs to a ward carries
its name first in every key. Users and sessions belong to all of them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from monitor.storage.database.column_types import Real, RowNumber, SafeText, UtcMoment, UtcSecond

METADATA = MetaData()

TREND_SECONDS = Table(
    "trend_seconds",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("bed", SafeText, primary_key=True),
    Column("at", UtcSecond, primary_key=True, autoincrement=False),
    Column("level", SafeText, nullable=False),
    Column("score", Real),
    Column("confidence", Real),
    Column("coverage", Real),
    Column("pspi", Real),
    Column("cannot_assess", SafeText),
    Column("mu", Real),
    Column("fps", Real),
    Column("emotions", SafeText),
    sqlite_with_rowid=False,
)
"""One row a bed and second, of every ward. ``emotions`` is JSON, NULL unless privacy.emotion_scores was on."""

TREND_MINUTES = Table(
    "trend_minutes",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("bed", SafeText, primary_key=True),
    Column("at", UtcSecond, primary_key=True, autoincrement=False),
    Column("seconds", Integer, nullable=False),
    Column("judged", Integer, nullable=False),
    Column("pain_share", Real),
    Column("score_mean", Real),
    Column("score_min", Real),
    Column("score_max", Real),
    Column("confidence_mean", Real),
    Column("coverage_mean", Real),
    Column("pspi_mean", Real),
    Column("pspi_max", Real),
    Column("mu_mean", Real),
    Column("fps_mean", Real),
    Column("cannot_assess", SafeText),
    Column("emotions", SafeText),
    sqlite_with_rowid=False,
)
"""What the seconds of a minute come to (``minute.MinuteRow``)."""

OPEN_MINUTES = Table(
    "open_minutes",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("bed", SafeText, primary_key=True),
    Column("at", UtcSecond, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Minutes that have seconds which ``trend_minutes`` does not count yet."""

TRANSITIONS = Table(
    "transitions",
    METADATA,
    Column("id", RowNumber, primary_key=True),
    Column("ward", SafeText, nullable=False),
    Column("bed", SafeText, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("now_s", Real),
    Column("reason", SafeText, nullable=False),
    Column("alert_id", SafeText),
    Column("topic", SafeText),
    Column("kind", SafeText),
    Column("priority", SafeText),
    Column("presence", SafeText),
    Column("audible", Boolean),
    Column("weak", Boolean, nullable=False),
    Column("level", Integer, nullable=False),
    Column("who", SafeText),
    Column("by", SafeText),
    Column("verdict", SafeText),
    Column("held_s", Real),
    Column("out_s", Real),
    Column("seconds", Real),
    Column("assessed_s", Real),
    Column("paused_s", Real),
    Column("confidence", Real),
    Column("sentence", SafeText, nullable=False),
    Column("sentence_de", SafeText),
    Column("alert_number", BigInteger),
    UniqueConstraint("ward", "bed", "number", "at", name="transitions_once"),
)
"""Every column of ``monitor.alerts.transition.Transition`` and its alert's number, in the order of recording."""
Index("transitions_at", TRANSITIONS.c.at)
Index("transitions_alert", TRANSITIONS.c.ward, TRANSITIONS.c.bed, TRANSITIONS.c.alert_number)

BED_STATES = Table(
    "bed_states",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("bed", SafeText, primary_key=True),
    Column("state", SafeText, nullable=False),
)
"""The lifecycle of a bed's alerts (``monitor.alerts.state_json``)."""

BASELINES = Table(
    "baselines",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("bed", SafeText, primary_key=True),
    Column("baseline", SafeText, nullable=False),
)
"""The neutral face of a bed's resident (``monitor.baseline``)."""

CONFIGURATION_CHANGES = Table(
    "configuration_changes",
    METADATA,
    Column("id", RowNumber, primary_key=True),
    Column("ward", SafeText, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("summary", SafeText, nullable=False),
    Column("digest", SafeText, nullable=False),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", RowNumber, primary_key=True),
    Column("ward", SafeText, nullable=False),
    Column("sink", SafeText, nullable=False),
    Column("message_id", SafeText, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("body", SafeText),
    UniqueConstraint("ward", "sink", "message_id", name="outbox_once"),
    sqlite_autoincrement=True,
)
"""Messages that wait, in order. What was delivered or dropped loses its body; its id stays for a while."""
Index(
    "outbox_waiting",
    OUTBOX.c.ward,
    OUTBOX.c.sink,
    OUTBOX.c.id,
    sqlite_where=text("body IS NOT NULL"),
    postgresql_where=text("body IS NOT NULL"),
)

OUTBOX_DROPS = Table(
    "outbox_drops",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("sink", SafeText, primary_key=True),
    Column("cause", SafeText, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

PICTURES = Table(
    "pictures",
    METADATA,
    Column("id", RowNumber, primary_key=True),
    Column("ward", SafeText, nullable=False),
    Column("bed", SafeText, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("alert_id", SafeText),
    Column("bytes", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
"""Pictures, encrypted (``pictures``); ``bytes`` is the length of ``sealed``."""
Index("pictures_at", PICTURES.c.at)

PICTURE_KEYS = Table(
    "picture_keys",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("proof", LargeBinary, nullable=False),
)
"""A known text under the key of a ward's pictures: another key is noticed when the database is opened."""

EVIDENCE = Table(
    "evidence",
    METADATA,
    Column("id", RowNumber, primary_key=True),
    Column("ward", SafeText, nullable=False),
    Column("bed", SafeText, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("alert_id", SafeText, nullable=False),
    Column("document", SafeText, nullable=False),
)
"""What an alert rested on: where in the face the network looked, as JSON (``monitor.web.heatmap_document``).

No picture: the relevance alone, from which no face can be made.
"""
Index("evidence_alert", EVIDENCE.c.ward, EVIDENCE.c.alert_id)
Index("evidence_at", EVIDENCE.c.at)

USERS = Table(
    "users",
    METADATA,
    Column("name", SafeText, primary_key=True),
    Column("role", SafeText, nullable=False),
    Column("beds", SafeText, nullable=False),
    Column("pictures", Boolean, nullable=False),
    Column("password_hash", SafeText, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("changed_at", UtcMoment, nullable=False),
)
"""Who may use the page, of all wards. ``beds`` is JSON: "*" or a list of "ward/bed"."""

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", SafeText, primary_key=True),
    Column("name", SafeText, nullable=False),
    Column("csrf", SafeText, nullable=False),
    Column("created_at", UtcMoment, nullable=False),
    Column("seen_at", UtcMoment, nullable=False),
    Column("expires_at", UtcMoment, nullable=False),
)
"""Who is logged in at the page. The token itself is kept nowhere."""
Index("sessions_name", SESSIONS.c.name)

WARD_SNAPSHOTS = Table(
    "ward_snapshots",
    METADATA,
    Column("ward", SafeText, primary_key=True),
    Column("at", UtcMoment, nullable=False),
    Column("document", SafeText, nullable=False),
)
"""How each ward of a fleet is now, as JSON (``monitor.service.status.ward_status``), for the pages of the others."""
