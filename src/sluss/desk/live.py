"""What open desks are told. In: new events, and what a group of readers may see. Out: rows, counts, touched cases and banners, as JSON.

A row is drawn once for each language and zone, however many sights ask: who may know of it is decided afterwards, who has it in Mine or
has begun to write is told apart by agents. `{view}` in a row's HTML is filled in by the browser for each of its lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.events import CaseAssigned, FollowChanged
from sluss.cases.following import UNFINISHED, Near, count_near, near_cases
from sluss.cases.models import cases
from sluss.channels.events import InboxChanged, InboxReceiving
from sluss.desk.around import Around, banners, look_around
from sluss.desk.bulk import read_run
from sluss.desk.effects import tell as tell_run
from sluss.desk.events import BulkWent
from sluss.desk.list_screens import Row
from sluss.desk.order import SORTS, number_of
from sluss.desk.rows import LISTED, Beside, Listed, show_row, stand_beside
from sluss.desk.views import count_mine, count_views, views_of
from sluss.kernel.actors import ROLES, Actor, system
from sluss.kernel.db import Database
from sluss.kernel.errors import Missing
from sluss.kernel.events import Recorded
from sluss.kernel.live import Push, Render, Sight
from sluss.kernel.tx import Tx
from sluss.notifications.events import BellChanged
from sluss.notifications.ringing import ring
from sluss.outbox.events import InboxSendingPaused, InboxSendingResumed, OutboxReleased
from sluss.people.models import agents
from sluss.privacy.events import CaseErased
from sluss.proposals.queries import proposed_cases
from sluss.web.locale import Voice, speaking
from sluss.web.shell import Page
from sluss.web.templates import Templates

OWN = ("mine", "mentioned", "following")
"""Views of one agent each."""
FOR_EVERYBODY = (InboxChanged, InboxReceiving, InboxSendingPaused, InboxSendingResumed, OutboxReleased)


class Batch(msgspec.Struct, frozen=True):
    """Cases that events are about, as they are now, with what stands beside them; drawn rows by case, language, zone and draft."""

    around: Around
    listed: Sequence[Listed]
    beside: Beside
    agents: frozenset[int]
    drawn: dict[tuple[int, str, str, bool, bool], str]
    near: Mapping[int, Mapping[Near, frozenset[int]]]


def make_render(db: Database, templates: Templates) -> Render:
    """The hub's `render`. Keeps the newest batch of each workspace, since every sight asks for the same one."""
    kept: dict[int, tuple[tuple[int, int], Batch]] = {}

    async def render(recorded: Sequence[Recorded], sight: Sight) -> Sequence[Push]:
        # Both ends: what a reader missed may end where the newest batch does, and begin long before it.
        key, known = (recorded[0].id, recorded[-1].id), kept.get(sight.workspace_id)
        if known is None or known[0] != key:
            known = kept[sight.workspace_id] = (key, await db.read(read_batch, sight.workspace_id, cases_in(recorded)))
        return await db.read(tell, (recorded, known[1], templates), sight)

    return render


def cases_in(recorded: Iterable[Recorded]) -> list[int]:
    """Ids of the cases that events are about, each once."""
    return list(dict.fromkeys(one.event.case_id for one in recorded if one.event.case_id))


def read_batch(tx: Tx, workspace_id: int, case_ids: Sequence[int]) -> Batch:
    """Everything about a batch that does not depend on who looks: eleven statements at most."""
    who = system(workspace_id)
    around = look_around(tx, who)
    listed = tx.structs(Listed, LISTED.where(cases.c.workspace_id == workspace_id, cases.c.id.in_(case_ids))) if case_ids else []
    everybody = tx.rows(sa.select(agents.c.id).where(agents.c.workspace_id == workspace_id, agents.c.disabled_at.is_(None)))
    beside = stand_beside(tx, around, listed)
    return Batch(around, listed, beside, frozenset(row.id for row in everybody), {}, near_cases(tx, who, case_ids))


def tell(tx: Tx, what: tuple[Sequence[Recorded], Batch, Templates], sight: Sight) -> list[Push]:
    """The pushes of one batch for one sight."""
    recorded, batch, templates = what
    who = Actor(sight.workspace_id, "agent", role="agent", inbox_ids=sight.inbox_ids)
    with speaking(Voice(sight.locale, sight.zone)):
        seen = [case for case in batch.listed if _sees(who, case, batch.beside)]
        proposed = proposed_cases(tx, who, [case.id for case in seen])
        pushes = [push for case in seen for push in _rows(batch, case, templates, (sight, case.id in proposed))]
        pushes += [_push("touched", {"case": str(case.id), "no": case.number}) for case in seen]
        gone = [one.event for one in recorded if isinstance(one.event, CaseErased) and who.may_see_inbox(one.event.inbox_id)]
        pushes += [_push("row", {"case": str(one.case_id), "no": one.number, "views": [], "html": "", "sort": {}}) for one in gone]
        if seen or gone:
            pushes += _counts(tx, who, recorded, seen, [batch.near[case.id] for case in seen if case.id in batch.near])
        if any(isinstance(one.event, BellChanged) for one in recorded):
            pushes += ring(tx, who, recorded)
        pushes += [_went(tx, sight, one.event) for one in recorded if isinstance(one.event, BulkWent)]
        if any(isinstance(one.event, FOR_EVERYBODY) for one in recorded):
            pushes += _banners(tx, who, templates, sight)
        return pushes


