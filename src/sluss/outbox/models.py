"""Tables of operations, their attempts, and what leaves another way than a message's own."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Json, Text

OPEN_SQL = "state IN ('queued', 'sending', 'unknown')"

operations = scoped_table(
    "operations",
    sa.Column("kind", Text, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("thread_id", Id, nullable=False),
    sa.Column("message_id", Id, nullable=False),
    sa.Column("recipient", Text, nullable=False),
    sa.Column("recipient_name", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("give_up_at", Instant, nullable=False),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("waits", Count, nullable=False),
    sa.Column("unknowns", Count, nullable=False),
    sa.Column("by_hand", Flag, nullable=False),
    sa.Column("delayed", Flag, nullable=False),
    sa.Column("holder", Text, nullable=False),
    sa.Column("fence", Count, nullable=False),
    sa.Column("held_until", Instant, nullable=False),
    sa.Column("code", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("state_at", Instant, nullable=False),
    sa.Column("token", Text, nullable=False, server_default=""),
    refers("inbox_id", "inboxes"),
    refers("thread_id", "threads"),
    refers("message_id", "messages"),
    sa.UniqueConstraint("workspace_id", "message_id", "kind", "recipient"),
    sa.Index("ix_operations_open", "state", "held_until", sqlite_where=sa.text(OPEN_SQL), postgresql_where=sa.text(OPEN_SQL)),
    sa.Index("ix_operations_thread", "workspace_id", "thread_id", "message_id"),
    sa.Index("ix_operations_inbox", "workspace_id", "inbox_id", "state", "due_at"),
)
attempts = scoped_table(
    "attempts",
    sa.Column("operation_id", Id, nullable=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("phase", Text, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("result", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
    refers("operation_id", "operations"),
    sa.Index("ix_attempts_operation", "workspace_id", "operation_id", "id"),
)
other_forms = scoped_table(
    "other_forms",
    sa.Column("operation_id", Id, nullable=False),
    sa.Column("external_id", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("html", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("operation_id", "operations"),
    key=("operation_id",),
)
"""What leaves by an operation that takes messages by a second way, in a form that is not their own (a chat's answers, by mail)."""
carried = scoped_table(
    "carried",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("operation_id", Id, nullable=False),
    refers("message_id", "messages"),
    refers("operation_id", "operations"),
    sa.Index("ix_carried_operation", "workspace_id", "operation_id"),
    key=("message_id", "operation_id"),
)
"""Every message that such an operation takes along: one mail may hold several answers, and each of them left by it."""
deeds = scoped_table(
    "deeds",
    sa.Column("operation_id", Id, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("value", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    refers("operation_id", "operations"),
    refers("agent_id", "agents"),
    key=("operation_id",),
)
"""What belongs to an operation that is no sending: the new text or the emoji, who ordered it (nobody: a policy) and why."""
sendings = scoped_table(
    "sendings",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("answers_id", Id),
    sa.Column("follows_id", Id),
    sa.Column("is_private_reply", Flag, nullable=False),
    sa.Column("spoiler", Text, nullable=False),
    sa.Column("template", Json, nullable=False),
    refers("message_id", "messages"),
    sa.Index("ix_sendings_follows", "workspace_id", "follows_id"),
    sa.Index("ix_sendings_answers", "workspace_id", "answers_id"),
    key=("message_id",),
)
"""How a message of ours goes at its network: which message it answers, which of ours it goes on from, and the template it is."""
