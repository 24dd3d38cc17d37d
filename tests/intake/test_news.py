"""What envelopes tell beside messages: of our own, of other programs', of the account; several things at once, in any order."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments, cases, message_faces, messages
from sluss.channels.contract import Address, Connection, Delivered, Inbound, InboundFile, Receipt, Understood
from sluss.channels.email.channel import EmailChannel
from sluss.channels.happenings import AccountNews, Changed
from sluss.channels.models import inboxes
from sluss.kernel.clock import SECOND, TestClock
from tests.intake.conftest import Desk

ASA = Address("1001", "Åsa")


def said(key: str, text: str = "Hej", name: str = "") -> Inbound:
    files = (InboundFile(name, "text/plain", name.encode()),) if name else ()
    return Inbound(external_id=key, dedupe_key=key, sender=ASA, subject="", text=text, fresh=text, thread_key="dm:1001", files=files)


class Told(EmailChannel):
    """Understands whatever a test says, by the name that stands in the envelope."""

    name = "email"

    def __init__(self, **told: list[Understood]) -> None:
        super().__init__()
        self.told = told

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return self.told[delivered.raw.decode()]


async def tell(desk: Desk, channel: Told, *names: str) -> list[str]:
    for name in names:
        await desk.bring(name.encode(), key=name)
    await desk.admit(channel)
    return desk.states()


async def test_an_envelope_may_hold_many_things(desk: Desk) -> None:
    """Two messages keep their own files; what is told of one may stand before it, in the same envelope."""
    edited = Changed(external_id="b", what="edited", at=9, text="Hej igen")
    channel = Told(
        many=[edited, said("a", "Hej", "a.txt"), said("b", "Hej", "b.txt")],
        nothing=[],
        news=[Changed(external_id="a", what="removed", at=9)],
    )
    assert await tell(desk, channel, "many", "nothing", "news") == ["message", "nothing", "news"]
    hung = desk.rows(
        sa.select(attachments.c.name, messages.c.text).join(messages, messages.c.id == attachments.c.message_id).order_by(messages.c.id)
    )
    assert [tuple(row) for row in hung] == [("a.txt", "Hej"), ("b.txt", "Hej igen")]
    assert [row.removed_by for row in desk.rows(sa.select(message_faces).where(message_faces.c.removed_at.is_not(None)))] == ["author"]


async def test_what_another_program_sent_without_its_words_is_shown_and_stops_no_clock(desk: Desk, clock: TestClock) -> None:
    """Told three times, it stands there once; it may have been advertising, so the customer waits on."""
    news = [
        Receipt(external_id="w1", recipient="", state=state, thread_key="dm:1001", foreign="Another program sent something.")
        for state in ("sent", "delivered", "read")
    ]
    channel = Told(first=[said("a")], sent=[news[0]], rest=list[Understood](news[1:]))
    await tell(desk, channel, "first")
    clock.move(SECOND)
    assert await tell(desk, channel, "sent", "rest") == ["message", "message", "duplicate"]
    assert [(row.direction, row.origin, row.automatic) for row in desk.rows(sa.select(messages).order_by(messages.c.id))] == [
        ("in", "", ""),
        ("out", "other tool", "foreign"),
    ]
    assert desk.rows(sa.select(cases.c.waiting_since))[0].waiting_since is not None


@pytest.mark.parametrize(("state", "receiving"), [("ok", "ok"), ("warn", "ok"), ("reconnect", "failing")])
async def test_news_of_the_account_stands_on_its_page(desk: Desk, state: str, receiving: str) -> None:
    channel = Told(news=[AccountNews(state=state, reason="Signed out.")])  # type: ignore[arg-type]
    assert await tell(desk, channel, "news") == ["news"]
    (inbox,) = desk.rows(sa.select(inboxes).where(inboxes.c.id == desk.connection.inbox_id))
    assert (inbox.receiving, inbox.receiving_error) == (receiving, "Signed out.")
    assert inbox.reconnect == ("Signed out." if state == "reconnect" else "")
