"""The text of a chat by mail. In: a visitor's wish, an address, a code. Out: letters, which say what they say when they leave.

An address that nobody has proven is sent a code first, in words of ours alone, and seldom (T49). A code counts for fifteen minutes and five
tries; what is kept of it is a mark that only this installation's key makes. The code itself is made when the letter leaves.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from hmac import compare_digest
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cases.visits import note_introduced
from sluss.channels.addressing import plain_address
from sluss.channels.inboxes import Inbox, access_inbox, own_addresses
from sluss.channels.models import visitors
from sluss.channels.visitors import Visitor, get_visitor
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import brands, get_workspace, workspaces
from sluss.people.letter_texts import Facts
from sluss.people.letters import Addressee, Letter, write_letter
from sluss.replies.quoting import voice_for
from sluss.visitor.items import Item, page_of
from sluss.visitor.limits import TooMuch
from sluss.visitor.models import visitor_codes, visitor_letters
from sluss.visitor.receiving import read_email
from sluss.web.formats import moment, size
from sluss.web.locale import gettext as _
from sluss.web.locale import speaking

CODE, TRANSCRIPT = "chat-code", "chat-text"
LIFE = 15 * MINUTE
TRIES = 5
PER_ADDRESS = PER_VISITOR = 3
"""Codes within a day."""
PER_NETWORK = 10
TRANSCRIPTS = 10
"""Texts of one visitor within a day."""
MOST, LONGEST = 400, 300_000
"""Messages and characters of one letter."""
ENOUGH = say("Enough letters have gone out for today. Try again tomorrow.")


class Wish(msgspec.Struct, frozen=True):
    """A visitor's wish for the text of the chat, the address as typed (empty: the one that is known), and from where."""

    visitor: Visitor
    email: str
    network: str


def ask_transcript(tx: Tx, who: Actor, wish: Wish) -> Literal["sent", "code"]:
    """Send the text to an address that is proven the visitor's, else a code to prove it. Raises `Invalid`, `TooMuch`."""
    visitor = get_visitor(tx, who, wish.visitor.inbox_id, wish.visitor.id)
    address = _read(tx, who, wish.email or visitor.email)
    if visitor.email_proof and address == visitor.email:
        _send_text(tx, who, visitor, (address, wish.network))
        return "sent"
    _count(tx, who, CODE, msgspec.structs.replace(wish, email=address))
    c = visitor_codes.c
    tx.run(sa.delete(visitor_codes).where(c.workspace_id == who.workspace_id, c.visitor_id == visitor.id))
    row = {"workspace_id": who.workspace_id, "visitor_id": visitor.id, "email": address}
    tx.run(sa.insert(visitor_codes), row | {"mark": b"", "expires_at": tx.now + LIFE, "tries": 0})
    _write(tx, who, CODE, visitor, Addressee(email=address, name="", language=_language(tx, who, visitor)))
    return "code"


def enter_code(tx: Tx, who: Actor, wish: Wish, code: str) -> bool:
    """Prove an address by the code that went there, and send the text. False for a wrong code; each try counts."""
    visitor = get_visitor(tx, who, wish.visitor.inbox_id, wish.visitor.id)
    c = visitor_codes.c
    this = (c.workspace_id == who.workspace_id) & (c.visitor_id == visitor.id)
    row = tx.row(sa.select(visitor_codes).where(this).with_for_update())
    if row is None or not row.mark or row.expires_at <= tx.now or row.tries >= TRIES:
        return False
    if not compare_digest(row.mark, _mark(tx, visitor.id, row.email, "".join(code.split()))):
        tx.run(sa.update(visitor_codes).where(this).values(tries=row.tries + 1))
        return False
    tx.run(sa.delete(visitor_codes).where(this))
    mine = (visitors.c.workspace_id == who.workspace_id) & (visitors.c.id == visitor.id) & (visitors.c.email_proof != "token")
    tx.run(sa.update(visitors).where(mine).values(email=row.email, email_proof="code"))
    note_introduced(tx, who, visitor.inbox_id, visitor.id, "code")
    _send_text(tx, who, visitor, (row.email, wish.network))
    return True


def tell_code(tx: Tx, who: Actor, letter: Letter, home: str) -> Facts | None:  # noqa: ARG001 - tellers are called alike
    """A code, made now; an older one counts no more. None when it is no longer asked for."""
    visitor_id, c = int(letter.data["visitor_id"]), visitor_codes.c
    this = (c.workspace_id == who.workspace_id) & (c.visitor_id == visitor_id) & (c.email == letter.email)
    code = f"{secrets.randbelow(1_000_000):06}"
    values = {"mark": _mark(tx, visitor_id, letter.email, code), "expires_at": tx.now + LIFE}
    if tx.run(sa.update(visitor_codes).where(this).values(values)).rowcount == 0:
        return None
    return Facts(company=_brand(tx, who, letter), name="", label=code)


def tell_text(tx: Tx, who: Actor, letter: Letter, home: str) -> Facts | None:  # noqa: ARG001 - tellers are called alike
    """What the visitor sees of the chat by now, in their language and by their clock. None when there is nothing, or nobody, any more."""
    try:
        visitor = get_visitor(tx, who, int(letter.data["inbox_id"]), int(letter.data["visitor_id"]))
    except Missing:
        return None
    zone = str(tx.value(sa.select(visitors.c.zone).where(visitors.c.workspace_id == who.workspace_id, visitors.c.id == visitor.id)))
    voice = voice_for(tx, who, letter.language)
    with speaking(msgspec.structs.replace(voice, zone=zone or voice.zone)):
        lines = _within(_told(one) for one in _newest_first(tx, who, visitor))
        return Facts(company=_brand(tx, who, letter), name=letter.name, lines=tuple(lines), at=tx.now) if lines else None


