"""Publishing at X and Mastodon: one post, what follows under it, and looking for what nobody knows of. F5."""

from __future__ import annotations

from typing import Any

import pytest

from sluss.channels.contract import Connection, ResultUnknown
from sluss.channels.mastodon.channel import MastodonChannel
from sluss.channels.publishing import Publication, Publishing
from sluss.channels.x.channel import XChannel
from sluss.sandbox.mastodon.double import MastodonDouble
from sluss.sandbox.mastodon.server import TOKEN
from sluss.sandbox.mastodon.world import HOST
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.world import US
from tests.channels.contract.subject import NOW

NEWS = "Våra betalningar ligger nere. Läs mer på https://norrsken.example/drift"


def at_x(url: str) -> Connection:
    settings = {"user_id": US, "handle": "@norrskenair", "api": url}
    known: dict[str, Any] = {"workspace_id": 1, "inbox_id": 2, "name": "X", "address": f"x-{US}", "channel": "x"}
    return Connection(**known, settings=settings, secrets={"token": "access-0"})


def at_mastodon(url: str) -> Connection:
    settings = {"server": HOST, "handle": "@norrskenair", "api": url}
    known: dict[str, Any] = {
        "workspace_id": 1,
        "inbox_id": 2,
        "name": "M",
        "address": f"mastodon-norrskenair.{HOST}",
        "channel": "mastodon",
    }
    return Connection(**known, settings=settings, secrets={"token": TOKEN})


@pytest.mark.parametrize("network", ["x", "mastodon"])
async def test_a_post_what_follows_it_and_what_is_looked_for(network: str) -> None:
    """F5: an update answers the post before; of what was taken and never confirmed the network is asked by its words and its place."""
    double: Any = XDouble(now=lambda: NOW) if network == "x" else MastodonDouble(now=lambda: NOW)
    await double.start()
    channel = (XChannel if network == "x" else MastodonChannel)(allow_private=True, now=lambda: NOW)
    if isinstance(channel, MastodonChannel):
        channel.sending.pause = 0.01
    connection = (at_x if network == "x" else at_mastodon)(double.url)
    handed: list[bool] = []

    async def hand_over() -> None:
        handed.append(True)

    try:
        assert isinstance(channel, Publishing)
        first = Publication(external_id="n1", text=NEWS, begun_at=NOW)
        assert await channel.find_published(connection, first) is None
        sent = await channel.publish(connection, first, hand_over)
        update = Publication(external_id="n2", text="Nu går det framåt.", follows=sent.external_ids[0], begun_at=NOW)
        again = await channel.publish(connection, update, hand_over)
        assert sent.url.startswith("http")
        assert (len(handed), again.external_ids[0] != sent.external_ids[0]) == (2, True)
        for one, key in ((first, sent), (update, again)):
            found = await channel.find_published(connection, one)
            assert found is not None
            assert found.external_ids[0] == key.external_ids[0]
        lost = Publication(external_id="n3", text="Löst.", follows=again.external_ids[0], begun_at=NOW)
        double.trouble("cut-after", path="/2/tweets|/api/v1/statuses", method="POST", times=10)
        with pytest.raises(ResultUnknown):
            await channel.publish(connection, lost, hand_over)
        double.heal()
        found = await channel.find_published(connection, lost)
        assert found is not None
        assert found.external_ids[0] not in {sent.external_ids[0], again.external_ids[0]}
        elsewhere = Publication(external_id="n4", text="Löst.", follows=sent.external_ids[0], begun_at=NOW)
        assert await channel.find_published(connection, elsewhere) is None
    finally:
        await channel.close()
        await double.stop()
