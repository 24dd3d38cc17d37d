"""A desk to choose."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:  # noqa: PLR0915 - a schema is a long list
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
        "digest_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("excerpts", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_digest_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_digest_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "proposal_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("value", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_proposal_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_proposal_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "alert_choices",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("app", types.Flag(), nullable=False),
        sa.Column("desktop", types.Flag(), nullable=False),
        sa.Column("sound", types.Flag(), nullable=False),
        sa.Column("mail", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_alert_choices_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_alert_choices_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "kind", name=op.f("pk_alert_choices")),
        sqlite_strict=True,
    )
    op.create_table(
        "alert_settings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("sound", types.Text(), nullable=False),
        sa.Column("volume", types.Count(), nullable=False),
        sa.Column("only_hidden", types.Flag(), nullable=False),
        sa.Column("repeat_seconds", types.Count(), nullable=False),
        sa.Column("zone", types.Text(), nullable=False),
        sa.Column("digest_pace", types.Text(), nullable=False),
        sa.Column("digest_hour", types.Count(), nullable=False),
        sa.Column("mentions_at_once", types.Flag(), nullable=False),
        sa.Column("follow_mentions", types.Flag(), nullable=False),
        sa.Column("follow_notes", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_alert_settings_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_alert_settings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name=op.f("pk_alert_settings")),
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
        "bulk_deeds",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("value", types.Text(), nullable=False),
        sa.Column("filter", types.Text(), nullable=False),
        sa.Column("zone", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("total", types.Count(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_bulk_deeds_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_bulk_deeds_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_bulk_deeds")),
        sqlite_strict=True,
    )
    op.create_index("ix_bulk_deeds_agent", "bulk_deeds", ["workspace_id", "agent_id", "created_at"], unique=False)
    op.create_index("ix_bulk_deeds_created_at", "bulk_deeds", ["created_at"], unique=False)
    op.create_table(
        "canned_answers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("shortcut", types.Text(), nullable=True),
        sa.Column("folder", types.Text(), nullable=False),
        sa.Column("original", types.Text(), nullable=False),
        sa.Column("whom", types.Text(), nullable=False),
        sa.Column("holder", types.Id(), nullable=False),
        sa.Column("team_ids", types.Json(), nullable=False),
        sa.Column("inbox_ids", types.Json(), nullable=False),
        sa.Column("owner_id", types.Id(), nullable=True),
        sa.Column("reviewed_at", types.Instant(), nullable=True),
        sa.Column("review_due_at", types.Instant(), nullable=True),
        sa.Column("source", types.Json(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("changed_by", types.Id(), nullable=True),
        sa.Column("archived_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "changed_by"], ["agents.workspace_id", "agents.id"], name=op.f("fk_canned_answers_workspace_id_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "owner_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_canned_answers_workspace_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_canned_answers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_canned_answers")),
        sa.UniqueConstraint("workspace_id", "holder", "shortcut", name=op.f("uq_canned_answers_workspace_id_holder_shortcut")),
        sqlite_strict=True,
    )
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
        "contact_moves",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("from_id", types.Id(), nullable=False),
        sa.Column("to_id", types.Id(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "from_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_contact_moves_workspace_id_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "to_id"], ["contacts.workspace_id", "contacts.id"], name=op.f("fk_contact_moves_workspace_id_to_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_moves_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_contact_moves")),
        sqlite_strict=True,
    )
    op.create_index("ix_contact_moves_from", "contact_moves", ["workspace_id", "from_id"], unique=False)
    op.create_index("ix_contact_moves_to", "contact_moves", ["workspace_id", "to_id"], unique=False)
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
        "desks_open",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_desks_open_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_desks_open_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name=op.f("pk_desks_open")),
        sqlite_strict=True,
    )
    op.create_table(
        "do_not_disturb",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_do_not_disturb_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_do_not_disturb_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", name=op.f("pk_do_not_disturb")),
        sqlite_strict=True,
    )
    op.create_table(
        "macros",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("whom", types.Text(), nullable=False),
        sa.Column("holder", types.Id(), nullable=False),
        sa.Column("team_ids", types.Json(), nullable=False),
        sa.Column("inbox_ids", types.Json(), nullable=False),
        sa.Column("owner_id", types.Id(), nullable=True),
        sa.Column("steps", types.Json(), nullable=False),
        sa.Column("onward", types.Text(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("changed_by", types.Id(), nullable=True),
        sa.Column("archived_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "changed_by"], ["agents.workspace_id", "agents.id"], name=op.f("fk_macros_workspace_id_changed_by")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "owner_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_macros_workspace_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_macros_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_macros")),
        sa.UniqueConstraint("workspace_id", "holder", "name", name=op.f("uq_macros_workspace_id_holder_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "quiet_hours",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("weekday", types.Count(), nullable=False),
        sa.Column("start_minute", types.Count(), nullable=False),
        sa.Column("end_minute", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_quiet_hours_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_quiet_hours_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "weekday", name=op.f("pk_quiet_hours")),
        sqlite_strict=True,
    )
    op.create_table(
        "saved_views",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("icon", types.Text(), nullable=False),
        sa.Column("filter", types.Text(), nullable=False),
        sa.Column("sort", types.Text(), nullable=False),
        sa.Column("share", types.Text(), nullable=False),
        sa.Column("team_id", types.Id(), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("deleted_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_saved_views_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_saved_views_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_saved_views")),
        sqlite_strict=True,
    )
    op.create_index("ix_saved_views_agent", "saved_views", ["workspace_id", "agent_id"], unique=False)
    op.create_index("ix_saved_views_share", "saved_views", ["workspace_id", "share"], unique=False)
    op.create_table(
        "view_places",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("view_id", types.Id(), nullable=False),
        sa.Column("place", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_view_places_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_view_places_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "view_id", name=op.f("pk_view_places")),
        sqlite_strict=True,
    )
    op.create_table(
        "view_sorts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("view", types.Text(), nullable=False),
        sa.Column("sort", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_view_sorts_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_view_sorts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "view", name=op.f("pk_view_sorts")),
        sqlite_strict=True,
    )
    op.create_table(
        "canned_files",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("answer_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("media_type", types.Text(), nullable=False),
        sa.Column("size", types.Count(), nullable=False),
        sa.Column("digest", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "answer_id"],
            ["canned_answers.workspace_id", "canned_answers.id"],
            name=op.f("fk_canned_files_workspace_id_answer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_canned_files_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_canned_files")),
        sqlite_strict=True,
    )
    op.create_index("ix_canned_files_answer", "canned_files", ["workspace_id", "answer_id"], unique=False)
    op.create_table(
        "canned_texts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("answer_id", types.Id(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "answer_id"],
            ["canned_answers.workspace_id", "canned_answers.id"],
            name=op.f("fk_canned_texts_workspace_id_answer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_canned_texts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "answer_id", "language", name=op.f("pk_canned_texts")),
        sqlite_strict=True,
    )
    op.create_table(
        "canned_uses",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("answer_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("day", types.Count(), nullable=False),
        sa.Column("count", types.Count(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_canned_uses_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "answer_id"],
            ["canned_answers.workspace_id", "canned_answers.id"],
            name=op.f("fk_canned_uses_workspace_id_answer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_canned_uses_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "answer_id", "agent_id", "day", name=op.f("pk_canned_uses")),
        sqlite_strict=True,
    )
    op.create_table(
        "canned_versions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("answer_id", types.Id(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("content", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_canned_versions_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "answer_id"],
            ["canned_answers.workspace_id", "canned_answers.id"],
            name=op.f("fk_canned_versions_workspace_id_answer_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_canned_versions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "answer_id", "revision", name=op.f("pk_canned_versions")),
        sqlite_strict=True,
    )
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
        "contact_moved",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("move_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("thing_id", types.Id(), nullable=False),
        sa.Column("from_id", types.Id(), nullable=False),
        sa.Column("to_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "move_id"],
            ["contact_moves.workspace_id", "contact_moves.id"],
            name=op.f("fk_contact_moved_workspace_id_move_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_moved_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "move_id", "kind", "thing_id", name=op.f("pk_contact_moved")),
        sqlite_strict=True,
    )
    op.create_index("ix_contact_moved_thing", "contact_moved", ["workspace_id", "kind", "thing_id"], unique=False)
    op.create_table(
        "contact_returns",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("move_id", types.Id(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "move_id"],
            ["contact_moves.workspace_id", "contact_moves.id"],
            name=op.f("fk_contact_returns_workspace_id_move_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_contact_returns_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "move_id", name=op.f("pk_contact_returns")),
        sqlite_strict=True,
    )
    op.create_table(
        "macro_uses",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("macro_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("day", types.Count(), nullable=False),
        sa.Column("count", types.Count(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_macro_uses_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "macro_id"], ["macros.workspace_id", "macros.id"], name=op.f("fk_macro_uses_workspace_id_macro_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_macro_uses_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "macro_id", "agent_id", "day", name=op.f("pk_macro_uses")),
        sqlite_strict=True,
    )
    op.create_table(
        "macro_versions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("macro_id", types.Id(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("content", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_macro_versions_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "macro_id"], ["macros.workspace_id", "macros.id"], name=op.f("fk_macro_versions_workspace_id_macro_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_macro_versions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "macro_id", "revision", name=op.f("pk_macro_versions")),
        sqlite_strict=True,
    )
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
    op.create_table(
        "bulk_cases",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("deed_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("number", types.Id(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("why", types.Text(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.Column("after", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_bulk_cases_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "deed_id"], ["bulk_deeds.workspace_id", "bulk_deeds.id"], name=op.f("fk_bulk_cases_workspace_id_deed_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_bulk_cases_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "deed_id", "case_id", name=op.f("pk_bulk_cases")),
        sqlite_strict=True,
    )
    op.create_index("ix_bulk_cases_case", "bulk_cases", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_bulk_cases_state", "bulk_cases", ["workspace_id", "deed_id", "state", "number"], unique=False)
    op.create_table(
        "case_followers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("following", types.Flag(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_case_followers_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_followers_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_followers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "agent_id", name=op.f("pk_case_followers")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_followers_agent", "case_followers", ["workspace_id", "agent_id", "following", "case_id"], unique=False)
    op.create_table(
        "case_mentions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_case_mentions_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_mentions_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_mentions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "case_id", "agent_id", name=op.f("pk_case_mentions")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_mentions_agent", "case_mentions", ["workspace_id", "agent_id", "case_id"], unique=False)
    op.create_table(
        "case_moves",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("from_id", types.Id(), nullable=False),
        sa.Column("to_id", types.Id(), nullable=False),
        sa.Column("made", types.Flag(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "from_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_moves_workspace_id_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "to_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_case_moves_workspace_id_to_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_moves_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_case_moves")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_moves_from", "case_moves", ["workspace_id", "from_id"], unique=False)
    op.create_index("ix_case_moves_to", "case_moves", ["workspace_id", "to_id"], unique=False)
    op.create_table(
        "macro_runs",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("macro_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("before", types.Json(), nullable=False),
        sa.Column("undone_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_macro_runs_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_macro_runs_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "macro_id"], ["macros.workspace_id", "macros.id"], name=op.f("fk_macro_runs_workspace_id_macro_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_macro_runs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_macro_runs")),
        sqlite_strict=True,
    )
    op.create_index("ix_macro_runs_at", "macro_runs", ["workspace_id", "at"], unique=False)
    op.create_index("ix_macro_runs_case", "macro_runs", ["workspace_id", "case_id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("times", types.Count(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("position", types.Id(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("item_id", types.Id(), nullable=False),
        sa.Column("detail", types.Text(), nullable=False),
        sa.Column("by_mail", types.Flag(), nullable=False),
        sa.Column("letter_id", types.Id(), nullable=True),
        sa.Column("read_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_notifications_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_notifications_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notifications_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "case_id", "kind", name=op.f("pk_notifications")),
        sqlite_strict=True,
    )
    op.create_index("ix_notifications_at", "notifications", ["workspace_id", "at"], unique=False)
    op.create_index("ix_notifications_case", "notifications", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_notifications_newest", "notifications", ["workspace_id", "agent_id", "at"], unique=False)
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["workspace_id", "agent_id", "case_id"],
        unique=False,
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "presences",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("tab", types.Text(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("doing", types.Text(), nullable=False),
        sa.Column("doing_until", types.Instant(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_presences_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_presences_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_presences_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "agent_id", "tab", name=op.f("pk_presences")),
        sqlite_strict=True,
    )
    op.create_index("ix_presences_case", "presences", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_presences_until", "presences", ["until"], unique=False)
    op.create_table(
        "case_moved",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("move_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("thing_id", types.Id(), nullable=False),
        sa.Column("from_id", types.Id(), nullable=False),
        sa.Column("to_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "move_id"], ["case_moves.workspace_id", "case_moves.id"], name=op.f("fk_case_moved_workspace_id_move_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_moved_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "move_id", "kind", "thing_id", name=op.f("pk_case_moved")),
        sqlite_strict=True,
    )
    op.create_index("ix_case_moved_thing", "case_moved", ["workspace_id", "kind", "thing_id"], unique=False)
    op.create_table(
        "case_returns",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("move_id", types.Id(), nullable=False),
        sa.Column("actor_kind", types.Text(), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "move_id"], ["case_moves.workspace_id", "case_moves.id"], name=op.f("fk_case_returns_workspace_id_move_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_case_returns_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "move_id", name=op.f("pk_case_returns")),
        sqlite_strict=True,
    )
    op.create_table(
        "note_mentions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("note_id", types.Id(), nullable=False),
        sa.Column("start", types.Count(), nullable=False),
        sa.Column("length", types.Count(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("team_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_note_mentions_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_note_mentions_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "note_id"], ["notes.workspace_id", "notes.id"], name=op.f("fk_note_mentions_workspace_id_note_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_note_mentions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "note_id", "start", name=op.f("pk_note_mentions")),
        sqlite_strict=True,
    )
    op.create_index("ix_note_mentions_case", "note_mentions", ["workspace_id", "case_id"], unique=False)
    op.create_table(
        "clues",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("mark", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_clues_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_clues_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "mark", "message_id", name=op.f("pk_clues")),
        sqlite_strict=True,
    )
    op.create_index("ix_clues_at", "clues", ["workspace_id", "at"], unique=False)
    op.create_index("ix_clues_message", "clues", ["workspace_id", "message_id"], unique=False)
    op.create_table(
        "proposals",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("other_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("other_message_id", types.Id(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("score", types.Count(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("settled_by", types.Id(), nullable=True),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_proposals_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_proposals_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "other_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_proposals_workspace_id_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "other_message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_proposals_workspace_id_other_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_proposals_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("workspace_id", "case_id", "other_id", name=op.f("uq_proposals_workspace_id_case_id_other_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_proposals_message", "proposals", ["workspace_id", "message_id"], unique=False)
    op.create_index("ix_proposals_other", "proposals", ["workspace_id", "other_id"], unique=False)
    op.create_index("ix_proposals_other_message", "proposals", ["workspace_id", "other_message_id"], unique=False)
    op.add_column("agents", sa.Column("own_keys", types.Json(), nullable=True))
    op.add_column("agents", sa.Column("snooze_words", types.Text(), nullable=True))
    op.add_column("cases", sa.Column("merged_into_id", types.Id(), nullable=True))
    op.add_column("cases", sa.Column("woken_at", types.Instant(), nullable=True))
    op.create_index(
        "ix_cases_merged",
        "cases",
        ["workspace_id", "merged_into_id"],
        unique=False,
        sqlite_where=sa.text("merged_into_id IS NOT NULL"),
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    op.create_index("ix_cases_opened", "cases", ["workspace_id", "opened_at"], unique=False)
    op.create_index(
        "ix_cases_unfinished",
        "cases",
        ["workspace_id", "status", "inbox_id", "assignee_id", "waiting_since"],
        unique=False,
        sqlite_where=sa.text("status IN ('open', 'pending', 'snoozed')"),
        postgresql_where=sa.text("status IN ('open', 'pending', 'snoozed')"),
    )
    op.add_column("contacts", sa.Column("zone", types.Text(), server_default="", nullable=False))
    op.add_column("contacts", sa.Column("language_said", types.Flag(), server_default="0", nullable=False))
    op.add_column("contacts", sa.Column("made_by", types.Id(), nullable=True))
    op.add_column("contacts", sa.Column("merged_into_id", types.Id(), nullable=True))
    op.add_column("conversations", sa.Column("branch_id", types.Id(), nullable=True))
    op.add_column("departures", sa.Column("side", types.Json(), server_default="null", nullable=False))
    op.add_column("drafts", sa.Column("apart", types.Json(), server_default="null", nullable=False))
    op.add_column("identities", sa.Column("verified_by", types.Id(), nullable=True))
    op.add_column("identities", sa.Column("verified_at", types.Instant(), nullable=True))
