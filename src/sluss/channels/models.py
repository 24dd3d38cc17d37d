"""Tables of inboxes: connected accounts, which addresses lead to them, how far they were read."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.sealed import sealed_column
from sluss.kernel.types import Blob, Count, Flag, Id, Instant, Json, Text

inboxes = scoped_table(
    "inboxes",
    sa.Column("brand_id", Id, nullable=False),
    sa.Column("channel", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("sealed", Blob, nullable=False),
    sa.Column("enabled", Flag, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("last_received_at", Instant),
    sa.Column("last_sent_at", Instant),
    sa.Column("receiving", Text, nullable=False),
    sa.Column("receiving_error", Text, nullable=False),
    sa.Column("receiving_since", Instant, nullable=False),
    sa.Column("send_failures", Count, nullable=False),
    sa.Column("paused_until", Instant),
    sa.Column("paused_reason", Text, nullable=False),
    sa.Column("reopen_days", Count, nullable=False, server_default="14"),
    sa.Column("archived_at", Instant),
    sa.Column("reconnect", Text, nullable=False, server_default=""),
    sa.Column("hook_greeted_at", Instant),
    sa.Column("hook_received_at", Instant),
    refers("brand_id", "brands"),
)
"""`hook_greeted_at`: when the network last made sure of the address that it posts to;
`hook_received_at`: when it last posted, to a minute."""
sealed_column("inbox", inboxes.c.sealed, inboxes.c.workspace_id, inboxes.c.id)
inbox_addresses = scoped_table(
    "inbox_addresses",
    sa.Column("address", Text, nullable=False, unique=True),
    sa.Column("inbox_id", Id, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("address",),
)
cursors = scoped_table(
    "cursors",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("value", Json, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id", "name"),
)
inbox_trials = scoped_table(
    "inbox_trials",
    sa.Column("inbox_id", Id),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("checks", Json, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_inbox_trials_inbox", "workspace_id", "inbox_id", "id"),
)
TYPED_SQL = "typing_text <> ''"
"""Visitors of whom half a message lies there; the partial index is used only where its condition is said literally."""

visitors = scoped_table(
    "visitors",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("token_hash", Blob, nullable=False, unique=True),
    sa.Column("subject", Text, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("email_proof", Text, nullable=False),
    sa.Column("locale", Text, nullable=False),
    sa.Column("zone", Text, nullable=False),
    sa.Column("browser", Text, nullable=False),
    sa.Column("page_url", Text, nullable=False),
    sa.Column("page_title", Text, nullable=False),
    sa.Column("referrer", Text, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("online_until", Instant, nullable=False),
    sa.Column("typing_until", Instant, nullable=False),
    sa.Column("typing_text", Text, nullable=False),
    sa.Column("answered_seen_at", Instant, nullable=False),
    sa.Column("agent_seen_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.Index("ix_visitors_subject", "workspace_id", "inbox_id", "subject"),
    sa.Index("ix_visitors_online", "online_until"),
    sa.Index("ix_visitors_agent_seen", "agent_seen_at"),
    sa.Index("ix_visitors_typed", "typing_until", sqlite_where=sa.text(TYPED_SQL), postgresql_where=sa.text(TYPED_SQL)),
)
"""Customers on a company's web site. The thread of one is that whose external key is the visitor's id.

`subject` is whom the company's own sign-in says this is (empty: nobody said); `email_proof` is empty, `code` or `token`. `typing_text`
is kept only where the workspace allows it. `answered_seen_at`: how far the customer has read; `agent_seen_at`: how far one of us has.
"""
visitor_devices = scoped_table(
    "visitor_devices",
    sa.Column("token_hash", Blob, nullable=False, unique=True),
    sa.Column("visitor_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("visitor_id", "visitors"),
    sa.Index("ix_visitor_devices_visitor", "workspace_id", "visitor_id"),
    key=("token_hash",),
)
"""More browsers of one visitor, each let in by a one-time code that another one showed."""
chat_sites = scoped_table(
    "chat_sites",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("origin", Text, nullable=False),
    sa.Column("path", Text, nullable=False),
    sa.Column("first_seen_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("refused", Flag, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id", "origin"),
)
"""Web sites whose pages asked for the chat of an inbox, at most once an hour each; `refused`: the site is not on the inbox's list."""
inbox_costs = scoped_table(
    "inbox_costs",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("day", Text, nullable=False),
    sa.Column("what", Text, nullable=False),
    sa.Column("times", Count, nullable=False),
    sa.Column("micros", Count, nullable=False),
    refers("inbox_id", "inboxes"),
    key=("inbox_id", "day", "what"),
)
"""What an inbox's network charged on a UTC day (`2026-11-22`), by kind of call, in millionths of a dollar."""
templates = scoped_table(
    "templates",
    sa.Column("inbox_id", Id, nullable=False),
    sa.Column("name", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("category", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("header", Text, nullable=False),
    sa.Column("body", Text, nullable=False),
    sa.Column("footer", Text, nullable=False),
    sa.Column("variables", Json, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
    refers("inbox_id", "inboxes"),
    sa.UniqueConstraint("workspace_id", "inbox_id", "name", "language"),
)
"""Approved texts that a network lets us send outside its window, as it last told them."""
