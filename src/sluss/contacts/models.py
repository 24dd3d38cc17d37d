"""Tables of contacts and identities, and of what people know about a contact."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Count, Flag, Id, Instant, Json, Text

contacts = scoped_table(
    "contacts",
    sa.Column("name", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("zone", Text, nullable=False, server_default=""),
    sa.Column("language_said", Flag, nullable=False, server_default="0"),
    sa.Column("made_by", Id),
    sa.Column("merged_into_id", Id),
)
identities = scoped_table(
    "identities",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("network", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("proof", Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("verified_by", Id),
    sa.Column("verified_at", Instant),
    sa.Column("blocked_at", Instant),
    refers("contact_id", "contacts"),
    sa.UniqueConstraint("workspace_id", "network", "address"),
    sa.Index("ix_identities_contact", "workspace_id", "contact_id"),
)
contact_notes = scoped_table(
    "contact_notes",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("changed_at", Instant),
    sa.Column("pinned", Flag, nullable=False),
    sa.Column("removed_at", Instant),
    refers("contact_id", "contacts"),
    refers("agent_id", "agents"),
    sa.Index("ix_contact_notes_contact", "workspace_id", "contact_id"),
    sa.Index("ix_contact_notes_removed", "removed_at"),
)
attributes = scoped_table(
    "attributes",
    sa.Column("name", Text, nullable=False),
    sa.Column("label", Text, nullable=False),
    sa.Column("type", Text, nullable=False),
    sa.Column("choices", Json, nullable=False),
    sa.Column("editors", Text, nullable=False),
    sa.Column("marks", Flag, nullable=False),
    sa.Column("place", Count, nullable=False),
    sa.Column("archived_at", Instant),
    sa.UniqueConstraint("workspace_id", "name"),
)
attribute_values = scoped_table(
    "attribute_values",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("attribute_id", Id, nullable=False),
    sa.Column("value", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    refers("contact_id", "contacts"),
    refers("attribute_id", "attributes"),
    sa.Index("ix_attribute_values_attribute", "workspace_id", "attribute_id"),
    key=("contact_id", "attribute_id"),
)
consent_purposes = scoped_table(
    "consent_purposes",
    sa.Column("label", Text, nullable=False),
    sa.Column("place", Count, nullable=False),
    sa.Column("archived_at", Instant),
)
consents = scoped_table(
    "consents",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("purpose_id", Id, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("way", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    refers("contact_id", "contacts"),
    refers("purpose_id", "consent_purposes"),
    refers("agent_id", "agents"),
    sa.Index("ix_consents_contact", "workspace_id", "contact_id"),
    sa.Index("ix_consents_purpose", "workspace_id", "purpose_id"),
)
identity_profiles = scoped_table(
    "identity_profiles",
    sa.Column("identity_id", Id, nullable=False),
    sa.Column("handle", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("followers", Count),
    sa.Column("verified", Flag, nullable=False),
    sa.Column("picture_digest", Text, nullable=False, info={"file": ""}),
    sa.Column("seen_at", Instant, nullable=False),
    refers("identity_id", "identities"),
    key=("identity_id",),
)
"""What a network tells of somebody; `picture_digest` names it in the file store."""
