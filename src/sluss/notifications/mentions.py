"""Calling colleagues by `@name` in a note. In: a note as it is written. Out: who was called, by id; who cannot see the case is refused.

The text stays as it was typed. Beside it stands where in it whom was called, so that a new name shows in old notes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import CaseRow, access_case
from sluss.cases.audience import Called, can_be_called, everybody
from sluss.cases.events import NoteAdded
from sluss.cases.following import follow_by_rule
from sluss.cases.models import case_mentions, note_mentions, notes
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Invalid
from sluss.kernel.events import Recorded, events, from_row, kind_of
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.notifications.events import ColleaguesCalled
from sluss.notifications.preferences import preferences_of
from sluss.people.models import agents, teams

_PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i"})


class Mention(msgspec.Struct, frozen=True):
    """Where in a text whom was called. `name` is today's; `agent_id` 0 is a team."""

    start: int
    length: int
    name: str
    agent_id: int = 0


def note_mentions_of(tx: Tx, recorded: Recorded) -> None:
    """In the transaction of a note: read who is called in it. Raises `Invalid` when somebody cannot see the case."""
    event = recorded.event
    if not isinstance(event, NoteAdded):
        return
    who = system(recorded.workspace_id)
    text = tx.value(sa.select(notes.c.text).where(notes.c.workspace_id == who.workspace_id, notes.c.id == event.note_id))
    case = access_case(tx, who, event.case_id)
    calls = _calls(tx, case, str(text or ""))
    if calls:
        _require_seen(calls, recorded)
        _store(tx, who, event, calls)
        by = msgspec.structs.replace(who, kind=recorded.actor_kind, id=recorded.actor_id)
        tx.emit(by, ColleaguesCalled(case_id=case.id, note_id=event.note_id, agent_ids=_called(calls)))
    _follow(tx, who, recorded, calls)


def mentions_in(tx: Tx, who: Actor, note_ids: Collection[int]) -> dict[int, list[Mention]]:
    """Who is called in notes, by note, in the order of the text."""
    if not note_ids:
        return {}
    c, a, t = note_mentions.c, agents.c, teams.c
    joined = note_mentions.outerjoin(agents, (a.workspace_id == c.workspace_id) & (a.id == c.agent_id))
    joined = joined.outerjoin(teams, (t.workspace_id == c.workspace_id) & (t.id == c.team_id))
    name = sa.func.coalesce(a.name, t.name, "").label("name")
    mine = (c.workspace_id == who.workspace_id) & c.note_id.in_(note_ids)
    found: dict[int, list[Mention]] = {}
    for row in tx.rows(
        sa.select(c.note_id, c.start, c.length, c.agent_id, name).select_from(joined).where(mine).order_by(c.note_id, c.start)
    ):
        found.setdefault(row.note_id, []).append(Mention(row.start, row.length, row.name, row.agent_id or 0))
    return found


def called_by(tx: Tx, note: Recorded) -> set[int]:
    """Agents who were called in the note of an event."""
    c = events.c
    told = (c.workspace_id == note.workspace_id) & (c.case_id == note.event.case_id) & (c.id > note.id) & (c.at == note.at)
    rows = tx.rows(sa.select(events).where(told, c.kind == kind_of(ColleaguesCalled.__name__)).order_by(c.id).limit(1))
    found = [one.event for one in map(from_row, rows) if one is not None]
    return {agent_id for one in found if isinstance(one, ColleaguesCalled) for agent_id in one.agent_ids}


class _Call(msgspec.Struct, frozen=True):
    """One `@name` of a text."""

    start: int
    length: int
    called: Called


def _calls(tx: Tx, case: CaseRow, text: str) -> list[_Call]:
    if "@" not in text:
        return []
    callable_ = {(one.kind, one.id): one for one in can_be_called(tx, case)}
    known = [callable_.get((one.kind, one.id), one) for one in everybody(tx, case.workspace_id)]
    by_name = _by_name(known)
    return [call for start in _ats(text) for call in _match(text, start, by_name)]


