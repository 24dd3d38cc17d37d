"""How tables are declared: one metadata for both databases, keys that carry the workspace, references that cannot cross workspaces.

`scoped_table` makes a table of one workspace's rows (key `(workspace_id, id)`; on SQLite `id` alone is the rowid and the pair is unique).
`global_table` makes one of the few tables that are global by nature.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from sluss.kernel.types import Id

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def scoped_table(name: str, *parts: sa.schema.SchemaItem, key: tuple[str, ...] = ("id",)) -> sa.Table:
    """A table whose rows belong to exactly one workspace; `key` names the columns that identify a row within it."""
    columns = [sa.Column("workspace_id", Id, nullable=False)]
    if key == ("id",):
        columns.append(sa.Column("id", Id, nullable=False))
    owner = sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"])
    primary = sa.PrimaryKeyConstraint("workspace_id", *key)
    return sa.Table(name, metadata, *columns, *parts, primary, owner, sqlite_strict=True)


def global_table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """A table that is global by nature: workspaces, sessions, leases, stream positions."""
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    """A reference to a row of the same workspace; the database refuses any other."""
    return sa.ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"])


def fields(kind: type[msgspec.Struct], table: sa.Table, **instead: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    """The columns that fill a struct, by name; `instead` gives those that are not plain columns of the table."""
    return [instead[name].label(name) if name in instead else table.c[name] for name in kind.__struct_fields__]


@compiles(sa.PrimaryKeyConstraint, "sqlite")
def _rowid_key(constraint: sa.PrimaryKeyConstraint, compiler: DDLCompiler, **options: Any) -> str:
    """On SQLite a scoped table's id is the rowid, so that a rebuild cannot renumber rows."""
    if [column.name for column in constraint.columns] == ["workspace_id", "id"]:
        return "PRIMARY KEY (id), UNIQUE (workspace_id, id)"
    return compiler.visit_primary_key_constraint(constraint, **options)
