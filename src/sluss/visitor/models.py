"""Tables of what visitors are written by mail: codes that prove an address, and how many letters went out."""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Blob, Count, Id, Instant, Text

visitor_codes = scoped_table(
    "visitor_codes",
    sa.Column("visitor_id", Id, nullable=False),
    sa.Column("email", Text, nullable=False),
    sa.Column("mark", Blob, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("tries", Count, nullable=False),
    refers("visitor_id", "visitors"),
    key=("visitor_id",),
)
"""The one code that counts for a visitor: `mark` is what this installation's key makes of it, empty until the letter leaves."""
visitor_letters = scoped_table(
    "visitor_letters",
    sa.Column("visitor_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("address", Blob, nullable=False),
    sa.Column("network", Blob, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("visitor_id", "visitors"),
    sa.Index("ix_visitor_letters_visitor", "workspace_id", "visitor_id"),
    sa.Index("ix_visitor_letters_at", "workspace_id", "at"),
)
"""Letters of the last day, to be counted: address and network as marks, which tell nothing to who reads them."""
