"""Tables of inboxes: connected accounts, which addresses lead to them, how far they were read."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.sealed import sealed_column
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

inboxes = scoped_table(
    "inboxes",
    sa.Column("brand_id", Id, nullable=False),
    sa.Column("channel", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("enabled", Flag, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("last_received_at", Instant),
    sa.Column("last_sent_at", Instant),
    sa.Column("receiving", Text, nullable=False),
    sa.Column("receiving_error", Text, nullable=False),
    sa.Column("receiving_since", Instant, nullable=False),
    sa.Column("send_failures", Count, nullable=False),
    sa.Column("paused_until", Instant),
    sa.Column("paused_reason", Text, nullable=False),
    sa.Column("reopen_days", Count, nullable=False, server_default="14"),
    sa.Column("archived_at", Instant),
    refers("brand_id", "brands"),
)
sealed_column("inbox", inboxes.c.sealed, inboxes.c.workspace_id, inboxes.c.id)
inbox_addresses = scoped_table(
    "inbox_addresses",
    sa.Column("address", Text, nullable=False, unique=True),
    sa.Column("inbox_id", Id, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("address",),
)
cursors = scoped_table(
    "cursors",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id", "name"),
)
inbox_trials = scoped_table(
    "inbox_trials",
    sa.Column("inbox_id", Id),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("checks", Json, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_inbox_trials_inbox", "workspace_id", "inbox_id", "id"),
)
