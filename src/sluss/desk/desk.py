"""The desk as a whole. In: who looks, which view, which case. Out: `Desk` and what the shell shows around it, from one consistent read."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.broadcast.linking import notices_about
from sluss.cases.access import CaseRow, access_case_no, require_whole
from sluss.cases.audience import audience_of
from sluss.cases.following import LEADS, follower_ids
from sluss.cases.models import cases
from sluss.channels.models import inboxes
from sluss.customers.reading import Beside, show_contact
from sluss.customers.screens import Person
from sluss.desk.around import Around, banners, look_around, people
from sluss.desk.chosen import Chosen, choose, show_saved, view_of
from sluss.desk.composer import Typed, show_composer
from sluss.desk.effects import effect_of
from sluss.desk.exposure import answered_in_private, exposed_in
from sluss.desk.list_screens import Queue, View
from sluss.desk.order import Sort, sort_of
from sluss.desk.panel import all_tags, assignable, case_banners, teams_of
from sluss.desk.posts import read_posts
from sluss.desk.presence import show_colleagues
from sluss.desk.proposed import show_proposals
from sluss.desk.rows import list_page, neighbours, show_rows, tags_of
from sluss.desk.saved import kept_sort, saved_for
from sluss.desk.screens import Case, Desk, FirstStep, News, Piece
from sluss.desk.searching import search
from sluss.desk.sides import mark_of as side_mark
from sluss.desk.sides import sides_of
from sluss.desk.timeline import read_timeline
from sluss.desk.views import COUNTED, Counts, Scope, best_view, count_scope, count_views, show_views, view_named
from sluss.desk.visiting import show_visitors, visits_at
from sluss.kernel.actors import Actor
from sluss.kernel.events import last_position
from sluss.kernel.tx import Tx
from sluss.moderation.reading import waiting_here
from sluss.notifications.telling import count_unread
from sluss.people.models import agents
from sluss.replies import news as news_of
from sluss.replies.news import mark_of, news_since
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `view` empty means the view in which the case stands, `f` narrows it. `rows` asks for the list as well.

    `shown`: what the customer says in a live talk is before the reader's eyes as it comes, and so no news to them.
    """

    voice: Voice
    view: str = ""
    f: str = ""
    sort: str = ""
    after: str = ""
    no: int | None = None
    focus: int | None = None
    before: int | None = None
    rows: bool = True
    everything: bool = False
    pieces: tuple[Piece, ...] = ()
    seen: str = ""
    shown: bool = False
    typed: Typed | None = None
    thread: int = 0


class Seen(msgspec.Struct, frozen=True):
    """A desk, and what the page around it shows."""

    desk: Desk
    shell: dict[str, Any]


def read_desk(tx: Tx, who: Actor, look: Look) -> Seen:
    """The desk with a list, a case, or both. Raises `Missing` for what the actor may not see."""
    # Read before anything else: what happens meanwhile is pushed a second time rather than missed.
    position = int(tx.value(last_position()))
    with speaking(look.voice):
        around = look_around(tx, who)
        case = require_whole(tx, who, access_case_no(tx, who, look.no)) if look.no is not None else None
        chosen = choose(tx, around, look.view or (best_view(around, case) if case else "mine"), look.f, look.voice.zone)
        sort, counts = _sort(tx, who, chosen, look), count_views(tx, around)
        views = show_views(around, counts, show_saved(around, saved_for(tx, who)))
        desk = Desk(
            views=views,
            queue=_queue(tx, around, (chosen, sort, counts, views), look),
            case=_case(tx, around, (case, chosen.scope, sort), look) if case else None,
            pieces=look.pieces,
            unassigned=counts.views["unassigned"],
            first_steps=_first_steps(tx, who, counts) if case is None and look.rows else (),
        )
        return Seen(desk, _shell(tx, around, counts, position))


def read_more(tx: Tx, who: Actor, look: Look) -> Queue:
    """The next rows of a list."""
    with speaking(look.voice):
        around = look_around(tx, who)
        chosen = choose(tx, around, look.view, look.f, look.voice.zone)
        counts = Counts({chosen.scope.key: 0}, 0)
        views = show_views(around, counts, [view_of(chosen.saved, who_may=False)] if chosen.saved else ())
        return _queue(tx, around, (chosen, _sort(tx, who, chosen, look), counts, views), look, count=False)


def read_search(tx: Tx, who: Actor, look: Look, query: str) -> tuple[Any, dict[str, Any]]:
    """What a search finds, and what the shell shows around it."""
    position = int(tx.value(last_position()))
    with speaking(look.voice):
        around = look_around(tx, who)
        return search(tx, around, query, look.after, "relevance" if look.sort == "relevance" else "newest"), _shell(
            tx, around, count_views(tx, around), position
        )


def read_best_view(tx: Tx, who: Actor, no: int) -> str:
    """The key of the view in which a case is best looked at."""
    return best_view(look_around(tx, who), access_case_no(tx, who, no))


def _sort(tx: Tx, who: Actor, chosen: Chosen, look: Look) -> Sort:
    """The order that is asked for, else the one the reader chose for this view, else the saved view's, else what suits it."""
    asked = look.sort or kept_sort(tx, who, chosen.scope.key) or (chosen.saved.sort if chosen.saved else "")
    return sort_of(chosen.scope, asked)


