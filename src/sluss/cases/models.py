"""Tables of threads, cases, conversations, messages, notes, tags and attachments."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Json, Text

SHARED_SQL = "shared > 0"
"""Cases that came to other inboxes than their own, too: the partial index is used only where its condition is said literally."""

threads = scoped_table(
    "threads",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("external_key", Text, nullable=False),
    sa.Column("token", Text, nullable=False),
    sa.Column("visibility", Text, nullable=False),
    sa.Column("identity_id", Id, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    refers("identity_id", "identities"),
    sa.UniqueConstraint("workspace_id", "inbox_id", "external_key"),
    sa.UniqueConstraint("workspace_id", "token"),
)
cases = scoped_table(
    "cases",
    sa.Column("number", Id, nullable=False),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("preview", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("priority", Text, nullable=False),
    sa.Column("assignee_id", Id),
    sa.Column("continues_id", Id),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("active_at", Instant, nullable=False),
    sa.Column("waiting_since", Instant),
    sa.Column("snoozed_until", Instant),
    sa.Column("solved_at", Instant),
    sa.Column("shared", Count, nullable=False, server_default="0"),
    refers("contact_id", "contacts"),
    refers("inbox_id", "inboxes"),
    refers("assignee_id", "agents"),
    sa.UniqueConstraint("workspace_id", "number"),
    sa.Index("ix_cases_assignee", "workspace_id", "assignee_id", "status", "waiting_since"),
    sa.Index("ix_cases_status", "workspace_id", "status", "waiting_since"),
    sa.Index("ix_cases_inbox", "workspace_id", "inbox_id", "status", "waiting_since"),
    sa.Index("ix_cases_active", "workspace_id", "status", "active_at"),
    sa.Index("ix_cases_contact", "workspace_id", "contact_id"),
    sa.Index("ix_cases_shared", "workspace_id", "status", sqlite_where=sa.text(SHARED_SQL), postgresql_where=sa.text(SHARED_SQL)),
)
case_inboxes = scoped_table(
    "case_inboxes",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    refers("case_id", "cases"),
    refers("inbox_id", "inboxes"),
    key=("case_id", "inbox_id"),
)
conversations = scoped_table(
    "conversations",
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("aside", Flag, nullable=False, server_default="0"),
    refers("thread_id", "threads"),
    refers("case_id", "cases"),
    sa.Index("ix_conversations_case", "workspace_id", "case_id"),
    sa.Index("ix_conversations_thread", "workspace_id", "thread_id"),
)
messages = scoped_table(
    "messages",
    sa.Column("conversation_id", Id, nullable=False),
    sa.Column("direction", Text, nullable=False),
    sa.Column("identity_id", Id),
    sa.Column("agent_id", Id),
    sa.Column("envelope_id", Id),
    sa.Column("external_id", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("fresh", Text, nullable=False),
    sa.Column("html", Text, nullable=False),
    sa.Column("to", Json, nullable=False),
    sa.Column("cc", Json, nullable=False),
    sa.Column("bcc", Json, nullable=False, server_default="[]"),
    sa.Column("automatic", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("sent_at", Instant),
    sa.Column("files", Count, nullable=False),
    sa.Column("origin", Text, nullable=False, server_default=""),
    sa.Column("author", Text, nullable=False, server_default=""),
    sa.Column("proof", Text, nullable=False, server_default=""),
    sa.Column("warnings", Json, nullable=False, server_default="[]"),
    sa.Column("return_path", Text, nullable=False, server_default=""),
    refers("conversation_id", "conversations"),
    refers("identity_id", "identities"),
    refers("agent_id", "agents"),
    sa.CheckConstraint("identity_id IS NULL OR agent_id IS NULL", name="ck_messages_author"),
    sa.Index("ix_messages_conversation", "workspace_id", "conversation_id", "id"),
)
message_keys = scoped_table(
    "message_keys",
    sa.Column("dedupe_key", Text, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    key=("dedupe_key",),
)
message_copies = scoped_table(
    "message_copies",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("envelope_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("message_id", "messages"),
    refers("inbox_id", "inboxes"),
    key=("message_id", "inbox_id"),
)
begun_elsewhere = scoped_table(
    "begun_elsewhere",
    sa.Column("external_id", Text, nullable=False),
    sa.Column("parent", Text, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("arrival", Json, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_begun_elsewhere_parent", "workspace_id", "parent"),
    sa.Index("ix_begun_elsewhere_at", "workspace_id", "at"),
    key=("external_id",),
)
message_references = scoped_table(
    "message_references",
    sa.Column("external_id", Text, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    sa.Column("thread_id", Id, nullable=False),
    refers("message_id", "messages"),
    refers("thread_id", "threads"),
    sa.Index("ix_message_references_thread", "workspace_id", "thread_id"),
    sa.Index("ix_message_references_message", "workspace_id", "message_id"),
    key=("external_id", "message_id"),
)
notes = scoped_table(
    "notes",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_notes_case", "workspace_id", "case_id", "id"),
)
attachments = scoped_table(
    "attachments",
    sa.Column("message_id", Id),
    sa.Column("note_id", Id),
    sa.Column("case_id", Id),
    sa.Column("uploader_id", Id),
    sa.Column("name", Text, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("size", Count, nullable=False),
    sa.Column("digest", Text, nullable=False),
    sa.Column("content_id", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("message_id", "messages"),
    refers("note_id", "notes"),
    refers("case_id", "cases"),
    refers("uploader_id", "agents"),
    sa.Index("ix_attachments_message", "workspace_id", "message_id"),
    sa.Index("ix_attachments_note", "workspace_id", "note_id"),
    sa.Index("ix_attachments_digest", "workspace_id", "digest"),
)
tags = scoped_table("tags", sa.Column("name", Text, nullable=False), sa.UniqueConstraint("workspace_id", "name"))
case_tags = scoped_table(
    "case_tags",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("tag_id", Id, nullable=False),
    refers("case_id", "cases"),
    refers("tag_id", "tags"),
    sa.Index("ix_case_tags_tag", "workspace_id", "tag_id"),
    key=("case_id", "tag_id"),
)
