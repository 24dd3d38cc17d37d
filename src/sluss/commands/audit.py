"""`sluss audit`: the proof that nothing in the audit log was changed, taken out or put in between."""

from __future__ import annotations

import argparse

import sqlalchemy as sa

from sluss.commands.examine_data import reading_engine
from sluss.commands.house import settings_of
from sluss.commands.outcome import FAILED, OK, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.kernel.audit import verify_audit
from sluss.kernel.chain import Looked, hash_at


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `audit` takes."""
    parser.description = "Follow the chain of the audit log. Reads only; works beside a running server."
    verbs = parser.add_subparsers(dest="verb", metavar="verify", required=True)
    verify = verbs.add_parser("verify", help="find the first line that was changed, if there is one", epilog=_EPILOG)
    verify.add_argument("--holds", action="append", default=[], metavar="SEAL", help="a seal noted earlier, which must still hold")


_EPILOG = "Each run tells a seal, WORKSPACE:LINE:HASH. Keep one elsewhere: later, --holds SEAL shows that nothing up to it was rewritten."


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Verify."""
    config = settings_of(asked)
    engine = reading_engine(config)
    try:
        with engine.connect() as conn:
            chains = verify_audit(conn)
            lost = [seal for seal in asked.holds if not _holds(conn, seal)]
    finally:
        engine.dispose()
    for one in chains:
        terminal.give(one, _in_words(one))
    for seal in lost:
        terminal.tell(f"The seal {seal} does not hold: the log was rewritten since it was noted.")
    return FAILED if lost or any(one.broken for one in chains) else OK


def _in_words(one: Looked) -> str:
    if one.broken:
        return f"Workspace {one.workspace_id}: {one.broken}."
    return f"Workspace {one.workspace_id}: {one.line} lines, none changed. Seal: {one.workspace_id}:{one.line}:{one.hash}"


def _holds(conn: sa.Connection, seal: str) -> bool:
    workspace_id, line, noted = [*seal.split(":"), "", ""][:3]
    if not (workspace_id.isdecimal() and line.isdecimal() and noted):
        raise Stopped(f"{seal} is no seal. It has the form WORKSPACE:LINE:HASH.", USAGE)
    return int(line) == 0 or hash_at(conn, int(workspace_id), int(line)) == noted
