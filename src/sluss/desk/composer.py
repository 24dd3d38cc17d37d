"""The composer: to whom an answer goes and by which way, and what the agent has begun to write. In: a case. Out: the screen's value."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from sluss.cases.access import WORKERS, CaseRow
from sluss.cases.models import attachments
from sluss.desk import screens
from sluss.desk.answering import chosen_target, conversation_of, network_part
from sluss.desk.around import Around, people
from sluss.desk.attached import show_file
from sluss.desk.item_screens import File
from sluss.desk.public_screens import Exposed
from sluss.desk.screens import Composer, Run
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.replies.drafts import Apart, Draft, Kind, find_draft
from sluss.replies.recipients import written
from sluss.replies.siding import people_of, subject_of
from sluss.replies.signatures import signature_of
from sluss.replies.targets import Target, letter_target
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

KINDS: tuple[Kind, Kind] = ("reply", "note")
NOT_YOURS = say("Your role reads cases and writes notes; answering is for agents.")


class Typed(msgspec.Struct, frozen=True):
    """What a refused form held, to be shown again in place of the stored draft."""

    kind: Kind
    body: str
    cc: str
    attachment_ids: tuple[int, ...]
    revision: int
    form: Form
    bcc: str = ""
    apart: Apart | None = None
    conversation_id: int = 0
    spoiler: str | None = None
    exposed: tuple[Exposed, ...] = ()


def show_composer(tx: Tx, around: Around, case: CaseRow, typed: Typed | None = None, thread: int = 0) -> Composer:
    """The composer of a case for the reader; only notes where no answer can be sent. `thread` is to be gone on with, aside."""
    chosen = typed.conversation_id if typed and typed.kind == "reply" else conversation_of(find_draft(tx, around.who, case.id, "reply"))
    way, copied = _way(tx, around, case, chosen)
    reply, note = (_draft(tx, around, case, kind, typed) for kind in KINDS)
    if reply is None:
        reply = screens.Draft(cc=copied)
    note = note or screens.Draft()
    side = show_side(tx, around, case, typed, thread) if way.can_ask else None
    tab: Kind = typed.kind if typed else "side" if thread else _begun(reply, note, side)
    if typed is not None and typed.spoiler is not None:
        way = msgspec.structs.replace(way, spoiler=typed.spoiler)
    exposed = typed.exposed if typed else ()
    return msgspec.structs.replace(way, reply=reply, note=note, side=side, tab=tab, form=typed.form if typed else Form(), exposed=exposed)


def _begun(reply: screens.Draft, note: screens.Draft, side: screens.SideDraft | None) -> Kind:
    """The tab of what was begun: an answer before all, and of the two others the newer one."""
    if reply.body or not (note.body or (side is not None and side.body)):
        return "reply"
    return "side" if side is not None and side.body and (side.saved_at or 0) >= (note.saved_at or 0) else "note"


def show_side(tx: Tx, around: Around, case: CaseRow, typed: Typed | None, thread: int) -> screens.SideDraft:
    """What was begun beside the customer, or the next word in a conversation there."""
    kept = _draft(tx, around, case, "side", typed) or screens.Draft()
    stored = find_draft(tx, around.who, case.id, "side")
    apart = (typed.apart if typed is not None and typed.kind == "side" else stored.apart if stored is not None else None) or Apart()
    goes_on = thread or apart.conversation_id
    about = subject_of(tx, case, goes_on) if goes_on else ""
    to = written(people_of(tx, around.who, goes_on)) if about and not apart.to else apart.to
    return screens.SideDraft(
        **msgspec.structs.asdict(kept),
        to=to,
        subject=apart.subject,
        thread=str(goes_on) if about else "",
        about=about,
        quoted=tuple(map(str, apart.quoted)),
        passed=tuple(map(str, apart.passed)),
    )


def show_draft(tx: Tx, around: Around, stored: Draft) -> screens.Draft:
    """A stored draft with its files."""
    files = files_of(tx, around, stored.attachment_ids)
    return screens.Draft(body=stored.text, cc=stored.cc, bcc=stored.bcc, files=files, revision=stored.revision, saved_at=stored.changed_at)


def files_of(tx: Tx, around: Around, attachment_ids: Sequence[int]) -> tuple[File, ...]:
    """The reader's own files of a draft, in the order in which they were attached."""
    if not attachment_ids:
        return ()
    c = attachments.c
    mine = (c.workspace_id == around.who.workspace_id) & c.id.in_(attachment_ids) & (c.uploader_id == around.who.id)
    found = {row.id: show_file(row) for row in tx.rows(sa.select(attachments).where(mine, c.message_id.is_(None), c.note_id.is_(None)))}
    return tuple(found[one] for one in attachment_ids if one in found)


