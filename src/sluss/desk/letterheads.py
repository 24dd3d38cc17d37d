"""What stands around the words of a message: from whom to whom, what is odd about it, where it came from. In: rows. Out: screens' values.

Pictures that stand in a message are shown in their places and not listed again beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import WORKERS, CaseRow
from sluss.cases.models import message_copies
from sluss.channels.handles import shown_address
from sluss.desk.around import Around
from sluss.desk.attached import show_file
from sluss.desk.item_screens import File, Letterhead
from sluss.kernel.clock import HOUR
from sluss.kernel.tx import Tx

FAR = 12 * HOUR
SHOWN = 200
_CID = r"\[(?:cid|image|bild|obraz)?:? ?"


def letterhead(around: Around, case: CaseRow, row: sa.Row[Any], copies: Sequence[int]) -> Letterhead:
    """Everything about a message's way that its words do not say."""
    inbound = row.direction == "in"
    far = row.sent_at is not None and abs(row.sent_at - row.at) > FAR
    face = around.inboxes.get(row.inbox_id)
    move = f"/cases/{case.number}/move?m={row.id}" if around.who.role in WORKERS else ""
    if face and not face.can.is_letter:
        return Letterhead(move=move)
    ours = f"{face.name} <{face.address}>" if face else ""
    can_forward = around.who.role in WORKERS and bool(face and face.can.is_letter)
    return Letterhead(
        sender=_line(row.identity_name, row.identity_address) if inbound else ours,
        to=_lines(row.to),
        cc=_lines(row.cc),
        bcc=_lines(row.bcc),
        said_at=row.sent_at if inbound and far else None,
        copies=tuple(around.inboxes[one].name for one in copies if one in around.inboxes and one != row.inbox_id),
        raw=row.envelope_id is not None,
        forward=f"/cases/{case.number}/forward?m={row.id}" if can_forward else "",
        move=move,
    )


def copies_of(tx: Tx, case: CaseRow, message_ids: Sequence[int]) -> dict[int, list[int]]:
    """Other inboxes that messages came to, by message."""
    c = message_copies.c
    found: dict[int, list[int]] = {}
    if message_ids:
        mine = (c.workspace_id == case.workspace_id) & c.message_id.in_(message_ids)
        for row in tx.rows(sa.select(c.message_id, c.inbox_id).where(mine).order_by(c.at)):
            found.setdefault(row.message_id, []).append(row.inbox_id)
    return found


def place_pictures(text: str, files: Iterable[sa.Row[Any]]) -> tuple[tuple[str | File, ...], tuple[File, ...]]:
    """A text with the pictures that belong into it where it names them, those that it does not name at its end; and all other files."""
    shown = [(row, show_file(row)) for row in files]
    inside = {_mark(row): file for row, file in shown if row.content_id and file.picture}
    beside = tuple(file for _, file in shown if file not in inside.values())
    if not inside:
        return (text,), beside
    by_name = {key.casefold(): file for row, file in shown if file in inside.values() for key in (row.name, row.content_id)}
    body, placed = _split(text, by_name)
    return (*body, *(file for file in inside.values() if file not in placed)), beside


def _split(text: str, by_name: Mapping[str, File]) -> tuple[list[str | File], set[File]]:
    """`[cid:…]`, `[image: …]` and `[name]` as programs write them for readers of plain text."""
    names = "|".join(re.escape(one) for one in sorted(by_name, key=len, reverse=True))
    body: list[str | File] = []
    placed: set[File] = set()
    at = 0
    for found in re.finditer(rf"{_CID}({names})\]", text, re.IGNORECASE):
        file = by_name[found[1].casefold()]
        if file in placed:
            continue
        body += [text[at : found.start()], file]
        placed.add(file)
        at = found.end()
    return [one for one in [*body, text[at:]] if one], placed


def _mark(row: sa.Row[Any]) -> str:
    return str(row.content_id)


def _lines(people: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    return tuple(_line(one.get("name", ""), one["address"]) for one in people[:SHOWN])


def _line(name: str | None, address: str | None) -> str:
    shown = shown_address(address or "")
    return f"{name} <{shown}>" if name and name != shown else shown
