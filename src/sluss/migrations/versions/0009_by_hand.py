"""What a comparison of tables cannot see of 0008: the walls around its tables."""

from alembic import op

from sluss.kernel.walls import raise_walls

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        raise_walls(op.get_bind())