def _way(tx: Tx, around: Around, case: CaseRow, chosen: int) -> tuple[Composer, str]:
    """The way out of a case, said in full, and who is copied in from the start."""
    try:
        target = chosen_target(tx, around, case, chosen)
    except Missing:
        return _nowhere(around, case), ""
    can = target.capabilities
    closed = target.closed if around.who.role in WORKERS else NOT_YOURS
    others = target.others if can.can_cc else ()
    composer = Composer(
        to_name=target.to.name or target.to.address,
        to_address=target.to.address,
        channel_icon=can.icon,
        channel_label=_(can.label),
        from_name=target.sender.name,
        from_address=target.sender.address,
        visibility=target.visibility,
        can_cc=can.can_cc,
        everybody=written(others),
        others=tuple(one.name or one.address for one in others),
        signature=_signature(tx, around, target),
        quotes=can.is_letter and bool(target.inbox.settings.get("quote_history", True)),
        can_place=can.is_letter,
        can_attach=can.can_attach,
        max_length=can.max_length,
        max_file_bytes=can.max_file_bytes,
        undo_seconds=can.undo_seconds,
        closed=_(closed) if closed else "",
        doubtful=target.doubtful,
        live=can.is_live,
        way=str(target.inbox_id),
        as_name=_name_of(tx, around) if can.is_live else "",
        can_ask=_may_ask(around, case, letter_target(tx, around.who, target)),
        **network_part(tx, around, case, target),
    )
    return composer, written(target.copied) if can.can_cc and target.keeps_copied else ""


def _may_ask(around: Around, case: CaseRow, way: Target) -> bool:
    open_way = way.capabilities.is_letter and way.inbox.archived_at is None
    return open_way and around.who.role in WORKERS and case.status != "closed"


def _name_of(tx: Tx, around: Around) -> str:
    """What a customer sees of the reader who answers."""
    known = people(tx, around.who, [around.who.id]).get(around.who.id)
    return known.name if known is not None else ""


def _signature(tx: Tx, around: Around, target: Target) -> tuple[tuple[Run, ...], ...]:
    lines = signature_of(tx, around.who, target.inbox) if target.capabilities.is_letter else ()
    return tuple(tuple(Run(run.text, run.strong, run.href) for run in line) for line in lines)


def _nowhere(around: Around, case: CaseRow) -> Composer:
    """A case in which nobody has written: there are only notes."""
    face = around.face(case.inbox_id)
    return Composer(
        to_name="",
        to_address="",
        channel_icon=face.can.icon,
        channel_label=face.label,
        from_name=face.name,
        from_address=face.address,
        can_attach=True,
        closed=_("There is nobody here to answer to."),
    )


def _draft(tx: Tx, around: Around, case: CaseRow, kind: Kind, typed: Typed | None) -> screens.Draft | None:
    if typed is not None and typed.kind == kind:
        return screens.Draft(
            body=typed.body, cc=typed.cc, bcc=typed.bcc, files=files_of(tx, around, typed.attachment_ids), revision=typed.revision
        )
    stored = find_draft(tx, around.who, case.id, kind)
    return show_draft(tx, around, stored) if stored is not None else None
