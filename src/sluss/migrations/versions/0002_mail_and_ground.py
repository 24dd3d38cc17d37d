"""Mail and ground."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:  # noqa: PLR0915 - a schema is a long list
    op.create_table(
        "loose_files",
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("erasure_id", types.Id(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_loose_files")),
        sqlite_strict=True,
    )
    op.create_table(
        "reset_requests",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("host", types.Text(), nullable=False),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reset_requests")),
        sqlite_strict=True,
    )
    op.create_table(
        "used_challenges",
        sa.Column("challenge_hash", types.Blob(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_used_challenges")),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_heads",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("seq", types.Count(), nullable=False),
        sa.Column("hash", types.Blob(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_heads_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_audit_heads")),
        sqlite_strict=True,
    )
    op.create_table(
        "erased_keys",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("mark", types.Blob(), nullable=False),
        sa.Column("erasure_id", types.Id(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_erased_keys_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "mark", name=op.f("pk_erased_keys")),
        sqlite_strict=True,
    )
    op.create_index("ix_erased_keys_erasure", "erased_keys", ["workspace_id", "erasure_id"], unique=False)
    op.create_table(
        "factors",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("credential_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_factors_credential_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_factors")),
        sqlite_strict=True,
    )
    op.create_index("ix_factors_credential", "factors", ["credential_id"], unique=False)
    op.create_table(
        "oauth_applications",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("provider", types.Text(), nullable=False),
        sa.Column("client_id", types.Text(), nullable=False),
        sa.Column("tenant", types.Text(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_oauth_applications_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "provider", name=op.f("pk_oauth_applications")),
        sqlite_strict=True,
    )
    op.create_table(
        "privacy_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("read_months", types.Count(), nullable=False),
        sa.Column("two_admins", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_privacy_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_privacy_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", types.Blob(), nullable=False),
        sa.Column("credential_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_recovery_codes_credential_id")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_recovery_codes")),
        sqlite_strict=True,
    )
    op.create_index("ix_recovery_codes_credential", "recovery_codes", ["credential_id"], unique=False)
    op.create_table(
        "retention_runs",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("started_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("counts", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_retention_runs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_retention_runs")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("factor_for", types.Text(), nullable=False),
        sa.Column("grace_days", types.Count(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sign_in_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_sign_in_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "agent_identities",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("issuer", types.Text(), nullable=False),
        sa.Column("subject", types.Text(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("linked_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_agent_identities_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_agent_identities_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_agent_identities")),
        sa.UniqueConstraint("workspace_id", "issuer", "subject", name=op.f("uq_agent_identities_workspace_id_issuer_subject")),
        sqlite_strict=True,
    )
    op.create_index("ix_agent_identities_agent", "agent_identities", ["workspace_id", "agent_id"], unique=False)
    op.create_table(
        "api_answers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("key", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("asked", types.Blob(), nullable=False),
        sa.Column("answer", types.Json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_api_answers_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_api_answers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "key", name=op.f("pk_api_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_api_answers_at", "api_answers", ["at"], unique=False)
    op.create_table(
        "api_tokens",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("hint", types.Text(), nullable=False),
        sa.Column("scopes", types.Json(), nullable=False),
        sa.Column("networks", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("created_by", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=True),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.Column("used_from", types.Text(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_api_tokens_workspace_id_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_api_tokens_agent", "api_tokens", ["workspace_id", "agent_id"], unique=False)
    op.create_table(
        "audit_traces",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("device", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id", "id"], ["audit.workspace_id", "audit.id"], name=op.f("fk_audit_traces_workspace_id_id")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_audit_traces_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_audit_traces")),
        sqlite_strict=True,
    )
    op.create_table(
        "contact_holds",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_contact_holds_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_contact_holds_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_holds_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", name=op.f("pk_contact_holds")),
        sqlite_strict=True,
    )
    op.create_table(
        "erasures",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("mode", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("second_id", types.Id(), nullable=True),
        sa.Column("asked_at", types.Instant(), nullable=False),
        sa.Column("starts_at", types.Instant(), nullable=False),
        sa.Column("began_at", types.Instant(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("phase", types.Text(), nullable=False),
        sa.Column("cursor", types.Id(), nullable=False),
        sa.Column("until", types.Id(), nullable=False),
        sa.Column("addresses", types.Json(), nullable=False),
        sa.Column("counts", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_erasures_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "second_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_erasures_workspace_id_second_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_erasures_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_erasures")),
        sqlite_strict=True,
    )
    op.create_index("ix_erasures_contact", "erasures", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_erasures_state", "erasures", ["state", "starts_at"], unique=False)
    op.create_table(
        "exports",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("notes", types.Flag(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("taken_at", types.Instant(), nullable=True),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("size", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_exports_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_exports_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_exports_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_exports")),
        sqlite_strict=True,
    )
    op.create_index("ix_exports_contact", "exports", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_exports_digest", "exports", ["workspace_id", "digest"], unique=False)
    op.create_index("ix_exports_state", "exports", ["state", "expires_at"], unique=False)
    op.create_table(
        "invitations",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("role", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("team_ids", types.Json(), nullable=False),
        sa.Column("invited_by", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_invitations_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_invitations_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_invitations")),
        sqlite_strict=True,
    )
    op.create_index("ix_invitations_email", "invitations", ["workspace_id", "email"], unique=False)
    op.create_table(
        "oidc_providers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("issuer", types.Text(), nullable=False),
        sa.Column("client_id", types.Text(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("label", types.Text(), nullable=False),
        sa.Column("domains", types.Json(), nullable=False),
        sa.Column("provision", types.Flag(), nullable=False),
        sa.Column("only", types.Flag(), nullable=False),
        sa.Column("break_glass_id", types.Id(), nullable=True),
        sa.Column("trusts_factors", types.Flag(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "break_glass_id"],
            ["agents.workspace_id", "agents.id"],
            name=op.f("fk_oidc_providers_workspace_id_break_glass_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_oidc_providers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_oidc_providers")),
        sqlite_strict=True,
    )
    op.create_table(
        "passkeys",
        sa.Column("factor_id", types.Id(), nullable=False),
        sa.Column("handle", types.Blob(), nullable=False),
        sa.Column("public_key", types.Blob(), nullable=False),
        sa.Column("sign_count", types.Count(), nullable=False),
        sa.Column("transports", types.Json(), nullable=False),
        sa.Column("backed_up", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(["factor_id"], ["factors.id"], name=op.f("fk_passkeys_factor_id")),
        sa.PrimaryKeyConstraint("factor_id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("handle", name=op.f("uq_passkeys_handle")),
        sqlite_strict=True,
    )
    op.create_table(
        "pending_sign_ins",
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("credential_id", types.Id(), nullable=False),
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("how", types.Text(), nullable=False),
        sa.Column("onward", types.Text(), nullable=False),
        sa.Column("tries", types.Count(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credentials.id"], name=op.f("fk_pending_sign_ins_credential_id")),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_pending_sign_ins_workspace_id_agent_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_pending_sign_ins")),
        sqlite_strict=True,
    )
    op.create_index("ix_pending_sign_ins_credential", "pending_sign_ins", ["credential_id"], unique=False)
    op.create_table(
        "reads",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("object_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=True),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=False),
        sa.Column("times", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_reads_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_reads_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_reads")),
        sqlite_strict=True,
    )
    op.create_index("ix_reads_case", "reads", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_reads_contact", "reads", ["workspace_id", "contact_id", "id"], unique=False)
    op.create_table(
        "totp_seeds",
        sa.Column("factor_id", types.Id(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("last_step", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(["factor_id"], ["factors.id"], name=op.f("fk_totp_seeds_factor_id")),
        sa.PrimaryKeyConstraint("factor_id", name=op.f("pk_totp_seeds")),
        sqlite_strict=True,
    )
    op.create_table(
        "begun_elsewhere",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("parent", types.Text(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("arrival", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_begun_elsewhere_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_begun_elsewhere_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "external_id", name=op.f("pk_begun_elsewhere")),
        sqlite_strict=True,
    )
    op.create_index("ix_begun_elsewhere_at", "begun_elsewhere", ["workspace_id", "at"], unique=False)
    op.create_index("ix_begun_elsewhere_parent", "begun_elsewhere", ["workspace_id", "parent"], unique=False)
    op.create_table(
        "letter_settings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_letter_settings_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_letter_settings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_letter_settings")),
        sqlite_strict=True,
    )
    op.create_table(
        "letters",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("invitation_id", types.Id(), nullable=True),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("data", types.Json(), nullable=False),
        sa.Column("message_id", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("attempts", types.Count(), nullable=False),
        sa.Column("error", types.Text(), nullable=False),
        sa.Column("detail", types.Text(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_letters_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "invitation_id"],
            ["invitations.workspace_id", "invitations.id"],
            name=op.f("fk_letters_workspace_id_invitation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_letters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_letters")),
        sqlite_strict=True,
    )
    op.create_index("ix_letters_due_at", "letters", ["due_at"], unique=False)
    op.create_index("ix_letters_invitation", "letters", ["workspace_id", "invitation_id"], unique=False)
    op.create_table(
        "oauth_consents",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column("state_hash", types.Blob(), nullable=False),
        sa.Column("provider", types.Text(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.Column("outcome", types.Text(), nullable=False),
        sa.Column("account", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_oauth_consents_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_oauth_consents_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_oauth_consents")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_oauth_consents_state_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_oauth_consents_inbox", "oauth_consents", ["workspace_id", "inbox_id", "id"], unique=False)
    op.create_table(
        "oauth_grants",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("provider", types.Text(), nullable=False),
        sa.Column("client_id", types.Text(), nullable=False),
        sa.Column("account", types.Text(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("turn", types.Count(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("connected_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_oauth_grants_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_oauth_grants_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", name=op.f("pk_oauth_grants")),
        sqlite_strict=True,
    )
    op.create_table(
        "retention_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("case_days", types.Count(), nullable=True),
        sa.Column("spam_days", types.Count(), nullable=True),
        sa.Column("file_days", types.Count(), nullable=True),
        sa.Column("raw_days", types.Count(), nullable=True),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_retention_rules_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_retention_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", name=op.f("pk_retention_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "automatic_answers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_automatic_answers_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_automatic_answers_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_automatic_answers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", name=op.f("pk_automatic_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_automatic_answers_address", "automatic_answers", ["workspace_id", "address", "at"], unique=False)
    op.create_table(
        "case_inboxes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_inboxes_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_case_inboxes_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_inboxes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "inbox_id", name=op.f("pk_case_inboxes")),
        sqlite_strict=True,
    )
    op.create_table(
        "message_copies",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("envelope_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_message_copies_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_message_copies_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_copies_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "inbox_id", name=op.f("pk_message_copies")),
        sqlite_strict=True,
    )
    op.add_column("acknowledged", sa.Column("erased", types.Count(), server_default="0", nullable=False))
    op.create_index("ix_attachments_case", "attachments", ["workspace_id", "case_id"], unique=False)
    op.add_column("audit", sa.Column("seq", types.Count(), nullable=True))
    op.add_column("audit", sa.Column("hash", types.Blob(), nullable=True))
    op.create_index("ix_audit_seq", "audit", ["workspace_id", "seq"], unique=True)
    op.add_column("cases", sa.Column("shared", types.Count(), server_default="0", nullable=False))
    op.create_index(
        "ix_cases_shared",
        "cases",
        ["workspace_id", "status"],
        unique=False,
        sqlite_where=sa.text("shared > 0"),
        postgresql_where=sa.text("shared > 0"),
    )
    op.add_column("conservation_checks", sa.Column("erased", types.Count(), server_default="0", nullable=False))
    op.add_column("conservation_checks", sa.Column("settled", types.Count(), server_default="0", nullable=False))
    op.add_column("conservation_checks", sa.Column("settled_to", types.Id(), server_default="0", nullable=False))
    op.add_column("conservation_checks", sa.Column("full_at", types.Instant(), server_default="0", nullable=False))
    op.add_column("conversations", sa.Column("aside", types.Flag(), server_default="0", nullable=False))
    op.add_column("credentials", sa.Column("confirmed_at", types.Instant(), nullable=True))
    op.add_column("departures", sa.Column("bcc", types.Text(), server_default="", nullable=False))
    op.add_column("departures", sa.Column("forward", types.Json(), server_default="null", nullable=False))
    op.create_index("ix_departures_case", "departures", ["workspace_id", "case_id"], unique=False)
    op.add_column("drafts", sa.Column("bcc", types.Text(), server_default="", nullable=False))
    op.create_index("ix_envelope_keys_envelope", "envelope_keys", ["workspace_id", "envelope_id"], unique=False)
    op.add_column("envelopes", sa.Column("origin", types.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_envelopes_file",
        "envelopes",
        ["workspace_id", "digest"],
        unique=False,
        sqlite_where=sa.text("raw IS NULL"),
        postgresql_where=sa.text("raw IS NULL"),
    )
    op.create_index("ix_envelopes_message", "envelopes", ["workspace_id", "message_id"], unique=False)
    op.create_index("ix_message_keys_message", "message_keys", ["workspace_id", "message_id"], unique=False)
    op.add_column("messages", sa.Column("bcc", types.Json(), server_default="[]", nullable=False))
    op.add_column("messages", sa.Column("origin", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("author", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("proof", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("warnings", types.Json(), server_default="[]", nullable=False))
    op.add_column("messages", sa.Column("return_path", types.Text(), server_default="", nullable=False))
    op.create_index("ix_messages_identity", "messages", ["workspace_id", "identity_id", "id"], unique=False)
    op.add_column("one_time_links", sa.Column("about", types.Id(), nullable=True))
    op.add_column("one_time_links", sa.Column("mailed", types.Flag(), nullable=True))
    op.create_index("ix_one_time_links_about", "one_time_links", ["purpose", "about"], unique=False)
    op.add_column("operations", sa.Column("token", types.Text(), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("fresh_at", types.Instant(), nullable=True))
    op.add_column("sessions", sa.Column("vouched", types.Flag(), nullable=True))
    op.create_index("ix_threads_identity", "threads", ["workspace_id", "identity_id"], unique=False)
