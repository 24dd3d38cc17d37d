"""The one migration history of both databases. In: a database of any age. Out: the schema of this release."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

HERE = Path(__file__).parent


def upgrade(conn: sa.Connection, revision: str = "head") -> None:
    """Bring the schema up to date; each migration is one transaction."""
    command.upgrade(_config(conn), revision)


def head() -> str:
    """The revision that this release wants."""
    found = ScriptDirectory.from_config(_config(None)).get_current_head()
    return found or ""


def current(conn: sa.Connection) -> str:
    """The revision that a database stands at; empty for a new one."""
    return MigrationContext.configure(conn).get_current_revision() or ""


def _config(conn: sa.Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = conn
    return config
