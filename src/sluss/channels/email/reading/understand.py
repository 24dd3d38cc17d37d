"""The whole way of reading. In: one delivered envelope and the addresses of its inbox. Out: one `Inbound`, or the `Receipt`s it carries."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Literal

import msgspec

from sluss.channels.contract import LETTER, Address, Delivered, Inbound, Understood, Unparsable
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.automatic import BOUNCE, automatic_reason
from sluss.channels.email.reading.bodies import Said, what_it_says
from sluss.channels.email.reading.fresh import fresh_part
from sluss.channels.email.reading.headers import Headers, addresses, display_name, fold_address, message_ids, sent_at
from sluss.channels.email.reading.oddities import date_is_off, oddities
from sluss.channels.email.reading.parts import take_apart
from sluss.channels.email.reading.proof import proof_of
from sluss.channels.email.reading.receipts import receipts
from sluss.kernel.words import say


class Ours(msgspec.Struct, frozen=True):
    """The addresses of an inbox, folded, its own first, and the characters that may set a token apart in them.

    `authserv_id` is the name under which the inbox's own server says what it found out about a sender; `names` are those we write under.
    """

    addresses: tuple[str, ...]
    separators: str = "+-"
    authserv_id: str = ""
    names: tuple[str, ...] = ()


def understand_mail(delivered: Delivered, ours: Ours) -> list[Understood]:
    """All that one mail says. Raises `Unparsable`, nothing else."""
    try:
        return _understand(delivered, ours)
    except Unparsable:
        raise
    except (RecursionError, MemoryError) as error:
        raise Unparsable(say("The mail is built in a way that cannot be read.")) from error
    except Exception as error:
        raise Unparsable(say("The mail could not be read (%(fault)s).", fault=type(error).__name__)) from error


def _understand(delivered: Delivered, ours: Ours) -> list[Understood]:
    if not delivered.raw.strip(b"\r\n\t \0"):
        raise Unparsable(say("The mail is empty."))
    root = take_apart(delivered.raw)
    headers, sender = root.headers, _sender(root.headers)
    if _is_sluss(headers, sender, ours):
        return []
    direction = _direction(delivered, headers, sender, ours)
    automatic = automatic_reason(root, sender, frozenset(ours.addresses if direction == "in" else ()))
    if automatic == BOUNCE:
        # Among our own sent mail there are read receipts that our people gave, which are nothing to us.
        return list(receipts(root, _token(_places(delivered, headers), ours, "b", _DELIVERY))) if direction == "in" else []
    found = _inbound(delivered, headers, sender, (what_it_says(root), ours))
    if direction == "out":
        origin = "sent folder" if delivered.origin == "sent" else "copy"
        found = msgspec.structs.replace(found, direction="out", origin=origin, warnings=())
    return [msgspec.structs.replace(found, automatic=automatic)]


def _is_sluss(headers: Headers, sender: Address, ours: Ours) -> bool:
    """What tried the mailbox, and letters to agents, whose links are for nobody else's eyes: no customer's, and they make no case."""
    return headers.first("message-id").strip().startswith((f"<{TRIAL}", f"<{LETTER}")) and sender.address in ours.addresses


def _inbound(delivered: Delivered, headers: Headers, sender: Address, content: tuple[Said, Ours]) -> Inbound:
    said, ours = content
    external_id, dedupe_key = _identity(headers, sender, said)
    to, cc = addresses(headers.all("to")), addresses(headers.all("cc"))
    proof = proof_of(headers, sender, ours.authserv_id)
    places = _delivered_to(delivered, headers)
    claimed = sent_at(headers.first("date"), delivered.received_at)
    odd = oddities(headers, sender, proof, ours.names, ours.addresses)
    if date_is_off(claimed, delivered.received_at, given=bool(headers.first("date"))):
        odd = (*odd, "date-off")
    return Inbound(
        external_id=external_id,
        dedupe_key=dedupe_key,
        sender=sender,
        subject=headers.text("subject")[: limits.SUBJECT_CHARACTERS],
        text=said.text,
        fresh=fresh_part(said.text),
        html=said.html,
        to=tuple(to),
        cc=tuple(cc),
        delivered_to=places,
        thread_token=_token([*places, *(one.address for one in (*to, *cc))], ours, "c", _THREAD),
        references=_references(headers),
        sent_at=claimed,
        files=said.files,
        proof=proof,
        warnings=(*((said.protection,) if said.protection else ()), *odd),
        author=next(iter(addresses(headers.all("sender")[:1])), None),
        return_path=next((one.address for one in addresses(headers.all("return-path")[:1])), ""),
    )


def _direction(delivered: Delivered, headers: Headers, sender: Address, ours: Ours) -> Literal["in", "out"]:
    """Ours is what lies among the sent mail, and what went to others and proves to come from an address of the inbox (T42)."""
    if delivered.origin == "sent":
        return "out"
    if sender.address not in ours.addresses or proof_of(headers, sender, ours.authserv_id) != "pass":
        return "in"
    written_to = {one.address for one in addresses([*headers.all("to"), *headers.all("cc")])}
    return "out" if written_to - set(ours.addresses) else "in"


TRIAL = "sluss-trial."
"""How the Message-ID of a mail begins by which a mailbox is tried."""

NOBODY = "unknown@sender.invalid"
"""Stands for a sender whose address cannot be read; nothing can be sent to it (RFC 2606)."""


def _sender(headers: Headers) -> Address:
    """Who wrote: From, else Sender, Reply-To, Return-Path. Two different authors are nobody's identity, so the Sender stands for them."""
    authors = addresses(headers.all("from"))
    if len({author.address for author in authors}) == 1:
        return authors[0]
    for name in ("sender", "reply-to", "return-path"):
        found = addresses(headers.all(name)[:1])
        if found and not (authors and name == "reply-to"):
            return found[0]
    shown = display_name(headers.first("from"))
    return authors[0] if authors else Address(NOBODY, shown)


