"""`sluss outbox`: what waits to be sent; hold it, let it go."""

from __future__ import annotations

import argparse
from typing import Any

import sqlalchemy as sa

from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import OK
from sluss.commands.terminal import Terminal
from sluss.kernel.actors import system
from sluss.kernel.audit import note_deed
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces, hold_outbox
from sluss.outbox.actions import release_held
from sluss.outbox.models import operations


class HoldOutbox(Deed, frozen=True, tag="outbox hold"):
    """Let nothing leave, in the named workspace or in all."""

    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        return await house.db.write(switch, self.workspace and (await house.workspace(self.workspace)).id, held=True)


class ReleaseOutbox(Deed, frozen=True, tag="outbox release"):
    """Let everything leave again."""

    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        return await house.db.write(switch, self.workspace and (await house.workspace(self.workspace)).id, held=False)


class LookAtOutbox(Deed, frozen=True, tag="outbox show"):
    """Count what stands in the outbox."""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        return await house.db.read(look)


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `outbox` takes."""
    parser.description = "Show what waits to be sent, hold all of it, or let it go again (after `sluss restore`)."
    verbs = parser.add_subparsers(dest="verb", metavar="show | hold | release", required=True)
    verbs.add_parser("show", help="how many wait, failed, or are unknown")
    for verb, words in (("hold", "send nothing until released"), ("release", "send again")):
        verbs.add_parser(verb, help=words).add_argument("--workspace", default="", help="one company only")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Show, hold or release."""
    rows = carry_out(settings_of(asked), _deed(asked))
    terminal.give_rows(rows, ("workspace", "held", "queued", "sending", "unknown", "failed"))
    if asked.verb == "release" and any(row["unknown"] for row in rows):
        terminal.say("Unknown messages are not sent again by themselves: in the desk, each has Send again and It arrived.")
    return OK


def switch(tx: Tx, workspace_id: int | str, *, held: bool) -> list[dict[str, Any]]:
    """Hold or release. Returns how the outboxes stand then."""
    for workspace in all_workspaces(tx):
        if workspace_id not in {"", workspace.id} or workspace.outbox_held == held:
            continue
        if held:
            hold_outbox(tx, workspace.id, held=True)
            note_deed(tx, system(workspace.id), "outbox.hold", ("workspace", workspace.id))
        else:
            release_held(tx, system(workspace.id))
    return look(tx)


def look(tx: Tx) -> list[dict[str, Any]]:
    """How the outbox of each workspace stands."""
    o = operations.c
    counted = tx.rows(sa.select(o.workspace_id, o.state, sa.func.count().label("count")).group_by(o.workspace_id, o.state))
    counts = {(row.workspace_id, row.state): row.count for row in counted}
    states = ("queued", "sending", "unknown", "failed")
    return [
        {"workspace": one.name, "held": one.outbox_held} | {state: counts.get((one.id, state), 0) for state in states}
        for one in all_workspaces(tx)
    ]


def _deed(asked: argparse.Namespace) -> Deed:
    if asked.verb == "show":
        return LookAtOutbox()
    return HoldOutbox(workspace=asked.workspace) if asked.verb == "hold" else ReleaseOutbox(workspace=asked.workspace)
