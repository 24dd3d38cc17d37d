"""What a server can do and allows, as it says itself. In: its own description. Out: limits; what it does not tell is Mastodon's usual."""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.channels.contract import Connection, Refused
from sluss.channels.mastodon.api import MastodonApi
from sluss.channels.mastodon.settings import api_of
from sluss.channels.said import a_text, an_object, texts, whole

CHARACTERS = 500
FILES = 4


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one server. `streaming` is the base address of its streams, empty where it has none; `version` is in its own words."""

    title: str = ""
    domain: str = ""
    version: str = ""
    characters: int = CHARACTERS
    files: int = FILES
    media_types: frozenset[str] = frozenset()
    streaming: str = ""


async def read_instance(api: MastodonApi, connection: Connection) -> Instance:
    """Ask a server, in the way of before version 4 where it does not know the newer one. Raises `Refused` or `Unreachable`."""
    try:
        told = an_object(await api.get(connection, "/api/v2/instance"))
    except Refused as error:
        if error.code not in {"404", "410"}:
            raise
        told = an_object(await api.get(connection, "/api/v1/instance"))
    return instance_of(told, api_of(connection))


def instance_of(told: dict[str, Any], base: str) -> Instance:
    """What a description says. What imitates Mastodon tells some of it elsewhere, or not at all."""
    configured = an_object(told.get("configuration"))
    statuses, media = an_object(configured.get("statuses")), an_object(configured.get("media_attachments"))
    urls = an_object(configured.get("urls")) or an_object(told.get("urls"))
    stream = a_text(urls.get("streaming")) or a_text(urls.get("streaming_api"))
    domain = a_text(told.get("domain")) or a_text(told.get("uri")).removeprefix("https://").strip("/")
    return Instance(
        title=a_text(told.get("title")),
        domain=domain,
        version=a_text(told.get("version")),
        characters=whole(statuses.get("max_characters")) or whole(told.get("max_toot_chars")) or CHARACTERS,
        files=whole(statuses.get("max_media_attachments")) or FILES,
        media_types=frozenset(texts(media.get("supported_mime_types"))),
        streaming=_by_http(stream) if stream else base,
    )


def _by_http(url: str) -> str:
    """Streams are also spoken by HTTP where the server only names the other way."""
    kind, _, rest = url.partition("://")
    return f"{'http' if kind in {'ws', 'http'} else 'https'}://{rest}".rstrip("/")
