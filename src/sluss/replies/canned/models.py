"""Tables of canned answers: what they say in which language, what they said before, their files, and how often each is used."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Id, Instant, Json, Text

canned_answers = scoped_table(
    "canned_answers",
    sa.Column("name", Text, nullable=False),
    sa.Column("shortcut", Text),
    sa.Column("folder", Text, nullable=False),
    sa.Column("original", Text, nullable=False),
    sa.Column("whom", Text, nullable=False),
    sa.Column("holder", Id, nullable=False),
    sa.Column("team_ids", Json, nullable=False),
    sa.Column("inbox_ids", Json, nullable=False),
    sa.Column("owner_id", Id),
    sa.Column("reviewed_at", Instant),
    sa.Column("review_due_at", Instant),
    sa.Column("source", Json, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("changed_by", Id),
    sa.Column("archived_at", Instant),
    refers("owner_id", "agents"),
    refers("changed_by", "agents"),
    sa.UniqueConstraint("workspace_id", "holder", "shortcut"),
)
canned_texts = scoped_table(
    "canned_texts",
    sa.Column("answer_id", Id, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    refers("answer_id", "canned_answers"),
    key=("answer_id", "language"),
)
canned_versions = scoped_table(
    "canned_versions",
    sa.Column("answer_id", Id, nullable=False),
    sa.Column("revision", Count, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("content", Json, nullable=False),
    refers("answer_id", "canned_answers"),
    refers("agent_id", "agents"),
    key=("answer_id", "revision"),
)
canned_uses = scoped_table(
    "canned_uses",
    sa.Column("answer_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("day", Count, nullable=False),
    sa.Column("count", Count, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    refers("answer_id", "canned_answers"),
    refers("agent_id", "agents"),
    key=("answer_id", "agent_id", "day"),
)
canned_files = scoped_table(
    "canned_files",
    sa.Column("answer_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("size", Count, nullable=False),
    sa.Column("digest", Text, nullable=False, info={"file": ""}),
    sa.Column("at", Instant, nullable=False),
    refers("answer_id", "canned_answers"),
    sa.Index("ix_canned_files_answer", "workspace_id", "answer_id"),
)
