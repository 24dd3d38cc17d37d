"""Files, and mail as it was sent: how a stranger's bytes reach a browser. In: ids, checked through their case. Out: harmless bytes.

A file is a download of a neutral type unless its own bytes say that it is a raster picture; nothing is run or shown as a page (T8, T68).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from litestar import Response, get, post
from litestar.response import Stream

from sluss.cases.access import AttachmentRow, access_attachment, access_case_no, access_message
from sluss.cases.models import attachments, conversations, threads
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named, channel_names
from sluss.desk.attached import THUMB_BYTES
from sluss.desk.receiving import receive
from sluss.desk.screens import Source
from sluss.desk.shapes import FileForm, number
from sluss.intake.models import envelopes
from sluss.intake.store import read_raw
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.files import FileStore, StoreError, as_digest
from sluss.kernel.html import FRAME_CSP, FRAME_CSP_WITH_REMOTE_IMAGES, TooMuchHtml, clean_mail, frame_document
from sluss.kernel.text import clean_text
from sluss.kernel.tx import Tx
from sluss.people.access import READERS
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.uploads import HEAD, NEUTRAL, PICTURES, Picture, disposition, read_picture

CHUNK = 1 << 16
HEAD_SHOWN = 200_000
FILE_POLICY = "default-src 'none'; sandbox"
# The frame holds no script and may run none; being of our origin lets it fetch inline pictures and the page measure its height.
OF_OUR_ORIGIN = " allow-same-origin"


@post("/cases/{no:str}/files", may=READERS, status_code=201)
async def attach(edge: Edge, asked: Asked, who: Actor, no: str) -> Response[Any]:
    """Keep a file for the agent's draft."""
    case = await edge.db.read(access_case_no, who, number(no))
    form = await asked.form(FileForm)
    if not getattr(form.file, "filename", ""):
        return asked.json({"error": _("Choose a file first.")}, 422)
    try:
        file_id = await receive(edge, who, case.id, form.file)
    except Invalid as invalid:
        return asked.json({"error": " ".join(_(sentence) for sentence in invalid.fields.values())}, 422)
    found = await edge.db.read(access_attachment, who, file_id)
    return asked.json({"id": str(found.id), "name": found.name, "size": found.size}, 201)


@get("/files/{file_id:str}", may=READERS, reads=("file", "file_id"))
async def download(edge: Edge, who: Actor, file_id: str) -> Response[Any]:
    """A file, for those who may see what it hangs on."""
    found = await edge.db.read(access_attachment, who, number(file_id))
    picture = await asyncio.to_thread(_inspect, edge.files, found)
    inline = picture is not None and picture.is_bounded
    return _bytes(edge.files, found, picture.media_type if picture and inline else NEUTRAL, inline=inline)


@get("/files/{file_id:str}/thumb", may=READERS)
async def thumb(edge: Edge, who: Actor, file_id: str) -> Response[Any]:
    """A small picture to look at: the original, where it is small enough."""
    found = await edge.db.read(access_attachment, who, number(file_id))
    if found.media_type not in PICTURES or found.size > THUMB_BYTES:
        raise Missing
    picture = await asyncio.to_thread(_inspect, edge.files, found)
    if picture is None or not picture.is_bounded:
        raise Missing
    return _bytes(edge.files, found, picture.media_type, inline=True)


@get("/messages/{message_id:str}/frame", may=READERS, reads=("message", "message_id"))
async def frame(edge: Edge, asked: Asked, who: Actor, message_id: str, images: str = "") -> Response[str]:
    """Mail as it was sent, harmless; pictures from elsewhere only when they are asked for."""
    html, pictures = await edge.db.read(_mail, who, number(message_id))
    if not html:
        raise Missing
    remote = images == "1"
    try:
        cleaned = await asyncio.to_thread(clean_mail, html, remote_images=remote, cid=pictures)
        body = cleaned.html
    except TooMuchHtml:
        body = f"<p>{_('This mail is too large to be shown as it was sent. Its text is in the conversation.')}</p>"
    policy = (FRAME_CSP_WITH_REMOTE_IMAGES if remote else FRAME_CSP) + OF_OUR_ORIGIN
    document = frame_document(body, asked.reader.locale, remote_images=remote)
    return Response(document, media_type="text/html", headers={"Content-Security-Policy": policy, "Cache-Control": "no-store"})


