"""What leaves, put together from rows. In: a claim. Out: the same message at every attempt; its files are read outside the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import attachments, message_references, messages, threads
from sluss.channels.addressing import bounce_address, reply_address
from sluss.channels.contract import Address, Connection, Outbound, OutboundFile
from sluss.channels.registry import capabilities_of
from sluss.kernel.files import FileStore, as_digest
from sluss.kernel.tx import Tx
from sluss.language.guess import guess_language
from sluss.outbox.claims import Claim
from sluss.outbox.going import Going, load_going
from sluss.outbox.models import carried, other_forms

ANCESTORS = 20


class FileRow(msgspec.Struct, frozen=True):
    """A file to send along, not yet read."""

    name: str
    media_type: str
    digest: str
    content_id: str = ""
    alt: str = ""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A message as stored, with what ties it to its thread. `references` runs from the nearest ancestor to the oldest."""

    external_id: str
    thread_token: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    html: str
    in_reply_to: str
    references: tuple[str, ...]
    files: tuple[FileRow, ...]
    sent_at: int
    automatic: bool
    going: Going = Going()


def load_parcel(tx: Tx, claim: Claim) -> Parcel:
    """Everything about the message that its network needs."""
    m = messages.c
    row = tx.row(sa.select(messages).where(m.workspace_id == claim.workspace_id, m.id == claim.message_id))
    if row is None:
        raise LookupError(claim.message_id)
    t = threads.c
    token = tx.value(sa.select(t.token).where(t.workspace_id == claim.workspace_id, t.id == claim.thread_id))
    ancestors = _ancestors(tx, claim)
    parcel = Parcel(
        external_id=row.external_id,
        thread_token=token,
        to=msgspec.convert(row.to, tuple[Address, ...]),
        cc=msgspec.convert(row.cc, tuple[Address, ...]),
        subject=row.subject,
        text=row.text,
        html=row.html,
        in_reply_to=next((one.external_id for one in ancestors if one.direction == "in"), ""),
        references=tuple(dict.fromkeys(one.external_id for one in ancestors)),
        files=_files(tx, claim),
        sent_at=row.at,
        automatic=bool(row.automatic),
        going=_going(tx, claim, ancestors),
    )
    return _in_other_form(tx, claim, parcel)


def pack(parcel: Parcel, claim: Claim, connection: Connection, files: FileStore) -> Outbound:
    """The message for one recipient, its files read and checked. Raises `StoreError`; reads the disk."""
    sender, going = str(connection.settings.get("from_name") or connection.name), parcel.going
    return Outbound(
        external_id=parcel.external_id,
        recipient=claim.recipient,
        sender=Address(connection.address, sender),
        reply_to=Address(reply_address(connection, parcel.thread_token), sender),
        to=parcel.to,
        cc=parcel.cc,
        subject=parcel.subject,
        text=parcel.text,
        html=parcel.html,
        in_reply_to=parcel.in_reply_to,
        references=parcel.references,
        files=tuple(_opened(one, files) for one in parcel.files),
        sent_at=parcel.sent_at,
        automatic=parcel.automatic,
        bounces_to=bounce_address(connection, claim.operation_id, claim.token),
        visibility=going.visibility,
        thread_key=going.thread_key,
        post_key=going.post_key,
        answers=going.answers,
        follows=going.follows,
        audience=going.audience,
        spoiler=going.spoiler,
        facts=going.facts,
        is_private_reply=going.is_private_reply,
        opened_at=going.opened_at,
        template=going.template,
        language=guess_language(parcel.text),
    )


def _going(tx: Tx, claim: Claim, ancestors: Sequence[sa.Row[Any]]) -> Going:
    """A letter says all that in its headers."""
    if capabilities_of(claim.channel).is_letter:
        return Going()
    return load_going(tx, claim, next((one.message_id for one in ancestors if one.direction == "in"), 0))


def _in_other_form(tx: Tx, claim: Claim, parcel: Parcel) -> Parcel:
    """As it goes by a second way, together with the files of all the messages that it takes along."""
    c = other_forms.c
    form = tx.row(sa.select(other_forms).where(c.workspace_id == claim.workspace_id, c.operation_id == claim.operation_id))
    if form is None:
        return parcel
    return msgspec.structs.replace(
        parcel,
        external_id=form.external_id,
        to=(claim.recipient,),
        cc=(),
        subject=form.subject,
        text=form.text,
        html=form.html,
        # Nobody has answered by this way yet, perhaps: then it goes on from our own last message there.
        in_reply_to=parcel.in_reply_to or next(iter(parcel.references), ""),
        sent_at=form.at,
    )


def _opened(one: FileRow, files: FileStore) -> OutboundFile:
    return OutboundFile(one.name, one.media_type, files.read(as_digest(one.digest)), one.content_id, one.alt)


def _ancestors(tx: Tx, claim: Claim) -> Sequence[sa.Row[Any]]:
    """Earlier messages of the thread, the nearest first; of a long thread the last ones and the very first."""
    r, m = message_references.c, messages.c
    joined = message_references.join(messages, (m.workspace_id == r.workspace_id) & (m.id == r.message_id))
    before = (r.workspace_id == claim.workspace_id) & (r.thread_id == claim.thread_id) & (r.message_id < claim.message_id)
    chosen = sa.select(r.external_id, r.message_id, m.direction).select_from(joined).where(before)
    nearest = tx.rows(chosen.order_by(r.message_id.desc()).limit(ANCESTORS))
    if len(nearest) < ANCESTORS:
        return nearest
    return [*nearest, *tx.rows(chosen.order_by(r.message_id).limit(1))]


def _files(tx: Tx, claim: Claim) -> tuple[FileRow, ...]:
    c, k = attachments.c, carried.c
    along = sa.select(k.message_id).where(k.workspace_id == claim.workspace_id, k.operation_id == claim.operation_id)
    mine = (c.workspace_id == claim.workspace_id) & ((c.message_id == claim.message_id) | c.message_id.in_(along))
    return tuple(
        FileRow(*row) for row in tx.rows(sa.select(c.name, c.media_type, c.digest, c.content_id, c.alt).where(mine).order_by(c.id))
    )
