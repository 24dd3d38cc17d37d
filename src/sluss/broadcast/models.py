"""Tables of notices: what is said to many, where, and which cases are about it."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Text

notices = scoped_table(
    "notices",
    sa.Column("title", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("words", Text, nullable=False),
    sa.Column("answer", Text, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("published_at", Instant),
    sa.Column("ended_at", Instant),
    refers("agent_id", "agents"),
    sa.Index("ix_notices_state", "workspace_id", "state", "id"),
)
"""`state` is draft, open, solved or withdrawn. `words` find cases about it, `answer` is prepared for them, `since` is when it began."""
bulletins = scoped_table(
    "bulletins",
    sa.Column("notice_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("notice_id", "notices"),
    refers("agent_id", "agents"),
    sa.Index("ix_bulletins_notice", "workspace_id", "notice_id", "id"),
)
"""One thing said about a notice: `first`, `update` or `solved`."""
publications = scoped_table(
    "publications",
    sa.Column("notice_id", Id, nullable=False),
    sa.Column("bulletin_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("external_id", Text, nullable=False),
    sa.Column("network_key", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("handed_over", Flag, nullable=False),
    sa.Column("waits", Count, nullable=False),
    sa.Column("unknowns", Count, nullable=False),
    sa.Column("begun_at", Instant),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("give_up_at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("code", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    refers("notice_id", "notices"),
    refers("bulletin_id", "bulletins"),
    refers("inbox_id", "inboxes"),
    sa.UniqueConstraint("workspace_id", "bulletin_id", "inbox_id"),
    sa.Index("ix_publications_notice", "workspace_id", "notice_id", "id"),
    sa.Index("ix_publications_due", "due_at"),
)
"""A bulletin at one account. `state` is queued, sending, sent, failed, unknown or cancelled, as of an operation."""
notice_chats = scoped_table(
    "notice_chats",
    sa.Column("notice_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    refers("notice_id", "notices"),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_notice_chats_inbox", "workspace_id", "inbox_id", "notice_id"),
    key=("notice_id", "inbox_id"),
)
"""Chats that show a notice while it is open, and for a while after it is solved."""
notice_cases = scoped_table(
    "notice_cases",
    sa.Column("notice_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("linked_by", Id, nullable=False),
    sa.Column("linked_at", Instant, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("why", Text, nullable=False),
    sa.Column("answer_by", Id),
    sa.Column("done_at", Instant),
    refers("notice_id", "notices"),
    refers("case_id", "cases"),
    sa.Index("ix_notice_cases_case", "workspace_id", "case_id"),
    sa.Index("ix_notice_cases_state", "workspace_id", "notice_id", "state", "case_id"),
    key=("notice_id", "case_id"),
)
"""Cases about a notice. `state` is linked, waiting (its answer is due), answered or skipped (with `why`)."""
