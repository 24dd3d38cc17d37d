"""The first schema."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0001"
down_revision = None


REFUSE_CHANGES = {
    "sqlite": [
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ],
    "postgresql": [
        (
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
        ),
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


SEARCH = {
    "sqlite": [
        "CREATE VIRTUAL TABLE search USING fts5(body, workspace_id UNINDEXED, case_id UNINDEXED, tokenize = 'unicode61', prefix = '2 3')",
    ],
    "postgresql": [
        (
            "CREATE TABLE search (workspace_id bigint NOT NULL REFERENCES workspaces (id), id bigint NOT NULL, case_id bigint NOT NULL,"
            " body tsvector NOT NULL, PRIMARY KEY (workspace_id, id))"
        ),
        "CREATE INDEX ix_search_body ON search USING gin (body)",
        "CREATE INDEX ix_search_case_id ON search (workspace_id, case_id)",
    ],
}


def upgrade() -> None:  # noqa: PLR0915 - a schema is a long list
    op.create_table(
        "credentials",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("password_hash", types.Text(), nullable=False),
        sa.Column("password_changed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credentials")),
        sa.UniqueConstraint("email", name=op.f("uq_credentials_email")),
        sqlite_strict=True,
    )
    op.create_table(
        "leases",
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("holder", types.Text(), nullable=False),
        sa.Column("fence", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        sqlite_strict=True,
    )
    op.create_table(
        "one_time_links",
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("purpose", types.Text(), nullable=False),
        sa.Column("workspace_id", types.Id(), nullable=True),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_one_time_links")),
        sqlite_strict=True,
    )
    op.create_table(
        "recurring",
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("ran_at", types.Instant(), nullable=False),
        sa.Column("error", types.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_recurring")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("key", types.Text(), nullable=False),
        sa.Column("count", types.Count(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_failures")),
        sqlite_strict=True,
    )
    op.create_table(
        "streams",
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("position", types.Id(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_streams")),
        sqlite_strict=True,
    )
    op.create_table(
        "workspaces",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("host", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("time_zone", types.Text(), nullable=False),
        sa.Column("outbox_held", types.Flag(), nullable=False),
        sa.Column("demo", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
        sa.UniqueConstraint("host", name=op.f("uq_workspaces_host")),
        sqlite_strict=True,
    )
    op.create_table(
        "agents",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("credential_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("theme", types.Text(), nullable=False),
        sa.Column("keys_off", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("disabled_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_agents_credential_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_agents_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_agents")),
        sa.UniqueConstraint("workspace_id", "credential_id", name=op.f("uq_agents_workspace_id_credential_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("actor_name", types.Text(), nullable=False),
        sa.Column("action", types.Text(), nullable=False),
        sa.Column("object_kind", types.Text(), nullable=False),
        sa.Column("object_id", types.Id(), nullable=False),
        sa.Column("data", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit")),
        sqlite_strict=True,
    )
    op.create_table(
        "brands",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_brands_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_brands")),
        sqlite_strict=True,
    )
    op.create_table(
        "conservation_checks",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("acknowledged", types.Count(), nullable=False),
        sa.Column("processed", types.Count(), nullable=False),
        sa.Column("queued", types.Count(), nullable=False),
        sa.Column("quarantined", types.Count(), nullable=False),
        sa.Column("missing", types.Count(), nullable=False),
        sa.Column("orphans", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_conservation_checks_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_conservation_checks")),
        sqlite_strict=True,
    )
    op.create_table(
        "contacts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contacts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_contacts")),
        sqlite_strict=True,
    )
    op.create_table(
        "counters",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("value", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_counters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_counters")),
        sqlite_strict=True,
    )
    op.create_table(
        "events",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("position", types.Id(), nullable=True),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=True),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("data", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_events_case", "events", ["workspace_id", "case_id", "id"], unique=False)
    op.create_index("ix_events_position", "events", ["position"], unique=True)
    op.create_index(
        "ix_events_unplaced",
        "events",
        ["id"],
        unique=False,
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_table(
        "jobs",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("key", types.Text(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("args", types.Json(), nullable=False),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("error", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_jobs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("workspace_id", "kind", "key", name=op.f("uq_jobs_workspace_id_kind_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_jobs_due_at", "jobs", ["due_at"], unique=False)
    op.create_table(
        "known_devices",
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("credential_id", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_known_devices_credential_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_known_devices")),
        sqlite_strict=True,
    )
    op.create_table(
        "message_keys",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("dedupe_key", types.Text(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_keys_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "dedupe_key", name=op.f("pk_message_keys")),
        sqlite_strict=True,
    )
    op.create_table(
        "parked_events",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("reaction", types.Text(), nullable=False),
        sa.Column("event_id", types.Id(), nullable=False),
        sa.Column("position", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("error", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_parked_events_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "reaction", "event_id", name=op.f("pk_parked_events")),
        sqlite_strict=True,
    )
    op.create_index("ix_parked_events_due_at", "parked_events", ["reaction", "due_at"], unique=False)
    op.create_table(
        "tags",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_tags_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_tags_workspace_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "teams",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_teams_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_teams")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_teams_workspace_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "form_results",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("op", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("result", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_form_results_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_form_results_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "op", name=op.f("pk_form_results")),
        sqlite_strict=True,
    )
    op.create_table(
        "identities",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("network", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("proof", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_identities_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_identities_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_identities")),
        sa.UniqueConstraint("workspace_id", "network", "address", name=op.f("uq_identities_workspace_id_network_address")),
        sqlite_strict=True,
    )
    op.create_index("ix_identities_contact", "identities", ["workspace_id", "contact_id"], unique=False)
    op.create_table(
        "inboxes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("brand_id", types.Id(), nullable=False),
        sa.Column("channel", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("settings", types.Json(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("enabled", types.Flag(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("last_received_at", types.Instant(), nullable=True),
        sa.Column("last_sent_at", types.Instant(), nullable=True),
        sa.Column("receiving", types.Text(), nullable=False),
        sa.Column("receiving_error", types.Text(), nullable=False),
        sa.Column("receiving_since", types.Instant(), nullable=False),
        sa.Column("send_failures", types.Count(), nullable=False),
        sa.Column("paused_until", types.Instant(), nullable=True),
        sa.Column("paused_reason", types.Text(), nullable=False),
        sa.Column("reopen_days", types.Count(), server_default="14", nullable=False),
        sa.Column("archived_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "brand_id"], ["brands.workspace_id", "brands.id"], name=op.f("fk_inboxes_workspace_id_brand_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inboxes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_inboxes")),
        sqlite_strict=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("previous_hash", types.Blob(), nullable=True),
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("csrf", types.Text(), nullable=False),
        sa.Column("device", types.Text(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("rotated_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_sessions_workspace_id_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_sessions_previous_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_sessions_agent", "sessions", ["workspace_id", "agent_id"], unique=False)
    op.create_table(
        "team_members",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("team_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_team_members_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "team_id"], ["teams.workspace_id", "teams.id"], name=op.f("fk_team_members_workspace_id_team_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_team_members_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "team_id", "agent_id", name=op.f("pk_team_members")),
        sqlite_strict=True,
    )
    op.create_index("ix_team_members_agent", "team_members", ["workspace_id", "agent_id"], unique=False)
    op.create_table(
        "acknowledged",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("envelopes", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_acknowledged_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_acknowledged_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", name=op.f("pk_acknowledged")),
        sqlite_strict=True,
    )
    op.create_table(
        "cases",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("number", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("subject", types.Text(), nullable=False),
        sa.Column("preview", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("priority", types.Text(), nullable=False),
        sa.Column("assignee_id", types.Id(), nullable=True),
        sa.Column("continues_id", types.Id(), nullable=True),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("active_at", types.Instant(), nullable=False),
        sa.Column("waiting_since", types.Instant(), nullable=True),
        sa.Column("snoozed_until", types.Instant(), nullable=True),
        sa.Column("solved_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "assignee_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_cases_workspace_id_assignee_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_cases_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_cases_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_cases_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_cases")),
        sa.UniqueConstraint("workspace_id", "number", name=op.f("uq_cases_workspace_id_number")),
        sqlite_strict=True,
    )
    op.create_index("ix_cases_active", "cases", ["workspace_id", "status", "active_at"], unique=False)
    op.create_index("ix_cases_assignee", "cases", ["workspace_id", "assignee_id", "status", "waiting_since"], unique=False)
    op.create_index("ix_cases_contact", "cases", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_cases_inbox", "cases", ["workspace_id", "inbox_id", "status", "waiting_since"], unique=False)
    op.create_index("ix_cases_status", "cases", ["workspace_id", "status", "waiting_since"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_cursors_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_cursors_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", "name", name=op.f("pk_cursors")),
        sqlite_strict=True,
    )
    op.create_table(
        "envelopes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("recipients", types.Json(), nullable=False),
        sa.Column("size", types.Count(), nullable=False),
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("raw", types.Blob(), nullable=True),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("outcome", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=True),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_envelopes_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_envelopes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_envelopes")),
        sqlite_strict=True,
    )
    op.create_index("ix_envelopes_state", "envelopes", ["workspace_id", "state", "id"], unique=False)
    op.create_index(
        "ix_envelopes_waiting",
        "envelopes",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "inbox_addresses",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_inbox_addresses_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inbox_addresses_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "address", name=op.f("pk_inbox_addresses")),
        sa.UniqueConstraint("address", name=op.f("uq_inbox_addresses_address")),
        sqlite_strict=True,
    )
    op.create_table(
        "inbox_teams",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("team_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_inbox_teams_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "team_id"], ["teams.workspace_id", "teams.id"], name=op.f("fk_inbox_teams_workspace_id_team_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inbox_teams_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", "team_id", name=op.f("pk_inbox_teams")),
        sqlite_strict=True,
    )
    op.create_index("ix_inbox_teams_team", "inbox_teams", ["workspace_id", "team_id"], unique=False)
    op.create_table(
        "inbox_trials",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=True),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("checks", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_inbox_trials_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inbox_trials_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_inbox_trials")),
        sqlite_strict=True,
    )
    op.create_index("ix_inbox_trials_inbox", "inbox_trials", ["workspace_id", "inbox_id", "id"], unique=False)
    op.create_table(
        "threads",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("external_key", types.Text(), nullable=False),
        sa.Column("token", types.Text(), nullable=False),
        sa.Column("visibility", types.Text(), nullable=False),
        sa.Column("identity_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"], ["identities.workspace_id", "identities.id"], name=op.f("fk_threads_workspace_id_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_threads_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_threads_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_threads")),
        sa.UniqueConstraint("workspace_id", "inbox_id", "external_key", name=op.f("uq_threads_workspace_id_inbox_id_external_key")),
        sa.UniqueConstraint("workspace_id", "token", name=op.f("uq_threads_workspace_id_token")),
        sqlite_strict=True,
    )
    op.create_table(
        "case_tags",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("tag_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_tags_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "tag_id"], ["tags.workspace_id", "tags.id"], name=op.f("fk_case_tags_workspace_id_tag_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_tags_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "tag_id", name=op.f("pk_case_tags")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_tags_tag", "case_tags", ["workspace_id", "tag_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_conversations_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_conversations_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_conversations_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_conversations")),
        sqlite_strict=True,
    )
    op.create_index("ix_conversations_case", "conversations", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_conversations_thread", "conversations", ["workspace_id", "thread_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("cc", types.Text(), nullable=False),
        sa.Column("attachment_ids", types.Json(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_drafts_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_drafts_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_drafts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "agent_id", "kind", name=op.f("pk_drafts")),
        sqlite_strict=True,
    )
    op.create_index("ix_drafts_agent", "drafts", ["workspace_id", "agent_id"], unique=False)
    op.create_table(
        "envelope_keys",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("external_key", types.Text(), nullable=False),
        sa.Column("envelope_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "envelope_id"],
            ["envelopes.workspace_id", "envelopes.id"],
            name=op.f("fk_envelope_keys_workspace_id_envelope_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_envelope_keys_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", "external_key", name=op.f("pk_envelope_keys")),
        sqlite_strict=True,
    )
    op.create_table(
        "notes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_notes_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_notes_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_notes")),
        sqlite_strict=True,
    )
    op.create_index("ix_notes_case", "notes", ["workspace_id", "case_id", "id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("conversation_id", types.Id(), nullable=False),
        sa.Column("direction", types.Text(), nullable=False),
        sa.Column("identity_id", types.Id(), nullable=True),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("envelope_id", types.Id(), nullable=True),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("subject", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("fresh", types.Text(), nullable=False),
        sa.Column("html", types.Text(), nullable=False),
        sa.Column("to", types.Json(), nullable=False),
        sa.Column("cc", types.Json(), nullable=False),
        sa.Column("automatic", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("files", types.Count(), nullable=False),
        sa.CheckConstraint("(identity_id IS NULL) <> (agent_id IS NULL)", name="ck_messages_author"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_messages_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "conversation_id"],
            ["conversations.workspace_id", "conversations.id"],
            name=op.f("fk_messages_workspace_id_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"], ["identities.workspace_id", "identities.id"], name=op.f("fk_messages_workspace_id_identity_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_messages_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_messages")),
        sqlite_strict=True,
    )
    op.create_index("ix_messages_conversation", "messages", ["workspace_id", "conversation_id", "id"], unique=False)
    op.create_table(
        "attachments",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=True),
        sa.Column("note_id", types.Id(), nullable=True),
        sa.Column("case_id", types.Id(), nullable=True),
        sa.Column("uploader_id", types.Id(), nullable=True),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("media_type", types.Text(), nullable=False),
        sa.Column("size", types.Count(), nullable=False),
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("content_id", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_attachments_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_attachments_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "note_id"], ["notes.workspace_id", "notes.id"], name=op.f("fk_attachments_workspace_id_note_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "uploader_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_attachments_workspace_id_uploader_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attachments_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_attachments")),
        sqlite_strict=True,
    )
    op.create_index("ix_attachments_digest", "attachments", ["workspace_id", "digest"], unique=False)
    op.create_index("ix_attachments_message", "attachments", ["workspace_id", "message_id"], unique=False)
    op.create_index("ix_attachments_note", "attachments", ["workspace_id", "note_id"], unique=False)
    op.create_table(
        "departures",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("leaves_at", types.Instant(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("cc", types.Text(), nullable=False),
        sa.Column("attachment_ids", types.Json(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("case_before", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_departures_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_departures_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_departures_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_departures_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_departures")),
        sqlite_strict=True,
    )
    op.create_index("ix_departures_agent", "departures", ["workspace_id", "agent_id", "leaves_at"], unique=False)
    op.create_table(
        "message_references",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_message_references_workspace_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_message_references_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_references_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "external_id", "message_id", name=op.f("pk_message_references")),
        sqlite_strict=True,
    )
    op.create_index("ix_message_references_message", "message_references", ["workspace_id", "message_id"], unique=False)
    op.create_index("ix_message_references_thread", "message_references", ["workspace_id", "thread_id"], unique=False)
    op.create_table(
        "operations",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("recipient", types.Text(), nullable=False),
        sa.Column("recipient_name", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("give_up_at", types.Instant(), nullable=False),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("waits", types.Count(), nullable=False),
        sa.Column("unknowns", types.Count(), nullable=False),
        sa.Column("by_hand", types.Flag(), nullable=False),
        sa.Column("delayed", types.Flag(), nullable=False),
        sa.Column("holder", types.Text(), nullable=False),
        sa.Column("fence", types.Count(), nullable=False),
        sa.Column("held_until", types.Instant(), nullable=False),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("state_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_operations_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_operations_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_operations_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_operations_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_operations")),
        sa.UniqueConstraint(
            "workspace_id", "message_id", "kind", "recipient", name=op.f("uq_operations_workspace_id_message_id_kind_recipient")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_operations_inbox", "operations", ["workspace_id", "inbox_id", "state", "due_at"], unique=False)
    op.create_index(
        "ix_operations_open",
        "operations",
        ["state", "held_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending', 'unknown')"),
        postgresql_where=sa.text("state IN ('queued', 'sending', 'unknown')"),
    )
    op.create_index("ix_operations_thread", "operations", ["workspace_id", "thread_id", "message_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("operation_id", types.Id(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("phase", types.Text(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("result", types.Text(), nullable=False),
        sa.Column("detail", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "operation_id"],
            ["operations.workspace_id", "operations.id"],
            name=op.f("fk_attempts_workspace_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attempts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_attempts")),
        sqlite_strict=True,
    )
    op.create_index("ix_attempts_operation", "attempts", ["workspace_id", "operation_id", "id"], unique=False)
    for statement in SEARCH[op.get_bind().dialect.name]:
        op.execute(statement)
    for statement in REFUSE_CHANGES[op.get_bind().dialect.name]:
        op.execute(statement)
