"""`sluss key`: the keys that secrets are sealed with. A new one, closing all with it, forgetting an old one; also while it serves."""

from __future__ import annotations

import argparse
from typing import Any

from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, NOT_FOUND, OK, PARTIAL, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE
from sluss.kernel.sealed import keys_in_use, reseal_some
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import all_workspaces


class ListKeys(Deed, frozen=True, tag="key list"):
    """Which keys there are, and how many values each one closes."""

    async def carry_out(self, house: House) -> list[dict[str, Any]]:
        used = await house.db.read(keys_in_use)
        known = house.sealer.key_ids()
        rows = [{"key": key, "values": used.get(key, 0), "seals": key == known[-1], "lost": False} for key in known]
        return rows + [{"key": key, "values": number, "seals": False, "lost": True} for key, number in used.items() if key not in known]


class AddKey(Deed, frozen=True, tag="key add"):
    """A new key, which seals from now on."""

    async def carry_out(self, house: House) -> str:
        key = house.sealer.rotate(house.db.clock())
        await house.db.write(_note, "key.rotate", key)
        return key


class ResealSome(Deed, frozen=True, tag="key reseal"):
    """Close some values anew. `skip` passes over so many that did not open."""

    skip: int = 0

    async def carry_out(self, house: House) -> dict[str, int]:
        done = await house.db.write(reseal_some, house.sealer, self.skip)
        return {"renewed": done.renewed, "stuck": done.stuck, "left": await _left(house)}


class RetireKey(Deed, frozen=True, tag="key retire"):
    """Forget an old key, if nothing needs it."""

    key: str

    async def carry_out(self, house: House) -> str:
        known = house.sealer.key_ids()
        if self.key not in known:
            raise Stopped(f"There is no key {self.key}. `sluss key list` shows them all.", NOT_FOUND)
        if self.key == known[-1]:
            raise Stopped("This is the key that seals. Run `sluss key rotate` first.", CONFLICT)
        if house.db.clock() - house.sealer.rotated_at() < MINUTE:
            raise Stopped("The newest key is not a minute old: something may be on its way with the old one. Wait a minute.", CONFLICT)
        needed = (await house.db.read(keys_in_use)).get(self.key, 0)
        if needed:
            raise Stopped(f"{needed} values still need the key {self.key}. Run `sluss key rotate --resume` first.", CONFLICT)
        house.sealer.retire(self.key)
        await house.db.write(_note, "key.retire", self.key)
        return self.key


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `key` takes."""
    parser.description = "The keys that passwords of inboxes and other secrets are sealed with."
    verbs = parser.add_subparsers(dest="verb", metavar="list | rotate | retire", required=True)
    verbs.add_parser("list", help="all keys, and how many values each one closes")
    rotate = verbs.add_parser("rotate", help="make a new key and close everything with it")
    rotate.add_argument("--resume", action="store_true", help="make no key, only finish what was begun")
    verbs.add_parser("retire", help="forget an old key that nothing needs").add_argument("key", help="its id, as `list` shows it")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """List, rotate or retire."""
    config = settings_of(asked)
    if asked.verb == "list":
        terminal.give_rows(carry_out(config, ListKeys()), ("key", "values", "seals", "lost"))
        return OK
    if asked.verb == "retire":
        key = carry_out(config, RetireKey(key=asked.key))
        terminal.give({"retired": key}, f"The key {key} is forgotten. Backups with values under it need the key file of their day.")
        return OK
    return _rotate(config, terminal, resume=asked.resume)


def _rotate(config: Config, terminal: Terminal, *, resume: bool) -> int:
    if not resume:
        terminal.say(f"The key {carry_out(config, AddKey())} seals from now on. Keep a copy of {config.sealing_key} apart from backups.")
    renewed, stuck = 0, 0
    while True:
        done = carry_out(config, ResealSome(skip=stuck))
        renewed, stuck = renewed + done["renewed"], stuck + done["stuck"]
        if not done["renewed"] and not done["stuck"]:
            break
        terminal.say(f"{renewed} values closed anew, {done['left'] - stuck} to go.")
    terminal.give({"renewed": renewed, "stuck": stuck}, f"{renewed} values are closed with the newest key.")
    if stuck:
        terminal.say(f"{stuck} values do not open with any key in the file: enter those secrets again.")
    return PARTIAL if stuck else OK


async def _left(house: House) -> int:
    used = await house.db.read(keys_in_use)
    return sum(used.values()) - used.get(house.sealer.key_ids()[-1], 0)


def _note(tx: Tx, action: str, key: str) -> None:
    for workspace in all_workspaces(tx):
        note_deed(tx, system(workspace.id), action, ("workspace", workspace.id), key=key)
