"""Tokens for adapters. In: a connection. Out: the same with `access`, which gives a token that is good now.

A token is renewed five minutes before it ends, by one process at a time (F31): a lease keeps others waiting, the row's turn keeps whoever
was late from writing over newer tokens. What cannot be renewed is not tried in a loop: the inbox waits for a person.
"""

from __future__ import annotations

import asyncio
from typing import NoReturn

import msgspec

from sluss.channels.contract import Access, Connection, Unreachable
from sluss.channels.oauth.applications import Application, application_for
from sluss.channels.oauth.exchange import NoUse, Refused, Tokens, renew
from sluss.channels.oauth.grants import CHANGED, LOST, NOT_CONNECTED, UNTAKEN, OpenGrant, keep_grant, lose_grant, open_grant, renew_grant
from sluss.channels.oauth.own import GONE as ALSO_GONE
from sluss.channels.oauth.own import UNPLANTED, OwnProvider, own_provider
from sluss.channels.oauth.providers import NAMES, Provider, provider_named
from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.db import Database
from sluss.kernel.leases import Lease, acquire, release
from sluss.kernel.log import get_log
from sluss.kernel.sealing import Sealer, SealError
from sluss.kernel.tokens import new_token
from sluss.kernel.words import say

log = get_log("access")

MARGIN = 5 * MINUTE
LEASE_SECONDS = 60
LOOK_SECONDS = 0.25
LOOKS = 120
REST_SECONDS = 30
STORE_TRIES = 5
STORE_WAIT = 0.05
GONE: frozenset[str] = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"})
"""Words that only a person can answer."""
LOST_ACCOUNT = say("This account needs to be connected again: %(provider)s no longer accepts the permission that was given.")


class AccessLost(Unreachable):
    """Only a person can help: the inbox has to be connected again."""


