"""Tables of the desk: who is at a case now (a row of one browser tab, for seconds), saved views and their order, deeds done to many cases.

A saved view's filter holds ids for names. `team_id` leads to no team once that is dissolved: then the view is its owner's again.
"""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Json, Text

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
saved_views = scoped_table(
    "saved_views",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("icon", Text, nullable=False),
    sa.Column("filter", Text, nullable=False),
    sa.Column("sort", Text, nullable=False),
    sa.Column("share", Text, nullable=False),
    sa.Column("team_id", Id),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("deleted_at", Instant),
    refers("agent_id", "agents"),
    sa.Index("ix_saved_views_agent", "workspace_id", "agent_id"),
    sa.Index("ix_saved_views_share", "workspace_id", "share"),
)
view_places = scoped_table(
    "view_places",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("view_id", Id, nullable=False),
    sa.Column("place", Count, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id", "view_id"),
)
view_sorts = scoped_table(
    "view_sorts",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("view", Text, nullable=False),
    sa.Column("sort", Text, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id", "view"),
)
bulk_deeds = scoped_table(
    "bulk_deeds",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("value", Text, nullable=False),
    sa.Column("filter", Text, nullable=False),
    sa.Column("zone", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("total", Count, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    refers("agent_id", "agents"),
    sa.Index("ix_bulk_deeds_agent", "workspace_id", "agent_id", "created_at"),
    sa.Index("ix_bulk_deeds_created_at", "created_at"),
)
bulk_cases = scoped_table(
    "bulk_cases",
    sa.Column("deed_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("number", Id, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("why", Text, nullable=False),
    sa.Column("before", Json, nullable=False),
    sa.Column("after", Json, nullable=False),
    refers("deed_id", "bulk_deeds"),
    refers("case_id", "cases"),
    sa.Index("ix_bulk_cases_case", "workspace_id", "case_id"),
    sa.Index("ix_bulk_cases_state", "workspace_id", "deed_id", "state", "number"),
    key=("deed_id", "case_id"),
)
