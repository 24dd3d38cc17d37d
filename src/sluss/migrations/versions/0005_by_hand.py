"""What a comparison of tables cannot see of 0004: the walls around its tables, and data."""

from alembic import op

from sluss.kernel.walls import raise_walls

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Who is at a case is true for seconds: nothing of it needs to outlive a crash, so its writes wait for no disk.
        op.execute("ALTER TABLE presences SET UNLOGGED")
        raise_walls(op.get_bind())
