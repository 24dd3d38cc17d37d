"""Asking a Mastodon server for what came, and for what a delivery only names. In: positions, ids. Out: deliveries, files.

Everything is put into the form of a frame of the stream, so that it is the same whichever way it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Refused, Unreachable
from sluss.channels.fetching import Fetched
from sluss.channels.happenings import Wanted
from sluss.channels.mastodon.api import MastodonApi, part
from sluss.channels.mastodon.understanding import CONTEXT
from sluss.channels.said import a_text, an_object, objects

LARGEST = 50_000_000
PAGES = 20
NOTIFICATIONS = 80
STATUSES = 40
KINDS = ("mention", "quote", "quoted_update", "update")
FIRST = "0"
"""A position before everything, where there is nothing yet."""


class Page(msgspec.Struct, frozen=True):
    """What was found, the oldest first, and where to go on from."""

    found: list[dict[str, Any]]
    newest: str


async def read_notifications(api: MastodonApi, connection: Connection, since: str) -> Page:
    """Everything since a notification, also from people whom the server's filters would hide; without a position where to begin."""
    filtered, path = [("include_filtered", "true")], "/api/v1/notifications"
    try:
        return await _pages(api, connection, path, since, (NOTIFICATIONS, [("types[]", one) for one in KINDS] + filtered))
    except Refused as error:
        if error.code not in {"400", "422"}:
            raise
    # What imitates Mastodon may not know the younger kinds.
    return await _pages(api, connection, path, since, (NOTIFICATIONS, [("types[]", KINDS[0]), *filtered]))


async def read_own(api: MastodonApi, connection: Connection, me: str, since: str) -> Page:
    """The account's own posts since one."""
    return await _pages(api, connection, f"/api/v1/accounts/{part(me)}/statuses", since, (STATUSES, [("exclude_reblogs", "true")]))


async def read_again(api: MastodonApi, connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Posts as they are now, by their ids; what is gone is not among them. Raises `Refused` where the server cannot be asked so."""
    found = objects(await api.get(connection, "/api/v1/statuses", [("id[]", one) for one in ids])) if ids else []
    return {a_text(one.get("id")): one for one in found}


async def is_gone(api: MastodonApi, connection: Connection, key: str) -> bool:
    """Whether a post is really not there any more: that a server leaves it out of a list may have other reasons."""
    try:
        await api.get(connection, f"/api/v1/statuses/{part(key)}")
    except Refused as error:
        return error.code in {"404", "410"}
    return False


async def ancestors_of(api: MastodonApi, connection: Connection, status: dict[str, Any]) -> list[dict[str, Any]]:
    """What stands before a post, the root first; nothing where it cannot be had: what comes later joins by what it answers."""
    if not status.get("in_reply_to_id"):
        return []
    try:
        context = await api.get(connection, f"/api/v1/statuses/{part(a_text(status.get('id')))}/context")
    except (Refused, Unreachable):
        return []
    return objects(an_object(context).get("ancestors"))


async def fetch(api: MastodonApi, connection: Connection, wanted: Wanted) -> Fetched:
    """What a delivery only named. Raises `Refused` or `Unreachable`."""
    if wanted.kind == "media":
        data, media_type = await api.download(a_text(wanted.ref.get("url")), LARGEST)
        return Fetched(data=data, media_type=media_type or "application/octet-stream")
    key = a_text(wanted.ref.get("status"))
    status = await api.get(connection, f"/api/v1/statuses/{part(key)}")
    context = an_object(await api.get(connection, f"/api/v1/statuses/{part(key)}/context"))
    frame = frame_of(CONTEXT, {"status": status, "ancestors": context.get("ancestors"), "descendants": context.get("descendants")})
    return Fetched(delivered=(Delivered(external_key=wanted.key, raw=frame, received_at=api.now()),))


def frame_of(event: str, payload: Any, ancestors: Sequence[dict[str, Any]] = ()) -> bytes:
    """What the stream would have sent, with what stands before it."""
    frame = {"event": event, "payload": payload}
    return msgspec.json.encode(frame | {"ancestors": list(ancestors)} if ancestors else frame)


def order(key: str) -> tuple[int, str]:
    """Keys of Mastodon in their order, however long they are."""
    return len(key), key


async def _pages(api: MastodonApi, connection: Connection, path: str, since: str, asked: tuple[int, list[tuple[str, str]]]) -> Page:
    """`min_id` gives what follows directly upon it, so that nothing is left out however much there is."""
    limit, query = asked
    if not since:
        newest = objects(await api.get(connection, path, [*query, ("limit", "1")]))
        return Page([], a_text(newest[0].get("id")) if newest else FIRST)
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        page = objects(await api.get(connection, path, [*query, ("min_id", since), ("limit", str(limit))]))
        page.sort(key=lambda one: order(a_text(one.get("id"))))
        found += page
        since = a_text(page[-1].get("id")) if page else since
        if len(page) < limit:
            break
    return Page(found, since)
