"""The table of who is at a case now. A row is of one browser tab, lives for seconds, and is nobody's history."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Id, Instant, Text

presences = scoped_table(
    "presences",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("tab", Text, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("doing", Text, nullable=False),
    sa.Column("doing_until", Instant, nullable=False),
    sa.Column("until", Instant, nullable=False),
    refers("agent_id", "agents"),
    refers("case_id", "cases"),
    sa.Index("ix_presences_case", "workspace_id", "case_id"),
    sa.Index("ix_presences_until", "until"),
    key=("agent_id", "tab"),
)
