"""Posts of the account's own. In: a `Publication`. Out: whether the server has it already; sending it is as for an answer."""

from __future__ import annotations

from sluss.channels.contract import Connection, Sent
from sluss.channels.mastodon.api import MastodonApi, part
from sluss.channels.mastodon.settings import mine_of
from sluss.channels.mastodon.statuses import status_of
from sluss.channels.publishing import Publication
from sluss.channels.said import a_text, an_object, objects
from sluss.kernel.clock import MINUTE


async def find(api: MastodonApi, connection: Connection, publication: Publication) -> Sent | None:
    """The same words, under the same post, not older than the first attempt."""
    me = a_text(an_object(await api.get(connection, "/api/v1/accounts/verify_credentials")).get("id"))
    told = objects(await api.get(connection, f"/api/v1/accounts/{part(me)}/statuses", [("limit", "40")]))
    said = " ".join(publication.text.split())
    for one in told:
        status = status_of(one, mine_of(connection))
        if status is None or status.at < publication.begun_at - MINUTE or status.answers != publication.follows:
            continue
        if " ".join(status.fresh.split()) == said:
            key = a_text(one.get("id"))
            return Sent(f"post {key}", (key,), url=a_text(one.get("url")) or a_text(one.get("uri")))
    return None