def _sees(who: Actor, case: Listed, beside: Beside) -> bool:
    """The same as `visible_to` says of lists."""
    return any(who.may_see_inbox(one) for one in (case.inbox_id, *beside.inboxes.get(case.id, ())))


def _rows(batch: Batch, case: Listed, templates: Templates, sight: tuple[Sight, bool]) -> Iterator[Push]:
    """One push where all readers see the same, else one for each kind of reader: who holds it, follows it, has begun to write."""
    near: dict[str, frozenset[int]] = {"mine": frozenset({case.assignee_id or 0}) - {0}, **batch.near.get(case.id, {})}
    near["drafted"] = batch.beside.drafters.get(case.id, frozenset())
    special = frozenset[int]().union(*near.values()) & batch.agents
    if not special:
        yield _row(batch, case, templates, sight, frozenset())
        return
    kinds: dict[frozenset[str], frozenset[int]] = {frozenset(): batch.agents - special}
    for agent_id in special:
        kind = frozenset(name for name, agent_ids in near.items() if agent_id in agent_ids)
        kinds[kind] = kinds.get(kind, frozenset()) | {agent_id}
    for kind, among in kinds.items():
        if among:
            yield msgspec.structs.replace(_row(batch, case, templates, sight, kind), agent_ids=among)


def _row(batch: Batch, case: Listed, templates: Templates, sight: tuple[Sight, bool], near: frozenset[str]) -> Push:
    row = msgspec.structs.replace(show_row(batch.around, case, batch.beside), drafted="drafted" in near, proposed=sight[1])
    everywhere = views_of(batch.around, case, batch.beside.inboxes.get(case.id, ()))
    own = [view for view in OWN if view in near and case.status in UNFINISHED]
    html = _draw(batch, row, templates, sight[0])
    places = {sort: number_of(case, sort) for sort in SORTS}
    return _push("row", {"case": row.id, "no": row.no, "views": [*own, *everywhere], "html": html, "sort": places})


def _draw(batch: Batch, row: Row, templates: Templates, sight: Sight) -> str:
    key = (int(row.id), sight.locale, sight.zone, row.drafted, row.proposed)
    if key not in batch.drawn:
        page = Page(title="", path="/", locale=sight.locale, zone=sight.zone)
        batch.drawn[key] = templates.render("desk/push.html", page, row=row, view_key="{view}")
    return batch.drawn[key]


def _counts(
    tx: Tx, who: Actor, recorded: Sequence[Recorded], seen: Sequence[Listed], near: Sequence[Mapping[Near, frozenset[int]]]
) -> list[Push]:
    """How many stand in the common views, and in Mine for each agent whom the events concern."""
    around = look_around(tx, who)
    common = {key: count for key, count in count_views(tx, around).views.items() if key not in OWN}
    concerned = {case.assignee_id for case in seen if case.assignee_id}
    for one in recorded:
        if isinstance(one.event, CaseAssigned):
            concerned |= {one.event.before, one.event.after} - {0}
    mine: Mapping[int, tuple[int, int]] = count_mine(tx, around, sorted(concerned)) if concerned else {}
    own = [_own_counts(agent_id, *mine.get(agent_id, (0, 0))) for agent_id in sorted(concerned)]
    return [_push("counts", common), *own, *_near_counts(tx, who, recorded, near)]


def _near_counts(tx: Tx, who: Actor, recorded: Sequence[Recorded], near: Iterable[Mapping[Near, frozenset[int]]]) -> list[Push]:
    """How many cases are followed by, and have called, each agent whom the events concern."""
    concerned = frozenset[int]().union(*(agent_ids for ways in near for agent_ids in ways.values()))
    concerned |= {one.event.agent_id for one in recorded if isinstance(one.event, FollowChanged)}
    counted = count_near(tx, who, sorted(concerned))
    return [_push("counts", {**counts}, frozenset({agent_id})) for agent_id, counts in sorted(counted.items())]


def _own_counts(agent_id: int, count: int, waiting: int) -> Push:
    return _push("counts", {"mine": count, "unread": waiting}, frozenset({agent_id}))


def _went(tx: Tx, sight: Sight, event: BulkWent) -> Push:
    """How far a deed to many is, for the agent who began it."""
    among = frozenset({event.agent_id})
    try:
        run = read_run(tx, Actor(sight.workspace_id, "agent", event.agent_id), event.deed_id)
    except Missing:
        return _push("beat", {}, frozenset())
    return _push("deed", {"deed": str(run.id), "text": tell_run(run), "over": run.state in {"done", "undone"}}, among)


def _banners(tx: Tx, who: Actor, templates: Templates, sight: Sight) -> list[Push]:
    """For administrators with the way to where it is put right, for all others without."""
    everybody = tx.rows(sa.select(agents.c.id, agents.c.role).where(agents.c.workspace_id == sight.workspace_id))
    found: list[Push] = []
    for role in ROLES:
        around = look_around(tx, msgspec.structs.replace(who, role=role))
        page = Page(title="", path="/", locale=sight.locale, zone=sight.zone, banners=banners(tx, around))
        among = frozenset(row.id for row in everybody if row.role == role)
        found.append(_push("banners", {"html": templates.render("web/banners.html", page)}, among))
    return found


def _push(name: str, data: Mapping[str, Any], agent_ids: frozenset[int] | None = None) -> Push:
    return Push(name, msgspec.json.encode(data).decode(), agent_ids)
