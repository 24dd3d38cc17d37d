"""A chat that goes on by mail, through real servers both ways."""

from __future__ import annotations

from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import messages
from sluss.channels.contract import Connection, Delivered
from sluss.channels.email.channel import EmailChannel
from sluss.channels.models import inbox_addresses, inboxes
from sluss.channels.registry import channel_named
from sluss.intake.admit import Reader, admit_some
from sluss.intake.store import Reception
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from sluss.kernel.leases import acquire
from sluss.kernel.tx import Tx
from sluss.visitor.continuing import WAIT
from tests.browser.place import compose
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix
from tests.visitor.away import Chat
from tests.world import World


class Posted(Chat):
    """The same chat; its mail inbox is an account of the servers."""

    post: Any

    def connect(self, ours: Mailbox, postfix: Postfix) -> None:
        def fill(tx: Tx) -> None:
            way = {"smtp_host": postfix.host, "smtp_port": postfix.smtp_port, "smtp_security": "plain", "sent_copy": False}
            settings: dict[str, Any] = {"way_in": "listener", "from_name": "Norrsken Air", "signature": "{{agent.name}}"} | way
            tx.run(sa.update(inboxes).where(inboxes.c.id == self.mail.id).values(address=ours.address, settings=settings))
            row = {"workspace_id": self.who.workspace_id, "address": ours.address, "inbox_id": self.mail.id}
            tx.run(sa.insert(inbox_addresses), row)

        self.db.write_now(fill)

    async def fetch(self, raw: bytes, recipient: str) -> None:
        """A mail from the mailbox, taken in as the adapter does."""
        connection: Connection = await self._connection(self.who.workspace_id, self.mail.id)
        delivered = Delivered(external_key=f"imap:{hash(raw)}", raw=raw, received_at=self.clock(), recipients=(recipient,))
        await Reception(self.db, self.files).receive(connection, [delivered])
        lease = self.db.write_now(acquire, "admit", "this test", 10**6)
        assert lease
        while await admit_some(Reader(self.db, self.files, channel_named, self._connection), lease):
            pass


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@pytest.fixture
async def chat(db: Database, world: World, clock: TestClock, tmp_path: Path) -> AsyncIterator[Posted]:
    chat = Posted(db, world, clock, tmp_path)
    chat.post = EmailChannel(allow_private=True)
    yield chat
    await chat.post.close()


async def test_an_unread_answer_comes_by_mail_and_its_answer_comes_back(chat: Posted, dovecot: Dovecot, postfix: Postfix) -> None:
    """T49: a mailbox that a stranger typed gets the agent's words; what is answered there stands in the case; the next one threads."""
    ours, asa = dovecot.new_mailbox("help", "norrsken.test"), dovecot.new_mailbox("asa")
    chat.connect(ours, postfix)
    chat.say(email=asa.address)
    first = await chat.answer("Väskan är i Gdańsk, zażółć gęślą jaźń.")
    await chat.ring(WAIT)
    assert chat.deliveries(first)[1] == (asa.address, "sent")
    got = read(asa.wait()[0])
    body = got.get_body(("plain",))
    assert body is not None
    assert "Väskan är i Gdańsk, zażółć gęślą jaźń.\n\n-- \nMaja Ek\n" in body.get_content().replace("\r\n", "\n")
    assert (got["Subject"], got["In-Reply-To"], str(got["From"])) == (
        "Your chat with Norrsken Air",
        None,
        f"Norrsken Air <{ours.address}>",
    )
    await chat.answer("Den kommer i morgon.")
    await chat.ring(WAIT)
    second = read(asa.wait(2)[1])
    assert str(got["Message-ID"]) == str(second["In-Reply-To"]) == str(second["References"])
    reply = compose("Sv: Your chat with Norrsken Air", "Tack!", f"Åsa <{asa.address}>", str(second["Reply-To"]))
    reply["In-Reply-To"] = reply["References"] = str(second["Message-ID"])
    postfix.send(reply.as_bytes(), asa.address, [str(second["Reply-To"]).rpartition("<")[2].strip(">")])
    await chat.fetch(ours.wait()[0], ours.address)
    newest = chat.value(sa.select(sa.func.max(messages.c.id)).where(messages.c.direction == "in"))
    assert chat.value(sa.select(messages.c.text).where(messages.c.id == newest)).strip() == "Tack!"
    assert chat.case_of(newest) == chat.case_of(first)
