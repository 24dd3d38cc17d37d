"""Tables of what the law asks for: holds, exports, erasures, how long things are kept, and who read what."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Json, Text

contact_holds = scoped_table(
    "contact_holds",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("contact_id", "contacts"),
    refers("agent_id", "agents"),
    key=("contact_id",),
)
exports = scoped_table(
    "exports",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("language", Text, nullable=False),
    sa.Column("notes", Flag, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("taken_at", Instant),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("digest", Text, nullable=False, info={"file": ""}),
    sa.Column("size", Count, nullable=False),
    refers("contact_id", "contacts"),
    refers("agent_id", "agents"),
    sa.Index("ix_exports_contact", "workspace_id", "contact_id"),
    sa.Index("ix_exports_digest", "workspace_id", "digest"),
    sa.Index("ix_exports_state", "state", "expires_at"),
)
erasures = scoped_table(
    "erasures",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("mode", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("agent_id", Id),
    sa.Column("second_id", Id),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("began_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("phase", Text, nullable=False),
    sa.Column("cursor", Id, nullable=False),
    sa.Column("until", Id, nullable=False),
    sa.Column("addresses", Json, nullable=False),
    sa.Column("counts", Json, nullable=False),
    refers("agent_id", "agents"),
    refers("second_id", "agents"),
    sa.Index("ix_erasures_contact", "workspace_id", "contact_id"),
    sa.Index("ix_erasures_state", "state", "starts_at"),
)
retention_rules = scoped_table(
    "retention_rules",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("case_days", Count),
    sa.Column("spam_days", Count),
    sa.Column("file_days", Count),
    sa.Column("raw_days", Count),
    sa.Column("changed_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id",),
)
retention_runs = scoped_table(
    "retention_runs",
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("counts", Json, nullable=False),
)
privacy_rules = scoped_table(
    "privacy_rules",
    sa.Column("read_months", Count, nullable=False),
    sa.Column("two_admins", Flag, nullable=False),
    key=(),
)
reads = scoped_table(
    "reads",
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("object_id", Id, nullable=False),
    sa.Column("case_id", Id),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("times", Count, nullable=False),
    refers("agent_id", "agents"),
    sa.Index("ix_reads_contact", "workspace_id", "contact_id", "id"),
    sa.Index("ix_reads_case", "workspace_id", "case_id"),
)
