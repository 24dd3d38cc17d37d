"""Tables of the policy, of what was found in public messages, of matters and their log, and of public answers that wait for a word."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Json, Text

moderation_rules = scoped_table(
    "moderation_rules",
    sa.Column("name", Text, nullable=False),
    sa.Column("enabled", Flag, nullable=False),
    sa.Column("title", Text, nullable=False),
    sa.Column("plain", Text, nullable=False),
    sa.Column("texts", Json, nullable=False),
    sa.Column("by_itself", Text, nullable=False),
    sa.Column("wait_minutes", Count, nullable=False),
    sa.Column("up_to", Text, nullable=False),
    sa.Column("words", Json, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    key=("name",),
)
"""Rules that a workspace changed: `texts` tell customers why, by language, `by_itself` is flag or hide, `up_to` a timer's last step."""
moderation_settings = scoped_table(
    "moderation_settings", sa.Column("name", Text, nullable=False), sa.Column("value", Json, nullable=False), key=("name",)
)
screenings = scoped_table(
    "screenings",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("heat", Count, nullable=False),
    sa.Column("findings", Json, nullable=False),
    sa.Column("mark", Id, nullable=False),
    refers("message_id", "messages"),
    sa.Index("ix_screenings_at", "workspace_id", "at"),
    sa.Index("ix_screenings_mark", "workspace_id", "mark", "at"),
    key=("message_id",),
)
"""What was found in a public message when it was looked through; `mark` is the same for the same words."""
matters = scoped_table(
    "matters",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("rule", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("step", Text, nullable=False),
    sa.Column("outcome", Text, nullable=False),
    sa.Column("by_itself", Flag, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    refers("message_id", "messages"),
    sa.UniqueConstraint("workspace_id", "message_id"),
    sa.Index("ix_matters_state", "workspace_id", "state", "changed_at"),
    sa.Index("ix_matters_opened", "workspace_id", "opened_at"),
)
"""One public message that somebody has to decide about: `open`, `waiting` for its author until `due_at`, or `settled` with its outcome."""
matter_log = scoped_table(
    "matter_log",
    sa.Column("matter_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("step", Text, nullable=False),
    sa.Column("rule", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("said", Text, nullable=False),
    sa.Column("undoes_id", Id),
    sa.Column("answer_id", Id),
    sa.Column("operation_id", Id),
    refers("matter_id", "matters"),
    sa.Index("ix_matter_log_matter", "workspace_id", "matter_id", "id"),
    sa.Index("ix_matter_log_at", "workspace_id", "at"),
)
"""What was done and found, with a copy of what was said; the database itself refuses changes. Without an `agent_id` it is the policy's."""
step_proposals = scoped_table(
    "step_proposals",
    sa.Column("matter_id", Id, nullable=False),
    sa.Column("step", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("proposed_by", Id),
    sa.Column("at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("settled_by", Id),
    sa.Column("settled_at", Instant),
    refers("matter_id", "matters"),
    sa.Index("ix_step_proposals_matter", "workspace_id", "matter_id", "id"),
    sa.Index("ix_step_proposals_state", "workspace_id", "state", "expires_at"),
)
"""Steps that wait for another person's word."""
lessons = scoped_table(
    "lessons",
    sa.Column("message_id", Id, nullable=False),
    sa.Column("label", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("message_id", "messages"),
    key=("message_id",),
)
"""What people decided that a message is: the name of a rule, or `fine`."""
lesson_counts = scoped_table(
    "lesson_counts",
    sa.Column("word", Id, nullable=False),
    sa.Column("label", Text, nullable=False),
    sa.Column("times", Count, nullable=False),
    key=("word", "label"),
)
"""In how many lessons of a label a word stood. Of the word only a number made of it is kept; 0 counts the lessons."""
waiting_answers = scoped_table(
    "waiting_answers",
    sa.Column("case_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("reply", Json, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("settled_by", Id),
    sa.Column("settled_at", Instant),
    sa.Column("note", Text, nullable=False),
    sa.Column("message_id", Id),
    refers("case_id", "cases"),
    refers("inbox_id", "inboxes"),
    refers("agent_id", "agents"),
    sa.Index("ix_waiting_answers_case", "workspace_id", "case_id"),
    sa.Index("ix_waiting_answers_state", "workspace_id", "state", "at"),
)
"""Public answers that an agent wrote and that wait for another's word; `reply` is all that the composer held."""
