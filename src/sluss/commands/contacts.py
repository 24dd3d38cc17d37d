"""`sluss contact`: everything of one contact as a zip, erasing one, and erasing again whom a restored database has brought back."""

from __future__ import annotations

import argparse
import asyncio
import shutil
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sluss.channels.addressing import fold_address
from sluss.commands.house import Deed, House, carry_out, settings_of
from sluss.commands.outcome import CONFLICT, NOT_FOUND, OK, USAGE, Stopped
from sluss.commands.terminal import Terminal
from sluss.contacts.models import identities
from sluss.kernel import durable
from sluss.kernel.actors import Actor, system
from sluss.kernel.files import FileStore, as_digest
from sluss.kernel.tx import Tx
from sluss.privacy.exporting import access_export, drop_export, order_export, pack, rendered_by, settle_pack
from sluss.privacy.journal import Journal
from sluss.privacy.orders import access_person, extent_of, order_erasure
from sluss.privacy.work import Room, reapply, run_erasure
from sluss.web.assets import Assets
from sluss.web.templates import Templates


class ExportContact(Deed, frozen=True, tag="contact export"):
    """Pack everything of a contact into a new file."""

    contact: str
    target: str
    notes: bool = True
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, Any]:
        who = system((await house.workspace(self.workspace)).id)
        contact_id = await house.db.read(contact_named, who, self.contact)
        export_id = await house.db.write(order_export, who, contact_id, self.notes)
        return await asyncio.to_thread(_pack_to, house, who, export_id, Path(self.target))


class EraseContact(Deed, frozen=True, tag="contact erase"):
    """Erase a contact, at once. `counted` only counts."""

    contact: str
    mode: str = "erase"
    counted: bool = False
    workspace: str = ""

    async def carry_out(self, house: House) -> dict[str, Any]:
        who = system((await house.workspace(self.workspace)).id)
        contact_id = await house.db.read(contact_named, who, self.contact)
        extent = await house.db.read(extent_of, who, contact_id)
        counted = {name: getattr(extent, name) for name in extent.__struct_fields__} | {"contact": str(contact_id)}
        if self.counted:
            return counted
        erasure_id = await house.db.write(order_erasure, who, contact_id, self.mode, str(contact_id))
        await asyncio.to_thread(run_erasure, room_of(house), erasure_id)
        return counted | {"erasure": str(erasure_id)}


class ReapplyErasures(Deed, frozen=True, tag="contact reapply"):
    """Erase again whom the journal names and the database holds."""

    async def carry_out(self, house: House) -> dict[str, Any]:
        return {"erased": await asyncio.to_thread(reapply, room_of(house))}


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `contact` takes."""
    parser.description = "Export or erase what is kept of one contact, or erase again after PostgreSQL was restored from an older dump."
    verbs = parser.add_subparsers(dest="verb", metavar="export | erase | reapply", required=True)
    export = verbs.add_parser("export", help="everything as a zip")
    export.add_argument("file", help="name.zip")
    export.add_argument("--without-notes", action="store_true", help="leave out what colleagues wrote about the person")
    erase = verbs.add_parser("erase", help="erase, at once and for good")
    erase.add_argument("--keep-cases", action="store_true", help="keep cases for the statistics, without texts and names")
    erase.add_argument("--dry-run", action="store_true", help="only count")
    erase.add_argument("--yes", action="store_true", help="do not ask")
    for verb in (export, erase):
        verb.add_argument("--contact", required=True, help="an address of the contact, or its id")
        verb.add_argument("--workspace", default="", help="which company")
    verbs.add_parser("reapply", help="erase again whom the journal names")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Export, erase or erase again."""
    config = settings_of(asked)
    if asked.verb == "reapply":
        done = carry_out(config, ReapplyErasures())
        terminal.give(done, f"{done['erased']} contacts erased again.")
        return OK
    if asked.verb == "export":
        target = _free(asked.file)
        made = carry_out(
            config, ExportContact(contact=asked.contact, target=str(target), notes=not asked.without_notes, workspace=asked.workspace)
        )
        terminal.give(made, str(target))
        terminal.say("It holds everything that is kept of this person. Hand it over safely, and remove it then.")
        return OK
    mode = "pseudonymise" if asked.keep_cases else "erase"
    counted = carry_out(config, EraseContact(contact=asked.contact, counted=True, workspace=asked.workspace))
    told = ", ".join(f"{name} {counted[name]}" for name in ("cases", "messages", "elsewhere", "notes", "files", "pending"))
    if asked.dry_run:
        terminal.give(counted, told)
        return OK
    terminal.confirm(f"This cannot be undone: {told}.", "erase", yes=asked.yes)
    done = carry_out(config, EraseContact(contact=counted["contact"], mode=mode, workspace=asked.workspace))
    terminal.give(done, f"Erased. {told}.")
    terminal.say("Files go within the hour while Sluss runs. Backups made before still hold this person; a restore erases again by itself.")
    return OK


def room_of(house: House) -> Room:
    """What the worker of privacy needs, in a command that owns the folder or in the server that carries it out."""
    return Room(house.db, house.files, Journal(house.folder.path), rendered_by(Templates(Assets())))


def contact_named(tx: Tx, who: Actor, name: str) -> int:
    """The contact of an address or an id."""
    i = identities.c
    mine = (i.workspace_id == who.workspace_id) & (i.address == fold_address(name))
    found = tx.value(sa.select(i.contact_id).where(mine).order_by(i.id).limit(1))
    if found is None and name.isdecimal() and len(name) < 20:
        found = access_person(tx, who, int(name)).id
    if found is None:
        raise Stopped(f"Nobody is known by {name}. Give an address that they wrote from, or their id.", NOT_FOUND)
    return int(found)


def _pack_to(house: House, who: Actor, export_id: int, target: Path) -> dict[str, Any]:
    """Pack, copy out of the store, and leave nothing there."""
    room = room_of(house)
    export = house.db.write_now(access_export, who, export_id)
    stored = pack(house.db, house.files, export, room.render)
    house.db.write_now(settle_pack, export, stored)
    _copy(house.files, stored.digest, target)
    house.db.write_now(drop_export, who, export_id)
    return {"file": str(target), "size": stored.size, "contact": str(export.contact_id)}


def _copy(files: FileStore, digest: str, target: Path) -> None:
    with files.open(as_digest(digest)) as source, open(durable.create(target), "wb") as out:  # noqa: PTH123 - a descriptor
        shutil.copyfileobj(source, out)


def _free(name: str) -> Path:
    target = Path(name).absolute()
    if target.exists():
        raise Stopped(f"{target} is there already; nothing was overwritten. Name another file.", CONFLICT)
    if not target.parent.is_dir():
        raise Stopped(f"There is no folder {target.parent}. Make it first, or name another file.", USAGE)
    return target
