"""Talking with X: the adapter as in production against a double that fails on command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sluss.channels.consenting import Asking, Came
from sluss.channels.contract import Connection, Outbound, OutboundFile, Refused, Unreachable
from sluss.channels.deeds import Deed
from sluss.channels.happenings import Wanted
from sluss.channels.inboxes import InboxFields, change_inbox, connection_of, create_inbox
from sluss.channels.oauth.access import AccessLost, TokenSource
from sluss.channels.oauth.visits import new_asking
from sluss.channels.who import Address
from sluss.channels.x.channel import XChannel
from sluss.channels.x.consent import begin, finish
from sluss.channels.x.receiving import CAPPED, SILENT, Waits
from sluss.config import Config
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.db import Database
from sluss.kernel.http import GuardedClient, Policy
from sluss.kernel.sealing import Sealer
from sluss.sandbox.wire import Answer, Asked, Double, told
from sluss.sandbox.x.double import XDouble
from sluss.sandbox.x.server import BEARER, CLIENT_ID, CLIENT_SECRET, CONSUMER_SECRET
from sluss.sandbox.x.world import US
from tests.channels.contract.subject import NOW
from tests.channels.desk import Desk
from tests.world import World


@pytest.fixture
async def double() -> AsyncIterator[XDouble]:
    double = XDouble(now=lambda: NOW)
    await double.start()
    yield double
    await double.settle()
    await double.stop()


@pytest.fixture
async def channel() -> AsyncIterator[XChannel]:
    channel = XChannel(allow_private=True, now=lambda: NOW)
    channel.waits = Waits(alone=0.02, beside=0.02, first_failure=0.02, longest_failure=0.05)
    yield channel
    await channel.close()


@pytest.fixture
def inbox(double: XDouble) -> Callable[..., Connection]:
    def connect(hook: str = "", secrets: dict[str, str] | None = None, **settings: Any) -> Connection:
        known = {"user_id": US, "handle": "@norrskenair", "api": double.url, "around": "nothing"} | settings
        keys = {"token": "access-0", "consumer_secret": CONSUMER_SECRET, "bearer": BEARER} | (secrets or {})
        return Connection(workspace_id=1, inbox_id=2, name="X", address=f"x-{US}", settings=known, secrets=keys, channel="x", hook=hook)

    return connect


def words(text: str, person: str, **more: Any) -> Outbound:
    sides: dict[str, Any] = {"visibility": "public"} if "answers" in more else {"thread_key": f"dm:{person}-{US}"}
    known: dict[str, Any] = {"external_id": f"<{text}>", "sender": Address(f"x-{US}"), "reply_to": Address(f"x-{US}"), "sent_at": NOW}
    return Outbound(recipient=Address(person), to=(Address(person),), subject="", text=text, **known | sides | more)


async def nothing() -> None:
    """The adapter's last call before anything can leave."""


async def test_asking_brings_what_x_did_not_post_once_and_counts_what_it_costs(
    double: XDouble, channel: XChannel, inbox: Callable[..., Connection]
) -> None:
    """What came before the account was connected stays where it is; positions move only after it is kept; the cap ends the asking."""
    anna, desk = double.world.join("annab", "Anna Berg"), Desk()
    await double.say(anna, "@norrskenair förra veckan")
    listening = asyncio.create_task(channel.listen(inbox(daily_cap=20_000), desk.around))
    try:
        await desk.reading.wait()
        said = await double.say(anna, "@norrskenair var är min väska?")
        letter = await double.write(anna, "Bokning K7XW2P")
        found = await desk.arrive(2)
        assert {one.mark for one in found} == {f"said:{said.id}", f"said:{letter.id}"}
        understood: list[Any] = [news for one in found for news in channel.understand(one, inbox())]
        assert [(one.text, one.profile.handle) for one in understood] == [
            ("@norrskenair var är min väska?", "@annab"),
            ("Bokning K7XW2P", "@annab"),
        ]
        await double.write(anna, "Hallå?")
        await desk.says("ok", CAPPED)
        assert desk.spent == {"own read": 2_000, "direct message read": 20_000, "": 0}
    finally:
        listening.cancel()


