"""Customers who live: they write, wait, grow impatient, answer and thank. In: a mail world, a clock. Out: mails delivered to the desk.

Never without bound: while `WAITING` of them wait for an answer nobody new writes, and in an hour at most `HOURLY` do.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from sluss.kernel.clock import HOUR, SECOND
from sluss.kernel.log import get_log
from sluss.sandbox.customers.mails import read_answer
from sluss.sandbox.customers.matters import Matter, Part, begin_matter, write_part
from sluss.sandbox.customers.memory import Memory, keep_memory
from sluss.sandbox.customers.scripts import Script
from sluss.sandbox.customers.world import CustomersWorld
from sluss.sandbox.mail.world import StoredMail

log = get_log("demo")

WAITING = 12
HOURLY = 60
NUDGES = 2
TURN_SECONDS = 1.0
NEW = (10, 40)
NUDGE = (150, 420)
REPLY = (20, 75)


class Life:
    """Everybody's next move. `turn` makes one round; `live` makes them for ever."""

    def __init__(self, world: CustomersWorld, scripts: dict[str, Script], memory: Memory, clock: Callable[[], int]) -> None:
        self._world, self._scripts, self._memory, self._clock = world, scripts, memory, clock
        self._dice = random.Random(f"{memory.seed}:{clock()}")  # noqa: S311 - customers, not secrets
        self._next_new = clock() + 3 * SECOND
        self._changed = False
        self._recent: list[str] = []
        world.on_delivery(self.read_mail)

    async def live(self, folder: Path) -> None:
        """Go on until cancelled; what is remembered is written down whenever it changed."""
        while True:
            self.turn()
            if self._changed:
                self._changed = False
                await asyncio.to_thread(keep_memory, folder, self._memory)
            self._world.forget_old()
            await asyncio.sleep(TURN_SECONDS)

    def turn(self) -> None:
        """Write what is due, and now and then begin something new."""
        now = self._clock()
        for matter in [one for one in self._memory.matters if one.plan and one.due_at <= now]:
            self._carry_out(matter, now)
        if now >= self._next_new:
            self._next_new = now + self._seconds(NEW)
            if self.may_begin(now):
                self._begin(now)

    def may_begin(self, now: int) -> bool:
        """Whether somebody new may write."""
        self._memory.written = [at for at in self._memory.written if at > now - HOUR]
        waiting = [one for one in self._memory.matters if one.stage == "asked" and one.answer is None and not one.past]
        return len(waiting) < WAITING and len(self._memory.written) < HOURLY

    def read_mail(self, address: str, mail: StoredMail) -> None:
        """An answer lies in somebody's mailbox: they will react in a while."""
        matter = self._matter_of(address)
        answer = read_answer(mail.raw) if matter is not None else None
        if matter is None or answer is None or matter.stage == "done":
            return
        matter.answer = answer
        wants_more = matter.stage == "asked" and self._dice.random() < 0.55
        self._plan(matter, "more" if wants_more else "thanks", REPLY)

    def _begin(self, now: int) -> None:
        script = self._choose_script()
        matter = begin_matter(script, self._dice)
        self._memory.matters.append(matter)
        self._memory.written.append(now)
        self._write(matter, "text", now)
        if self._dice.random() < 0.5:
            self._plan(matter, "nudge", NUDGE)

    def _carry_out(self, matter: Matter, now: int) -> None:
        part, matter.plan = matter.plan, ""
        if part == "nudge":
            self._write(matter, "nudge", now)
            matter.nudges += 1
            if matter.nudges < NUDGES:
                self._plan(matter, "nudge", (3 * NUDGE[0], 3 * NUDGE[1]))
        elif part:
            self._write(matter, part, now)
            matter.stage = "discussing" if part == "more" else "done"
            matter.answer = None

    def _write(self, matter: Matter, part: Part, now: int) -> None:
        raw, to = write_part(matter, self._scripts[matter.script], part, now, self._dice)
        self._world.deliver(raw, [to], matter.person.address)
        self._changed = True
        log.debug("customer_wrote", script=matter.script, part=part)

    def _plan(self, matter: Matter, plan: Literal["nudge", "more", "thanks"], seconds: tuple[int, int]) -> None:
        matter.plan, matter.due_at = plan, self._clock() + self._seconds(seconds)
        self._changed = True

    def _choose_script(self) -> Script:
        """Any but the last few, so that nothing repeats within sight."""
        chosen = self._dice.choice([key for key in self._scripts if key not in self._recent])
        self._recent = [*self._recent, chosen][-len(self._scripts) // 2 :]
        return self._scripts[chosen]

    def _matter_of(self, address: str) -> Matter | None:
        """The newest matter of somebody that is not over."""
        mine = [one for one in self._memory.matters if one.person.address == address]
        return next((one for one in reversed(mine) if one.stage != "done"), None)

    def _seconds(self, between: tuple[int, int]) -> int:
        return self._dice.randrange(*between) * SECOND
