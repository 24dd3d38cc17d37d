"""Exports of one contact. In: an administrator's order. Out: a zip in the file store that can be taken once, within seven days."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.blobs import loosen
from sluss.kernel.clock import DAY
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Forbidden, Missing
from sluss.kernel.files import FileStore, Stored, StoreError, Writing, as_digest
from sluss.kernel.log import get_log
from sluss.kernel.schema import fields
from sluss.kernel.spreadsheet import csv_bytes
from sluss.kernel.tx import Tx
from sluss.privacy.gathering import Gathered, Row, case_ids, gather_case, gather_elsewhere, gather_person, names_of, when
from sluss.privacy.models import exports, reads
from sluss.privacy.orders import TOPIC, access_person, active_erasure, require_admin
from sluss.privacy.reading import reads_of
from sluss.web.shell import Page
from sluss.web.templates import Templates

log = get_log("privacy")

KEPT = 7 * DAY
TRIES = 5
LARGEST = 1 << 40
_NAME = re.compile(r"[^\w.() -]+")

Render = Callable[[str, Row], str]
"""The readable page in a language, from the values that the JSON files hold."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """An export: `asked`, `ready`, `taken`, `failed` or `expired`. Instants in microseconds UTC."""

    workspace_id: int
    id: int
    contact_id: int
    agent_id: int | None
    language: str
    notes: bool
    state: str
    at: int
    expires_at: int
    taken_at: int | None
    attempts: int
    digest: str
    size: int


def order_export(tx: Tx, who: Actor, contact_id: int, with_notes: bool) -> int:  # noqa: FBT001 - `once` passes arguments by position
    """Have everything about a contact packed. Returns the export's id."""
    access_person(tx, who, contact_id)
    under = active_erasure(tx, who, contact_id)
    if under is not None and under.state == "running":
        raise Conflict("This contact is being erased.")
    export_id = tx.new_id()
    row = {
        "workspace_id": who.workspace_id,
        "id": export_id,
        "contact_id": contact_id,
        "agent_id": who.id or None,
        "language": who.language,
    }
    row |= {"notes": with_notes, "state": "asked", "at": tx.now, "expires_at": tx.now + KEPT, "attempts": 0, "digest": "", "size": 0}
    tx.run(sa.insert(exports), row)
    note_deed(tx, who, "contact.export", ("contact", contact_id), export=str(export_id), notes=with_notes)
    tx.hint(TOPIC)
    return export_id


def take_export(tx: Tx, who: Actor, export_id: int) -> Export:
    """Hand an export out, once, to whoever asked for it."""
    found = access_export(tx, who, export_id)
    if found.agent_id != who.id:
        raise Forbidden("Only the administrator who asked for an export takes it. Make one of your own.")
    if found.state != "ready" or found.expires_at <= tx.now:
        raise Conflict("This export was taken already, or its time is over. Make a new one.")
    _change(tx, found, state="taken", taken_at=tx.now)
    note_deed(tx, who, "contact.export_taken", ("contact", found.contact_id), export=str(export_id))
    row = {"workspace_id": who.workspace_id, "id": tx.new_id(), "agent_id": who.id, "kind": "export", "object_id": export_id}
    tx.run(sa.insert(reads), row | {"case_id": None, "contact_id": found.contact_id, "at": tx.now, "last_at": tx.now, "times": 1})
    return found


def drop_export(tx: Tx, who: Actor, export_id: int) -> None:
    """Remove an export before its time."""
    _end(tx, access_export(tx, who, export_id))


def access_export(tx: Tx, who: Actor, export_id: int) -> Export:
    """The export of an id, for administrators."""
    require_admin(who)
    mine = (exports.c.workspace_id == who.workspace_id) & (exports.c.id == export_id)
    found = tx.struct(Export, sa.select(*fields(Export, exports)).where(mine).with_for_update())
    if found is None:
        raise Missing
    return found


def list_exports(tx: Tx, who: Actor, contact_id: int) -> list[Export]:
    """Exports of a contact that are not over, newest first."""
    c = exports.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.state != "expired")
    return tx.structs(Export, sa.select(*fields(Export, exports)).where(mine).order_by(c.id.desc()))


def next_export(tx: Tx) -> Export | None:
    """The oldest that waits to be packed, of any workspace."""
    return tx.struct(Export, sa.select(*fields(Export, exports)).where(exports.c.state == "asked").order_by(exports.c.id).limit(1))


def old_exports(tx: Tx) -> list[Export]:
    """Those whose time is over. A taken one stays for a day, since a download may still be under way."""
    c = exports.c
    over = (c.state == "taken") & (c.taken_at < tx.now - DAY) | c.state.in_(("asked", "ready", "failed", "taken")) & (
        c.expires_at <= tx.now
    )
    return tx.structs(Export, sa.select(*fields(Export, exports)).where(over).limit(100))


