"""The adapter that the rest of Sluss sees: a Facebook Page and its Messenger as a channel of the contract."""

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
from sluss.channels.facebook import publishing
from sluss.channels.facebook.deeds import perform_public
from sluss.channels.facebook.feed import mark_of
from sluss.channels.facebook.fetching import fetch_around, fetch_person
from sluss.channels.facebook.polling import Polling
from sluss.channels.facebook.sending import Commenting
from sluss.channels.facebook.settings import FacebookSettings, settings_of
from sluss.channels.facebook.understanding import KIND, understand_page
from sluss.channels.fetching import Fetched
from sluss.channels.graph import Graph, account_of
from sluss.channels.graph_checks import check_account, check_rights
from sluss.channels.graph_hooks import Happened, accounts_in, challenge, deliver, prove
from sluss.channels.graph_media import LARGEST, fetch_media
from sluss.channels.graph_net import Net, Rounds
from sluss.channels.graph_subscribing import Wish, check_hook, subscribe
from sluss.channels.graph_talk import mark_of as mark_of_talk
from sluss.channels.graph_talking import Place, Talking
from sluss.channels.happenings import Wanted
from sluss.channels.publishing import Publication
from sluss.channels.said import a_text
from sluss.kernel.clock import system_clock
from sluss.kernel.words import say

HEARD = (
    *("feed", "mention", "ratings", "messages", "message_echoes", "message_edits", "message_reads", "message_deliveries"),
    *("message_reactions", "messaging_postbacks", "messaging_optins", "messaging_referrals", "messaging_policy_enforcement", "standby"),
)
RIGHTS = (
    *("pages_manage_metadata", "pages_read_engagement", "pages_read_user_content", "pages_manage_engagement", "pages_messaging"),
    "pages_show_list",
)


class FacebookChannel:
    """Comments, visitors' posts, mentions and recommendations in public; Messenger in private."""

    name = "facebook"
    capabilities = Capabilities(
        icon="messenger",
        label="Messenger",
        visibility="private",
        can_attach=True,
        can_look_up=True,
        max_length=2000,
        max_file_bytes=LARGEST,
        deeds=frozenset({"react"}),
        splits=True,
        max_files=1,
        files_alone=True,
        window_hours=24,
        late_hours=168,
        hook_status=200,
    )
    public_capabilities = Capabilities(
        icon="facebook",
        label="Facebook",
        visibility="public",
        can_attach=True,
        can_look_up=True,
        max_length=8000,
        max_file_bytes=8_000_000,
        undo_seconds=10,
        deeds=frozenset({"hide", "unhide", "delete", "like", "unlike", "block", "unblock", "edit"}),
        can_reply_privately=True,
        private_reply_hours=168,
        splits=True,
        max_files=1,
        has_alt=True,
        hook_status=200,
    )

    def __init__(self, *, allow_private: bool = False, now: Callable[[], int] = system_clock) -> None:
        self._now, self._graph = now, Graph(allow_private=allow_private)
        self._talking, self._commenting = Talking(self._graph, now), Commenting(self._graph, now)
        self.net = Net(self._graph)

    def understand(self, delivered: Delivered, connection: Connection) -> list[Understood]:
        return understand_page(delivered, connection)

    def accept(self, posted: Posted, connection: Connection) -> list[Delivered]:
        """What Meta posts, one delivery for each event of this page; other pages of the app take their own part."""
        prove(posted, connection.secrets.get("app_secret", ""))
        return deliver(posted, KIND, a_text(connection.settings.get("page_id")), _mark)

    def greet(self, query: Mapping[str, str], connection: Connection) -> str:
        return challenge(query, connection.secrets.get("verify_token", ""))

    def accounts(self, posted: Posted) -> set[str]:
        return {f"facebook-{one}" for one in accounts_in(posted.body, KIND)}

    async def listen(self, connection: Connection, around: Surroundings) -> None:
        """Make sure that Meta posts, and look by ourselves as well."""
        settings = settings_of(connection)
        account, wish = account_of(connection), _wish(connection, settings)
        polling = Polling(self._graph, account, settings.page_id)

        async def subscribed() -> str:
            return await subscribe(self._graph, connection, wish)

        rounds = Rounds(kind=KIND, account=account, subscribe=subscribed, look=polling.look, pause=settings.poll_minutes * 60.0)
        await self.net.keep(connection, around, rounds)

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        settings = _settings(connection)
        if outbound.visibility == "public" and not outbound.is_private_reply:
            return await self._commenting.send(account_of(connection), settings.page_id, outbound, hand_over)
        return await self._talking.send(_place(connection, settings), outbound, hand_over)

    async def look_up(self, connection: Connection, external_id: str) -> Sent | None:
        settings = _settings(connection)
        try:
            found = await self._commenting.look_up(account_of(connection), settings.page_id, external_id)
            return found or await self._talking.look_up(_place(connection, settings), external_id)
        except Refused as error:
            raise Unreachable(error.reason) from error

    async def publish(self, connection: Connection, publication: Publication, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        return await publishing.publish(self._graph, account_of(connection), _settings(connection).page_id, publication, hand_over)

    async def find_published(self, connection: Connection, publication: Publication) -> Sent | None:
        return await publishing.find(self._graph, account_of(connection), _settings(connection).page_id, publication)

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        settings = _settings(connection)
        if deed.visibility == "private":
            if deed.kind != "react":
                raise Refused("deed", say("Messenger cannot do this."), permanent=True)
            return await self._talking.react(_place(connection, settings), deed, hand_over)
        return await perform_public(self._graph, account_of(connection), settings.page_id, deed, hand_over)

    async def fetch(self, connection: Connection, wanted: Wanted) -> Fetched:
        """Files, names, and posts with their comments."""
        settings, account = _settings(connection), account_of(connection)
        match wanted.kind:
            case "media":
                return await fetch_media(self._graph, wanted)
            case "person":
                return await fetch_person(self._graph, account, settings.page_id, a_text(wanted.ref.get("id")))
            case "item":
                return await fetch_around(self._graph, account, a_text(wanted.ref.get("around")), self._now())

    async def test(self, connection: Connection) -> list[Check]:
        """The token, what it may do, and whether Meta posts."""
        try:
            settings = settings_of(connection)
        except msgspec.ValidationError:
            fix = say("Open the settings of this inbox and save them again.")
            return [Check("Settings", "fail", say("The settings of this inbox are incomplete."), fix)]
        account = account_of(connection)
        known = await check_account(self._graph, account, settings.page_id, "id,name")
        if known.state == "fail":
            return [known]
        rights = await check_rights(self._graph, account, settings.app_id, RIGHTS, self._now())
        return [known, rights, await check_hook(self._graph, connection, _wish(connection, settings))]

    async def close(self) -> None:
        """Ends kept connections."""
        await self._graph.aclose()


def _settings(connection: Connection) -> FacebookSettings:
    try:
        return settings_of(connection)
    except msgspec.ValidationError as error:
        raise Unreachable(say("The settings of this inbox are incomplete; open and save them again.")) from error


def _place(connection: Connection, settings: FacebookSettings) -> Place:
    page = settings.page_id
    return Place(account=account_of(connection), node=page, own=page, platform="messenger", human=settings.human_agent)


def _wish(connection: Connection, settings: FacebookSettings) -> Wish:
    return Wish(account=account_of(connection), node=settings.page_id, kind=KIND, fields=HEARD, app=settings.app_id)


def _mark(event: Happened) -> str:
    return mark_of(event.said) if event.where == "changes" else mark_of_talk(event.said)
