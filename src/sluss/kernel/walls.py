"""The second wall between workspaces, on PostgreSQL: row-level security. In: who asks. Out: transactions that see their rows alone.

Every query names its workspace. Should one forget it, the database itself keeps to the workspace of the agent or contact who asked: the
transaction begins with that workspace set, in the same round trip. The system's own work is unbound, and names the workspace as ever.
SQLite has no such thing; there each query is the only wall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from sluss.kernel.actors import Actor

SETTING = "sluss.workspace"
OPEN = frozenset({"search"})
"""No index serves a full-text search behind a policy. What a search finds are ids of cases; their rows are behind the wall."""

# The parts in brackets are worked out once for each statement, not for each row.
_POLICY = """
CREATE POLICY one_workspace ON {table}
USING ((SELECT coalesce(current_setting('sluss.workspace', true), '')) = ''
       OR workspace_id = (SELECT nullif(current_setting('sluss.workspace', true), '')::bigint))
"""
# Tables of one workspace's rows are those whose key begins with it.
_SCOPED = """
SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity
       AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'one_workspace') AS walled
FROM pg_class c
JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.attname = 'workspace_id'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
ORDER BY c.relname
"""


class Cursor(psycopg.Cursor[Any]):
    """Sends words that begin or end a transaction as they are: several in one go cannot be prepared, and one need not be."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if str(query).startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            options["prepare"] = False
        return super().execute(query, params, **options)


def wall_around(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The workspace that a call is bound to: that of the agent or contact among what it is given; empty for the system's own work."""
    who = next((one for one in (*args, *kwargs.values()) if isinstance(one, Actor)), None)
    return str(who.workspace_id) if who is not None and who.kind != "system" else ""


def bound(words: str, wall: str) -> str:
    """Words that begin something, with the wall around what follows."""
    return f"{words}; SET LOCAL {SETTING} = '{wall}'"


def unwalled(conn: sa.Connection) -> list[str]:
    """Tables of workspaces' rows that have no wall yet."""
    return [row.name for row in conn.execute(sa.text(_SCOPED)) if not row.walled and row.name not in OPEN]


def raise_walls(conn: sa.Connection) -> list[str]:
    """Give every table of workspaces' rows its policy. Returns those that had none."""
    missing = unwalled(conn)
    for table in _quoted(conn, missing):
        conn.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        conn.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        conn.exec_driver_sql(f"DROP POLICY IF EXISTS one_workspace ON {table}")
        conn.exec_driver_sql(_POLICY.format(table=table))
    return missing


def walks_through(conn: sa.Connection) -> bool:
    """Whether the account that we are connected as sees over every wall: a superuser does."""
    words = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(conn.execute(sa.text(words)).scalar())


def _quoted(conn: sa.Connection, tables: Iterable[str]) -> list[str]:
    quote = conn.dialect.identifier_preparer.quote
    return [quote(table) for table in tables]
