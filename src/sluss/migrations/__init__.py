"""The one migration history of both databases. In: a database of any age. Out: the schema of this release.

Looking needs no Alembic, which takes a third of a second to import: a start with an up-to-date database does without it.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from sluss.kernel.walls import raise_walls

HERE = Path(__file__).parent


class UnknownRevision(Exception):
    """The database was made by a newer release than this one."""


def upgrade(conn: sa.Connection, revision: str = "head") -> None:
    """Bring the schema up to date, each migration in a transaction of its own; two processes at once take turns."""
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)
    if conn.dialect.name == "postgresql":
        raise_walls(conn)


def head() -> str:
    """The revision that this release wants: the highest number in `versions/`."""
    return max(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def current(conn: sa.Connection) -> str:
    """The revision that a database stands at; empty for a new one."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return ""
    return conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() or ""


def every_table() -> sa.MetaData:
    """The tables of every slice, also of those that this process does not use."""
    from sluss.migrations.tables import metadata  # noqa: PLC0415 - imports all slices

    return metadata


def bring_up_to_date(conn: sa.Connection) -> bool:
    """Migrate if need be. Returns whether anything was done; raises `UnknownRevision` for a database from the future."""
    now = current(conn)
    if now == head():
        return False
    if now > head():
        message = (
            f"The database stands at revision {now}, this release knows {head()} at most."
            " Start the newer release that made it, or restore a backup."
        )
        raise UnknownRevision(message)
    if conn.dialect.name == "postgresql":
        conn.execute(sa.text("SELECT pg_advisory_xact_lock(7355608)"))
    if current(conn) != head():
        upgrade(conn)
    return True
