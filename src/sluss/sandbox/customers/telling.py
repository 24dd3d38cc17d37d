"""Telling the past as it would have happened. In: one transaction, a clock that is moved, mails and deeds. Out: the same rows as if it had.

Mails go through intake and its reader, answers through replies and the outbox; only the network is not there.
"""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from sluss.cases.models import cases, messages
from sluss.cases.recording import StoredFile
from sluss.channels.contract import Channel, Connection, Delivered, Inbound
from sluss.channels.models import inboxes
from sluss.intake.admit import next_sets, settle
from sluss.intake.models import envelopes
from sluss.intake.readings import Reading
from sluss.intake.store import INLINE, Kept, store_envelopes
from sluss.kernel.actors import Actor
from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.files import FileStore, digest_of
from sluss.kernel.leases import Lease, acquire, release
from sluss.kernel.tokens import new_token
from sluss.kernel.tx import Tx
from sluss.outbox import claiming
from sluss.outbox.claims import Claim, case_of, hand_over
from sluss.outbox.settling import settle as settle_operation
from sluss.outbox.states import UNKNOWN_WAIT, Outcome
from sluss.replies.sending import SendReply, send_reply
from sluss.sandbox.customers.company import AUTHSERV, DOMAIN, NAME, Company
from sluss.sandbox.customers.mails import Answer

SENT = Outcome("sent", reason="250 2.0.0 OK: queued as 4Xk2")
REFUSED = Outcome("refused", "550", "5.1.1 Recipient address rejected: User unknown")
LOST = Outcome("unknown", reason="The connection ended after the mail was handed over, and no answer came.")
TOLD = "told"
SAID = {"from_name": NAME, "authserv_id": AUTHSERV}
"""What reading a mail needs to know of its inbox."""


class Telling:
    """One transaction's worth of past."""

    def __init__(self, tx: Tx, clock: TestClock, files: FileStore, company: Company, channel: Channel) -> None:
        self.tx, self.company = tx, company
        self._clock, self._files, self._channel = clock, files, channel
        self._count = 0
        self.sights: dict[str, str] = {}
        lease = acquire(tx, "admit", TOLD, 1)
        if lease is None:
            message = "somebody else admits mail into this database"
            raise RuntimeError(message)
        self._lease: Lease = lease

    def move_to(self, at: int) -> None:
        """What follows happens then (microseconds UTC)."""
        self._clock.now = self.tx.now = at

    def end(self) -> None:
        """Leave the work to the server."""
        release(self.tx, self._lease)

    def arrive(self, raw: bytes, to: str, origin: Literal["", "sent"] = "") -> int:
        """A mail comes in, or is found in the Sent folder. Returns the case it joined, 0 for one that joined none (news of a delivery)."""
        local = to.partition("@")[0].partition("+")[0]
        inbox_id, who = self.company.inboxes[local], self.company.who
        self._count += 1
        delivered = Delivered(
            external_key=f"{TOLD}:{self._clock.now}:{self._count}",
            raw=raw,
            received_at=self._clock.now,
            recipients=() if origin else (to,),
            origin=origin,
        )
        inline = len(raw) <= INLINE
        digest = digest_of(raw) if inline else self._files.put(raw)
        store_envelopes(self.tx, who, inbox_id, [Kept(delivered, digest, len(raw), inline)])
        reading = self._read(delivered, f"{local}@{DOMAIN}")
        settle(self.tx, self._lease, [reading])
        settled = (envelopes.c.workspace_id == who.workspace_id) & (envelopes.c.id == reading.envelope.id)
        message_id = self.tx.value(sa.select(envelopes.c.message_id).where(settled))
        return case_of(self.tx, who.workspace_id, message_id) if message_id is not None else 0

    def answer(self, agent: Actor, case_id: int, text: str, then: Literal["stay", "solve"] = "stay") -> Answer:
        """An agent answers. Returns the mail as its reader sees it."""
        reply = SendReply(op=new_token(), case_id=case_id, text=text, anyway=True, then=then)
        departure = send_reply(self.tx, agent, reply)
        row = self.tx.row(sa.select(messages.c.external_id, messages.c.subject).where(messages.c.id == departure.message_id))
        if row is None:
            raise LookupError(departure.message_id)
        return Answer(row.external_id, self._address_of(case_id), row.subject, text)

    def number_of(self, case_id: int) -> str:
        """The number that people know a case by."""
        return str(self.tx.value(sa.select(cases.c.number).where(cases.c.id == case_id)))

    def leave(self, outcome: Outcome = SENT) -> None:
        """What is due leaves, and ends like this. What is lost is tried once more, and lost again."""
        self._send(outcome)
        if outcome.ending == "unknown":
            self.move_to(self._clock.now + UNKNOWN_WAIT + SECOND)
            self._send(outcome)

    def _send(self, outcome: Outcome) -> None:
        claims: list[Claim] = claiming.claim_due(self.tx, TOLD, 200)
        for claim in claims:
            hand_over(self.tx, claim)
            self.move_to(self._clock.now + 1)
            settle_operation(self.tx, claim, outcome)

    def _read(self, delivered: Delivered, address: str) -> Reading:
        ((envelope,),) = next_sets(self.tx)
        connection = Connection(
            workspace_id=self.company.workspace_id, inbox_id=envelope.inbox_id, name="", address=address, settings=SAID, secrets={}
        )
        found = tuple(self._channel.understand(delivered, connection))
        all_files = [file for one in found if isinstance(one, Inbound) for file in one.files]
        stored = [StoredFile(file.name, file.media_type, len(file.data), self._files.put(file.data), file.content_id) for file in all_files]
        return Reading(envelope, self._channel.capabilities.visibility, found, tuple(stored))

    def _address_of(self, case_id: int) -> str:
        """Where an answer goes. The plain address: a mail that answers ours is known by what it refers to."""
        joined = cases.join(inboxes, (inboxes.c.workspace_id == cases.c.workspace_id) & (inboxes.c.id == cases.c.inbox_id))
        found: Any = self.tx.value(sa.select(inboxes.c.address).select_from(joined).where(cases.c.id == case_id))
        return str(found)
