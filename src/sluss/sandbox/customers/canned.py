"""What Norrsken Air's agents need not write anew: canned answers in three languages, and four macros. In: a new company. Out: rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx
from sluss.replies.canned.actions import Content, create_answer
from sluss.replies.canned.audience import Audience
from sluss.replies.macros.actions import MacroContent, Onward, create_macro
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Step, Tag

TEXTS = Path(__file__).parent / "canned.toml"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: `teams` by name, none for everybody; `owner` by name; looked at again after so many days."""

    name: str
    shortcut: str
    folder: str
    texts: dict[str, str]
    teams: tuple[str, ...] = ()
    owner: str = "Maja Ek"
    review_days: int = 90


MACROS: tuple[tuple[str, tuple[Step | str, ...], Onward], ...] = (
    ("Väska försenad: svara och följ upp i morgon", ("send:bag", Tag(("väska",)), Assign("me"), Move("snoozed", "tomorrow")), "next"),
    ("Be om bokningsnummer", ("draft:pnr", Tag(("bokningsnummer saknas",))), "stay"),
    ("Brådskande till mig", (Rank("urgent"), Assign("me"), Note("Tagen av {{agent.name}} {{time.now}}.")), "stay"),
    ("Skräppost", (Move("spam"),), "next"),
)


def keep_answers(tx: Tx, who: Actor, teams: Mapping[str, int], agents: Mapping[str, Actor]) -> None:
    """Write them down, by Sluss itself."""
    kept = msgspec.toml.decode(TEXTS.read_bytes(), type=dict[str, list[Kept]])["answer"]
    made = {one.shortcut: create_answer(tx, who, _content(tx, one, teams, agents)) for one in kept}
    for name, steps, onward in MACROS:
        read = tuple(_step(one, made) if isinstance(one, str) else one for one in steps)
        create_macro(tx, who, MacroContent(name=name, steps=read, onward=onward, audience=Audience(owner_id=agents["Maja Ek"].id)))


def _content(tx: Tx, one: Kept, teams: Mapping[str, int], agents: Mapping[str, Actor]) -> Content:
    chosen = tuple(teams[name] for name in one.teams)
    audience = Audience(whom="chosen" if chosen else "everybody", team_ids=chosen, owner_id=agents[one.owner].id)
    due_at = tx.now + one.review_days * DAY
    return Content(
        name=one.name, shortcut=one.shortcut, folder=one.folder, texts=one.texts, original="sv", audience=audience, review_due_at=due_at
    )


def _step(words: str, made: Mapping[str, int]) -> Step:
    do, _, shortcut = words.partition(":")
    return Send(made[shortcut]) if do == "send" else Draft(made[shortcut])
