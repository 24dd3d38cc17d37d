"""Tables of contacts and identities."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Id, Instant, Text

contacts = scoped_table(
    "contacts",
    sa.Column("name", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)
identities = scoped_table(
    "identities",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("network", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("proof", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    refers("contact_id", "contacts"),
    sa.UniqueConstraint("workspace_id", "network", "address"),
    sa.Index("ix_identities_contact", "workspace_id", "contact_id"),
)
