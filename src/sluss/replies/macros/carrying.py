"""Shared canned answers and macros as one value, to be carried to another installation. In and out: names instead of ids.

Bringing in changes what has the same name and makes what has none; it removes nothing. Private ones and files stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from sluss.channels.inboxes import list_inboxes
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.queries import list_assignable, list_teams
from sluss.replies.canned.actions import Content, change_answer, content_of, create_answer
from sluss.replies.canned.audience import Audience, Kept, audience_of
from sluss.replies.canned.queries import list_answers
from sluss.replies.macros.actions import MacroContent, Onward, change_macro, create_macro
from sluss.replies.macros.queries import list_macros
from sluss.replies.macros.steps import Step


class ForWhom(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Teams by name, inboxes by address; neither means everybody."""

    teams: tuple[str, ...] = ()
    inboxes: tuple[str, ...] = ()
    owner: str = ""


class CarriedAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A canned answer. `texts` by language."""

    name: str
    texts: dict[str, str]
    shortcut: str = ""
    folder: str = ""
    original: str = ""
    for_whom: ForWhom = ForWhom()


class CarriedMacro(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A macro. A step names its answer (`answer`) and its agent (`to`) instead of their ids."""

    name: str
    steps: tuple[dict[str, Any], ...]
    onward: Onward = "stay"
    for_whom: ForWhom = ForWhom()


