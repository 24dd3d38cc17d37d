"""Runs migrations for Alembic, on the connection that `upgrade` was given."""

import sqlalchemy as sa
from alembic import context

from sluss.migrations.tables import metadata

FULL_TEXT = {"search", "search_places", "search_data", "search_idx", "search_content", "search_docsize", "search_config"}


def ours(thing: sa.schema.SchemaItem, name: str | None, kind: str, reflected: bool, compared: object) -> bool:  # noqa: ARG001, FBT001 - Alembic's signature
    """Leave the full-text tables out of comparisons: they are made by hand in each database's own words."""
    return not (kind == "table" and name in FULL_TEXT)


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    include_object=ours,
    transaction_per_migration=True,
    user_module_prefix="types.",
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
