"""Tables of proposals and of the clues by which they are found."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Text

clues = scoped_table(
    "clues",
    sa.Column("mark", Id, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("message_id", "messages"),
    sa.Index("ix_clues_message", "workspace_id", "message_id"),
    sa.Index("ix_clues_at", "workspace_id", "at"),
    key=("mark", "message_id"),
)
proposals = scoped_table(
    "proposals",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("other_id", Id, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    sa.Column("other_message_id", Id, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("score", Count, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("settled_by", Id),
    sa.Column("settled_at", Instant),
    refers("case_id", "cases"),
    refers("other_id", "cases"),
    refers("message_id", "messages"),
    refers("other_message_id", "messages"),
    sa.UniqueConstraint("workspace_id", "case_id", "other_id"),
    sa.Index("ix_proposals_other", "workspace_id", "other_id"),
    sa.Index("ix_proposals_message", "workspace_id", "message_id"),
    sa.Index("ix_proposals_other_message", "workspace_id", "other_message_id"),
)
proposal_rules = scoped_table(
    "proposal_rules",
    sa.Column("name", Text, nullable=False),
    sa.Column("value", Count, nullable=False),
    key=("name",),
)
