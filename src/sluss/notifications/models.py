"""Tables of notifications and of how each agent wants to be told."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Text

UNREAD_SQL = "read_at IS NULL"
"""The partial index of what is unread is used only where its condition is said literally."""

notifications = scoped_table(
    "notifications",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("times", Count, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("position", Id, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("item_id", Id, nullable=False),
    sa.Column("detail", Text, nullable=False),
    sa.Column("by_mail", Flag, nullable=False),
    sa.Column("letter_id", Id),
    sa.Column("read_at", Instant),
    refers("agent_id", "agents"),
    refers("case_id", "cases"),
    sa.Index(
        "ix_notifications_unread",
        "workspace_id",
        "agent_id",
        "case_id",
        sqlite_where=sa.text(UNREAD_SQL),
        postgresql_where=sa.text(UNREAD_SQL),
    ),
    sa.Index("ix_notifications_newest", "workspace_id", "agent_id", "at"),
    sa.Index("ix_notifications_case", "workspace_id", "case_id"),
    sa.Index("ix_notifications_at", "workspace_id", "at"),
    key=("agent_id", "case_id", "kind"),
)
alert_settings = scoped_table(
    "alert_settings",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("sound", Text, nullable=False),
    sa.Column("volume", Count, nullable=False),
    sa.Column("only_hidden", Flag, nullable=False),
    sa.Column("repeat_seconds", Count, nullable=False),
    sa.Column("zone", Text, nullable=False),
    sa.Column("digest_pace", Text, nullable=False),
    sa.Column("digest_hour", Count, nullable=False),
    sa.Column("mentions_at_once", Flag, nullable=False),
    sa.Column("follow_mentions", Flag, nullable=False),
    sa.Column("follow_notes", Flag, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id",),
)
alert_choices = scoped_table(
    "alert_choices",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("app", Flag, nullable=False),
    sa.Column("desktop", Flag, nullable=False),
    sa.Column("sound", Flag, nullable=False),
    sa.Column("mail", Flag, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id", "kind"),
)
quiet_hours = scoped_table(
    "quiet_hours",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("weekday", Count, nullable=False),
    sa.Column("start_minute", Count, nullable=False),
    sa.Column("end_minute", Count, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id", "weekday"),
)
disturbances = scoped_table(
    "do_not_disturb",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("until", Instant, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id",),
)
desks_open = scoped_table(
    "desks_open",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id",),
)
digest_rules = scoped_table("digest_rules", sa.Column("excerpts", Flag, nullable=False), key=())
