"""The whole way of reading. In: one delivered envelope and the addresses of its inbox. Out: one `Inbound`, or the `Receipt`s it carries."""

from __future__ import annotations

import hashlib
import re

import msgspec

from sluss.channels.contract import Address, Delivered, Inbound, Understood, Unparsable
from sluss.channels.email.reading import limits
from sluss.channels.email.reading.automatic import automatic_reason
from sluss.channels.email.reading.bodies import Said, what_it_says
from sluss.channels.email.reading.fresh import fresh_part
from sluss.channels.email.reading.headers import Headers, addresses, display_name, fold_address, message_ids, sent_at
from sluss.channels.email.reading.parts import take_apart
from sluss.channels.email.reading.receipts import receipts
from sluss.kernel.words import say


class Ours(msgspec.Struct, frozen=True):
    """The addresses of an inbox, folded, its own first, and the characters that may set a token apart in them."""

    addresses: tuple[str, ...]
    separators: str = "+-"


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
    sender = _sender(root.headers)
    automatic = automatic_reason(root, sender, frozenset(ours.addresses))
    if _is_trial(root.headers, sender, ours):
        return []
    news = receipts(root, bounced=automatic == "bounce")
    if news:
        return list(news)
    return [_inbound(delivered, root.headers, sender, automatic, (what_it_says(root), ours))]


def _is_trial(headers: Headers, sender: Address, ours: Ours) -> bool:
    """Our own mail that tried the mailbox: it is no customer's, and makes no case."""
    return headers.first("message-id").strip().startswith(f"<{TRIAL}") and sender.address in ours.addresses


def _inbound(delivered: Delivered, headers: Headers, sender: Address, automatic: str, content: tuple[Said, Ours]) -> Inbound:
    said, ours = content
    external_id, dedupe_key = _identity(headers, sender, said)
    places = _delivered_to(delivered, headers)
    to, cc = addresses(headers.all("to")), addresses(headers.all("cc"))
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
        thread_token=_thread_token([*places, *(item.address for item in to), *(item.address for item in cc)], ours),
        references=_references(headers),
        automatic=automatic,
        sent_at=sent_at(headers.first("date"), delivered.received_at),
        files=said.files,
        warnings=(said.protection,) if said.protection else (),
    )


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


def _thread_token(places: list[str], ours: Ours) -> str:
    patterns = [_token_pattern(address, ours.separators) for address in ours.addresses if "@" in address]
    for place in places:
        for pattern in patterns:
            found = pattern.fullmatch(place)
            if found:
                return found.group(1)
    return ""


def _token_pattern(address: str, separators: str) -> re.Pattern[str]:
    local, _, domain = address.rpartition("@")
    between = re.escape(separators) if separators else "+"
    return re.compile(rf"{re.escape(local)}[{between}]c\.([a-z0-9]{{4,64}})@{re.escape(domain)}")


def _references(headers: Headers) -> tuple[str, ...]:
    """Ancestors, the nearest first."""
    nearest = message_ids(headers.all("in-reply-to")[:5])
    older = message_ids(headers.all("references")[:5])
    return tuple(dict.fromkeys((*nearest, *reversed(older))))[: limits.REFERENCES]
