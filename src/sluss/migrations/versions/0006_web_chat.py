"""Web chat."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "chat_sites",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("origin", types.Text(), nullable=False),
        sa.Column("path", types.Text(), nullable=False),
        sa.Column("first_seen_at", types.Instant(), nullable=False),
        sa.Column("last_seen_at", types.Instant(), nullable=False),
        sa.Column("refused", types.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_chat_sites_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_chat_sites_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", "origin", name=op.f("pk_chat_sites")),
        sqlite_strict=True,
    )
    op.create_table(
        "visitors",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("subject", types.Text(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("email_proof", types.Text(), nullable=False),
        sa.Column("locale", types.Text(), nullable=False),
        sa.Column("zone", types.Text(), nullable=False),
        sa.Column("browser", types.Text(), nullable=False),
        sa.Column("page_url", types.Text(), nullable=False),
        sa.Column("page_title", types.Text(), nullable=False),
        sa.Column("referrer", types.Text(), nullable=False),
        sa.Column("first_seen_at", types.Instant(), nullable=False),
        sa.Column("last_seen_at", types.Instant(), nullable=False),
        sa.Column("online_until", types.Instant(), nullable=False),
        sa.Column("typing_until", types.Instant(), nullable=False),
        sa.Column("typing_text", types.Text(), nullable=False),
        sa.Column("answered_seen_at", types.Instant(), nullable=False),
        sa.Column("agent_seen_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_visitors_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_visitors_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_visitors")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visitors_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_visitors_agent_seen", "visitors", ["agent_seen_at"], unique=False)
    op.create_index("ix_visitors_online", "visitors", ["online_until"], unique=False)
    op.create_index("ix_visitors_subject", "visitors", ["workspace_id", "inbox_id", "subject"], unique=False)
    op.create_index(
        "ix_visitors_typed",
        "visitors",
        ["typing_until"],
        unique=False,
        sqlite_where=sa.text("typing_text <> ''"),
        postgresql_where=sa.text("typing_text <> ''"),
    )
    op.create_table(
        "visitor_codes",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("visitor_id", types.Id(), nullable=False),
        sa.Column("email", types.Text(), nullable=False),
        sa.Column("mark", types.Blob(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("tries", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visitor_id"], ["visitors.workspace_id", "visitors.id"], name=op.f("fk_visitor_codes_workspace_id_visitor_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_visitor_codes_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "visitor_id", name=op.f("pk_visitor_codes")),
        sqlite_strict=True,
    )
    op.create_table(
        "visitor_letters",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("visitor_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("address", types.Blob(), nullable=False),
        sa.Column("network", types.Blob(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visitor_id"],
            ["visitors.workspace_id", "visitors.id"],
            name=op.f("fk_visitor_letters_workspace_id_visitor_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_visitor_letters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_visitor_letters")),
        sqlite_strict=True,
    )
    op.create_index("ix_visitor_letters_at", "visitor_letters", ["workspace_id", "at"], unique=False)
    op.create_index("ix_visitor_letters_visitor", "visitor_letters", ["workspace_id", "visitor_id"], unique=False)
    op.create_table(
        "carried",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("operation_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_carried_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "operation_id"],
            ["operations.workspace_id", "operations.id"],
            name=op.f("fk_carried_workspace_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_carried_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "operation_id", name=op.f("pk_carried")),
        sqlite_strict=True,
    )
    op.create_index("ix_carried_operation", "carried", ["workspace_id", "operation_id"], unique=False)
    op.create_table(
        "other_forms",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("operation_id", types.Id(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("subject", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("html", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "operation_id"],
            ["operations.workspace_id", "operations.id"],
            name=op.f("fk_other_forms_workspace_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_other_forms_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "operation_id", name=op.f("pk_other_forms")),
        sqlite_strict=True,
    )
