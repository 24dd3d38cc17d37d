"""What the database says about itself and the work. In: settings. Out: findings. SQLite is opened read-only, beside whoever owns it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from sluss.channels.inboxes import list_inboxes
from sluss.channels.looking import look_at
from sluss.channels.models import inboxes
from sluss.commands.examination import Finding
from sluss.config import Config
from sluss.intake.models import conservation_checks, envelopes
from sluss.kernel.actors import system
from sluss.kernel.audit import verify_audit
from sluss.kernel.blobs import UnknownReferences, count_unnamed
from sluss.kernel.clock import MINUTE, system_clock
from sluss.kernel.events import events
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder
from sluss.kernel.ids import IdMaker
from sluss.kernel.tx import Host, Tx
from sluss.kernel.walls import unwalled, walks_through
from sluss.kernel.workspaces import workspaces
from sluss.migrations import current, every_table, head
from sluss.outbox.models import operations

OLDEST_SERVER = 150_000
NEWEST_LINES = 20_000


def examine_data(config: Config) -> list[Finding]:
    """Look at the schema, the inboxes, the outbox and the books of intake."""
    if not config.database_url and not DataFolder(config.folder).database.exists():
        return [Finding("database", "warn", "there is none yet", "Run `sluss init`, or just start Sluss.")]
    engine = reading_engine(config)
    try:
        with engine.connect() as conn:
            return [*_examine(conn), *_chats(config, conn), *_files_of_nobody(config, conn)]
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        return [Finding("database", "fail", f"it cannot be read: {cause}", _reach(config))]
    finally:
        engine.dispose()


def reading_engine(config: Config) -> sa.Engine:
    """The database, to look at; SQLite cannot be changed through it."""
    if config.database_url:
        return sa.create_engine(config.database_url, connect_args={"connect_timeout": 3})
    path = config.database.removeprefix("sqlite:///")
    return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5))


def _reach(config: Config) -> str:
    if config.database_url:
        return "Check SLUSS_DATABASE_URL, that PostgreSQL runs, and that it lets this machine in."
    return "Stop Sluss and restore a backup: `sluss restore FILE`."


def _examine(conn: sa.Connection) -> Iterator[Finding]:
    yield _server(conn)
    revision = current(conn)
    if revision != head():
        newer = revision > head()
        fix = "Start the newer release that made it." if newer else "Stop Sluss, make a backup, then run `sluss migrate`."
        yield Finding("schema", "fail", f"revision {revision or 'none'}, this release wants {head()}", fix)
        return
    yield Finding("schema", "ok", f"revision {revision}")
    yield _log_of_events(conn)
    yield from _walls(conn)
    yield _audit(conn)
    yield from _companies(conn)
    yield from _inboxes(conn)
    yield from _outbox(conn)
    yield from _intake(conn)


def _server(conn: sa.Connection) -> Finding:
    if conn.dialect.name == "sqlite":
        size = sum(Path(path).stat().st_size for path in _files(conn))
        return Finding("database", "ok", f"SQLite, {size / 1e6:.1f} MB")
    number = int(conn.execute(sa.text("SHOW server_version_num")).scalar_one())
    if number < OLDEST_SERVER:
        return Finding("database", "fail", f"PostgreSQL {number // 10_000}", "Use PostgreSQL 15 or newer.")
    return Finding("database", "ok", f"PostgreSQL {number // 10_000}, reachable")


def _files(conn: sa.Connection) -> list[str]:
    name: str = conn.exec_driver_sql("PRAGMA database_list").all()[0][2]
    return [file for file in (name, f"{name}-wal") if Path(file).exists()]


def _log_of_events(conn: sa.Connection) -> Finding:
    newest = conn.execute(sa.select(sa.func.max(events.c.at))).scalar()
    if newest is not None and newest > system_clock() + 5 * MINUTE:
        ahead = (newest - system_clock()) // MINUTE
        return Finding("time", "fail", f"the newest event lies {ahead} minutes in the future", "Set the clock right; timers wait for it.")
    return Finding("time", "ok", "clock and events agree")


def _walls(conn: sa.Connection) -> Iterator[Finding]:
    if conn.dialect.name != "postgresql":
        return
    missing = unwalled(conn)
    if missing:
        fix = "Restart Sluss; if it stays so, run `sluss migrate` as the owner of the tables."
        yield Finding("walls", "fail", f"no row-level security on {', '.join(missing)}", fix)
    elif walks_through(conn):
        fix = "Let Sluss connect as a role that is neither SUPERUSER nor BYPASSRLS, and that owns the database."
        yield Finding("walls", "warn", "this database role sees over the walls between companies", fix)
    else:
        yield Finding("walls", "ok", "row-level security keeps companies apart")


def _audit(conn: sa.Connection) -> Finding:
    broken = [one for one in verify_audit(conn, NEWEST_LINES) if one.broken]
    if broken:
        told = f"workspace {broken[0].workspace_id}: {broken[0].broken}"
        return Finding("audit log", "fail", told, "Somebody changed the database by hand. Keep it as it is, and compare it with a backup.")
    return Finding("audit log", "ok", "its newest lines are unchanged; `sluss audit verify` follows all of it")


def _companies(conn: sa.Connection) -> Iterator[Finding]:
    rows = conn.execute(sa.select(workspaces.c.name, workspaces.c.outbox_held)).all()
    if not rows:
        yield Finding("company", "warn", "none is set up yet", "Run `sluss setup-link` and open the link.")
        return
    yield Finding("company", "ok", ", ".join(row.name for row in rows))
    for row in rows:
        if row.outbox_held:
            yield Finding("outbox", "warn", f"{row.name}: nothing is sent, the outbox is on hold", "When all is well: sluss outbox release")


def _inboxes(conn: sa.Connection) -> Iterator[Finding]:
    c = inboxes.c
    for row in conn.execute(
        sa.select(c.name, c.address, c.enabled, c.receiving, c.receiving_error, c.paused_reason).where(c.archived_at.is_(None))
    ):
        what = f"{row.name} <{row.address}>"
        if not row.enabled:
            yield Finding("inbox", "warn", f"{what} is paused", f"sluss inbox resume {row.address}")
        elif row.receiving == "failing":
            yield Finding("inbox", "fail", f"{what} does not receive: {row.receiving_error}", f"sluss inbox test {row.address}")
        elif row.paused_reason:
            yield Finding("inbox", "fail", f"{what} cannot send: {row.paused_reason}", f"sluss inbox test {row.address}")
        else:
            yield Finding("inbox", "ok", f"{what} {'receives' if row.receiving == 'ok' else 'is starting'}")


def _chats(config: Config, conn: sa.Connection) -> Iterator[Finding]:
    """What of inboxes that web sites show is not as it should be."""
    if current(conn) != head():
        return
    tx = Tx(conn, Host(system_clock, IdMaker(system_clock)))
    origin = (config.base_url or f"http://{config.host}:{config.port}").rstrip("/")
    for workspace_id in conn.execute(sa.select(workspaces.c.id).order_by(workspaces.c.id)).scalars().all():
        who = system(workspace_id)
        for inbox in list_inboxes(tx, who):
            for one in look_at(tx, who, inbox, origin) if inbox.enabled else ():
                if one.state != "ok":
                    yield Finding("inbox", one.state, f"{inbox.name}: {one.detail}", one.fix)


def _outbox(conn: sa.Connection) -> Iterator[Finding]:
    wanted = sa.select(operations.c.state, sa.func.count()).where(operations.c.state.in_(("queued", "sending", "unknown")))
    counts: dict[str, int] = {row[0]: row[1] for row in conn.execute(wanted.group_by(operations.c.state))}
    unknown = counts.pop("unknown", 0)
    if unknown:
        fix = "Open each in the desk and choose Send again or It arrived."
        yield Finding("sending", "warn", f"{unknown} messages of which nobody knows whether they arrived", fix)
    else:
        yield Finding("sending", "ok", f"{sum(counts.values())} messages are on their way")


def _files_of_nobody(config: Config, conn: sa.Connection) -> Iterator[Finding]:
    """Files that no row names any more. A running Sluss collects them by itself, once a day."""
    folder = DataFolder(config.folder).files
    if current(conn) != head() or not folder.is_dir():
        return
    every_table()
    try:
        count = count_unnamed(Tx(conn, Host(system_clock, IdMaker(system_clock))), FileStore(folder))
    except UnknownReferences as error:
        yield Finding("files", "warn", f"not collected: nobody knows what {error} refers to", "Report this, with the version of Sluss.")
        return
    except OSError as error:
        yield Finding("files", "warn", f"they cannot be looked at: {error.strerror}", "Run this as the user that Sluss runs as.")
        return
    if count:
        yield Finding("files", "warn", f"{count} files that nothing refers to", "Let Sluss run for a day: it removes them by itself.")
    else:
        yield Finding("files", "ok", "every file is referred to")


def _intake(conn: sa.Connection) -> Iterator[Finding]:
    set_aside = conn.execute(sa.select(sa.func.count()).where(envelopes.c.state == "quarantined")).scalar_one()
    if set_aside:
        yield Finding(
            "quarantine", "warn", f"{set_aside} messages could not be read", "An administrator finds them under Settings, Quarantine."
        )
    c = conservation_checks.c
    last = conn.execute(sa.select(c.missing, c.orphans).order_by(c.at.desc()).limit(1)).first()
    if last is not None and (last.missing or last.orphans):
        yield Finding(
            "intake", "fail", f"{last.missing} acknowledged messages are not accounted for", "Keep the database as it is and report this."
        )
    else:
        yield Finding("intake", "ok", "every acknowledged message is accounted for" if last is not None else "nothing was counted yet")