class TokenSource:
    """The tokens of one process; several may run on one database. Used by one event loop."""

    def __init__(self, db: Database, sealer: Sealer, config: Config) -> None:
        self.db, self._sealer, self._config = db, sealer, config
        self._holder = f"tokens:{new_token()}"
        self._renewing: dict[int, asyncio.Task[str]] = {}
        self._resting: dict[int, tuple[int, str]] = {}
        self._unstored: dict[int, tuple[int, Tokens]] = {}

    def attach(self, connection: Connection) -> Connection:
        """The connection as an adapter can sign in with it."""
        auth = connection.settings.get("auth")
        own = own_provider(connection, private=self._config.private_servers)
        if not connection.inbox_id or (own is None and auth not in NAMES):
            return connection
        access: Access = InboxAccess(self, connection, own or provider_named(str(auth)))
        return msgspec.structs.replace(connection, access=access)

    async def opened(self, who: Actor, inbox_id: int, provider: Provider) -> OpenGrant:
        """The grant as it is, if it can be used. Raises `Unreachable`."""
        found = await self.db.read(open_grant, who, self._sealer, inbox_id)
        if isinstance(provider, OwnProvider) and (found is None or found.grant.client_id != provider.mark):
            return provider.unplanted(inbox_id)
        if found is None or found.grant.provider != provider.name:
            raise Unreachable(say(NOT_CONNECTED, provider=provider.label))
        if found.grant.state == "lost" and inbox_id not in self._unstored:
            raise AccessLost(found.grant.reason)
        return found

    async def renewed(self, who: Actor, inbox_id: int, provider: Provider, refused: str) -> str:
        """A fresh token, by one renewal for all who ask at once. Whoever is cancelled does not take the renewal down with them."""
        until, reason = self._resting.get(inbox_id, (0, ""))
        if self.db.clock() < until:
            raise Unreachable(reason)
        task = self._renewing.get(inbox_id)
        if task is None:
            task = asyncio.create_task(self._renew(who, inbox_id, provider, refused))
            self._renewing[inbox_id] = task
            task.add_done_callback(lambda done: self._ended(inbox_id, done))
        return await asyncio.shield(task)

    def _ended(self, inbox_id: int, task: asyncio.Task[str]) -> None:
        self._renewing.pop(inbox_id, None)
        if not task.cancelled() and (error := task.exception()) and not isinstance(error, Unreachable):
            log.error("renewal_failed", inbox=inbox_id, error=repr(error))

    async def _renew(self, who: Actor, inbox_id: int, provider: Provider, refused: str) -> str:
        lease = await self._lease(who, inbox_id, provider, refused)
        if isinstance(lease, str):
            return lease
        try:
            found = await self.opened(who, inbox_id, provider)
            if is_good(found, self.db.clock(), refused):
                return found.access
            if isinstance(provider, OwnProvider) and found.grant.turn == UNPLANTED:
                await self.db.write(keep_grant, who, self._sealer, inbox_id, provider.planted)
                found = await self.opened(who, inbox_id, provider)
            return await self._exchange(who, found, provider)
        finally:
            await self.db.write(release, lease)

    async def _lease(self, who: Actor, inbox_id: int, provider: Provider, refused: str) -> Lease | str:
        """The right to renew, or the token that somebody else got meanwhile."""
        for _ in range(LOOKS):
            lease = await self.db.write(acquire, f"grant:{inbox_id}", self._holder, LEASE_SECONDS)
            if lease is not None:
                return lease
            await asyncio.sleep(LOOK_SECONDS)
            found = await self.opened(who, inbox_id, provider)
            if is_good(found, self.db.clock(), refused):
                return found.access
        raise Unreachable(say("The access to this account is being renewed by another process; it will be tried again."))

    async def _exchange(self, who: Actor, found: OpenGrant, provider: Provider) -> str:
        grant = found.grant
        turn, tokens = self._unstored.get(grant.inbox_id, (0, None))
        if tokens is None or turn != grant.turn:
            tokens = await self._asked(who, found, provider)
        self._unstored[grant.inbox_id] = grant.turn, tokens
        await self._store(who, grant.inbox_id)
        return tokens.access

    async def _asked(self, who: Actor, found: OpenGrant, provider: Provider) -> Tokens:
        """Fresh tokens from the provider, or what the inbox waits for now."""
        grant = found.grant
        application = await self._application(who, found, provider)
        try:
            tokens = await renew(provider, application, found.renewal)
        except NoUse as error:
            self._rest(grant.inbox_id, error.reason, error.rest)
        except Refused as error:
            own = isinstance(provider, OwnProvider)
            if error.code in GONE or (own and error.code in ALSO_GONE):
                await self._lose(who, found, say(LOST_ACCOUNT if own else LOST, provider=provider.label))
            log.warning("renewal_refused", inbox=grant.inbox_id, provider=provider.name, code=error.code)
            self._rest(grant.inbox_id, _rejected(provider), 0)
        return tokens if tokens.renewal else msgspec.structs.replace(tokens, renewal=found.renewal)

    async def _application(self, who: Actor, found: OpenGrant, provider: Provider) -> Application:
        """As whom Sluss renews: the inbox's own application, or the one of the workspace for everybody."""
        if isinstance(provider, OwnProvider):
            return provider.application
        application = await self.db.read(application_for, who, self._sealer, self._config, provider.name)
        if application is None:
            raise Unreachable(_rejected(provider))
        if application.client_id != found.grant.client_id:
            await self._lose(who, found, say(CHANGED, provider=provider.label))
        return application

    def _rest(self, inbox_id: int, reason: str, seconds: int) -> NoReturn:
        """Leave the provider alone for a moment, whoever asks."""
        self._resting[inbox_id] = self.db.clock() + max(seconds, REST_SECONDS) * SECOND, reason
        raise Unreachable(reason)

    async def _store(self, who: Actor, inbox_id: int) -> None:
        """Write what was given before anything else happens: the provider may not give it twice, and takes the old token no longer."""
        turn, tokens = self._unstored[inbox_id]
        for attempt in range(1, STORE_TRIES + 1):
            try:
                await self.db.write(renew_grant, who, self._sealer, (inbox_id, turn), tokens)
                break
            except Exception as error:
                log.exception("tokens_unstored", inbox=inbox_id)
                if attempt == STORE_TRIES:
                    raise Unreachable(say("Nothing can be stored now, so this account waits; it will be tried again.")) from error
                await asyncio.sleep(STORE_WAIT * 4**attempt)
        del self._unstored[inbox_id]

    async def _lose(self, who: Actor, found: OpenGrant, reason: str) -> NoReturn:
        await self.db.write(lose_grant, who, (found.grant.inbox_id, found.grant.turn), reason)
        raise AccessLost(reason)

    async def give_up(self, who: Actor, inbox_id: int, provider: Provider, refused: str) -> NoReturn:
        """The network takes neither the token nor a fresh one."""
        found = await self.opened(who, inbox_id, provider)
        own = isinstance(provider, OwnProvider)
        if found.access == refused:
            await self._lose(who, found, say(LOST_ACCOUNT if own else UNTAKEN, provider=provider.label))
        if own:
            raise Unreachable(say("%(provider)s did not take the token; it will be tried again.", provider=provider.label))
        raise Unreachable(say("The mail server of %(provider)s did not take the token; it will be tried again.", provider=provider.label))


class InboxAccess:
    """The tokens of one inbox, as the contract has them."""

    def __init__(self, source: TokenSource, connection: Connection, provider: Provider) -> None:
        self._source, self._inbox_id, self._provider = source, connection.inbox_id, provider
        self._who = system(connection.workspace_id)

    async def token(self, host: str, refused: str = "") -> str:
        """Only the provider's own servers get a token, whatever the settings say (T81)."""
        if host.lower() not in self._provider.mail_hosts:
            sentence = say(
                "What %(provider)s gave is for its own servers, and %(host)s is none of them.", provider=self._provider.label, host=host
            )
            raise Unreachable(sentence)
        try:
            found = await self._source.opened(self._who, self._inbox_id, self._provider)
            if is_good(found, self._source.db.clock(), refused):
                return found.access
            return await self._source.renewed(self._who, self._inbox_id, self._provider, refused)
        except SealError as error:
            raise Unreachable(str(error)) from error

    async def give_up(self, refused: str) -> NoReturn:
        await self._source.give_up(self._who, self._inbox_id, self._provider, refused)


def is_good(found: OpenGrant, now: int, refused: str) -> bool:
    """Whether a token can still be used for a while."""
    return found.grant.state == "good" and found.access != refused and found.grant.expires_at - now > MARGIN


def _rejected(provider: Provider) -> str:
    if isinstance(provider, OwnProvider):
        return say("%(provider)s does not accept the app of this inbox; look at its client ID and secret.", provider=provider.label)
    return say(
        "%(provider)s does not accept Sluss’s application; look at its ID and secret under Settings, Mail sign-in.", provider=provider.label
    )
