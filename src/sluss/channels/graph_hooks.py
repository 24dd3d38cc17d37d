"""What Meta posts, proven and taken apart. In: a request to an inbox's address. Out: its entries, or `Unverified`; the plain challenge.

Facebook, Messenger, Instagram and WhatsApp share one form: `{"object": …, "entry": [{"id": …, "changes"|"messaging"|"standby": […]}]}`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from sluss.channels.contract import Delivered, Posted, Unverified
from sluss.channels.said import a_text, objects, read_object, whole
from sluss.kernel.words import say

HEADER = "x-hub-signature-256"
LISTS = ("changes", "messaging", "standby")
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Happened(msgspec.Struct, frozen=True):
    """One event of a body: whose account it is about, in which list it came, and what it says. `at` is the entry's own time."""

    account: str
    where: str
    said: dict[str, Any]
    at: int


def prove(posted: Posted, *secrets: str) -> None:
    """Raises `Unverified` unless the raw body bears a signature by one of the secrets; an empty secret proves nothing."""
    found = _SIGNATURE.fullmatch(posted.headers.get(HEADER, ""))
    if found is None:
        raise Unverified(say("The request bears no signature of Meta."))
    good = False
    for secret in secrets:
        mark = hmac.new(secret.encode(), posted.body, hashlib.sha256).hexdigest()
        good |= bool(secret) and hmac.compare_digest(mark, found[1])
    if not good:
        raise Unverified(say("The signature of the request was made with another app secret."))


def challenge(query: Mapping[str, str], verify_token: str) -> str:
    """The answer to Meta's question whether this is the right address. Raises `Unverified`."""
    asked, echo = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
    good = bool(verify_token) and hmac.compare_digest(asked.encode("utf-8", "replace"), verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not good or not _CHALLENGE.fullmatch(echo):
        raise Unverified(say("The request does not know the word that was agreed on."))
    return echo


def events_in(body: bytes, kind: str) -> list[Happened] | None:
    """Every event of a body of one `object`, also where field and value stand on the entry itself; None when it is no such body."""
    said = read_object(body)
    if said is None or said.get("object") != kind or not isinstance(said.get("entry"), list):
        return None
    return [event for entry in objects(said["entry"]) for event in _events(entry)]


def accounts_in(body: bytes, kind: str) -> set[str]:
    """The ids of the accounts that a body speaks to, unproven."""
    return {event.account for event in events_in(body, kind) or []}


def deliver(posted: Posted, kind: str, account: str, mark_of: Callable[[Happened], str] = lambda _: "") -> list[Delivered]:
    """A proven body as one delivery for each event of the account, so that one that cannot be read stands alone.

    What is no such body at all is kept whole. A key is made of the event itself: Meta sends the same again in other company. `mark_of`
    names what was said, as whoever looks for missed news names it.
    """
    events = events_in(posted.body, kind)
    if events is None:
        key = f"hook:{hashlib.sha256(posted.body).hexdigest()}"
        return [Delivered(external_key=key, raw=posted.body, received_at=posted.received_at)]
    mine = {event_key(event): event for event in events if event.account == account}
    at = posted.received_at
    return [Delivered(external_key=key, raw=pack(one, kind), received_at=at, mark=mark_of(one)) for key, one in mine.items()]


def event_key(event: Happened) -> str:
    """The name by which a repeat is known; when Meta sent it does not count."""
    alone = msgspec.json.encode([event.account, "messaging" if event.where == "standby" else event.where, event.said], order="sorted")
    return f"hook:{hashlib.sha256(alone).hexdigest()}"


def pack(event: Happened, kind: str) -> bytes:
    """One event in the form in which Meta posts many."""
    entry = {"id": event.account, "time": event.at, event.where: [event.said]}
    return msgspec.json.encode({"object": kind, "entry": [entry]})


def _events(entry: dict[str, Any]) -> Iterator[Happened]:
    account, at = a_text(entry.get("id")), whole(entry.get("time"))
    for where in LISTS:
        yield from (Happened(account, where, one, at) for one in objects(entry.get(where)))
    if "field" in entry:
        yield Happened(account, "changes", {"field": entry["field"], "value": entry.get("value")}, at)
