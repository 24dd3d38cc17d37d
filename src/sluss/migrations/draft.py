"""Drafts the next migration from the difference between the newest one and the tables.

Run: `python -m sluss.migrations.draft 0002 "What changes"`.

The draft is a start: read it, and add what a comparison cannot see (full-text tables, triggers, data).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from sluss.migrations import HERE, upgrade


def main() -> None:
    """Compare on an empty SQLite file and write `versions/<number>_<words>.py`."""
    number, message = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'draft.sqlite3'}")
        with engine.connect() as conn:
            upgrade(conn)
            conn.commit()
            config = Config()
            config.set_main_option("script_location", str(HERE))
            config.attributes["connection"] = conn
            command.revision(config, message=message, rev_id=number, autogenerate=True, version_path=str(HERE / "versions"))


if __name__ == "__main__":
    main()
