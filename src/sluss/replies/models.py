"""Tables of drafts, one per case, agent and kind, and of what a draft was before it was sent."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Json, Text

drafts = scoped_table(
    "drafts",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("cc", Text, nullable=False),
    sa.Column("attachment_ids", Json, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("bcc", Text, nullable=False, server_default=""),
    sa.Column("apart", Json, nullable=False, server_default="null"),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_drafts_agent", "workspace_id", "agent_id"),
    key=("case_id", "agent_id", "kind"),
)
departures = scoped_table(
    "departures",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("leaves_at", Instant, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("cc", Text, nullable=False),
    sa.Column("attachment_ids", Json, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("case_before", Json, nullable=False),
    sa.Column("bcc", Text, nullable=False, server_default=""),
    sa.Column("forward", Json, nullable=False, server_default="null"),
    sa.Column("side", Json, nullable=False, server_default="null"),
    refers("message_id", "messages"),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_departures_agent", "workspace_id", "agent_id", "leaves_at"),
    sa.Index("ix_departures_case", "workspace_id", "case_id"),
    key=("message_id",),
)
automatic_answers = scoped_table(
    "automatic_answers",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("case_id", "cases"),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_automatic_answers_address", "workspace_id", "address", "at"),
    key=("case_id",),
)
