"""Tables of agents, credentials, sessions and teams, and which inboxes a team handles."""

import sqlalchemy as sa

from sluss.kernel.schema import global_table, refers, scoped_table
from sluss.kernel.sealed import sealed_column
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

credentials = global_table(
    "credentials",
    sa.Column("id", Id, primary_key=True),
    sa.Column("email", Text, nullable=False, unique=True),
    sa.Column("password_hash", Text, nullable=False),
    sa.Column("password_changed_at", Instant, nullable=False),
    sa.Column("confirmed_at", Instant),
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
    sa.Column("own_keys", Json),
    sa.Column("snooze_words", Text),
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
    sa.Column("fresh_at", Instant),
    sa.Column("vouched", Flag),
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
    sa.Column("about", Id),
    sa.Column("mailed", Flag),
    sa.Index("ix_one_time_links_about", "purpose", "about"),
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
factors = global_table(
    "factors",
    sa.Column("id", Id, primary_key=True),
    sa.Column("credential_id", Id, sa.ForeignKey("credentials.id"), nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Index("ix_factors_credential", "credential_id"),
)
totp_seeds = global_table(
    "totp_seeds",
    sa.Column("factor_id", Id, sa.ForeignKey("factors.id"), primary_key=True),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("last_step", Count, nullable=False),
)
sealed_column("factor", totp_seeds.c.sealed, factors.c.credential_id, totp_seeds.c.factor_id, source=totp_seeds.join(factors))
passkeys = global_table(
    "passkeys",
    sa.Column("factor_id", Id, sa.ForeignKey("factors.id"), primary_key=True),
    sa.Column("handle", Blob, nullable=False, unique=True),
    sa.Column("public_key", Blob, nullable=False),
    sa.Column("sign_count", Count, nullable=False),
    sa.Column("transports", Json, nullable=False),
    sa.Column("backed_up", Flag, nullable=False),
)
recovery_codes = global_table(
    "recovery_codes",
    sa.Column("code_hash", Blob, primary_key=True),
    sa.Column("credential_id", Id, sa.ForeignKey("credentials.id"), nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Index("ix_recovery_codes_credential", "credential_id"),
)
pending_sign_ins = global_table(
    "pending_sign_ins",
    sa.Column("token_hash", Blob, primary_key=True),
    sa.Column("credential_id", Id, sa.ForeignKey("credentials.id"), nullable=False),
    sa.Column("workspace_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("how", Text, nullable=False),
    sa.Column("onward", Text, nullable=False),
    sa.Column("tries", Count, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.ForeignKeyConstraint(["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"]),
    sa.Index("ix_pending_sign_ins_credential", "credential_id"),
)
used_challenges = global_table(
    "used_challenges",
    sa.Column("challenge_hash", Blob, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),
)
sign_in_rules = scoped_table(
    "sign_in_rules",
    sa.Column("factor_for", Text, nullable=False),
    sa.Column("grace_days", Count, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    key=(),
)
invitations = scoped_table(
    "invitations",
    sa.Column("email", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("role", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("team_ids", Json, nullable=False),
    sa.Column("invited_by", Id),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("agent_id", Id),
    refers("agent_id", "agents"),
    sa.Index("ix_invitations_email", "workspace_id", "email"),
)
letters = scoped_table(
    "letters",
    sa.Column("kind", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("invitation_id", Id),
    sa.Column("email", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("data", Json, nullable=False),
    sa.Column("message_id", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("error", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
    sa.Column("ended_at", Instant),
    refers("agent_id", "agents"),
    refers("invitation_id", "invitations"),
    sa.Index("ix_letters_due_at", "due_at"),
    sa.Index("ix_letters_invitation", "workspace_id", "invitation_id"),
)
letter_settings = scoped_table("letter_settings", sa.Column("inbox_id", Id), refers("inbox_id", "inboxes"), key=())
reset_requests = global_table(
    "reset_requests",
    sa.Column("id", Id, primary_key=True),
    sa.Column("email", Text, nullable=False),
    sa.Column("host", Text, nullable=False),
    sa.Column("asked_at", Instant, nullable=False),
)
oidc_providers = scoped_table(
    "oidc_providers",
    sa.Column("issuer", Text, nullable=False),
    sa.Column("client_id", Text, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("label", Text, nullable=False),
    sa.Column("domains", Json, nullable=False),
    sa.Column("provision", Flag, nullable=False),
    sa.Column("only", Flag, nullable=False),
    sa.Column("break_glass_id", Id),
    sa.Column("trusts_factors", Flag, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    refers("break_glass_id", "agents"),
    key=(),
)
agent_identities = scoped_table(
    "agent_identities",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("issuer", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("linked_at", Instant, nullable=False),
    sa.Column("seen_at", Instant),
    refers("agent_id", "agents"),
    sa.UniqueConstraint("workspace_id", "issuer", "subject"),
    sa.Index("ix_agent_identities_agent", "workspace_id", "agent_id"),
)
api_tokens = global_table(
    "api_tokens",
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", Blob, nullable=False, unique=True),
    sa.Column("workspace_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("hint", Text, nullable=False),
    sa.Column("scopes", Json, nullable=False),
    sa.Column("networks", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("created_by", Id, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("used_at", Instant),
    sa.Column("used_from", Text, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.ForeignKeyConstraint(["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"]),
    sa.Index("ix_api_tokens_agent", "workspace_id", "agent_id"),
)
sealed_column("oidc", oidc_providers.c.sealed, oidc_providers.c.workspace_id)
