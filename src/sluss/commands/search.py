"""`sluss search rebuild`: the whole search made anew, while everybody works."""

from __future__ import annotations

import argparse
from typing import Any

from sluss.cases.reindexing import rebuild_search
from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import OK
from sluss.commands.terminal import Terminal
from sluss.kernel.actors import system
from sluss.kernel.workspaces import all_workspaces


class RebuildSearch(Deed, frozen=True, tag="search rebuild"):
    """Order it, for the named workspace or for all."""

    workspace: str = ""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        chosen = [await house.workspace(self.workspace)] if self.workspace else await house.db.read(all_workspaces)
        for one in chosen:
            await house.db.write(rebuild_search, system(one.id))
        return [{"workspace": one.name, "ordered": True} for one in chosen]


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `search` takes."""
    parser.description = "Make the search anew from what is stored. It goes on in the server, the newest first, and may be interrupted."
    verbs = parser.add_subparsers(dest="verb", metavar="rebuild", required=True)
    rebuild = verbs.add_parser("rebuild", help="make the search anew")
    rebuild.add_argument("--workspace", default="", help="one company only")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Order it."""
    rows = carry_out(settings_of(asked), RebuildSearch(workspace=asked.workspace))
    terminal.give_rows(rows, ("workspace", "ordered"))
    terminal.say("Ordered. It is done in the background while Sluss serves; the search says so until it is whole.")
    return OK