def _identity(headers: Headers, sender: Address, said: Said) -> tuple[str, str]:
    """The id of the mail and the key under which a second copy of it is known: id, sender and content together (T46)."""
    ids = message_ids(headers.all("message-id")[:1])
    if not ids:
        made = _hashed("", sender.address, headers.first("date"), headers.first("subject"), said.digest)
        return f"{made}@message-id.invalid", made
    return ids[0], _hashed(ids[0], sender.address, said.digest)


def _hashed(*pieces: str) -> str:
    return hashlib.blake2b("\n".join(pieces).encode("utf-8", "replace"), digest_size=20).hexdigest()


def _delivered_to(delivered: Delivered, headers: Headers) -> tuple[str, ...]:
    """Where the mail was really delivered: envelope recipients first, then what servers noted on the way."""
    noted = [value for name in ("delivered-to", "x-original-to", "envelope-to") for value in headers.all(name)[:10]]
    found = [fold_address(place) for place in (*delivered.recipients[: limits.ADDRESSES], *noted)]
    return tuple(dict.fromkeys(place for place in found if place))


_THREAD = "([a-z0-9]{4,64})"
_DELIVERY = r"([a-z0-9]{1,20}\.[a-z0-9]{16,64})"


def _places(delivered: Delivered, headers: Headers) -> list[str]:
    """Every address that the mail was delivered or written to, what the transport says first."""
    written = (one.address for one in addresses([*headers.all("to"), *headers.all("cc")]))
    return [*_delivered_to(delivered, headers), *written]


def _token(places: list[str], ours: Ours, mark: str, form: str) -> str:
    """What stands behind the mark in one of our own addresses, empty when none carries it."""
    patterns = [_pattern(address, ours.separators, mark, form) for address in ours.addresses if "@" in address]
    return next((found.group(1) for place in places for pattern in patterns if (found := pattern.fullmatch(place))), "")


@lru_cache(maxsize=4096)
def _pattern(address: str, separators: str, mark: str, form: str) -> re.Pattern[str]:
    local, _, domain = address.rpartition("@")
    between = re.escape(separators) if separators else "+"
    return re.compile(rf"{re.escape(local)}[{between}]{mark}\.{form}@{re.escape(domain)}")


def _references(headers: Headers) -> tuple[str, ...]:
    """Ancestors, the nearest first."""
    nearest = message_ids(headers.all("in-reply-to")[:5])
    older = message_ids(headers.all("references")[:5])
    return tuple(dict.fromkeys((*nearest, *reversed(older))))[: limits.REFERENCES]
