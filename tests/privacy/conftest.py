"""A person who is everywhere: in mails, files, notes, drafts, answers, the quarantine, other people's cases; and a colleague who stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.actions import add_note, assign_case, set_tags
from sluss.cases.models import attachments, cases
from sluss.channels.contract import Connection, Delivered
from sluss.channels.registry import channel_named
from sluss.contacts.models import contacts, identities
from sluss.intake.admit import Reader, admit_some
from sluss.intake.models import envelopes
from sluss.intake.store import Reception
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.leases import Lease, acquire
from sluss.privacy.journal import Journal
from sluss.privacy.orders import order_erasure
from sluss.privacy.work import Room, run_erasure
from sluss.replies.attaching import NewFile, attach_file
from sluss.replies.drafts import DraftFields, save_draft
from sluss.replies.sending import SendReply, send_reply
from tests.cli.conftest import cli, data
from tests.world import World

__all__ = ["cli", "data", "everywhere", "scene"]

HER = "zqasa@zqkund.example"
OTHER = "bo@kund.example"
MARKS = ("zqasa", "zqkund", "zqnamn", "zqtext", "zqsubject", "zqhtml", "zqfile", "zqnote", "zqdraft", "zqanswer", "zqdeparture", "zqraw")
"""Words that stand in nothing but what she wrote, or is written about her."""
SHARED = b"terms and conditions " * 3_000


class Scene(msgspec.Struct, frozen=True):
    """Norrsken Air's first inbox with its worker's room."""

    db: Database
    files: FileStore
    room: Room
    folder: Path
    world: World
    lease: Lease
    reception: Reception
    connection: Connection

    @property
    def who(self) -> Actor:
        return system(self.world.norrsken.id)

    async def bring(self, *raws: bytes) -> None:
        """Mails by LMTP, admitted."""
        delivered = [
            Delivered(external_key=f"lmtp:{hash(raw)}", raw=raw, received_at=self.db.clock(), recipients=("help@norrsken.test",))
            for raw in raws
        ]
        await self.reception.receive(self.connection, delivered)
        while await admit_some(self.reader(), self.lease):
            pass

    def reader(self) -> Reader:
        async def connection(_workspace_id: int, _inbox_id: int) -> Connection:
            return self.connection

        return Reader(self.db, self.files, channel_named, connection)

    def rows(self, statement: Any) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(statement)))

    def contact_of(self, address: str) -> int:
        [row] = self.rows(sa.select(identities.c.contact_id).where(identities.c.address == address))
        return row.contact_id

    def cases_of(self, contact_id: int) -> list[Any]:
        return self.rows(sa.select(cases).where(cases.c.contact_id == contact_id).order_by(cases.c.id))

    def erase(self, contact_id: int, mode: str = "erase") -> int:
        """Order it as Sluss itself, and do what needs no waiting for files."""
        erasure_id = self.db.write_now(order_erasure, self.who, contact_id, mode, str(contact_id))
        run_erasure(self.room, erasure_id)
        return erasure_id


def mail(sender: str, subject: str, text: str, *, message_id: str, **more: Any) -> bytes:
    """A mail; `files` are names and bytes, `headers` further header lines."""
    head = [f"From: {sender}", "To: help@norrsken.test", f"Subject: {subject}", f"Message-ID: <{message_id}>", *more.get("headers", ())]
    head += ["MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', ""]
    parts = ["--b", "Content-Type: text/html; charset=utf-8", "", f"<p>{text}</p>"]
    body = "\r\n".join([*head, *parts]).encode()
    for name, content in more.get("files", ()):
        about = (
            f'\r\n--b\r\nContent-Type: application/octet-stream; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        )
        body += about.encode() + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + content
    return body + b"\r\n--b--\r\n"


@pytest.fixture
def scene(db: Database, world: World, tmp_path: Path) -> Scene:
    folder = tmp_path / "data"
    folder.mkdir()
    files = FileStore(folder / "files", reserve=0)
    db.host.secret = b"a key of this installation"
    lease = db.write_now(acquire, "admit", "test", 10**6)
    assert lease is not None
    inbox = world.norrsken.inboxes["kundtjanst"]
    connection = Connection(
        workspace_id=world.norrsken.id,
        inbox_id=inbox.id,
        channel="email",
        name=inbox.name,
        address=inbox.address,
        settings={},
        secrets={"hook_secret": ""},
    )
    room = Room(db, files, Journal(folder), lambda _language, told: str(told["person"]["name"]))
    return Scene(db, files, room, folder, world, lease, Reception(db, files), connection)


@pytest.fixture
async def everywhere(scene: Scene) -> Scene:
    """She writes twice, is answered and noted about; writes in Bo's case, is copied in his answer; one mail of hers is broken."""
    her, johan = f"Zqnamn Öst <{HER}>", scene.world.who("johan")
    own = mail(
        her,
        "zqsubject ett",
        "zqtext zqhtml",
        message_id="zqraw1@zqkund.example",
        files=[("zqfile.bin", b"zqfile " * 9_000), ("t.pdf", SHARED)],
    )
    second = mail(her, "zqsubject två", "zqtext igen", message_id="zqraw2@zqkund.example")
    bos = mail(f"Bo <{OTHER}>", "Min resa", "Bos text", message_id="bo1@kund.example", files=[("t.pdf", SHARED)])
    reply = ["In-Reply-To: <bo1@kund.example>"]
    await scene.bring(own, second, bos)
    bo_case = scene.cases_of(scene.contact_of(OTHER))[0].id
    departed = scene.db.write_now(send_reply, johan, SendReply(op="a", case_id=bo_case, text="Vi ser på det", cc=HER, anyway=True))
    sent = scene.rows(sa.text(f"SELECT external_id FROM messages WHERE id = {departed.message_id}"))[0].external_id  # noqa: S608 - an id of ours
    hers = mail(her, "Re: Min resa", "zqtext hos Bo", message_id="zqraw3@zqkund.example", headers=[f"In-Reply-To: <{sent}>"])
    quoting = mail(f"Bo <{OTHER}>", "Re: Min resa", f"fråga {HER} om det", message_id="bo2@kund.example", headers=[*reply, f"Cc: {HER}"])
    await scene.bring(hers, quoting)
    first = scene.cases_of(scene.contact_of(HER))[0].id
    scene.db.write_now(assign_case, johan, first, johan.id)
    scene.db.write_now(set_tags, johan, first, ["väska"])
    scene.db.write_now(add_note, johan, first, "zqnote om henne")
    scene.db.write_now(add_note, johan, bo_case, f"ring {HER}")
    digest = scene.files.put(b"zqdraft file")
    upload = scene.db.write_now(attach_file, johan, first, NewFile("zqdraft.txt", "text/plain", 12, digest))
    scene.db.write_now(send_reply, johan, SendReply(op="b", case_id=first, text="zqanswer zqdeparture", anyway=True))
    scene.db.write_now(save_draft, johan, first, DraftFields(text="zqdraft", attachment_ids=(upload,)))
    broken = f"From: {HER}\r\nTo: help@norrsken.test\r\nzqraw quarantined\r\n\r\n".encode()
    scene.db.write_now(_quarantine, scene, broken)
    assert {row.inbox_id for row in scene.rows(sa.select(cases))} == {scene.connection.inbox_id}
    assert len(scene.rows(sa.select(attachments))) == 4
    assert len(scene.rows(sa.select(contacts))) == 2
    return scene


def _quarantine(tx: Any, scene: Scene, raw: bytes) -> None:
    from sluss.intake.store import Kept, store_envelopes  # noqa: PLC0415 - only here

    delivered = Delivered(external_key=f"imap:{hash(raw)}", raw=raw, received_at=tx.now, recipients=(HER,))
    store_envelopes(tx, scene.who, scene.connection.inbox_id, [Kept.of(delivered)])
    tx.run(sa.update(envelopes).where(envelopes.c.state == "received").values(state="quarantined", reason=f"no date, from {HER}"))
