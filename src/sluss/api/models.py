"""Table of the answers that programs were given under a key of theirs."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Id, Instant, Json, Text

api_answers = scoped_table(
    "api_answers",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("key", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("asked", Blob, nullable=False),
    sa.Column("answer", Json),
    refers("agent_id", "agents"),
    sa.Index("ix_api_answers_at", "at"),
    key=("agent_id", "key"),
)