@get("/messages/{message_id:str}/raw", may=READERS, reads=("message", "message_id"))
async def raw(edge: Edge, who: Actor, message_id: str) -> Response[bytes]:
    """The mail exactly as it came, as a download that no browser opens."""
    data = await _raw(edge, who, number(message_id))
    headers = {
        "Content-Disposition": disposition(f"message-{number(message_id)}.eml", inline=False),
        "Content-Security-Policy": FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(data, media_type=NEUTRAL, headers=headers)


@get("/messages/{message_id:str}/headers", may=READERS, reads=("message", "message_id"))
async def headers(edge: Edge, asked: Asked, who: Actor, message_id: str) -> Response[Any]:
    """The original headers, in a dialog, or as plain text."""
    head = _head(await _raw(edge, who, number(message_id)))
    if asked.partial:
        return asked.answer("desk/headers.html", asked.page(_("Original headers"), "inbox"), source=Source(str(number(message_id)), head))
    plain = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, no-store"}
    return Response(head, media_type="text/plain", headers=plain)


async def _raw(edge: Edge, who: Actor, message_id: int) -> bytes:
    kept = await edge.db.read(_envelope_of, who, message_id)
    try:
        return await asyncio.to_thread(read_raw, edge.files, *kept)
    except StoreError:
        raise Missing from None


def _envelope_of(tx: Tx, who: Actor, message_id: int) -> tuple[bytes | None, str]:
    """The raw bytes of a message, or the digest of the file that holds them; through the message and so through its case (T2)."""
    row = access_message(tx, who, message_id)
    _require_letter(tx, who, row.conversation_id)
    e = envelopes.c
    kept = tx.row(sa.select(e.raw, e.digest).where(e.workspace_id == who.workspace_id, e.id == row.envelope_id))
    if row.envelope_id is None or kept is None or (kept.raw is None and not kept.digest):
        raise Missing("The original of this message is no longer kept.")
    return kept.raw, kept.digest


def _require_letter(tx: Tx, who: Actor, conversation_id: int) -> None:
    """Only a letter has an original that means something to people; what other networks deliver is for programs."""
    v, i = conversations.c, threads.join(inboxes, (inboxes.c.workspace_id == threads.c.workspace_id) & (inboxes.c.id == threads.c.inbox_id))
    joined = conversations.join(i, (threads.c.workspace_id == v.workspace_id) & (threads.c.id == v.thread_id))
    mine = (v.workspace_id == who.workspace_id) & (v.id == conversation_id)
    channel = str(tx.value(sa.select(inboxes.c.channel).select_from(joined).where(mine)))
    if channel not in channel_names() or not channel_named(channel).capabilities.is_letter:
        raise Missing


def _head(data: bytes) -> str:
    """Everything above the first empty line, as text; its end where it never ends."""
    head = re.split(rb"\r?\n\r?\n", data[:HEAD_SHOWN], maxsplit=1)[0]
    return clean_text(head.decode("utf-8", "replace"))


def _bytes(files: FileStore, found: AttachmentRow, media_type: str, *, inline: bool) -> Response[Any]:
    headers = {
        "Content-Disposition": disposition(found.name, inline=inline),
        "Content-Security-Policy": FILE_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
        "Content-Length": str(found.size),
    }
    return Stream(_pieces(files, found), media_type=media_type, headers=headers)


def _pieces(files: FileStore, found: AttachmentRow) -> Iterator[bytes]:
    with files.open(as_digest(found.digest)) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _inspect(files: FileStore, found: AttachmentRow) -> Picture | None:
    """What the file is, by its own bytes. Raises `Missing` for one that the disk has lost or damaged: it is never served as good."""
    digest = as_digest(found.digest)
    try:
        if files.verify(digest) != "good":
            raise Missing("This file is damaged or gone from the disk. An administrator can restore it from the backup.")
        with files.open(digest) as file:
            return read_picture(file.read(HEAD))
    except StoreError:
        raise Missing from None


def _mail(tx: Tx, who: Actor, message_id: int) -> tuple[str, dict[str, str]]:
    """A message's HTML, and our own addresses of the pictures that it holds, by content id."""
    row = access_message(tx, who, message_id)
    c = attachments.c
    inside = (c.workspace_id == who.workspace_id) & (c.message_id == row.id) & (c.content_id != "")
    return row.html, {one.content_id: f"/files/{one.id}" for one in tx.rows(sa.select(c.id, c.content_id).where(inside))}


ROUTES: list[Any] = [download, thumb, frame, raw, headers]
UPLOADS: list[Any] = [attach]
