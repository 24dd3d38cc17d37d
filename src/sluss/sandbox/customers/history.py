"""The last days at Norrsken Air. In: scripts, dice, an empty company. Out: some sixty cases in every state a case can be in.

Each matter is a list of steps with instants; all steps of all matters are told in order of time.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import msgspec

from sluss.cases.access import Priority
from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND
from sluss.outbox.states import Outcome
from sluss.sandbox.customers import odd_mail
from sluss.sandbox.customers.company import DOMAIN, STAFF
from sluss.sandbox.customers.matters import Matter, Part, begin_matter, write_part
from sluss.sandbox.customers.people import Person, agent_words
from sluss.sandbox.customers.scripts import HERE, Script
from sluss.sandbox.customers.sights import sights
from sluss.sandbox.customers.telling import LOST, REFUSED, SENT, Telling

CLOSED_DOMAIN = "stangd.example"
"""Mail to this domain is refused, as for an address that is gone."""

Shape = Literal["new", "taken", "nudged", "answered", "discussing", "solved", "snoozed", "refused", "lost", "bounced", "absent"]
SHAPES: tuple[tuple[Shape, int], ...] = (
    ("new", 11),
    ("taken", 7),
    ("nudged", 4),
    ("answered", 8),
    ("discussing", 6),
    ("solved", 15),
    ("snoozed", 2),
    ("refused", 1),
    ("lost", 1),
    ("bounced", 1),
    ("absent", 1),
)

Step = Callable[[], None]
Steps = Iterator[tuple[int, Step]]


class Told(msgspec.Struct):
    """A matter with the case that it became."""

    matter: Matter
    script: Script
    case_id: int = 0


def tell_history(telling: Telling, scripts: dict[str, Script], dice: random.Random, now: int) -> list[Matter]:
    """Tell all of it, up to `now` (microseconds UTC). Returns the matters whose customers still wait for something."""
    chronicle = Chronicle(telling, scripts, dice, now)
    steps = sorted(chronicle.all_steps(), key=lambda step: step[0])
    for at, step in steps:
        telling.move_to(at)
        step()
    telling.move_to(now)
    telling.end()
    return [told.matter for told in chronicle.told if told.matter.stage != "done"]


class Chronicle:
    """The steps of every matter."""

    def __init__(self, telling: Telling, scripts: dict[str, Script], dice: random.Random, now: int) -> None:
        self._telling, self._scripts, self._dice, self._now = telling, scripts, dice, now
        self.told: list[Told] = []

    def all_steps(self) -> Steps:
        """All steps, in no order."""
        order = list(self._scripts.values())
        self._dice.shuffle(order)
        number = 0
        for shape, count in SHAPES:
            for _ in range(count):
                yield from self._matter(shape, order[number % len(order)])
                number += 1
        yield from self._long()
        yield from self._odd()
        yield from sights(self._telling, self._dice, self._now)

    def _matter(self, shape: Shape, script: Script) -> Steps:
        told = Told(begin_matter(script, self._dice), script)
        told.matter.past = True
        if shape == "refused":
            closed = f"{told.matter.person.address.partition('@')[0]}@{CLOSED_DOMAIN}"
            told.matter.person = msgspec.structs.replace(told.matter.person, address=closed)
        self.told.append(told)
        agent = self._agent(script)
        at = self._now - self._age(shape)
        yield at, lambda: self._write(told, "text")
        yield from self._what_follows(shape, told, agent, at)

    def _what_follows(self, shape: Shape, told: Told, agent: Actor, at: int) -> Steps:
        if shape == "new":
            return
        if shape == "nudged":
            yield at + self._between(70, 150), lambda: self._write(told, "nudge")
            yield at + self._between(160, 170), lambda: self._prioritise(told, self._agent_named("Maja Ek"))
            return
        yield at + self._between(2, 8), lambda: self._take(told, agent)
        if shape == "taken":
            return
        if shape == "snoozed":
            until = self._now + self._between(60, 900)
            yield at + self._between(9, 15), lambda: set_status(self._telling.tx, agent, told.case_id, "snoozed", until)
            return
        yield from self._answered(shape, told, agent, at + self._between(15, 45))

    def _answered(self, shape: Shape, told: Told, agent: Actor, at: int) -> Steps:
        outcome = {"refused": REFUSED, "lost": LOST}.get(shape, SENT)
        yield from self._answer(told, agent, told.script.answer, at, outcome=outcome)
        if shape == "answered":
            yield at + MINUTE, lambda: self._will_reply(told)
        elif shape == "bounced":
            yield at + 2 * MINUTE, lambda: self._bounce(told)
        elif shape == "absent":
            yield at + MINUTE, lambda: self._absent(told)
        elif shape == "discussing":
            yield at + self._between(20, 55), lambda: self._write(told, "more")
        elif shape == "solved":
            yield from self._to_the_end(told, agent, at)

    def _to_the_end(self, told: Told, agent: Actor, at: int) -> Steps:
        if self._dice.random() < 0.5:
            at += self._between(20, 90)
            yield at, lambda: self._write(told, "more")
            at += self._between(10, 40)
            yield from self._answer(told, agent, told.script.closing, at)
        at += self._between(15, 120)
        yield at, lambda: self._write(told, "thanks")
        yield at + self._between(3, 30), lambda: set_status(self._telling.tx, agent, told.case_id, "solved")

    def _answer(self, told: Told, agent: Actor, text: str, at: int, *, outcome: Outcome = SENT) -> Steps:
        def answer() -> None:
            words = agent_words(told.matter.person, text.format(**told.matter.blanks))
            told.matter.answer = self._telling.answer(agent, told.case_id, words)

        yield at, answer
        yield at + 11 * SECOND, lambda: self._telling.leave(outcome)

    def _write(self, told: Told, part: Part) -> None:
        raw, to = write_part(told.matter, told.script, part, self._telling.tx.now, self._dice)
        told.case_id = self._telling.arrive(raw, to) or told.case_id
        if part == "more":
            told.matter.stage = "discussing"
        elif part == "thanks":
            told.matter.stage = "done"

    def _take(self, told: Told, agent: Actor) -> None:
        tx = self._telling.tx
        assign_case(tx, agent, told.case_id, agent.id)
        set_tags(tx, agent, told.case_id, told.script.tags)
        if told.script.note:
            add_note(tx, agent, told.case_id, told.script.note)

    def _prioritise(self, told: Told, agent: Actor) -> None:
        priority: Priority = self._dice.choice(("high", "high", "urgent"))
        set_priority(self._telling.tx, agent, told.case_id, priority)
        add_note(self._telling.tx, agent, told.case_id, "Second mail about the same thing. Who can take it before lunch?")

    def _will_reply(self, told: Told) -> None:
        """Some of those who were answered write back soon after the desk is opened."""
        if self._dice.random() < 0.7:
            told.matter.plan = self._dice.choice(("more", "thanks"))
            told.matter.due_at = self._now + self._between(1, 15)

    def _bounce(self, told: Told) -> None:
        answer = told.matter.answer
        raw = odd_mail.bounce(told.matter.person.address, told.matter.inbox, answer.message_id if answer else "", self._telling.tx.now)
        self._telling.arrive(raw, told.matter.inbox)

    def _absent(self, told: Told) -> None:
        answer = told.matter.answer
        answered = (answer.message_id, answer.subject) if answer else ("", "")
        raw = odd_mail.absence(told.matter.person.address, told.matter.inbox, answered, self._telling.tx.now)
        self._telling.arrive(raw, told.matter.inbox)

    def _long(self) -> Steps:
        """A matter of twelve messages over two days."""
        story: dict[str, Any] = tomllib.loads((HERE / "long.toml").read_text(encoding="utf-8"))
        person = Person(name="Åsa Lindqvist", address="asa.lindqvist@mejl.example", language="sv", manner="plain")
        told = Told(begin_matter(self._scripts["sv-wheelchair"], self._dice, person), self._scripts["sv-wheelchair"])
        told.matter.stage = "done"
        agent, at = self._agent_named("Johan Falk"), self._now - 2 * DAY
        yield at + 5 * MINUTE, lambda: self._take(told, agent)
        for turn in story["turn"]:
            if turn["by"] == "agent":
                yield from self._answer(told, agent, turn["text"], at)
            else:
                script = msgspec.structs.replace(told.script, subject=story["subject"], text=turn["text"], more=turn["text"])
                yield at, lambda script=script: self._write_turn(told, script)
            at += self._between(100, 220)
        yield at, lambda: set_status(self._telling.tx, agent, told.case_id, "solved")

    def _write_turn(self, told: Told, script: Script) -> None:
        part: Part = "more" if told.matter.ids else "text"
        raw, to = write_part(told.matter, script, part, self._telling.tx.now, self._dice)
        told.case_id = self._telling.arrive(raw, to)

    def _odd(self) -> Steps:
        """What comes to every open address sooner or later."""
        at, to = self._now - 7 * HOUR, f"kund@{DOMAIN}"
        yield at, lambda: (self._telling.arrive(odd_mail.newsletter(to, self._telling.tx.now), to), None)[1]
        spam = self._now - 26 * HOUR
        yield spam, lambda: self._mark_spam(self._telling.arrive(odd_mail.swindle(to, self._telling.tx.now), to))

    def _mark_spam(self, case_id: int) -> None:
        set_status(self._telling.tx, self._agent_named("Freja Holm"), case_id, "spam")

    def _agent(self, script: Script) -> Actor:
        """Somebody who speaks the language; Johan where he can."""
        able = [one.name for one in STAFF if script.language in one.speaks and one.role == "agent"]
        chosen = "Johan Falk" if "Johan Falk" in able and self._dice.random() < 0.5 else self._dice.choice(able)
        return self._agent_named(chosen)

    def _agent_named(self, name: str) -> Actor:
        return self._telling.company.agents[name]

    def _between(self, first: int, last: int) -> int:
        """So many minutes, give or take seconds."""
        return self._dice.randrange(first * 60, last * 60) * SECOND

    def _age(self, shape: Shape) -> int:
        if shape in {"new", "taken"}:
            return self._between(9, 5 * 60)
        if shape == "nudged":
            return self._between(4 * 60, 9 * 60)
        return self._between(6 * 60, 20 * 60) if shape in {"snoozed", "discussing", "lost"} else self._between(8 * 60, 4 * 24 * 60)
