"""The adapter that the rest of Sluss sees: a professional Instagram account as a channel of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from sluss.channels.contract import (
    Capabilities,
    Check,
    Connection,
    Delivered,
    Outbound,
    Posted,
    Refused,
    Sent,
    Surroundings,
    Understood,
    Unreachable,
)
from sluss.channels.deeds import Deed
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Graph
from sluss.channels.graph_checks import check_account, check_rights
from sluss.channels.graph_hooks import Happened, accounts_in, challenge, deliver, prove
from sluss.channels.graph_media import LARGEST, fetch_media
from sluss.channels.graph_net import Net, Rounds
from sluss.channels.graph_subscribing import Wish, check_hook, subscribe
from sluss.channels.graph_talk import mark_of as mark_of_talk
from sluss.channels.graph_talking import Place, Talking
from sluss.channels.happenings import Wanted
from sluss.channels.instagram.comments import mark_of
from sluss.channels.instagram.deeds import perform_public
from sluss.channels.instagram.fetching import fetch_item, fetch_person
from sluss.channels.instagram.polling import Polling
from sluss.channels.instagram.sending import Commenting
from sluss.channels.instagram.settings import InstagramSettings, account_at, settings_of
from sluss.channels.instagram.understanding import KIND, understand_account
from sluss.channels.said import a_text
from sluss.kernel.clock import system_clock
from sluss.kernel.words import say

HEARD = (
    *("comments", "live_comments", "mentions", "messages", "message_edit", "message_reactions", "messaging_postbacks"),
    *("messaging_referral", "messaging_seen", "standby"),
)
OF_PAGE = ("feed", "messages", "message_echoes", "message_reactions", "messaging_postbacks", "message_reads", "standby")
"""What a linked page must hear of, for the account's own fields come by its app."""
RIGHTS_OF_PAGE = ("instagram_basic", "instagram_manage_comments", "instagram_manage_messages", "pages_manage_metadata", "pages_show_list")


class InstagramChannel:
    """Comments and mentions in public; direct messages, story replies and story mentions in private."""

    name = "instagram"
    capabilities = Capabilities(
        icon="instagram",
        label="Instagram Direct",
        visibility="private",
        can_attach=True,
        can_look_up=True,
        max_length=1000,
        max_file_bytes=LARGEST,
        deeds=frozenset({"react"}),
        counts="bytes",
        splits=True,
        max_files=1,
        files_alone=True,
        window_hours=24,
        late_hours=168,
        hook_status=200,
    )
    public_capabilities = Capabilities(
        icon="instagram",
        label="Instagram",
        visibility="public",
        can_look_up=True,
        max_length=300,
        undo_seconds=10,
        deeds=frozenset({"hide", "unhide", "delete"}),
        can_reply_privately=True,
        private_reply_hours=168,
        splits=True,
        hook_status=200,
    )

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self._now, self._graph = now, Graph(allow_private=allow_private)
        self._talking, self._commenting = Talking(self._graph, now), Commenting(self._graph, now)
        self.net = Net(self._graph)

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_account(delivered, connection)

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """What Meta posts, one delivery for each event of this account; other accounts of the app take their own part."""
        prove(posted, connection.secrets.get("app_secret", ""))
        return deliver(posted, KIND, a_text(connection.settings.get("ig_id")), _mark)

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        return challenge(query, connection.secrets.get("verify_token", ""))

    def accounts(self, posted: Posted) -> set[str]:
        return {f"instagram-{one}" for one in accounts_in(posted.body, KIND)}

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        """Make sure that Meta posts, and look by ourselves as well."""
        settings = settings_of(connection)
        account, wish = account_at(connection, settings), _wish(connection, settings)
        polling = Polling(self._graph, account, settings)

        async def subscribed() -> str:
            return await subscribe(self._graph, connection, wish)

        rounds = Rounds(kind=KIND, account=account, subscribe=subscribed, look=polling.look, pause=settings.poll_minutes * 60.0)
        await self.net.keep(connection, around, rounds)

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        settings = _settings(connection)
        if outbound.visibility == "public" and not outbound.is_private_reply:
            return await self._commenting.send(account_at(connection, settings), (settings.ig_id, settings.handle), outbound, hand_over)
        return await self._talking.send(_place(connection, settings), outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        settings = _settings(connection)
        try:
            found = await self._commenting.look_up(account_at(connection, settings), settings.handle, external_id)
            return found or await self._talking.look_up(_place(connection, settings), external_id)
        except Refused as error:
            raise Unreachable(error.reason) from error

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        settings = _settings(connection)
        if deed.visibility == "private":
            if deed.kind != "react":
                raise Refused("deed", say("Instagram’s direct messages cannot do this."), permanent=True)
            return await self._talking.react(_place(connection, settings), deed, hand_over)
        return await perform_public(self._graph, account_at(connection, settings), deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        """Files, names, what mentions say, and media with their comments."""
        settings = _settings(connection)
        account = account_at(connection, settings)
        match wanted.kind:
            case "media":
                return await fetch_media(self._graph, wanted)
            case "person":
                return await fetch_person(self._graph, account, a_text(wanted.ref.get("id")))
            case "item":
                return await fetch_item(self._graph, account, settings.ig_id, wanted, self._now())

    async def test(self, connection: Connection) -> list[Check]:
        """The token, what it may do, and whether Meta posts."""
        try:
            settings = settings_of(connection)
        except msgspec.ValidationError:
            fix = say("Open the settings of this inbox and save them again.")
            return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
        account = account_at(connection, settings)
        known = await check_account(self._graph, account, settings.ig_id, "id,username")
        if known.state == "fail":
            return [known]
        hook = await check_hook(self._graph, connection, _wish(connection, settings))
        if settings.login == "instagram":
            return [known, hook]
        return [known, await check_rights(self._graph, account, settings.app_id, RIGHTS_OF_PAGE, self._now()), hook]

    async def close(self) -> None:
        """Ends kept connections."""
        await self._graph.aclose()


def _settings(connection: Connection) -> InstagramSettings:
    try:
        return settings_of(connection)
    except msgspec.ValidationError as error:
        raise Unreachable(say("The settings of this inbox are incomplete; open and save them again.")) from error


def _place(connection: Connection, settings: InstagramSettings) -> Place:
    """Instagram gives no key of ours back, so none goes along."""
    return Place(
        account=account_at(connection, settings),
        node=settings.talks,
        own=settings.ig_id,
        platform="instagram",
        human=settings.human_agent,
        has_metadata=False,
    )


def _wish(connection: Connection, settings: InstagramSettings) -> Wish:
    """With Instagram Login its app has no list that could be asked for from here."""
    by_page = settings.login == "facebook"
    return Wish(
        account=account_at(connection, settings),
        node=settings.talks,
        kind=KIND,
        fields=OF_PAGE if by_page else HEARD,
        heard=HEARD,
        app=settings.app_id if by_page else "",
    )


def _mark(event: Happened) -> str:
    return mark_of(event.said) if event.where == "changes" else mark_of_talk(event.said)