def expire_exports(tx: Tx, found: Sequence[Export]) -> None:
    """Remove exports whose time is over."""
    for one in found:
        _end(tx, one)


def rendered_by(templates: Templates) -> Render:
    """The readable page, made by the application's templates."""
    return lambda language, told: templates.render("privacy/export.html", Page(title="", path="/", locale=language), **told)


def pack(db: Database, files: FileStore, export: Export, render: Render) -> Stored:
    """Write the zip. Every piece is read in a transaction of its own, so that a large one keeps nobody waiting."""
    who = system(export.workspace_id)
    with files.writing(LARGEST) as writing:
        with zipfile.ZipFile(_Sink(writing), "w", zipfile.ZIP_DEFLATED) as archive:
            told = _pack_all(db, files, export, who, archive)
            archive.writestr("index.html", render(export.language, told))
        return writing.finish()


def settle_pack(tx: Tx, export: Export, stored: Stored | None) -> None:
    """The zip lies in the store, or packing failed: it is tried again a few times."""
    if tx.value(sa.select(exports.c.state).where(exports.c.workspace_id == export.workspace_id, exports.c.id == export.id)) != "asked":
        loosen(tx, [stored.digest] if stored else [])
    elif stored is not None:
        _change(tx, export, state="ready", digest=stored.digest, size=stored.size)
    else:
        _change(tx, export, state="asked" if export.attempts + 1 < TRIES else "failed", attempts=export.attempts + 1)


def _pack_all(db: Database, files: FileStore, export: Export, who: Actor, archive: zipfile.ZipFile) -> Row:
    person = db.read_now(gather_person, who, export.contact_id, with_notes=export.notes)
    archive.writestr("contact.json", _json(person))
    told: Row = {"person": person, "cases": [], "names": db.read_now(names_of, who), "notes": export.notes}
    for case_id in db.read_now(case_ids, who, export.contact_id):
        gathered = db.read_now(gather_case, who, case_id, with_notes=export.notes)
        archive.writestr(f"cases/{gathered.about['number']}.json", _json(gathered.about))
        _pack_bytes(files, archive, gathered)
        told["cases"].append(gathered.about)
    elsewhere = db.read_now(gather_elsewhere, who, export.contact_id)
    archive.writestr("elsewhere.json", _json(elsewhere.about))
    _pack_bytes(files, archive, elsewhere)
    looked = db.read_now(reads_of, who, export.contact_id, None, 100_000)
    head = ("agent", "what", "id", "case", "first", "last", "times")
    lines = [(one.agent, one.kind, str(one.object_id), one.case_no, when(one.at), when(one.last_at), one.times) for one in looked]
    archive.writestr("read-log.csv", csv_bytes(head, lines))
    return told | {"elsewhere": elsewhere.about, "reads": len(looked)}


def _pack_bytes(files: FileStore, archive: zipfile.ZipFile, gathered: Gathered) -> None:
    """Files and raw messages; what the disk has lost is named in place of it."""
    for file in gathered.files:
        _copy(files, archive, file.digest, packed_name(file.id, file.name))
    for raw in gathered.raws:
        if raw.raw is not None:
            archive.writestr(raw.name, raw.raw)
        else:
            _copy(files, archive, raw.digest, raw.name)


def packed_name(file_id: int | str, name: str) -> str:
    """Where a file lies in the zip: a name that leads nowhere else when it is unpacked."""
    return f"files/{file_id}-{_NAME.sub('_', name).strip('. ')[-80:] or 'file'}"


def _copy(files: FileStore, archive: zipfile.ZipFile, digest: str, name: str) -> None:
    try:
        with files.open(as_digest(digest)) as source, archive.open(name, "w", force_zip64=True) as target:
            while piece := source.read(1 << 18):
                target.write(piece)
    except StoreError as error:
        log.warning("export_without_file", digest=digest)
        archive.writestr(f"{name}.missing.txt", str(error))


def _change(tx: Tx, export: Export, **values: Any) -> None:
    this = (exports.c.workspace_id == export.workspace_id) & (exports.c.id == export.id)
    tx.run(sa.update(exports).where(this).values(**values))


def _end(tx: Tx, export: Export) -> None:
    _change(tx, export, state="expired", digest="", size=0)
    loosen(tx, [export.digest])


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


class _Sink(io.RawIOBase):
    """A file of the store as the zip writer wants one: only written, never gone back in."""

    def __init__(self, writing: Writing) -> None:
        self._writing, self._at = writing, 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        self._writing.write(bytes(data))
        self._at += len(data)
        return len(data)

    def flush(self) -> None:
        """The store syncs at the end."""
