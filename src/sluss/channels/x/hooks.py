"""What X posts, proven and taken apart. In: a request to an inbox's address. Out: one delivery for each event, or `Unverified`.

The proof is `x-twitter-webhooks-signature: sha256=` and the base64 of the HMAC-SHA256 over the raw body, with the app's consumer secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Posted, Unverified
from sluss.channels.said import a_text, an_object, objects, read_object, texts
from sluss.kernel.words import say

HEADER = "x-twitter-webhooks-signature"
LISTS = ("tweet_create_events", "tweet_delete_events", "direct_message_events", "direct_message_mark_read_events")
BESIDE = ("users", "apps")
CHALLENGE = 1_000
SAID = frozenset(
    {"post.mention.create", "post.reply.create", "post.quote.create", "post.create", "dm.received", "dm.sent", LISTS[0], LISTS[2]}
)
"""Events in which somebody said something that asking would find, too."""
_SIGNATURE = re.compile(r"sha256=([A-Za-z0-9+/]{43}=)")


def signature_of(text: bytes, secret: str) -> str:
    """How X proves that something comes from it, and we that an address is ours."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def greet(query: Mapping[str, str], connection: Connection) -> str:
    """The answer to X's question whether this is the right address (CRC), as JSON. Raises `Unverified`."""
    secret, token = connection.secrets.get("consumer_secret", ""), query.get("crc_token", "")
    if not secret or not 0 < len(token) <= CHALLENGE:
        raise Unverified(say("There is nothing to answer, or no API key secret to answer with."))
    return msgspec.json.encode({"response_token": signature_of(token.encode("utf-8", "replace"), secret)}).decode()


def accept(posted: Posted, connection: Connection) -> list[Delivered]:
    """What a body says to this account, proven over its raw bytes. Raises `Unverified`."""
    _prove(posted, connection.secrets.get("consumer_secret", ""))
    said = read_object(posted.body)
    if said is None:
        return [_whole(posted)]
    me = connection.address.removeprefix("x-")
    if "data" in said:
        events = [one for one in _events(said) if _account_of(one) == me]
        return [_event(one, posted) for one in events]
    if "for_user_id" in said or "user_event" in said:
        return [one for one in _classic(said, posted) if _account_of_classic(said) == me]
    return [_whole(posted)]


def accounts(posted: Posted) -> set[str]:
    """The addresses of all inboxes that a body speaks to, unproven."""
    said = read_object(posted.body) or {}
    ids = {_account_of(one) for one in _events(said)} if "data" in said else {_account_of_classic(said)}
    return {f"x-{one}" for one in ids if one}


def mark_of(utterance: str) -> str:
    """By what something said is known, whichever way it came."""
    return f"said:{utterance}" if utterance else ""


def kind_of(delivered: Delivered) -> str:
    """The kind of event that X charges for."""
    return delivered.external_key.partition(":")[0]


def _prove(posted: Posted, secret: str) -> None:
    found = _SIGNATURE.fullmatch(posted.headers.get(HEADER, ""))
    if found is None or not secret:
        raise Unverified(say("The request bears no signature of X."))
    try:
        given = base64.b64decode(found[1], validate=True)
    except binascii.Error as error:
        raise Unverified(say("The request bears no signature of X.")) from error
    if not hmac.compare_digest(given, hmac.new(secret.encode(), posted.body, hashlib.sha256).digest()):
        raise Unverified(say("The signature of the request was made with another API key secret."))


def _events(said: dict[str, Any]) -> list[dict[str, Any]]:
    return objects(said.get("data")) or [an_object(said.get("data"))]


def _account_of(event: dict[str, Any]) -> str:
    """Whose event it is; the news that access was taken away names its account inside."""
    return a_text(an_object(event.get("filter")).get("user_id")) or a_text(an_object(event.get("payload")).get("user_id"))


def _account_of_classic(said: dict[str, Any]) -> str:
    revoked = an_object(an_object(said.get("user_event")).get("revoke"))
    return a_text(said.get("for_user_id")) or a_text(an_object(revoked.get("source")).get("user_id"))


def _event(event: dict[str, Any], posted: Posted) -> Delivered:
    """The key names what happened to what: X numbers its deliveries, and not always the same way again."""
    kind, payload = a_text(event.get("event_type")).lower(), an_object(event.get("payload"))
    ids = [a_text(payload.get("id")), *(a_text(one.get("id")) for one in objects(payload.get("direct_message_events")))]
    named = ",".join(one for one in ids if one) or a_text(event.get("event_uuid")) or _digest(event)
    raw = msgspec.json.encode({"data": event})
    mark = mark_of(ids[-1]) if kind in SAID and len(texts(payload.get("edit_history_tweet_ids"))) < 2 else ""
    return Delivered(external_key=f"{kind}:{named}", raw=raw, received_at=posted.received_at, mark=mark)


def _classic(said: dict[str, Any], posted: Posted) -> Iterator[Delivered]:
    """Each event on its own, so that one that cannot be read stands alone."""
    known = {name: said[name] for name in ("for_user_id", *BESIDE) if name in said}
    for kind in LISTS:
        for one in objects(said.get(kind)):
            name = a_text(one.get("id_str")) or a_text(one.get("id")) or _digest(one)
            raw = msgspec.json.encode({**known, kind: [one]})
            mark = mark_of(name) if kind in SAID else ""
            yield Delivered(external_key=f"{kind}:{name}", raw=raw, received_at=posted.received_at, mark=mark)
    rest = {name: value for name, value in said.items() if name not in {*LISTS, *BESIDE, "for_user_id", "user_has_blocked"}}
    if rest:
        yield Delivered(external_key=f"other:{_digest(rest)}", raw=msgspec.json.encode({**known, **rest}), received_at=posted.received_at)


def _whole(posted: Posted) -> Delivered:
    """Proven, and in a form that nobody here knows: kept as it came."""
    key = f"hook:{hashlib.sha256(posted.body).hexdigest()}"
    return Delivered(external_key=key, raw=posted.body, received_at=posted.received_at)


def _digest(value: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()
