"""Tables of card connections, of their last answers, and of cards that programs put here."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.sealed import sealed_column
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

card_sources = scoped_table(
    "card_sources",
    sa.Column("name", Text, nullable=False),
    sa.Column("url", Text, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("enabled", Flag, nullable=False),
    sa.Column("claimed_too", Flag, nullable=False),
    sa.Column("patience", Count, nullable=False),
    sa.Column("fresh_for", Count, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("failures", Count, nullable=False),
    sa.Column("paused_until", Instant),
    sa.Column("answered_at", Instant),
    sa.Column("took", Count),
    sa.Column("failed_at", Instant),
    sa.Column("error", Text, nullable=False),
)
sealed_column("card source", card_sources.c.sealed, card_sources.c.workspace_id, card_sources.c.id)
card_source_inboxes = scoped_table(
    "card_source_inboxes",
    sa.Column("source_id", Id, nullable=False),
    sa.Column("inbox_id", Id, nullable=False),
    refers("source_id", "card_sources"),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_card_source_inboxes_inbox", "workspace_id", "inbox_id"),
    key=("source_id", "inbox_id"),
)
card_source_teams = scoped_table(
    "card_source_teams",
    sa.Column("source_id", Id, nullable=False),
    sa.Column("team_id", Id, nullable=False),
    refers("source_id", "card_sources"),
    refers("team_id", "teams"),
    sa.Index("ix_card_source_teams_team", "workspace_id", "team_id"),
    key=("source_id", "team_id"),
)
card_answers = scoped_table(
    "card_answers",
    sa.Column("source_id", Id, nullable=False),
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("asked", Blob, nullable=False),
    sa.Column("cards", Json, nullable=False),
    sa.Column("based", Json, nullable=False),
    sa.Column("answered_at", Instant),
    sa.Column("tried_at", Instant, nullable=False),
    sa.Column("trouble", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    refers("source_id", "card_sources"),
    refers("contact_id", "contacts"),
    sa.Index("ix_card_answers_contact", "workspace_id", "contact_id"),
    sa.Index("ix_card_answers_tried", "tried_at"),
    key=("source_id", "contact_id"),
)
pushed_cards = scoped_table(
    "pushed_cards",
    sa.Column("contact_id", Id, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("identity_id", Id, nullable=False),
    sa.Column("cards", Json, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("agent_id", Id, nullable=False),
    refers("contact_id", "contacts"),
    refers("identity_id", "identities"),
    refers("agent_id", "agents"),
    sa.Index("ix_pushed_cards_identity", "workspace_id", "identity_id"),
    sa.Index("ix_pushed_cards_expires", "expires_at"),
    key=("contact_id", "source"),
)
