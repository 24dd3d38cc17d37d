"""Tables of access by consent: the applications registered at providers, what each inbox was given, and consents under way."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.sealed import sealed_column
from sluss.kernel.types import Blob, Count, Id, Instant, Text

applications = scoped_table(
    "oauth_applications",
    sa.Column("provider", Text, nullable=False),
    sa.Column("client_id", Text, nullable=False),
    sa.Column("tenant", Text, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    key=("provider",),
)
grants = scoped_table(
    "oauth_grants",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("provider", Text, nullable=False),
    sa.Column("client_id", Text, nullable=False),
    sa.Column("account", Text, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("turn", Count, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("connected_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id",),
)
consents = scoped_table(
    "oauth_consents",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("session_id", Id, nullable=False),
    sa.Column("state_hash", Blob, nullable=False, unique=True),
    sa.Column("provider", Text, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sa.Column("outcome", Text, nullable=False),
    sa.Column("account", Text, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_oauth_consents_inbox", "workspace_id", "inbox_id", "id"),
)
visits = scoped_table(
    "network_visits",
    sa.Column("session_id", Id, nullable=False),
    sa.Column("state_hash", Blob, nullable=False, unique=True),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("back_at", Instant),
    sa.Column("done_at", Instant),
)
"""Persons who went to a network to connect accounts there; what they may connect is sealed until they chose."""
sealed_column("application", applications.c.sealed, applications.c.workspace_id, applications.c.provider)
sealed_column("grant", grants.c.sealed, grants.c.workspace_id, grants.c.inbox_id)
sealed_column("consent", consents.c.sealed, consents.c.workspace_id, consents.c.id)
sealed_column("visit", visits.c.sealed, visits.c.workspace_id, visits.c.id)
