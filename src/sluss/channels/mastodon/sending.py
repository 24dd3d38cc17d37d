"""Answering on Mastodon. In: a message for one recipient. Out: the post, to nobody more than who could read what it answers.

The server takes a repeat under the same key within an hour as the same post, so that a lost answer is simply asked for again. What is
older than that is looked for among the account's own posts.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from typing import Any

from sluss.channels.contract import Connection, Outbound, OutboundFile, Refused, ResultUnknown, Sent, Unreachable
from sluss.channels.counting import count_length
from sluss.channels.mastodon.api import HandOver, MastodonApi, part
from sluss.channels.mastodon.instance import Instance, read_instance
from sluss.channels.mastodon.settings import mine_of
from sluss.channels.mastodon.statuses import AUDIENCES, status_of
from sluss.channels.said import a_text, an_object, objects, texts
from sluss.kernel.clock import MINUTE
from sluss.kernel.multipart import FormFile
from sluss.kernel.words import say

REPEATS = 2
LOOKS = 60
KEY_LASTS = 45 * MINUTE
"""For how long the key is trusted; servers keep it for an hour."""
STRICTNESS = ("public", "unlisted", "private", "direct")
_LEADING = re.compile(r"(?:@[\w.-]+(?:@[\w.-]+)?\s+)*")


class Sending:
    """The sends of one process. `pause` is how long it rests between two looks at the same thing, in seconds."""

    def __init__(self, api: MastodonApi, pause: float = 1.0) -> None:
        self._api, self.pause = api, pause
        self._instances: dict[str, Instance] = {}

    async def send(self, connection: Connection, outbound: Outbound, hand_over: HandOver) -> Sent:
        """Send once. Raises `Refused`, `Unreachable` or `ResultUnknown`."""
        instance = await self.instance(connection)
        text = _named(outbound, mine_of(connection).acct, instance.characters)
        if count_length(text, "mastodon") > instance.characters:
            reason = say("This is too long: the server takes %(most)s characters, the names among them.", most=instance.characters)
            raise Refused("length", reason, permanent=True)
        fields = _fields(outbound, text, str(connection.settings.get("audience") or "public"))
        found = await self._earlier(connection, outbound, fields) if 0 < outbound.sent_at < self._api.now() - KEY_LASTS else None
        if found is not None:
            return found
        if outbound.files:
            fields["media_ids"] = [await self._bring(connection, one) for one in outbound.files]
        await hand_over()
        said = await self._post(connection, fields, hashlib.sha256(outbound.external_id.encode()).hexdigest())
        return _sent(said, outbound)

    async def instance(self, connection: Connection) -> Instance:
        """What the server allows; asked once."""
        server = f"{connection.settings.get('server')} {connection.settings.get('api')}"
        if server not in self._instances:
            self._instances[server] = await read_instance(self._api, connection)
        return self._instances[server]

    async def _post(self, connection: Connection, fields: dict[str, Any], key: str) -> dict[str, Any]:
        """The same request again where no answer came: the key makes one post of them."""
        for left in range(REPEATS, -1, -1):
            try:
                return an_object(await self._api.do(connection, ("POST", "/api/v1/statuses"), fields, key))
            except (ResultUnknown, Unreachable) as error:
                if not left:
                    raise ResultUnknown(error.reason) from error
                await asyncio.sleep(self.pause)
        raise ResultUnknown("")

    async def _bring(self, connection: Connection, file: OutboundFile) -> str:
        """A file with its description, once the server has made of it what it shows."""
        form = FormFile("file", file.name, file.media_type, file.data)
        reply = await self._api.upload(connection, "/api/v2/media", {"description": file.alt[:1500]} if file.alt else {}, form)
        media_id, status = a_text(an_object(reply.said).get("id")), reply.status
        for _ in range(LOOKS):
            if status == 200:
                return media_id
            await asyncio.sleep(self.pause)
            status = (await self._api.look(connection, f"/api/v1/media/{part(media_id)}")).status
        raise Unreachable(say("The server has not finished with a file yet; it will be tried again."))

    async def _earlier(self, connection: Connection, outbound: Outbound, fields: dict[str, Any]) -> Sent | None:
        """The same post, sent by an attempt that nobody remembers."""
        mine = mine_of(connection)
        me = a_text(an_object(await self._api.get(connection, "/api/v1/accounts/verify_credentials")).get("id"))
        told = objects(await self._api.get(connection, f"/api/v1/accounts/{part(me)}/statuses", [("limit", "40")]))
        for one in told:
            status = status_of(one, mine)
            if status is None or status.at < outbound.sent_at - MINUTE or status.answers != a_text(fields.get("in_reply_to_id")):
                continue
            if " ".join(status.fresh.split()) == " ".join(outbound.text.split()):
                return _sent(one, outbound)
        return None


def stricter(*visibilities: str) -> str:
    """Of several the one that fewest can read."""
    return max((one for one in visibilities if one in STRICTNESS), key=STRICTNESS.index, default="public")


def leading_names(text: str) -> str:
    """The names that stand before a post."""
    found = _LEADING.match(text)
    return found[0] if found else ""


def _fields(outbound: Outbound, text: str, widest: str) -> dict[str, Any]:
    """Never wider than what is answered; of a private answer only the author reads."""
    theirs = a_text(outbound.facts.get("visibility")) or _word(outbound.audience)
    private = outbound.visibility == "private" or outbound.is_private_reply
    fields: dict[str, Any] = {"status": text, "visibility": "direct" if private else stricter(widest, theirs)}
    answers = outbound.follows or outbound.answers
    if answers:
        fields["in_reply_to_id"] = answers
    if outbound.spoiler:
        fields |= {"spoiler_text": outbound.spoiler, "sensitive": True}
    if outbound.language:
        fields["language"] = outbound.language
    return fields


def _word(audience: str) -> str:
    return next((theirs for theirs, ours in AUDIENCES.items() if ours == audience), "")


def _named(outbound: Outbound, me: str, most: int) -> str:
    """Whom nobody names is not told of the answer. Others who were named stay, as far as there is room, but never in a private answer."""
    text = outbound.text
    said = {one.lower() for one in re.findall(r"@[\w.-]+(?:@[\w.-]+)?", text)}
    others: Sequence[str] = [] if outbound.is_private_reply else texts(outbound.facts.get("named"))
    wanted = [one for one in dict.fromkeys((outbound.recipient.address, *others)) if one and one != me and f"@{one}" not in said]
    names = ""
    for number, one in enumerate(wanted):
        longer = f"{names}@{one} "
        if number == 0 or count_length(longer + text, "mastodon") <= most:
            names = longer
    return f"{names}{text}".rstrip()


def _sent(said: dict[str, Any], outbound: Outbound) -> Sent:
    key, url = a_text(said.get("id")), a_text(said.get("url")) or a_text(said.get("uri"))
    if not key:
        raise ResultUnknown(say("The server did not say under which key it keeps the post."))
    begins = outbound.is_private_reply or (outbound.visibility == "private" and not outbound.thread_key.startswith("direct:"))
    return Sent(f"post {key}", (key,), f"direct:{key}" if begins else "", url=url)
