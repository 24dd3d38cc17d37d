"""The dialog that takes a matter to private. In: a case, perhaps one public message of it. Out: the dialog's value."""

from __future__ import annotations

import sqlalchemy as sa

from sluss.cases.access import access_case_no
from sluss.cases.models import conversations, messages, threads
from sluss.channels.handles import shown_address
from sluss.contacts.models import identities
from sluss.desk.around import Around, look_around
from sluss.desk.sluice_screens import PassageShown, SluiceForm
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.language.guard import find_personal, masked
from sluss.replies.news import mark_of
from sluss.replies.sluice import Passage, Sluice, sluice_of
from sluss.web.locale import gettext as _

EXCERPT = 600
NOT_PUBLIC = say("Nothing of this case is public, so there is nothing to move.")


def read_sluice(tx: Tx, who: Actor, no: int, public_id: int = 0) -> SluiceForm:
    """The ways that are open now. Raises `Conflict` where nothing of the case is public."""
    case = access_case_no(tx, who, no)
    sluice, around = _sluice(tx, who, case.id, public_id), look_around(tx, who)
    m, v, t, i = messages.c, conversations.c, threads.c, identities.c
    joined = (
        messages.join(conversations, (v.workspace_id == m.workspace_id) & (v.id == m.conversation_id))
        .join(threads, (t.workspace_id == v.workspace_id) & (t.id == v.thread_id))
        .join(identities, (i.workspace_id == m.workspace_id) & (i.id == m.identity_id))
    )
    chosen = sa.select(m.text, m.fresh, t.inbox_id, i.name, i.address).select_from(joined)
    [row] = tx.rows(chosen.where(m.workspace_id == who.workspace_id, m.id == sluice.public_id))
    face, words = around.face(row.inbox_id), (row.fresh or row.text)[:EXCERPT]
    found = find_personal(words)
    passages = tuple(_passage(around, one) for one in sluice.passages)
    return SluiceForm(
        no=case.number,
        public=str(sluice.public_id),
        author=row.name or shown_address(row.address),
        words=masked(words, found),
        network=face.label_at("public"),
        account=face.name,
        language=sluice.language,
        passages=passages,
        chosen=next((one.by for one in passages if not one.why), ""),
        can_hide=sluice.can_hide,
        hide=sluice.can_hide and bool(found),
        seen=mark_of(tx, who, case.id),
    )


def _sluice(tx: Tx, who: Actor, case_id: int, public_id: int) -> Sluice:
    try:
        return sluice_of(tx, who, case_id, public_id)
    except Missing:
        raise Conflict(NOT_PUBLIC) from None


def _passage(around: Around, one: Passage) -> PassageShown:
    face = around.inboxes.get(one.inbox_id) or around.others.get(one.inbox_id)
    network = face.label_at("private") if face else ""
    titles = {
        "reply": (_("Private answer by %(network)s") % {"network": network}, _("One message, straight to the author of the comment.")),
        "talk": (_("Go on in %(network)s") % {"network": network}, _("There is a private talk with this person already.")),
        "link": (_("Private page"), _("A link in public, which only its first reader can open. A call-back can be asked for there.")),
        "mail": (_("E-mail to %(address)s") % {"address": one.label}, _("By your mail inbox.")),
    }
    icons = {"reply": face.can_at("private").icon if face else "lock", "link": "link-2", "mail": "mail"}
    icons["talk"] = icons["reply"]
    title, detail = titles[one.by]
    why = _(one.why) if one.why else ""
    return PassageShown(by=one.by, icon=icons[one.by], title=title, detail=detail, said=one.said, why=why, wants_words=one.by != "link")
