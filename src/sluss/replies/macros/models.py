"""Tables of macros: their steps, what they were before, how often each is run, and the way back from each run."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Json, Text

macros = scoped_table(
    "macros",
    sa.Column("name", Text, nullable=False),
    sa.Column("whom", Text, nullable=False),
    sa.Column("holder", Id, nullable=False),
    sa.Column("team_ids", Json, nullable=False),
    sa.Column("inbox_ids", Json, nullable=False),
    sa.Column("owner_id", Id),
    sa.Column("steps", Json, nullable=False),
    sa.Column("onward", Text, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", Id),
    sa.Column("archived_at", Instant),
    refers("owner_id", "agents"),
    refers("changed_by", "agents"),
    sa.UniqueConstraint("workspace_id", "holder", "name"),
)
macro_versions = scoped_table(
    "macro_versions",
    sa.Column("macro_id", Id, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("content", Json, nullable=False),
    refers("macro_id", "macros"),
    refers("agent_id", "agents"),
    key=("macro_id", "revision"),
)
macro_uses = scoped_table(
    "macro_uses",
    sa.Column("macro_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("day", Count, nullable=False),
    sa.Column("count", Count, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    refers("macro_id", "macros"),
    refers("agent_id", "agents"),
    key=("macro_id", "agent_id", "day"),
)
macro_runs = scoped_table(
    "macro_runs",
    sa.Column("macro_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("before", Json, nullable=False),
    sa.Column("undone_at", Instant),
    refers("macro_id", "macros"),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_macro_runs_case", "workspace_id", "case_id"),
    sa.Index("ix_macro_runs_at", "workspace_id", "at"),
)
