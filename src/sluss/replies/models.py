"""Table of drafts: one per case, agent and kind."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Json, Text

drafts = scoped_table(
    "drafts",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("cc", Json, nullable=False),
    sa.Column("attachment_ids", Json, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_drafts_agent", "workspace_id", "agent_id"),
    key=("case_id", "agent_id", "kind"),
)