def _by_name(known: Sequence[Called]) -> Mapping[str, list[Called]]:
    """Whom a name means: the whole name, or the first one of an agent where only one has it. Longest first."""
    whole: dict[str, list[Called]] = {}
    first: dict[str, list[Called]] = {}
    for one in known:
        whole.setdefault(flat(one.name), []).append(one)
        if one.kind == "agent":
            first.setdefault(flat(one.name).partition(" ")[0], []).append(one)
    found = {name: ones for name, ones in first.items() if len(ones) == 1} | whole
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _ats(text: str) -> Iterator[int]:
    """Where an `@` stands that does not belong to an address."""
    for at, character in enumerate(text):
        if character == "@" and not (at and (text[at - 1].isalnum() or text[at - 1] in "._-+@")):
            yield at


def _match(text: str, start: int, by_name: Mapping[str, list[Called]]) -> list[_Call]:
    rest = flat(text[start + 1 : start + 120])
    for name, ones in by_name.items():
        if name and rest.startswith(name) and not rest[len(name) : len(name) + 1].isalnum():
            # Of two with the same name those are meant who can see the case.
            meant = [one for one in ones if one.agent_ids] or ones
            return [_Call(start, len(name) + 1, one) for one in meant]
    return []


def flat(text: str) -> str:
    """A text as it is compared, letter for letter: without regard to case, and to what stands on, under or through letters."""
    return "".join(unicodedata.normalize("NFKD", one.lower())[:1].translate(_PLAIN) or one for one in text)


def _require_seen(calls: Sequence[_Call], recorded: Recorded) -> None:
    unseeing = list(dict.fromkeys(one.called.name for one in calls if not one.called.agent_ids))
    if unseeing and recorded.actor_kind == "agent":
        names = ", ".join(unseeing)
        raise Invalid(
            {"body": say("%(names)s cannot see this case and would not be told. Leave out the @, or choose somebody else.", names=names)}
        )


def _store(tx: Tx, who: Actor, event: NoteAdded, calls: Sequence[_Call]) -> None:
    key = {"workspace_id": who.workspace_id, "case_id": event.case_id}
    # Two of the same name stand in one place of the text: the chip shows the first, both are called.
    rows = {one.start: one for one in reversed(calls)}
    seats = [
        key | {"note_id": event.note_id, "start": start, "length": one.length} | _whom(one.called)
        for start, one in sorted(rows.items())
        if one.called.agent_ids
    ]
    if seats:
        tx.run(sa.insert(note_mentions), seats)
    called, c = _called(calls), case_mentions.c
    tx.run(sa.delete(case_mentions).where(c.workspace_id == who.workspace_id, c.case_id == event.case_id, c.agent_id.in_(called)))
    if called:
        tx.run(sa.insert(case_mentions), [key | {"agent_id": one, "at": tx.now} for one in called])


def _called(calls: Sequence[_Call]) -> tuple[int, ...]:
    return tuple(sorted({agent_id for one in calls for agent_id in one.called.agent_ids}))


def _whom(called: Called) -> dict[str, int | None]:
    return {"agent_id": called.id if called.kind == "agent" else None, "team_id": called.id if called.kind == "team" else None}


def _follow(tx: Tx, who: Actor, recorded: Recorded, calls: Sequence[_Call]) -> None:
    """Who writes a note or is called by name follows the case, unless they chose otherwise. A call to a whole team makes nobody follow."""
    writer = {recorded.actor_id} if recorded.actor_kind == "agent" else set[int]()
    named = {one.called.id for one in calls if one.called.kind == "agent" and one.called.agent_ids} - writer
    chosen = preferences_of(tx, who, writer | named)
    wanting = {one for one in writer if chosen[one].alerts.follow_notes} | {one for one in named if chosen[one].alerts.follow_mentions}
    if wanting:
        follow_by_rule(tx, who, recorded.event.case_id, wanting)
