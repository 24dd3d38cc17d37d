"""The loop that sends. In: hints that operations are due. Out: attempts at networks, a bounded number at once, and their results in rows.

Cancelled, it gives what is under way a moment to finish; what had handed nothing over is queued again, what had is `unknown`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

from sluss.channels.contract import Channel, Connection, Outbound, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.deeds import Deed, Performing
from sluss.channels.registry import channel_named
from sluss.kernel import metrics
from sluss.kernel.breaking import point
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.kernel.files import FileDamaged, FileMissing, FileStore
from sluss.kernel.log import get_log
from sluss.kernel.signals import Signals
from sluss.kernel.words import say
from sluss.outbox.claiming import claim_due, look, reap
from sluss.outbox.claims import HOLD, Claim, ClaimLost, hand_over, renew
from sluss.outbox.composing import load_parcel, pack
from sluss.outbox.performing import load_deed
from sluss.outbox.queries import standing
from sluss.outbox.settling import settle
from sluss.outbox.states import STOPPED, Ending, Outcome

log = get_log("outbox")

AT_ONCE = 16
PAUSE = 1.0
SEND_SECONDS = 900.0
GRACE_SECONDS = 3.0
FIGURES_SECONDS = 15.0
SETTLE_TRIES = 5

Connect = Callable[[int, int], Awaitable[Connection]]


class Outbox:
    """Sends for one process; several may run on one database. `holder` names the process in claims."""

    def __init__(self, db: Database, files: FileStore, connection: Connect, signals: Signals, holder: str) -> None:
        self._db, self._files, self._connection, self._signals, self._holder = db, files, connection, signals, holder
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._settling: set[asyncio.Task[None]] = set()
        self._renewed_at = self._counted_at = time.monotonic()
        self._channel: Callable[[str], Channel] = channel_named

    async def run(self) -> None:
        """Send whatever is due, until cancelled."""
        try:
            async for _ in self._signals.rounds("operations", PAUSE):
                await self._turn()
        finally:
            await self._finish()

    async def send_due(self) -> int:
        """Start one attempt at everything that is due and fits. Returns how many were started."""
        seen = await self._db.read(look)
        if seen.expired:
            await self._db.write(reap)
        room = AT_ONCE - len(self._running)
        claims = await self._db.write_grouped(claim_due, self._holder, room) if room > 0 and (seen.due or seen.expired) else []
        if claims:
            point("claimed")
        for claim in claims:
            task = asyncio.create_task(self._send(claim))
            self._running[task] = claim
            task.add_done_callback(self._ended)
        return len(claims)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._running:
            await asyncio.wait(self._running)

    async def _turn(self) -> None:
        try:
            await self.send_due()
            await self._keep_claims()
            await self._count()
        except Exception:
            log.exception("outbox_turn_failed")

    async def _keep_claims(self) -> None:
        if self._running and time.monotonic() - self._renewed_at > HOLD / SECOND / 3:
            self._renewed_at = time.monotonic()
            await self._db.write_grouped(renew, list(self._running.values()))

    async def _count(self) -> None:
        if time.monotonic() - self._counted_at > FIGURES_SECONDS:
            self._counted_at = time.monotonic()
            counts, breakers = await self._db.read(standing)
            metrics.operations_standing(counts)
            metrics.breakers_open(breakers)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("operation_unsettled", error=repr(task.exception()))
        self._signals.wake("operations")

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=GRACE_SECONDS)
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.gather(*self._settling, return_exceptions=True)

    async def _send(self, claim: Claim) -> None:
        attempt = _Attempt(self._db, claim)
        started = time.monotonic()
        try:
            outcome = await self._outcome(attempt)
        except asyncio.CancelledError:
            outcome = attempt.cut_off(STOPPED, "stopped")
            await self._keep(claim, outcome)
            raise
        if attempt.lost:
            log.warning("claim_lost", operation=claim.operation_id)
            return
        metrics.operation_attempted(claim.channel, outcome.ending, time.monotonic() - started)
        await self._keep(claim, outcome)

    async def _outcome(self, attempt: _Attempt) -> Outcome:
        """How one attempt ends, whatever happens."""
        claim = attempt.claim
        try:
            connection = await self._connection(claim.workspace_id, claim.inbox_id)
            if claim.kind != "send":
                return await self._perform(attempt, connection, await self._db.read(load_deed, claim))
            parcel = await self._db.read(load_parcel, claim)
            outbound = await asyncio.to_thread(pack, parcel, claim, connection, self._files)
            return await self._talk(attempt, connection, outbound)
        except (FileMissing, FileDamaged) as error:
            return Outcome("refused", "file", str(error))
        except Exception as error:
            log.exception("attempt_failed", operation=claim.operation_id)
            return attempt.cut_off(say("Sluss failed while sending this: %(error)s", error=repr(error)), "fault")

    async def _talk(self, attempt: _Attempt, connection: Connection, outbound: Outbound) -> Outcome:
        channel = self._channel(attempt.claim.channel)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                known = await self._look_up(channel, connection, outbound) if attempt.claim.standing.in_doubt else None
                sent = known or await channel.send(connection, outbound, attempt.hand_over)
            point("accepted")
            return Outcome("sent", reason=sent.detail, sent=sent)
        except Refused as error:
            return _refusal(error)
        except Unreachable as error:
            return Outcome("unreachable", "unreachable", error.reason)
        except ResultUnknown as error:
            return await self._ask(channel, connection, outbound, error.reason)
        except TimeoutError:
            return attempt.cut_off(say("The network did not answer in time."), "unreachable")

    async def _perform(self, attempt: _Attempt, connection: Connection, deed: Deed) -> Outcome:
        """Done twice, a deed is done: whatever is not known of it is tried again."""
        channel = self._channel(attempt.claim.channel)
        if not isinstance(channel, Performing):
            return Outcome("refused", "deed", say("This cannot be done here: the network does not offer it for this message."))
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return Outcome("sent", reason=await channel.perform(connection, deed, attempt.hand_over))
        except Refused as error:
            return _refusal(error)
        except (Unreachable, ResultUnknown) as error:
            return Outcome("unreachable", "unreachable", error.reason)
        except TimeoutError:
            return Outcome("unreachable", "unreachable", say("The network did not answer in time."))

    async def _ask(self, channel: Channel, connection: Connection, outbound: Outbound, reason: str) -> Outcome:
        """Whether it arrived after all, where the network can be asked."""
        with contextlib.suppress(Exception):
            found = await self._look_up(channel, connection, outbound)
            if found is not None:
                return Outcome("sent", reason=found.detail, sent=found)
        return Outcome("unknown", reason=reason)

    async def _look_up(self, channel: Channel, connection: Connection, outbound: Outbound) -> Sent | None:
        """Only for a single recipient: a network knows the message by one id, and one copy that left proves nothing about the others."""
        single = len(outbound.to) + len(outbound.cc) == 1
        return await channel.look_up(connection, outbound.external_id) if single and channel.capabilities.can_look_up else None

    async def _keep(self, claim: Claim, outcome: Outcome) -> None:
        """Write a result, whatever happens to whoever waits for it."""
        task = asyncio.create_task(self._settle(claim, outcome))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)
        await asyncio.shield(task)

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        """Write the result; a result that cannot be written is tried again, because the network will not say it twice."""
        for attempt in range(1, SETTLE_TRIES + 1):
            try:
                if not await self._db.write_grouped(settle, claim, outcome):
                    log.warning("late_result", operation=claim.operation_id, ending=outcome.ending)
                return
            except Exception:
                if attempt == SETTLE_TRIES:
                    raise
                await asyncio.sleep(0.05 * 4**attempt)


def _refusal(error: Refused) -> Outcome:
    """A dead account says nothing about the message: that waits until the account is connected again."""
    ending: Ending = "refused" if error.permanent and not error.reconnect else "deferred"
    return Outcome(ending, error.code, error.reason, wait=error.wait, whole_inbox=error.whole_inbox, reconnect=error.reconnect)


class _Attempt:
    """One attempt and how far it came."""

    def __init__(self, db: Database, claim: Claim) -> None:
        self._db, self.claim = db, claim
        self.handed_over = self.lost = False

    async def hand_over(self) -> None:
        """The adapter's last call before anything can leave."""
        try:
            await self._db.write_grouped(hand_over, self.claim)
        except ClaimLost:
            self.lost = True
            raise
        self.handed_over = True
        point("handed-over")

    def cut_off(self, reason: str, otherwise: Ending) -> Outcome:
        """The outcome of an attempt that ended without a result."""
        return Outcome("unknown", reason=reason) if self.handed_over else Outcome(otherwise, otherwise, reason)
