"""Tables of drafts, one per case, agent and kind, and of what a draft was before it was sent."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Count, Id, Instant, Json, Text

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
private_links = scoped_table(
    "private_links",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("public_id", Id, nullable=False),
    sa.Column("visitor_id", Id, nullable=False),
    sa.Column("secret", Blob, nullable=False),
    sa.Column("word", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("opened_at", Instant),
    sa.Column("proved_at", Instant),
    sa.Column("code", Blob, nullable=False),
    sa.Column("code_until", Instant, nullable=False),
    sa.Column("code_tries", Count, nullable=False),
    refers("case_id", "cases"),
    refers("inbox_id", "inboxes"),
    refers("thread_id", "threads"),
    refers("public_id", "messages"),
    sa.Index("ix_private_links_case", "workspace_id", "case_id"),
    sa.Index("ix_private_links_thread", "workspace_id", "thread_id"),
    sa.Index("ix_private_links_public", "workspace_id", "public_id"),
)
"""Doors from a public matter to a private page of ours. `secret` and `code` are hashes; `word` written in public proves who holds it."""
sluices = scoped_table(
    "sluices",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("public_id", Id, nullable=False),
    sa.Column("way", Text, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("said_id", Id),
    sa.Column("private_id", Id),
    sa.Column("link_id", Id),
    sa.Column("operation_ids", Json, nullable=False),
    sa.Column("undone_at", Instant),
    refers("case_id", "cases"),
    refers("public_id", "messages"),
    refers("agent_id", "agents"),
    sa.Index("ix_sluices_case", "workspace_id", "case_id"),
    sa.Index("ix_sluices_public", "workspace_id", "public_id"),
)
"""Every passage from public to private: which utterance, by which way, and what was said on both sides (ids of messages)."""
approval_rules = scoped_table(
    "approval_rules",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("whose", Text, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id",),
)
"""Whose public answers at an inbox wait for another's word: `agents` or `all`."""
