"""What a comparison of tables cannot see of 0004: the walls around its tables, and data."""

import json
import time

import sqlalchemy as sa
from alembic import op

from sluss.kernel.search import CREATE
from sluss.kernel.walls import raise_walls

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    make_search_anew()
    if op.get_bind().dialect.name == "postgresql":
        # Who is at a case is true for seconds: nothing of it needs to outlive a crash, so its writes wait for no disk.
        op.execute("ALTER TABLE presences SET UNLOGGED")
        raise_walls(op.get_bind())


def make_search_anew() -> None:
    """Another index. What it held is put in again by timers, the newest first, while everybody works."""
    conn = op.get_bind()
    op.execute("DROP TABLE search")
    for statement in CREATE[conn.dialect.name]:
        op.execute(statement)
    begin = sa.text(
        "INSERT INTO jobs (workspace_id, id, kind, key, due_at, args, attempts, error)"
        " VALUES (:w, :id, 'rebuild_search', :part, :now, :args, 0, '')"
    )
    number = 0
    for workspace_id in conn.execute(sa.text("SELECT id FROM workspaces")).scalars().all():
        for part in ("contacts", "messages", "notes"):
            number += 1
            args = json.dumps({"part": part, "below": (1 << 63) - 1})
            conn.execute(begin, {"w": workspace_id, "id": number, "part": part, "now": time.time_ns() // 1000, "args": args})
