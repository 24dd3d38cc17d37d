"""Tables of what was moved from case to case and from contact to contact, and of what went back. Rows are only ever added.

A move is one deed; `case_moved` names each thing that it moved, and whence and whither. A return is the way back, at most one for each
move: its key is the move's. What a case or a contact was before stands with the move, and goes with whichever of the two is erased first.
"""

import sqlalchemy as sa

from sluss.kernel.schema import refers, scoped_table
from sluss.kernel.types import Flag, Id, Instant, Json, Text

case_moves = scoped_table(
    "case_moves",
    sa.Column("kind", Text, nullable=False),
    sa.Column("from_id", Id, nullable=False),
    sa.Column("to_id", Id, nullable=False),
    sa.Column("made", Flag, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("before", Json, nullable=False),
    refers("from_id", "cases"),
    refers("to_id", "cases"),
    sa.Index("ix_case_moves_from", "workspace_id", "from_id"),
    sa.Index("ix_case_moves_to", "workspace_id", "to_id"),
)
case_moved = scoped_table(
    "case_moved",
    sa.Column("move_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("thing_id", Id, nullable=False),
    sa.Column("from_id", Id, nullable=False),
    sa.Column("to_id", Id, nullable=False),
    refers("move_id", "case_moves"),
    sa.Index("ix_case_moved_thing", "workspace_id", "kind", "thing_id"),
    key=("move_id", "kind", "thing_id"),
)
case_returns = scoped_table(
    "case_returns",
    sa.Column("move_id", Id, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("move_id", "case_moves"),
    key=("move_id",),
)
contact_moves = scoped_table(
    "contact_moves",
    sa.Column("kind", Text, nullable=False),
    sa.Column("from_id", Id, nullable=False),
    sa.Column("to_id", Id, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("before", Json, nullable=False),
    refers("from_id", "contacts"),
    refers("to_id", "contacts"),
    sa.Index("ix_contact_moves_from", "workspace_id", "from_id"),
    sa.Index("ix_contact_moves_to", "workspace_id", "to_id"),
)
contact_moved = scoped_table(
    "contact_moved",
    sa.Column("move_id", Id, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("thing_id", Id, nullable=False),
    sa.Column("from_id", Id, nullable=False),
    sa.Column("to_id", Id, nullable=False),
    refers("move_id", "contact_moves"),
    sa.Index("ix_contact_moved_thing", "workspace_id", "kind", "thing_id"),
    key=("move_id", "kind", "thing_id"),
)
contact_returns = scoped_table(
    "contact_returns",
    sa.Column("move_id", Id, nullable=False),
    sa.Column("actor_kind", Text, nullable=False),
    sa.Column("actor_id", Id, nullable=False),
    sa.Column("at", Instant, nullable=False),
    refers("move_id", "contact_moves"),
    key=("move_id",),
)
