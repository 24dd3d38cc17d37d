"""Mail and ground."""

import sqlalchemy as sa
from alembic import op

from sluss.kernel import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("envelopes", sa.Column("origin", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("origin", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("author", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("proof", types.Text(), server_default="", nullable=False))
    op.add_column("messages", sa.Column("warnings", types.Json(), server_default="[]", nullable=False))