async def test_x_is_told_where_to_post_and_proves_the_address(double: XDouble, channel: XChannel, inbox: Callable[..., Connection]) -> None:
    """The address is entered once, checked by the challenge, and subscribed to everything; X that only seems to post is found out."""
    door = Double()
    connection = inbox()

    async def greet(asked: Asked) -> Answer:
        return Answer(200, channel.greet(asked.query, connection).encode())

    door.door("GET", "/hooks/1/2", greet)
    await door.start()
    desk = Desk()
    listening = asyncio.create_task(channel.listen(inbox(hook=f"{door.url}/hooks/1/2"), desk.around))
    try:
        await desk.reading.wait()
        assert [one["url"] for one in double.hooks.values()] == [f"{door.url}/hooks/1/2"]
        kinds = {one["event_type"] for one in double.subscriptions}
        assert {"post.mention.create", "post.create", "dm.received", "chat.received", "oauth.revoke"} <= kinds
        assert len(kinds) == len(double.subscriptions)
        double.hook = ""
        desk.places["silence"] = {"since": NOW - 4 * DAY}
        await double.say(double.world.join("annab", "Anna Berg"), "@norrskenair hallå")
        assert await desk.says("ok", "three days") == SILENT
        lines = {one.name: one.state for one in await channel.test(inbox(hook=f"{door.url}/hooks/1/2"))}
        assert lines == {"Account": "ok", "Direct messages": "ok", "News at once": "ok", "Renewal": "warn", "Answers": "ok"}
    finally:
        listening.cancel()
        await door.stop()


async def test_answers_go_out_with_pictures_and_their_descriptions(
    double: XDouble, channel: XChannel, inbox: Callable[..., Connection]
) -> None:
    """Files are brought in pieces and described; the answer hangs under its post, says what it costs, and where it is to be seen."""
    anna = double.world.join("annab", "Anna Berg")
    said = await double.say(anna, "@norrskenair var är min väska?")
    picture = OutboundFile("väska.png", "image/png", bytes(range(256)) * 20_000, alt="En röd väska")
    sent = await channel.send(inbox(), words("Här!", anna.id, answers=said.id, files=(picture,)), nothing)
    post = double.world.posts[sent.external_ids[0]]
    (medium,) = (double.world.media[one] for one in post.media)
    assert (post.text, post.answers, medium.data == picture.data, medium.alt) == ("Här!", said.id, True, "En röd väska")
    assert (sent.cost, sent.url) == (10_000, f"https://x.com/norrskenair/status/{post.id}")
    more = await channel.send(inbox(), words("Läs norrsken.se", anna.id, answers=said.id, follows=post.id), nothing)
    assert (double.world.posts[more.external_ids[0]].answers, more.cost) == (post.id, 200_000)
    wanted = Wanted(kind="media", key="k", ref={"url": medium.url, "media": medium.key, "post": post.id})
    assert (await channel.fetch(inbox(), wanted)).data == picture.data
    (root,) = (await channel.fetch(inbox(), Wanted(kind="item", key="a", ref={"conversation": said.id, "posts": [said.id]}))).delivered
    assert [one.text for one in channel.understand(root, inbox())] == ["@norrskenair var är min väska?"]  # type: ignore[union-attr]
    person = await channel.fetch(inbox(), Wanted(kind="person", key="p", ref={"user": anna.id}))
    assert person.known is not None
    assert person.known.profile.followers == 120


async def test_what_x_does_not_allow_is_said_and_what_it_took_is_found(
    double: XDouble, channel: XChannel, inbox: Callable[..., Connection]
) -> None:
    """F28: the same words twice means that they arrived; a late direct message is looked for; closed doors name the way out."""
    anna = double.world.join("annab", "Anna Berg")
    unasked = await double.say(anna, "Norrsken Air är sena")
    with pytest.raises(Refused) as refused:
        await channel.send(inbox(), words("Hej!", anna.id, answers=unasked.id), nothing)
    assert refused.value.code == "unasked"
    said = await double.say(anna, "@norrskenair hej")
    double.trouble("cut-after", path="/2/tweets$")
    fresh = XChannel(allow_private=True, now=lambda: NOW)
    with pytest.raises(Exception, match="X did not answer"):
        await channel.send(inbox(), words("Hej Anna", anna.id, answers=said.id), nothing)
    again = await fresh.send(inbox(), words("Hej Anna", anna.id, answers=said.id), nothing)
    assert double.taken == ["Hej Anna"]
    assert again.external_ids == (next(one.id for one in double.world.posts.values() if one.author == US),)
    late = words("Din väska är här", anna.id, sent_at=NOW - 20 * MINUTE)
    first = await channel.send(inbox(), late, nothing)
    assert (await fresh.send(inbox(), late, nothing)).external_ids == first.external_ids
    await fresh.close()
    anna.closed = True
    with pytest.raises(Refused) as closed:
        await channel.send(inbox(), words("Hallå", anna.id), nothing)
    assert f"recipient_id={US}" in closed.value.reason
    double.trouble("status", path="/2/tweets$", answer=told({"title": "CreditsDepleted"}, 402))
    with pytest.raises(Refused) as credits_gone:
        await channel.send(inbox(), words("Nytt", anna.id, answers=said.id), nothing)
    assert (credits_gone.value.whole_inbox, credits_gone.value.permanent) == (True, False)


