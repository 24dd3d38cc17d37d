"""The signature of an inbox. In: what an administrator wrote. Out: lines of runs, and of those the text and the HTML that leave.

A signature is plain text with `*bold*`, `[words](https://…)`, bare links and named fields. Marks are read before fields are filled in, so
that nobody's name can become a mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape

import msgspec
import sqlalchemy as sa

from sluss.channels.inboxes import Inbox
from sluss.kernel.actors import Actor
from sluss.kernel.filling import fill
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import brands

_MARKS = re.compile(
    r"\*([^*\n]{1,400})\*|\[([^\[\]\n]{1,400})\]\(((?:https?://|mailto:)[^\s()<>\"]{1,1000})\)|(https?://[^\s<>\"]{1,1000}[\w/])"
)


class Run(msgspec.Struct, frozen=True):
    """Words of one look."""

    text: str
    strong: bool = False
    href: str = ""


Lines = tuple[tuple[Run, ...], ...]


def signature_of(tx: Tx, who: Actor, inbox: Inbox) -> Lines:
    """What stands below an answer of this agent by this inbox; empty where the inbox has none."""
    written = str(inbox.settings.get("signature") or "")
    return read_signature(written, values_of(tx, who, inbox.brand_id, inbox.address)) if written.strip() else ()


def values_of(tx: Tx, who: Actor, brand_id: int, address: str) -> dict[str, str]:
    """The values of the fields that a signature may name."""
    brand = tx.value(sa.select(brands.c.name).where(brands.c.workspace_id == who.workspace_id, brands.c.id == brand_id))
    return {"agent.name": who.name, "brand.name": str(brand or ""), "inbox.address": address}


def read_signature(written: str, values: Mapping[str, str]) -> Lines:
    """The signature as it will be seen."""
    lines = written.replace("\r\n", "\n").strip("\n").split("\n")
    return tuple(tuple(_filled(one, values) for one in _runs(line.rstrip())) for line in lines)


def signature_text(lines: Lines) -> str:
    """As plain text: a link says where it leads."""
    return "\n".join("".join(_plain(run) for run in line) for line in lines)


def signature_html(lines: Lines) -> str:
    """As HTML."""
    shown = "<br>\n".join("".join(_marked(run) for run in line) for line in lines)
    return f'<div style="color:#5c6670">{shown}</div>'


def _runs(line: str) -> Iterator[Run]:
    at = 0
    for found in _MARKS.finditer(line):
        if found.start() > at:
            yield Run(line[at : found.start()])
        bold, words, target, link = found.groups()
        yield Run(bold, strong=True) if bold else Run(words or link, href=target or link)
        at = found.end()
    if line[at:]:
        yield Run(line[at:])


def _filled(run: Run, values: Mapping[str, str]) -> Run:
    return Run(fill(run.text, values), run.strong, fill(run.href, values))


def _plain(run: Run) -> str:
    target = run.href.removeprefix("mailto:")
    return f"{run.text} ({target})" if target and target != run.text else run.text


def _marked(run: Run) -> str:
    words = escape(run.text)
    if run.href:
        return f'<a href="{escape(run.href)}">{words}</a>'
    return f"<strong>{words}</strong>" if run.strong else words
