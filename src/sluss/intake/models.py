"""Tables of envelopes. An acknowledged envelope is a row here; `acknowledged` counts them apart, so that a lost row would show."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Count, Id, Instant, Json, Text

envelopes = scoped_table(
    "envelopes",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("recipients", Json, nullable=False),
    sa.Column("size", Count, nullable=False),
    sa.Column("digest", Text, nullable=False, info={"file": "raw IS NULL"}),
    sa.Column("raw", Blob),
    sa.Column("attempts", Count, nullable=False),
    sa.Column("outcome", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("message_id", Id),
    sa.Column("settled_at", Instant),
    sa.Column("origin", Text, nullable=False, server_default=""),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_envelopes_state", "workspace_id", "state", "id"),
    sa.Index("ix_envelopes_file", "workspace_id", "digest", sqlite_where=sa.text("raw IS NULL"), postgresql_where=sa.text("raw IS NULL")),
    sa.Index("ix_envelopes_message", "workspace_id", "message_id"),
    sa.Index("ix_envelopes_waiting", "id", sqlite_where=sa.text("state = 'received'"), postgresql_where=sa.text("state = 'received'")),
)
envelope_keys = scoped_table(
    "envelope_keys",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("external_key", Text, nullable=False),
    sa.Column("envelope_id", Id, nullable=False),
    refers("envelope_id", "envelopes"),
    sa.Index("ix_envelope_keys_envelope", "workspace_id", "envelope_id"),
    key=("inbox_id", "external_key"),
)
acknowledged = scoped_table(
    "acknowledged",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("envelopes", Count, nullable=False),
    sa.Column("erased", Count, nullable=False, server_default="0"),
    refers("inbox_id", "inboxes"),
    key=("inbox_id",),
)
conservation_checks = scoped_table(
    "conservation_checks",
    sa.Column("at", Instant, nullable=False),
    sa.Column("acknowledged", Count, nullable=False),
    sa.Column("processed", Count, nullable=False),
    sa.Column("queued", Count, nullable=False),
    sa.Column("quarantined", Count, nullable=False),
    sa.Column("missing", Count, nullable=False),
    sa.Column("orphans", Count, nullable=False),
    sa.Column("erased", Count, nullable=False, server_default="0"),
    sa.Column("settled", Count, nullable=False, server_default="0"),
    sa.Column("settled_to", Id, nullable=False, server_default="0"),
    sa.Column("full_at", Instant, nullable=False, server_default="0"),
)
fetches = scoped_table(
    "fetches",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("key", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("ref", Json, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("size", Count, nullable=False),
    sa.Column("alt", Text, nullable=False),
    sa.Column("message_id", Id),
    sa.Column("identity_id", Id),
    sa.Column("state", Text, nullable=False),
    sa.Column("tries", Count, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    refers("message_id", "messages"),
    refers("identity_id", "identities"),
    sa.UniqueConstraint("workspace_id", "inbox_id", "key"),
    sa.Index("ix_fetches_due", "state", "due_at"),
    sa.Index("ix_fetches_message", "workspace_id", "message_id"),
    sa.Index("ix_fetches_identity", "workspace_id", "identity_id"),
)
"""What deliveries only named and the adapter must ask for: `waiting`, `done` or `gone` (with the reason that is shown)."""
