"""News of what we sent comes in as mail, and moves a delivery forward; news of nothing we know is no message either. I3."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.outbox.claiming import claim_due
from sluss.outbox.models import operations
from sluss.outbox.settling import settle
from sluss.outbox.states import Outcome
from sluss.replies.sending import SendReply, send_reply
from tests.intake.conftest import ADDRESS, Desk, mail
from tests.world import World

BOUNCE = """From: MAILER-DAEMON@kund.example
To: {to}
Subject: Undelivered
Message-ID: <{n}.bounce@kund.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x

It could not be delivered.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kund.example

Final-Recipient: rfc822; asa@kund.example
Action: failed
Status: 5.1.1

--x
Content-Type: text/rfc822-headers

Message-ID: <{of}>
--x--
"""


def bounce(of: str, n: int = 1) -> bytes:
    return BOUNCE.format(of=of, to=ADDRESS, n=n).replace("\n", "\r\n").encode()


async def test_a_bounce_moves_the_delivery_and_is_no_message(desk: Desk, world: World) -> None:
    await desk.bring(mail(1))
    await desk.admit()
    case_id = desk.rows(sa.select(cases.c.id))[0].id
    desk.db.write_now(send_reply, world.who("ewa"), SendReply(op="1", case_id=case_id, text="Hej!", anyway=True))
    desk.db.write_now(lambda tx: tx.run(sa.update(operations).values(due_at=0)))
    claim = desk.db.write_now(claim_due, "this test", 1)[0]
    assert desk.db.write_now(settle, claim, Outcome("sent"))
    sent = desk.rows(sa.select(messages.c.external_id).where(messages.c.direction == "out"))[0].external_id
    await desk.bring(bounce(sent))
    await desk.admit()
    assert desk.states() == ["message", "receipt"]
    assert [(row.state, row.code) for row in desk.rows(sa.select(operations))] == [("failed", "5.1.1")]
    assert len(desk.rows(sa.select(messages.c.id))) == 2


async def test_a_bounce_of_what_we_never_sent_changes_nothing(desk: Desk) -> None:
    """T59: it is set aside with its reason, and looks like nobody's mail."""
    await desk.bring(bounce("never@norrsken.test"))
    await desk.admit()
    assert desk.states() == ["quarantined"]
    assert "names none that Sluss has sent" in desk.envelopes()[0].reason
    assert desk.rows(sa.select(messages.c.id)) == []
