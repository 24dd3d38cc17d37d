"""Social networks."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0008"
down_revision = "0007"


def upgrade() -> None:  # noqa: PLR0915 - a schema is a long list
    op.create_table(
        "lesson_counts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("word", types.Id(), nullable=False),
        sa.Column("label", types.Text(), nullable=False),
        sa.Column("times", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_lesson_counts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "word", "label", name=op.f("pk_lesson_counts")),
        sqlite_strict=True,
    )
    op.create_table(
        "moderation_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("enabled", types.Flag(), nullable=False),
        sa.Column("title", types.Text(), nullable=False),
        sa.Column("plain", types.Text(), nullable=False),
        sa.Column("texts", types.Json(), nullable=False),
        sa.Column("by_itself", types.Text(), nullable=False),
        sa.Column("wait_minutes", types.Count(), nullable=False),
        sa.Column("up_to", types.Text(), nullable=False),
        sa.Column("words", types.Json(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_moderation_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_moderation_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "moderation_settings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_moderation_settings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "name", name=op.f("pk_moderation_settings")),
        sqlite_strict=True,
    )
    op.create_table(
        "network_visits",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column("state_hash", types.Blob(), nullable=False),
        sa.Column("sealed", types.Blob(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("back_at", types.Instant(), nullable=True),
        sa.Column("done_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_network_visits_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_network_visits")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_network_visits_state_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "notices",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("title", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("words", types.Text(), nullable=False),
        sa.Column("answer", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.Column("published_at", types.Instant(), nullable=True),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_notices_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notices_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_notices")),
        sqlite_strict=True,
    )
    op.create_index("ix_notices_state", "notices", ["workspace_id", "state", "id"], unique=False)
    op.create_table(
        "approval_rules",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("whose", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_approval_rules_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_approval_rules_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", name=op.f("pk_approval_rules")),
        sqlite_strict=True,
    )
    op.create_table(
        "bulletins",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("notice_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_bulletins_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notice_id"], ["notices.workspace_id", "notices.id"], name=op.f("fk_bulletins_workspace_id_notice_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_bulletins_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_bulletins")),
        sqlite_strict=True,
    )
    op.create_index("ix_bulletins_notice", "bulletins", ["workspace_id", "notice_id", "id"], unique=False)
    op.create_table(
        "early_news",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("value", types.Json(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_early_news_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_early_news_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_early_news")),
        sqlite_strict=True,
    )
    op.create_index("ix_early_news_at", "early_news", ["at"], unique=False)
    op.create_index("ix_early_news_key", "early_news", ["workspace_id", "inbox_id", "external_id"], unique=False)
    op.create_table(
        "identity_profiles",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("identity_id", types.Id(), nullable=False),
        sa.Column("handle", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("followers", types.Count(), nullable=True),
        sa.Column("verified", types.Flag(), nullable=False),
        sa.Column("picture_digest", types.Text(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"],
            ["identities.workspace_id", "identities.id"],
            name=op.f("fk_identity_profiles_workspace_id_identity_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_identity_profiles_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "identity_id", name=op.f("pk_identity_profiles")),
        sqlite_strict=True,
    )
    op.create_table(
        "inbox_costs",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("day", types.Text(), nullable=False),
        sa.Column("what", types.Text(), nullable=False),
        sa.Column("times", types.Count(), nullable=False),
        sa.Column("micros", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_inbox_costs_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_inbox_costs_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "inbox_id", "day", "what", name=op.f("pk_inbox_costs")),
        sqlite_strict=True,
    )
    op.create_table(
        "notice_chats",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("notice_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_notice_chats_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notice_id"], ["notices.workspace_id", "notices.id"], name=op.f("fk_notice_chats_workspace_id_notice_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notice_chats_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "notice_id", "inbox_id", name=op.f("pk_notice_chats")),
        sqlite_strict=True,
    )
    op.create_index("ix_notice_chats_inbox", "notice_chats", ["workspace_id", "inbox_id", "notice_id"], unique=False)
    op.create_table(
        "posts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("external_key", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("ours", types.Flag(), nullable=False),
        sa.Column("author", types.Text(), nullable=False),
        sa.Column("author_name", types.Text(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("edited_at", types.Instant(), nullable=True),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_posts_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_posts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_posts")),
        sa.UniqueConstraint("workspace_id", "inbox_id", "external_key", name=op.f("uq_posts_workspace_id_inbox_id_external_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_posts_inbox", "posts", ["workspace_id", "inbox_id", "at"], unique=False)
    op.create_table(
        "templates",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("language", types.Text(), nullable=False),
        sa.Column("category", types.Text(), nullable=False),
        sa.Column("status", types.Text(), nullable=False),
        sa.Column("header", types.Text(), nullable=False),
        sa.Column("body", types.Text(), nullable=False),
        sa.Column("footer", types.Text(), nullable=False),
        sa.Column("variables", types.Json(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_templates_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_templates_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_templates")),
        sa.UniqueConstraint("workspace_id", "inbox_id", "name", "language", name=op.f("uq_templates_workspace_id_inbox_id_name_language")),
        sqlite_strict=True,
    )
    op.create_table(
        "bystanders",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("post_id", types.Id(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("parent_key", types.Text(), nullable=False),
        sa.Column("author", types.Text(), nullable=False),
        sa.Column("author_name", types.Text(), nullable=False),
        sa.Column("ours", types.Flag(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "post_id"], ["posts.workspace_id", "posts.id"], name=op.f("fk_bystanders_workspace_id_post_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_bystanders_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "post_id", "external_id", name=op.f("pk_bystanders")),
        sqlite_strict=True,
    )
    op.create_index("ix_bystanders_at", "bystanders", ["workspace_id", "at"], unique=False)
    op.create_table(
        "notice_cases",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("notice_id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("linked_by", types.Id(), nullable=False),
        sa.Column("linked_at", types.Instant(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("why", types.Text(), nullable=False),
        sa.Column("answer_by", types.Id(), nullable=True),
        sa.Column("done_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_notice_cases_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notice_id"], ["notices.workspace_id", "notices.id"], name=op.f("fk_notice_cases_workspace_id_notice_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_notice_cases_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "notice_id", "case_id", name=op.f("pk_notice_cases")),
        sqlite_strict=True,
    )
    op.create_index("ix_notice_cases_case", "notice_cases", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_notice_cases_state", "notice_cases", ["workspace_id", "notice_id", "state", "case_id"], unique=False)
    op.create_table(
        "publications",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("notice_id", types.Id(), nullable=False),
        sa.Column("bulletin_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("external_id", types.Text(), nullable=False),
        sa.Column("network_key", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("handed_over", types.Flag(), nullable=False),
        sa.Column("waits", types.Count(), nullable=False),
        sa.Column("unknowns", types.Count(), nullable=False),
        sa.Column("begun_at", types.Instant(), nullable=True),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("give_up_at", types.Instant(), nullable=False),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("code", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "bulletin_id"],
            ["bulletins.workspace_id", "bulletins.id"],
            name=op.f("fk_publications_workspace_id_bulletin_id"),
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_publications_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "notice_id"], ["notices.workspace_id", "notices.id"], name=op.f("fk_publications_workspace_id_notice_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_publications_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_publications")),
        sa.UniqueConstraint("workspace_id", "bulletin_id", "inbox_id", name=op.f("uq_publications_workspace_id_bulletin_id_inbox_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_publications_due", "publications", ["due_at"], unique=False)
    op.create_index("ix_publications_notice", "publications", ["workspace_id", "notice_id", "id"], unique=False)
    op.create_table(
        "thread_posts",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.Column("post_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "post_id"], ["posts.workspace_id", "posts.id"], name=op.f("fk_thread_posts_workspace_id_post_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_thread_posts_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_thread_posts_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "thread_id", name=op.f("pk_thread_posts")),
        sqlite_strict=True,
    )
    op.create_index("ix_thread_posts_post", "thread_posts", ["workspace_id", "post_id"], unique=False)
    op.create_table(
        "thread_standings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_thread_standings_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_thread_standings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "thread_id", name=op.f("pk_thread_standings")),
        sqlite_strict=True,
    )
    op.create_table(
        "visitor_devices",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("token_hash", types.Blob(), nullable=False),
        sa.Column("visitor_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "visitor_id"],
            ["visitors.workspace_id", "visitors.id"],
            name=op.f("fk_visitor_devices_workspace_id_visitor_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_visitor_devices_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "token_hash", name=op.f("pk_visitor_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_visitor_devices_token_hash")),
        sqlite_strict=True,
    )
    op.create_index("ix_visitor_devices_visitor", "visitor_devices", ["workspace_id", "visitor_id"], unique=False)
    op.create_table(
        "waiting_answers",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("reply", types.Json(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("revision", types.Count(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("settled_by", types.Id(), nullable=True),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.Column("note", types.Text(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_waiting_answers_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_waiting_answers_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_waiting_answers_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_waiting_answers_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_waiting_answers")),
        sqlite_strict=True,
    )
    op.create_index("ix_waiting_answers_case", "waiting_answers", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_waiting_answers_state", "waiting_answers", ["workspace_id", "state", "at"], unique=False)
    op.create_table(
        "fetches",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("key", types.Text(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("ref", types.Json(), nullable=False),
        sa.Column("name", types.Text(), nullable=False),
        sa.Column("media_type", types.Text(), nullable=False),
        sa.Column("size", types.Count(), nullable=False),
        sa.Column("alt", types.Text(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=True),
        sa.Column("identity_id", types.Id(), nullable=True),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("tries", types.Count(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "identity_id"], ["identities.workspace_id", "identities.id"], name=op.f("fk_fetches_workspace_id_identity_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_fetches_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_fetches_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_fetches_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_fetches")),
        sa.UniqueConstraint("workspace_id", "inbox_id", "key", name=op.f("uq_fetches_workspace_id_inbox_id_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_fetches_due", "fetches", ["state", "due_at"], unique=False)
    op.create_index("ix_fetches_identity", "fetches", ["workspace_id", "identity_id"], unique=False)
    op.create_index("ix_fetches_message", "fetches", ["workspace_id", "message_id"], unique=False)
    op.create_table(
        "lessons",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("label", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_lessons_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_lessons_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_lessons")),
        sqlite_strict=True,
    )
    op.create_table(
        "matters",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("rule", types.Text(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("step", types.Text(), nullable=False),
        sa.Column("outcome", types.Text(), nullable=False),
        sa.Column("by_itself", types.Flag(), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=True),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_matters_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_matters_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_matters")),
        sa.UniqueConstraint("workspace_id", "message_id", name=op.f("uq_matters_workspace_id_message_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_matters_opened", "matters", ["workspace_id", "opened_at"], unique=False)
    op.create_index("ix_matters_state", "matters", ["workspace_id", "state", "changed_at"], unique=False)
    op.create_table(
        "message_faces",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("kind", types.Text(), nullable=False),
        sa.Column("parent_key", types.Text(), nullable=False),
        sa.Column("url", types.Text(), nullable=False),
        sa.Column("key", types.Text(), server_default="", nullable=False),
        sa.Column("audience", types.Text(), nullable=False),
        sa.Column("spoiler", types.Text(), nullable=False),
        sa.Column("unanswerable", types.Text(), nullable=False),
        sa.Column("facts", types.Json(), nullable=False),
        sa.Column("hidden_at", types.Instant(), nullable=True),
        sa.Column("removed_at", types.Instant(), nullable=True),
        sa.Column("removed_by", types.Text(), nullable=False),
        sa.Column("edited_at", types.Instant(), nullable=True),
        sa.Column("liked_at", types.Instant(), nullable=True),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_message_faces_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_faces_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_message_faces")),
        sqlite_strict=True,
    )
    op.create_table(
        "message_reactions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("address", types.Text(), nullable=False),
        sa.Column("emoji", types.Text(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_message_reactions_workspace_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_reactions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", "address", name=op.f("pk_message_reactions")),
        sqlite_strict=True,
    )
    op.create_table(
        "message_versions",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("text", types.Text(), nullable=False),
        sa.Column("html", types.Text(), nullable=False),
        sa.Column("until", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"],
            ["messages.workspace_id", "messages.id"],
            name=op.f("fk_message_versions_workspace_id_message_id"),
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_message_versions_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_message_versions")),
        sqlite_strict=True,
    )
    op.create_index("ix_message_versions_message", "message_versions", ["workspace_id", "message_id", "until"], unique=False)
    op.create_table(
        "private_links",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("inbox_id", types.Id(), nullable=False),
        sa.Column("thread_id", types.Id(), nullable=False),
        sa.Column("public_id", types.Id(), nullable=False),
        sa.Column("visitor_id", types.Id(), nullable=False),
        sa.Column("secret", types.Blob(), nullable=False),
        sa.Column("word", types.Text(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=True),
        sa.Column("proved_at", types.Instant(), nullable=True),
        sa.Column("code", types.Blob(), nullable=False),
        sa.Column("code_until", types.Instant(), nullable=False),
        sa.Column("code_tries", types.Count(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_private_links_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "inbox_id"], ["inboxes.workspace_id", "inboxes.id"], name=op.f("fk_private_links_workspace_id_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "public_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_private_links_workspace_id_public_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "thread_id"], ["threads.workspace_id", "threads.id"], name=op.f("fk_private_links_workspace_id_thread_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_private_links_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_private_links")),
        sqlite_strict=True,
    )
    op.create_index("ix_private_links_case", "private_links", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_private_links_public", "private_links", ["workspace_id", "public_id"], unique=False)
    op.create_index("ix_private_links_thread", "private_links", ["workspace_id", "thread_id"], unique=False)
    op.create_table(
        "screenings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("heat", types.Count(), nullable=False),
        sa.Column("findings", types.Json(), nullable=False),
        sa.Column("mark", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_screenings_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_screenings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_screenings")),
        sqlite_strict=True,
    )
    op.create_index("ix_screenings_at", "screenings", ["workspace_id", "at"], unique=False)
    op.create_index("ix_screenings_mark", "screenings", ["workspace_id", "mark", "at"], unique=False)
    op.create_table(
        "sendings",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("message_id", types.Id(), nullable=False),
        sa.Column("answers_id", types.Id(), nullable=True),
        sa.Column("follows_id", types.Id(), nullable=True),
        sa.Column("is_private_reply", types.Flag(), nullable=False),
        sa.Column("spoiler", types.Text(), nullable=False),
        sa.Column("template", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "message_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_sendings_workspace_id_message_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sendings_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "message_id", name=op.f("pk_sendings")),
        sqlite_strict=True,
    )
    op.create_index("ix_sendings_answers", "sendings", ["workspace_id", "answers_id"], unique=False)
    op.create_index("ix_sendings_follows", "sendings", ["workspace_id", "follows_id"], unique=False)
    op.create_table(
        "sluices",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("case_id", types.Id(), nullable=False),
        sa.Column("public_id", types.Id(), nullable=False),
        sa.Column("way", types.Text(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("said_id", types.Id(), nullable=True),
        sa.Column("private_id", types.Id(), nullable=True),
        sa.Column("link_id", types.Id(), nullable=True),
        sa.Column("operation_ids", types.Json(), nullable=False),
        sa.Column("undone_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_sluices_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "case_id"], ["cases.workspace_id", "cases.id"], name=op.f("fk_sluices_workspace_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "public_id"], ["messages.workspace_id", "messages.id"], name=op.f("fk_sluices_workspace_id_public_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_sluices_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_sluices")),
        sqlite_strict=True,
    )
    op.create_index("ix_sluices_case", "sluices", ["workspace_id", "case_id"], unique=False)
    op.create_index("ix_sluices_public", "sluices", ["workspace_id", "public_id"], unique=False)
    op.create_table(
        "deeds",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("operation_id", types.Id(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("value", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id", "agent_id"], ["agents.workspace_id", "agents.id"], name=op.f("fk_deeds_workspace_id_agent_id")
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "operation_id"], ["operations.workspace_id", "operations.id"], name=op.f("fk_deeds_workspace_id_operation_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_deeds_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "operation_id", name=op.f("pk_deeds")),
        sqlite_strict=True,
    )
    op.create_table(
        "matter_log",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("matter_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("agent_id", types.Id(), nullable=True),
        sa.Column("step", types.Text(), nullable=False),
        sa.Column("rule", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("said", types.Text(), nullable=False),
        sa.Column("undoes_id", types.Id(), nullable=True),
        sa.Column("answer_id", types.Id(), nullable=True),
        sa.Column("operation_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "matter_id"], ["matters.workspace_id", "matters.id"], name=op.f("fk_matter_log_workspace_id_matter_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_matter_log_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_matter_log")),
        sqlite_strict=True,
    )
    op.create_index("ix_matter_log_at", "matter_log", ["workspace_id", "at"], unique=False)
    op.create_index("ix_matter_log_matter", "matter_log", ["workspace_id", "matter_id", "id"], unique=False)
    op.create_table(
        "step_proposals",
        sa.Column("workspace_id", types.Id(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("matter_id", types.Id(), nullable=False),
        sa.Column("step", types.Text(), nullable=False),
        sa.Column("reason", types.Text(), nullable=False),
        sa.Column("proposed_by", types.Id(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("state", types.Text(), nullable=False),
        sa.Column("settled_by", types.Id(), nullable=True),
        sa.Column("settled_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "matter_id"], ["matters.workspace_id", "matters.id"], name=op.f("fk_step_proposals_workspace_id_matter_id")
        ),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_step_proposals_workspace_id")),
        sa.PrimaryKeyConstraint("workspace_id", "id", name=op.f("pk_step_proposals")),
        sqlite_strict=True,
    )
    op.create_index("ix_step_proposals_matter", "step_proposals", ["workspace_id", "matter_id", "id"], unique=False)
    op.create_index("ix_step_proposals_state", "step_proposals", ["workspace_id", "state", "expires_at"], unique=False)
    op.add_column("attachments", sa.Column("alt", types.Text(), server_default="", nullable=False))
    op.add_column("identities", sa.Column("blocked_at", types.Instant(), nullable=True))
    op.add_column("inboxes", sa.Column("reconnect", types.Text(), server_default="", nullable=False))
    op.add_column("inboxes", sa.Column("hook_greeted_at", types.Instant(), nullable=True))
    op.add_column("inboxes", sa.Column("hook_received_at", types.Instant(), nullable=True))