def _queue(tx: Tx, around: Around, asked: tuple[Chosen, Sort, Counts, tuple[View, ...]], look: Look, *, count: bool = True) -> Queue:
    chosen, sort, counts, views = asked
    scope, view = chosen.scope, view_named(around, views, chosen.scope.key)
    if not look.rows:
        return Queue(view=view, rows=(), total=view.count or 0, sort=sort, narrowing=chosen.narrowing)
    listed, after = list_page(tx, around, scope, sort, look.after)
    rows = show_rows(tx, around, listed, sort)
    total = count_scope(tx, around, scope, counts) if count else 0
    queue = Queue(view=view, rows=rows, total=total, after=after, sort=sort, narrowing=chosen.narrowing, more=total >= COUNTED)
    return msgspec.structs.replace(queue, effect=effect_of(tx, around, scope)) if look.everything else queue


def _case(tx: Tx, around: Around, chosen: tuple[CaseRow, Scope, Sort], look: Look) -> Case:
    row, scope, sort = chosen
    who, face = around.who, around.face(row.inbox_id)
    mark, composer = mark_of(tx, who, row.id), show_composer(tx, around, row, look.typed, look.thread)
    news = news_since(tx, who, row.id, look.seen, ours_alone=look.shown and composer.live) if look.seen else None
    stretch = read_timeline(tx, around, row, look.before, look.focus)
    before, after = neighbours(tx, around, scope, sort, row) if look.before is None else (None, None)
    sides = sides_of(tx, around, row)
    mark_public = side_mark(sides)
    return Case(
        id=str(row.id),
        no=row.number,
        subject=row.subject,
        status=row.status,
        priority=row.priority,
        inbox=face.name,
        channel_icon=face.can.icon,
        channel_label=face.label,
        sides=sides,
        public=mark_public,
        posts=read_posts(tx, around, row) if mark_public else (),
        exposed=exposed_in(tx, who, row) if mark_public else None,
        passed=mark_public == "both" and answered_in_private(tx, who, row),
        opened_at=row.opened_at,
        items=stretch.items,
        first=stretch.first,
        earlier=stretch.earlier,
        focus=str(look.focus) if look.focus is not None else "",
        contact=show_contact(tx, who, row.contact_id, Beside(case=row)),
        composer=composer,
        seen=mark,
        news=show_news(news) if news is not None else None,
        snoozed_until=row.snoozed_until,
        waiting_since=row.waiting_since,
        assignee=people(tx, who, [row.assignee_id]).get(row.assignee_id or 0),
        **_following(tx, who, row),
        team=teams_of(tx, who, row.inbox_id),
        tags=tags_of(tx, who, row.id),
        agents=assignable(tx, who),
        all_tags=all_tags(tx, who),
        banners=case_banners(tx, around, row),
        proposals=show_proposals(tx, around, row),
        waiting=waiting_here(tx, who, row.id),
        notices=tuple(notices_about(tx, who, row.id)),
        here=show_colleagues(tx, who, [row.id]).get(row.id, ()),
        live=face.can.is_live or composer.live,
        visit=visits_at(tx, around, [row.id]).get(row.id),
        visitors=show_visitors(tx, around, row),
        previous_no=before,
        next_no=after,
    )


def show_news(news: news_of.News) -> News:
    """What somebody else said meanwhile, as the screens tell it."""
    by = news.by or _("Somebody")
    ours = news.direction == "out"
    return News(id=str(news.id), by=by, at=news.at, text=news.text, ours=ours, note=news.kind == "note", origin=news.origin)


def _following(tx: Tx, who: Actor, case: CaseRow) -> dict[str, Any]:
    """Who follows a case; for leads also who else could."""
    following = follower_ids(tx, who, case.id)
    seeing = audience_of(tx, case) if following or who.role in LEADS else []
    shown = {one.id: Person(str(one.id), one.name) for one in seeing}
    return {
        "following": who.id in following,
        "followers": tuple(person for one, person in shown.items() if one in following),
        "could_follow": tuple(person for one, person in shown.items() if one not in following) if who.role in LEADS else (),
    }


def _shell(tx: Tx, around: Around, counts: Counts, position: int) -> dict[str, Any]:
    bell = count_unread(tx, around.who, [around.who])[around.who.id]
    return {"banners": banners(tx, around), "unread": counts.waiting, "bell": bell, "live_after": str(position)}


def _first_steps(tx: Tx, who: Actor, counts: Counts) -> tuple[FirstStep, ...]:
    """Until the first message has come: what there is to do."""
    mine = cases.c.workspace_id == who.workspace_id
    if who.role != "admin" or any(counts.views.values()) or tx.row(sa.select(cases.c.id).where(mine).limit(1)) is not None:
        return ()
    connected = (
        tx.row(sa.select(inboxes.c.id).where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.archived_at.is_(None)).limit(1))
        is not None
    )
    several = (
        len(tx.rows(sa.select(agents.c.id).where(agents.c.workspace_id == who.workspace_id, agents.c.disabled_at.is_(None)).limit(2))) > 1
    )
    return (
        FirstStep(label=_("Connect a mailbox"), done=connected, href="/settings/inboxes/new"),
        FirstStep(label=_("Invite a colleague"), done=several, href="/settings/agents/new"),
        FirstStep(label=_("Send a mail to your mailbox and see it arrive here"), done=False, href="/inbox/unassigned"),
    )
