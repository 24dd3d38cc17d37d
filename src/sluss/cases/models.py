"""Tables of threads, cases, conversations, messages, notes, tags and attachments."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

UNFINISHED_SQL = "status IN ('open', 'pending', 'snoozed')"
"""What is not done with: the one small index that counts and most filters walk, however many cases are solved."""

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
    sa.Index("ix_threads_identity", "workspace_id", "identity_id"),
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
    sa.Column("merged_into_id", Id),
    sa.Column("woken_at", Instant),
    refers("contact_id", "contacts"),
    refers("inbox_id", "inboxes"),
    refers("assignee_id", "agents"),
    sa.UniqueConstraint("workspace_id", "number"),
    sa.Index("ix_cases_assignee", "workspace_id", "assignee_id", "status", "waiting_since"),
    sa.Index("ix_cases_status", "workspace_id", "status", "waiting_since"),
    sa.Index("ix_cases_inbox", "workspace_id", "inbox_id", "status", "waiting_since"),
    sa.Index("ix_cases_active", "workspace_id", "status", "active_at"),
    sa.Index("ix_cases_contact", "workspace_id", "contact_id"),
    sa.Index("ix_cases_opened", "workspace_id", "opened_at"),
    sa.Index(
        "ix_cases_unfinished",
        *("workspace_id", "status", "inbox_id", "assignee_id", "waiting_since"),
        sqlite_where=sa.text(UNFINISHED_SQL),
        postgresql_where=sa.text(UNFINISHED_SQL),
    ),
    sa.Index(
        "ix_cases_merged",
        "workspace_id",
        "merged_into_id",
        sqlite_where=sa.text("merged_into_id IS NOT NULL"),
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    ),
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
    sa.Column("branch_id", Id),
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
    sa.Index("ix_messages_identity", "workspace_id", "identity_id", "id"),
)
message_keys = scoped_table(
    "message_keys",
    sa.Column("dedupe_key", Text, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    sa.Index("ix_message_keys_message", "workspace_id", "message_id"),
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
erased_keys = scoped_table(
    "erased_keys",
    sa.Column("mark", Blob, nullable=False),
    sa.Column("erasure_id", Id),
    sa.Column("at", Instant, nullable=False),
    sa.Index("ix_erased_keys_erasure", "workspace_id", "erasure_id"),
    key=("mark",),
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
    sa.Column("digest", Text, nullable=False, info={"file": ""}),
    sa.Column("content_id", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("alt", Text, nullable=False, server_default=""),
    refers("message_id", "messages"),
    refers("note_id", "notes"),
    refers("case_id", "cases"),
    refers("uploader_id", "agents"),
    sa.Index("ix_attachments_message", "workspace_id", "message_id"),
    sa.Index("ix_attachments_note", "workspace_id", "note_id"),
    sa.Index("ix_attachments_case", "workspace_id", "case_id"),
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
case_followers = scoped_table(
    "case_followers",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("following", Flag, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_case_followers_agent", "workspace_id", "agent_id", "following", "case_id"),
    key=("case_id", "agent_id"),
)
case_mentions = scoped_table(
    "case_mentions",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_case_mentions_agent", "workspace_id", "agent_id", "case_id"),
    key=("case_id", "agent_id"),
)
note_mentions = scoped_table(
    "note_mentions",
    sa.Column("note_id", Id, nullable=False),
    sa.Column("start", Count, nullable=False),
    sa.Column("length", Count, nullable=False),
    sa.Column("case_id", Id, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("team_id", Id),
    refers("note_id", "notes"),
    refers("case_id", "cases"),
    refers("agent_id", "agents"),
    sa.Index("ix_note_mentions_case", "workspace_id", "case_id"),
    key=("note_id", "start"),
)
posts = scoped_table(
    "posts",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("external_key", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("ours", Flag, nullable=False),
    sa.Column("author", Text, nullable=False),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Column("removed_at", Instant),
    sa.Column("seen_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.UniqueConstraint("workspace_id", "inbox_id", "external_key"),
    sa.Index("ix_posts_inbox", "workspace_id", "inbox_id", "at"),
)
"""The public things that public threads hang under; `author` is an address on the inbox's network."""
thread_posts = scoped_table(
    "thread_posts",
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("post_id", Id, nullable=False),
    refers("thread_id", "threads"),
    refers("post_id", "posts"),
    sa.Index("ix_thread_posts_post", "workspace_id", "post_id"),
    key=("thread_id",),
)
thread_standings = scoped_table(
    "thread_standings",
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    refers("thread_id", "threads"),
    key=("thread_id",),
)
"""When the customer last opened the network's window of a thread."""
message_faces = scoped_table(
    "message_faces",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("parent_key", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("key", Text, nullable=False, server_default=""),
    sa.Column("audience", Text, nullable=False),
    sa.Column("spoiler", Text, nullable=False),
    sa.Column("unanswerable", Text, nullable=False),
    sa.Column("facts", Json, nullable=False),
    sa.Column("hidden_at", Instant),
    sa.Column("removed_at", Instant),
    sa.Column("removed_by", Text, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Column("liked_at", Instant),
    sa.Column("changed_at", Instant, nullable=False),
    refers("message_id", "messages"),
    key=("message_id",),
)
"""How a message stands at its network, where that can change after it was written. `facts` are the adapter's own.

News is put in order by the network's instants: `edited_at` for texts, `changed_at` for hiding; what was removed stays so.

`key` is the network's own key of what we sent, where it has one beside ours.
"""
message_versions = scoped_table(
    "message_versions",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("html", Text, nullable=False),
    sa.Column("until", Instant, nullable=False),
    refers("message_id", "messages"),
    sa.Index("ix_message_versions_message", "workspace_id", "message_id", "until"),
)
"""What a message had said before its author changed it."""
message_reactions = scoped_table(
    "message_reactions",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("emoji", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("message_id", "messages"),
    key=("message_id", "address"),
)
bystanders = scoped_table(
    "bystanders",
    sa.Column("post_id", Id, nullable=False),
    sa.Column("external_id", Text, nullable=False),
    sa.Column("parent_key", Text, nullable=False),
    sa.Column("author", Text, nullable=False),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("ours", Flag, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("removed_at", Instant),
    refers("post_id", "posts"),
    sa.Index("ix_bystanders_at", "workspace_id", "at"),
    key=("post_id", "external_id"),
)
"""What others said around a customer's utterance and is no message of a case: shown, and forgotten after a while."""
early_news = scoped_table(
    "early_news",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("external_id", Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_early_news_key", "workspace_id", "inbox_id", "external_id"),
    sa.Index("ix_early_news_at", "at"),
)
"""News about utterances that have not come yet; the adapter's value as it was understood."""
