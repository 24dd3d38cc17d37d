"""The question before a deed that hurts, or that wants to be told what. In: a message and a deed. Out: the dialog's value."""

from __future__ import annotations

from typing import Any, NamedTuple

import sqlalchemy as sa

from sluss.cases.access import access_case, access_message
from sluss.cases.models import conversations, threads
from sluss.channels.deeds import DeedKind
from sluss.channels.handles import shown_address
from sluss.contacts.models import identities
from sluss.desk.around import Around, look_around, people
from sluss.desk.deed_screens import DeedForm
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.deeds import possible_deeds
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

EXCERPT = 600
NOT_HERE = say("This cannot be done here: the network does not offer it for this message.")
SIGNS = ("👍", "❤️", "😂", "😮", "😢", "🙏")
"""What every network with reactions takes."""


class _Words(NamedTuple):
    title: str
    effect: str
    button: str


def read_deed_form(tx: Tx, who: Actor, message_id: int, kind: DeedKind, form: Form) -> DeedForm:
    """The dialog, empty or as it was filled in. Raises `Conflict` where this cannot be done."""
    row = access_message(tx, who, message_id)
    case = access_case(tx, who, row.case_id)
    if kind not in possible_deeds(tx, who, [message_id]).get(message_id, ()):
        raise Conflict(NOT_HERE)
    around = look_around(tx, who)
    thread = _thread(tx, who, row.conversation_id)
    ours, author = row.direction == "out", _author(tx, around, row)
    inbox = around.face(thread.inbox_id)
    can, network = inbox.can_at(thread.visibility), inbox.label_at(thread.visibility)
    words = _words(kind, ours=ours, given={"name": author, "network": network, "account": inbox.name})
    if kind == "edit" and "body" not in form.values:
        form = Form({"body": row.text}, form.errors)
    shared: dict[str, Any] = {"title": words.title, "effect": words.effect, "button": words.button, "form": form}
    return DeedForm(
        message=str(message_id),
        no=case.number,
        kind=kind,
        said=(row.fresh or row.text)[:EXCERPT],
        by=author,
        asks="body" if kind == "edit" else "emoji" if kind == "react" else "reason",
        danger=kind in {"delete", "block"},
        signs=SIGNS if kind == "react" else (),
        max_length=can.max_length,
        counts=can.counts,
        **shared,
    )


def _thread(tx: Tx, who: Actor, conversation_id: int) -> sa.Row[Any]:
    v, t = conversations.c, threads.c
    joined = conversations.join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
    chosen = sa.select(t.inbox_id, t.visibility).select_from(joined)
    [row] = tx.rows(chosen.where(v.workspace_id == who.workspace_id, v.id == conversation_id))
    return row


def _author(tx: Tx, around: Around, row: sa.Row[Any]) -> str:
    if row.direction == "out":
        known = people(tx, around.who, [row.agent_id]).get(row.agent_id or 0)
        return known.name if known else row.author or _("Somebody")
    i = identities.c
    found = tx.row(sa.select(i.name, i.address).where(i.workspace_id == around.who.workspace_id, i.id == row.identity_id))
    return (found.name or shown_address(found.address)) if found else _("Somebody")


def _words(kind: DeedKind, *, ours: bool, given: dict[str, str]) -> _Words:
    if kind == "delete":
        title = _("Delete our answer from %(network)s") if ours else _("Delete what %(name)s wrote on %(network)s")
        gentler = "" if ours else " " + _("To hide it is gentler, and can be undone.")
        return _Words(
            title % given, _("Nobody sees it there any more, and no network gives it back. The words stay here.") + gentler, _("Delete")
        )
    if kind == "block":
        effect = _("They can no longer write to %(account)s on %(network)s. You can unblock them later.")
        return _Words(_("Block %(name)s on %(network)s") % given, effect % given, _("Block"))
    if kind == "report":
        return _Words(
            _("Report this to %(network)s") % given,
            _("The network looks at it by its own rules. The author is not told by whom."),
            _("Report"),
        )
    if kind == "edit":
        return _Words(
            _("Edit our answer on %(network)s") % given, _("Readers may see that it was edited, and what it said before."), _("Save")
        )
    return _Words(_("React on %(network)s") % given, _("One sign from us; a new one takes the place of the old."), _("React"))