def forget_codes(tx: Tx, who: Actor) -> int:
    """Remove codes that count no more, and letters that are counted no more. Returns how many."""
    c, n = visitor_codes.c, visitor_letters.c
    over = tx.run(sa.delete(visitor_codes).where(c.workspace_id == who.workspace_id, c.expires_at < tx.now - LIFE)).rowcount
    return over + tx.run(sa.delete(visitor_letters).where(n.workspace_id == who.workspace_id, n.at < tx.now - DAY)).rowcount


def _read(tx: Tx, who: Actor, typed: str) -> str:
    address = read_email(typed)
    if not address or plain_address(address) in own_addresses(tx, who):
        raise Invalid({"email": say("Write the address that the text shall go to, as name@example.com.")})
    return address


def _send_text(tx: Tx, who: Actor, visitor: Visitor, to: tuple[str, str]) -> None:
    _count(tx, who, TRANSCRIPT, Wish(visitor, *to))
    addressee = Addressee(email=to[0], name=clean_line(visitor.name), language=_language(tx, who, visitor))
    _write(tx, who, TRANSCRIPT, visitor, addressee)


def _write(tx: Tx, who: Actor, kind: Literal["chat-code", "chat-text"], visitor: Visitor, to: Addressee) -> None:
    mail_inbox_id = int(access_inbox(tx, who, visitor.inbox_id).settings.get("mail_inbox_id") or 0)
    write_letter(tx, who, kind, to, visitor_id=str(visitor.id), inbox_id=str(visitor.inbox_id), by=str(mail_inbox_id))


def _count(tx: Tx, who: Actor, kind: str, wish: Wish) -> None:
    """Count a letter of the day, unless there were enough. Raises `TooMuch`."""
    # One after the other, so that many at once are counted as well; rows that only refer to the workspace do not wait for this.
    tx.row(sa.select(workspaces.c.id).where(workspaces.c.id == who.workspace_id).with_for_update(key_share=True))
    n, visitor_id = visitor_letters.c, wish.visitor.id
    address, network = tx.host.mark(f"chat-address:{_mailbox(wish.email)}"), tx.host.mark(f"chat-network:{wish.network}")
    lately = sa.select(n.visitor_id, n.address, n.network).where(n.workspace_id == who.workspace_id, n.at > tx.now - DAY, n.kind == kind)
    rows = tx.rows(lately.where((n.visitor_id == visitor_id) | (n.address == address) | (n.network == network)))
    by_visitor = sum(row.visitor_id == visitor_id for row in rows)
    enough = by_visitor >= TRANSCRIPTS
    if kind == CODE:
        to_address, from_network = sum(row.address == address for row in rows), sum(row.network == network for row in rows)
        enough = by_visitor >= PER_VISITOR or to_address >= PER_ADDRESS or from_network >= PER_NETWORK
    if enough:
        raise TooMuch(DAY // 1_000_000, ENOUGH)
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "visitor_id": visitor_id, "kind": kind, "at": tx.now}
    tx.run(sa.insert(visitor_letters), row | {"address": address, "network": network})


def _mailbox(address: str) -> str:
    """Where an address leads: what stands after a plus sign makes it no other person's."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _mark(tx: Tx, visitor_id: int, email: str, code: str) -> bytes:
    return tx.host.mark(f"chat-code:{visitor_id}:{email}:{code}")


def _language(tx: Tx, who: Actor, visitor: Visitor) -> str:
    return voice_for(tx, who, visitor.locale).locale


def _brand(tx: Tx, who: Actor, letter: Letter) -> str:
    """Under which name the visitor knows the company."""
    try:
        chat: Inbox | None = access_inbox(tx, who, int(letter.data["inbox_id"]))
    except Missing:
        chat = None
    mine = (brands.c.workspace_id == who.workspace_id) & (brands.c.id == (chat.brand_id if chat is not None else 0))
    return clean_line(str(tx.value(sa.select(brands.c.name).where(mine)) or get_workspace(tx, who.workspace_id).name))


def _newest_first(tx: Tx, who: Actor, visitor: Visitor) -> Iterator[Item]:
    before, taken = None, 0
    while taken < MOST:
        page = page_of(tx, who, visitor, before)
        yield from reversed(page.items)
        if not page.more:
            return
        before, taken = int(page.items[0].id), taken + len(page.items)


def _told(item: Item) -> str:
    """Who said it, when, what, and which files went along."""
    by = _("You") if item.by == "visitor" else clean_line(item.name)
    files = [f"[{clean_line(one.name)}, {size(one.size)}]" for one in item.files]
    at = moment(item.at * 1_000)
    return "\n".join((f"{by}, {at}" if by else at, *(one for one in (item.text.strip(), *files) if one)))


def _within(lines: Iterator[str]) -> list[str]:
    """The newest that one letter holds, the oldest of them first."""
    found: list[str] = []
    left = LONGEST
    for line in lines:
        left -= len(line)
        if left < 0:
            found.append("…")
            break
        found.append(line)
    return found[::-1]
