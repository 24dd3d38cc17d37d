"""Tables of agents, credentials, sessions and teams, and which inboxes a team handles."""

import sqlalchemy as sa

from sluss.kernel.schema import global_table, refers, scoped_table
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

credentials = global_table(
    "credentials",
    sa.Column("id", Id, primary_key=True),
    sa.Column("email", Text, nullable=False, unique=True),
    sa.Column("password_hash", Text, nullable=False),
    sa.Column("password_changed_at", Instant, nullable=False),
)
agents = scoped_table(
    "agents",
    sa.Column("credential_id", Id, sa.ForeignKey("credentials.id"), nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("theme", Text, nullable=False),
    sa.Column("keys_off", Flag, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant),
    sa.UniqueConstraint("workspace_id", "credential_id"),
)
sessions = global_table(
    "sessions",
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", Blob, nullable=False, unique=True),
    sa.Column("previous_hash", Blob, unique=True),
    sa.Column("workspace_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("csrf", Text, nullable=False),
    sa.Column("device", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("rotated_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"]),
    sa.Index("ix_sessions_agent", "workspace_id", "agent_id"),
)
one_time_links = global_table(
    "one_time_links",
    sa.Column("token_hash", Blob, primary_key=True),
    sa.Column("purpose", Text, nullable=False),
    sa.Column("workspace_id", Id),
    sa.Column("agent_id", Id),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)
known_devices = global_table(
    "known_devices",
    sa.Column("token_hash", Blob, primary_key=True),
    sa.Column("credential_id", Id, sa.ForeignKey("credentials.id"), nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)
sign_in_failures = global_table(
    "sign_in_failures",
    sa.Column("key", Text, primary_key=True),
    sa.Column("count", Count, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
)
teams = scoped_table("teams", sa.Column("name", Text, nullable=False), sa.UniqueConstraint("workspace_id", "name"))
team_members = scoped_table(
    "team_members",
    sa.Column("team_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    refers("team_id", "teams"),
    refers("agent_id", "agents"),
    sa.Index("ix_team_members_agent", "workspace_id", "agent_id"),
    key=("team_id", "agent_id"),
)
inbox_teams = scoped_table(
    "inbox_teams",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("team_id", Id, nullable=False),
    refers("inbox_id", "inboxes"),
    refers("team_id", "teams"),
    sa.Index("ix_inbox_teams_team", "workspace_id", "team_id"),
    key=("inbox_id", "team_id"),
)
form_results = scoped_table(
    "form_results",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("op", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("result", Json, nullable=False),
    refers("agent_id", "agents"),
    key=("agent_id", "op"),
)