class Carried(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it."""

    answers: tuple[CarriedAnswer, ...] = ()
    macros: tuple[CarriedMacro, ...] = ()


class Brought(msgspec.Struct, frozen=True):
    """What bringing in did."""

    made: int
    changed: int
    same: int


class _Names:
    """Ids by name and names by id, of one workspace."""

    def __init__(self, tx: Tx, who: Actor) -> None:
        self.teams = {one.name: one.id for one in list_teams(tx, who)}
        self.inboxes = {one.address: one.id for one in list_inboxes(tx, who)}
        self.agents = {one.name: one.id for one in list_assignable(tx, who)}

    def told(self, kept: Kept) -> ForWhom:
        """An audience by names."""
        teams, inboxes, agents = ({number: name for name, number in one.items()} for one in (self.teams, self.inboxes, self.agents))
        return ForWhom(
            teams=tuple(teams[one] for one in kept.team_ids if one in teams),
            inboxes=tuple(inboxes[one] for one in kept.inbox_ids if one in inboxes),
            owner=agents.get(kept.owner_id or 0, ""),
        )

    def meant(self, told: ForWhom, name: str) -> Audience:
        """An audience by ids. Raises `Invalid` for a team or an inbox that is not here; an unknown owner is nobody."""
        team_ids, inbox_ids = _all(told.teams, self.teams, name), _all(told.inboxes, self.inboxes, name)
        chosen = team_ids or inbox_ids
        return Audience(
            whom="chosen" if chosen else "everybody", team_ids=team_ids, inbox_ids=inbox_ids, owner_id=self.agents.get(told.owner)
        )


def carry_out_answers(tx: Tx, who: Actor) -> Carried:
    """Every shared one that is not archived."""
    names = _Names(tx, who)
    answers = [one for one in list_answers(tx, who) if not one.holder]
    by_id = {one.id: one.name for one in answers}
    agents = {str(number): name for name, number in names.agents.items()}
    carried: list[CarriedAnswer] = []
    for one in answers:
        now = content_of(tx, who, one)
        shared: dict[str, Any] = {"shortcut": now.shortcut, "folder": now.folder, "original": now.original, "for_whom": names.told(one)}
        carried.append(CarriedAnswer(name=now.name, texts=now.texts, **shared))
    macros = tuple(
        CarriedMacro(
            name=one.name, steps=tuple(_told_step(step, by_id, agents) for step in one.steps), onward=_onward(one), for_whom=names.told(one)
        )
        for one in list_macros(tx, who)
        if not one.holder
    )
    return Carried(answers=tuple(carried), macros=macros)


def bring_in_answers(tx: Tx, who: Actor, carried: Carried) -> Brought:
    """Make or change what is carried; all of it or, with a sentence about the first that does not fit, nothing."""
    names, done = _Names(tx, who), {"made": 0, "changed": 0, "same": 0}
    for one in carried.answers:
        done[_about(one.name, lambda one=one: _bring_answer(tx, who, one, names))] += 1
    by_name = {one.name: one.id for one in list_answers(tx, who) if not one.holder}
    for one in carried.macros:
        done[_about(one.name, lambda one=one: _bring_macro(tx, who, one, (names, by_name)))] += 1
    return Brought(**done)


def _bring_answer(tx: Tx, who: Actor, one: CarriedAnswer, names: _Names) -> str:
    audience = names.meant(one.for_whom, one.name)
    wanted = Content(
        name=one.name, texts=one.texts, shortcut=one.shortcut, folder=one.folder, original=one.original or next(iter(one.texts), ""),
        audience=audience,
    )  # fmt: skip
    found = next((kept for kept in list_answers(tx, who) if not kept.holder and kept.name == one.name), None)
    if found is None:
        create_answer(tx, who, wanted)
        return "made"
    wanted = msgspec.structs.replace(wanted, review_due_at=found.review_due_at)
    if content_of(tx, who, found) == wanted:
        return "same"
    change_answer(tx, who, found.id, wanted, found.revision)
    return "changed"


def _bring_macro(tx: Tx, who: Actor, one: CarriedMacro, known: tuple[_Names, Mapping[str, int]]) -> str:
    names, by_name = known
    steps = msgspec.convert([_meant_step(step, by_name, names.agents) for step in one.steps], tuple[Step, ...])
    wanted = MacroContent(name=one.name, steps=steps, onward=one.onward, audience=names.meant(one.for_whom, one.name))
    found = next((kept for kept in list_macros(tx, who) if not kept.holder and kept.name == one.name), None)
    if found is None:
        create_macro(tx, who, wanted)
        return "made"
    if (tuple(found.deeds), found.onward, audience_of(found)) == (steps, one.onward, wanted.audience):
        return "same"
    change_macro(tx, who, found.id, wanted, found.revision)
    return "changed"


def _about(name: str, bring: Callable[[], str]) -> str:
    """Name the entry that does not fit."""
    try:
        return bring()
    except Invalid as invalid:
        raise Invalid({"file": f"“{name}”: {next(iter(invalid.fields.values()))}"}) from invalid
    except msgspec.ValidationError as error:
        raise Invalid({"file": f"“{name}”: {error}"}) from error


def _told_step(step: dict[str, Any], answers: Mapping[int, str], agents: Mapping[str, str]) -> dict[str, Any]:
    told = {name: value for name, value in step.items() if name != "answer_id"}
    if "answer_id" in step:
        told["answer"] = answers.get(step["answer_id"], "")
    if step["do"] == "assign":
        told["to"] = agents.get(step["to"], step["to"])
    return told


def _meant_step(step: Mapping[str, Any], answers: Mapping[str, int], agents: Mapping[str, int]) -> dict[str, Any]:
    meant = {name: value for name, value in step.items() if name != "answer"}
    if "answer" in step:
        meant["answer_id"] = answers.get(str(step["answer"]), 0)
        if not meant["answer_id"]:
            raise Invalid({"answer": say("There is no canned answer %(name)s here.", name=step["answer"])})
    if meant.get("do") == "assign" and meant.get("to") not in {"me", "nobody"}:
        meant["to"] = str(agents.get(str(meant.get("to")), 0))
    return meant


def _all(wanted: Sequence[str], known: Mapping[str, int], name: str) -> tuple[int, ...]:
    missing = [one for one in wanted if one not in known]
    if missing:
        raise Invalid({"file": say("There is no team or inbox %(missing)s here, for which “%(name)s” is.", missing=missing[0], name=name)})
    return tuple(sorted(known[one] for one in wanted))


def _onward(one: Any) -> Onward:
    onward: Onward = one.onward
    return onward
