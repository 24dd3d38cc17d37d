"""Mail from before the inbox was connected: kept and found, but nobody is told, nothing waits, and new mail goes first."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.channels.contract import Delivered
from sluss.intake.admit import admit_some, next_sets
from sluss.kernel.clock import DAY
from sluss.kernel.events import events
from tests.intake.conftest import Desk, mail


def old(desk: Desk, number: int, **headers: str) -> Delivered:
    at = desk.db.clock() - 400 * DAY + number
    key, mark = f"imap:INBOX:1:{number}", f"mail:{number}"
    return Delivered(external_key=key, raw=mail(number, **headers), received_at=at, origin="history", mark=mark)


async def test_history_makes_closed_cases_that_nobody_is_told_of(desk: Desk) -> None:
    """F35: a thread of old mail is one closed case, at its own time, without an event."""
    before = desk.rows(sa.select(sa.func.count()).select_from(events))[0][0]
    await desk.reception.receive(desk.connection, [old(desk, 1), old(desk, 2, In_Reply_To="<1@kund.example>")])
    await desk.admit()
    (case,) = desk.rows(sa.select(cases.c.status, cases.c.waiting_since, cases.c.opened_at, cases.c.active_at))
    assert (case.status, case.waiting_since) == ("closed", None)
    assert case.active_at < desk.db.clock() - 399 * DAY
    assert desk.rows(sa.select(sa.func.count()).select_from(events))[0][0] == before


async def test_an_answer_to_history_is_a_new_open_case_that_names_it(desk: Desk) -> None:
    await desk.reception.receive(desk.connection, [old(desk, 1)])
    await desk.admit()
    await desk.bring(mail(2, In_Reply_To="<1@kund.example>"))
    await desk.admit()
    first, second = desk.rows(sa.select(cases.c.id, cases.c.status, cases.c.continues_id).order_by(cases.c.id))
    assert (first.status, second.status, second.continues_id) == ("closed", "open", first.id)


async def test_history_that_belongs_to_an_open_case_joins_it_unseen(desk: Desk) -> None:
    await desk.bring(mail(2, body="Det nya."))
    await desk.admit()
    await desk.reception.receive(desk.connection, [old(desk, 1, body="Det gamla.", In_Reply_To="<2@kund.example>")])
    await desk.admit()
    (case,) = desk.rows(sa.select(cases.c.status, cases.c.preview))
    assert (case.status, case.preview, len(desk.rows(sa.select(messages.c.id)))) == ("open", "Det nya.", 2)


async def test_new_mail_goes_before_waiting_history(desk: Desk) -> None:
    """F35: two lanes. Whoever brings history is told how much still waits."""
    await desk.reception.receive(desk.connection, [old(desk, number) for number in range(1, 40)])
    await desk.bring(mail(50))
    assert await desk.reception.behind(desk.connection) == 40
    (first,) = desk.db.read_now(next_sets)
    assert [one.origin for one in first] == [""]
    assert await admit_some(desk.reader(), desk.lease) == 1
    assert await admit_some(desk.reader(), desk.lease) == 39


async def test_keys_and_marks_are_known_afterwards(desk: Desk) -> None:
    """T53: by its mark a mail is known also under another number; two mails may bear one mark."""
    twin = msgspec.structs.replace(old(desk, 3), mark="mail:1")
    await desk.reception.receive(desk.connection, [old(desk, 1), old(desk, 2), twin])
    await desk.reception.receive(desk.connection, [msgspec.structs.replace(old(desk, 4), mark="mail:1")])
    asked = ["mail:1", "mail:2", "mail:4", "imap:INBOX:1:3", "imap:INBOX:2:3"]
    assert await desk.reception.known(desk.connection, asked) == {"mail:1", "mail:2", "imap:INBOX:1:3"}
    assert len(desk.envelopes()) == 4


async def test_bytes_that_lie_in_the_store_are_not_handed_over_again(desk: Desk) -> None:
    raw = mail(1, body="x" * 100_000)
    with desk.reception.writing(200_000) as file:
        file.write(raw)
        kept = file.finish()
    stored = Delivered(external_key="imap:INBOX:1:1", raw=b"", received_at=desk.db.clock(), kept=kept)
    await desk.reception.receive(desk.connection, [stored])
    (envelope,) = desk.envelopes()
    assert (envelope.size, envelope.digest, envelope.raw) == (len(raw), kept.digest, None)
    await desk.admit()
    assert len(desk.rows(sa.select(messages.c.text))[0].text) == 100_000
