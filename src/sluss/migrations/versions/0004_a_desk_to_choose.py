"""A desk to choose."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "attributes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("label", types.Text(), nullable=False),
        sa.Column("type", types.Text(), nullable=False),
        sa.Column("choices", types.Json(), nullable=False),
        sa.Column("editors", types.Text(), nullable=False),
        sa.Column("marks", types.Flag(), nullable=False),
        sa.Column("place", types.Count(), nullable=False),
        sa.Column("archived_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attributes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_attributes")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_attributes_workspace_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "card_sources",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("enabled", types.Flag(), nullable=False),
        sa.Column("claimed_too", types.Flag(), nullable=False),
        sa.Column("patience", types.Count(), nullable=False),
        sa.Column("fresh_for", types.Count(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("failures", types.Count(), nullable=False),
        sa.Column("paused_until", types.Instant(), nullable=True),
        sa.Column("answered_at", types.Instant(), nullable=True),
        sa.Column("took", types.Count(), nullable=True),
        sa.Column("failed_at", types.Instant(), nullable=True),
        sa.Column("error", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_card_sources_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_card_sources")),
        sqlite_strict=True,
    )
    op.create_table(
        "consent_purposes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("label", types.Text(), nullable=False),
        sa.Column("place", types.Count(), nullable=False),
        sa.Column("archived_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_consent_purposes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_consent_purposes")),
        sqlite_strict=True,
    )
    op.create_table(
        "attribute_values",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("attribute_id", types.Id(), nullable=False),
        sa.Column("value", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "attribute_id"],
            ["attributes.workspace_id", "attributes.id"],
            name=op.f("fk_attribute_values_workspace_id_attribute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"],
            ["contacts.workspace_id", "contacts.id"],
            name=op.f("fk_attribute_values_workspace_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_attribute_values_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", "attribute_id", name=op.f("pk_attribute_values")),
        sqlite_strict=True,
    )
    op.create_index("ix_attribute_values_attribute", "attribute_values", ["workspace_id", "attribute_id"], unique=False)
    op.create_table(
        "card_answers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("asked", types.Blob(), nullable=False),
        sa.Column("cards", types.Json(), nullable=False),
        sa.Column("based", types.Json(), nullable=False),
        sa.Column("answered_at", types.Instant(), nullable=True),
        sa.Column("tried_at", types.Instant(), nullable=False),
        sa.Column("trouble", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_card_answers_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"],
            ["card_sources.workspace_id", "card_sources.id"],
            name=op.f("fk_card_answers_workspace_id_source_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_card_answers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", "contact_id", name=op.f("pk_card_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_card_answers_contact", "card_answers", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_card_answers_tried", "card_answers", ["tried_at"], unique=False)
    op.create_table(
        "card_source_teams",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("team_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"],
            ["card_sources.workspace_id", "card_sources.id"],
            name=op.f("fk_card_source_teams_workspace_id_source_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "team_id"], ["teams.workspace_id", "teams.id"], name=op.f("fk_card_source_teams_workspace_id_team_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_card_source_teams_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", "team_id", name=op.f("pk_card_source_teams")),
        sqlite_strict=True,
    )
    op.create_index("ix_card_source_teams_team", "card_source_teams", ["workspace_id", "team_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("purpose_id", types.Id(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("way", types.Text(), nullable=False),
        sa.Column("detail", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_consents_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_consents_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "purpose_id"],
            ["consent_purposes.workspace_id", "consent_purposes.id"],
            name=op.f("fk_consents_workspace_id_purpose_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_consents_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_consents")),
        sqlite_strict=True,
    )
    op.create_index("ix_consents_contact", "consents", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_consents_purpose", "consents", ["workspace_id", "purpose_id"], unique=False)
    op.create_table(
        "contact_notes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=True),
        sa.Column("pinned", types.Flag(), nullable=False),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_contact_notes_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_contact_notes_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_notes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_contact_notes")),
        sqlite_strict=True,
    )
    op.create_index("ix_contact_notes_contact", "contact_notes", ["workspace_id", "contact_id"], unique=False)
    op.create_index("ix_contact_notes_removed", "contact_notes", ["removed_at"], unique=False)
    op.create_table(
        "card_source_inboxes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_card_source_inboxes_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source_id"],
            ["card_sources.workspace_id", "card_sources.id"],
            name=op.f("fk_card_source_inboxes_workspace_id_source_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_card_source_inboxes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "source_id", "inbox_id", name=op.f("pk_card_source_inboxes")),
        sqlite_strict=True,
    )
    op.create_index("ix_card_source_inboxes_inbox", "card_source_inboxes", ["workspace_id", "inbox_id"], unique=False)
    op.create_table(
        "pushed_cards",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("contact_id", types.Id(), nullable=False),
        sa.Column("source", types.Text(), nullable=False),
        sa.Column("identity_id", types.Id(), nullable=False),
        sa.Column("cards", types.Json(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_pushed_cards_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "contact_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_pushed_cards_workspace_id_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"],
            ["identities.workspace_id", "identities.id"],
            name=op.f("fk_pushed_cards_workspace_id_identity_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_pushed_cards_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "contact_id", "source", name=op.f("pk_pushed_cards")),
        sqlite_strict=True,
    )
    op.create_index("ix_pushed_cards_expires", "pushed_cards", ["expires_at"], unique=False)
    op.create_index("ix_pushed_cards_identity", "pushed_cards", ["workspace_id", "identity_id"], unique=False)
    op.add_column("contacts", sa.Column("zone", types.Text(), server_default="", nullable=False))
    op.add_column("contacts", sa.Column("language_said", types.Flag(), server_default="0", nullable=False))
    op.add_column("contacts", sa.Column("made_by", types.Id(), nullable=True))
    op.add_column("identities", sa.Column("verified_by", types.Id(), nullable=True))
    op.add_column("identities", sa.Column("verified_at", types.Instant(), nullable=True))