async def test_answers_are_hidden_where_we_began_and_our_own_are_deleted(
    double: XDouble, channel: XChannel, inbox: Callable[..., Connection]
) -> None:
    """Deeds can be repeated without harm; what X allows nobody says so."""
    anna = double.world.join("annab", "Anna Berg")
    ours = double.world.say(US, "Nya linjer till Luleå")
    rude = await double.say(anna, "@norrskenair skräp", answers=ours.id)
    theirs = await double.say(anna, "@norrskenair skräp igen")

    def deed(kind: Any, key: str, of: Any = "in", side: Any = "public") -> Deed:
        return Deed(kind=kind, external_id=key, of=of, visibility=side, author=Address(anna.id), thread_key="")

    for hidden in (True, True, False):
        await channel.perform(inbox(), deed("hide" if hidden else "unhide", rude.id), nothing)
        assert rude.hidden is hidden
    with pytest.raises(Refused, match="began"):
        await channel.perform(inbox(), deed("hide", theirs.id), nothing)
    assert [await channel.perform(inbox(), deed("delete", ours.id, "out"), nothing) for _ in range(2)] == ["deleted", "deleted"]
    await channel.perform(inbox(), deed("block", rude.id, side="private"), nothing)
    assert anna.blocked
    with pytest.raises(Refused):
        await channel.perform(inbox(), deed("delete", rude.id), nothing)


async def test_the_access_is_renewed_once_for_all_and_lost_for_good_when_it_was_taken_away(
    db: Database, world: World, tmp_path: Path, double: XDouble, channel: XChannel
) -> None:
    """F31: renewal tokens are good once; ten questions at once renew once; another process goes on with what was stored."""
    sealer, ewa = Sealer.of(tmp_path), world.people["ewa"]
    settings = {"user_id": US, "handle": "@norrskenair", "api": double.url, "client_id": CLIENT_ID}
    secrets = {"token": "long-gone", "refresh_token": "refresh-0", "client_secret": CLIENT_SECRET}
    fields = InboxFields(name="X", address=f"x-{US}", settings=settings, secrets=secrets)
    inbox_id = await db.write(create_inbox, ewa, sealer, "x", fields)
    stored = msgspec.structs.replace(await db.read(connection_of, ewa, inbox_id, sealer), channel="x")
    sources = [TokenSource(db, sealer, Config(data=str(tmp_path))) for _ in range(2)]
    first, second = (one.attach(stored) for one in sources)
    assert {one.state for one in await channel.test(first) if one.name == "Account"} == {"ok"}
    double.expire()
    await asyncio.gather(*(channel.test(one) for one in (first, second) * 3))
    assert double.renewals == 2
    double.revoke()
    with pytest.raises(Refused) as lost:
        await channel.send(first, words("Hej", "5"), nothing)
    assert (lost.value.reconnect, lost.value.permanent) == (True, False)
    assert second.access is not None
    with pytest.raises(AccessLost):
        await second.access.token("127.0.0.1")
    with pytest.raises(Unreachable, match="own servers"):
        await second.access.token("evil.example")
    double.refresh_tokens["pasted"] = True
    anew = msgspec.structs.replace(fields, secrets={"refresh_token": "pasted"})
    await db.write(change_inbox, ewa, sealer, inbox_id, anew)
    stored = await db.read(connection_of, ewa, inbox_id, sealer)
    assert {one.state for one in await channel.test(sources[1].attach(stored)) if one.name == "Account"} == {"ok"}


async def test_signing_in_at_x_brings_the_account(double: XDouble, inbox: Callable[..., Connection]) -> None:
    """T38: the code is good with its verifier alone."""
    client = GuardedClient(Policy(allow_private=True, allow_http=True, ports=None))
    connection = inbox(secrets={"client_secret": CLIENT_SECRET}, client_id=CLIENT_ID)
    asking, verifier = new_asking("https://sluss.example/back")
    try:
        begun = await begin(connection, asking, client)
        led = await client.request("GET", begun.url)
        code = led.headers["location"].partition("code=")[2].partition("&")[0]
        (account,) = await finish(connection, Came(code=code, verifier=verifier, redirect_uri=asking.redirect_uri), client)
        assert (account.name, account.settings["user_id"], len(account.secrets)) == ("@norrskenair", US, 2)
        begun = await begin(connection, Asking(redirect_uri=asking.redirect_uri, state="s", challenge="other"), client)
        with pytest.raises(Refused):
            await finish(connection, Came(code="code-1", verifier=verifier, redirect_uri=asking.redirect_uri), client)
    finally:
        await client.aclose()
