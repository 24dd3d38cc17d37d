"""What tests of letters and providers share: a postman who keeps what he carries, a provider at its address, the way there and back."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import httpx

from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.people.letters import Ending, Mail, NotPosted
from sluss.people.oidc_providers import ProviderFields, save_provider
from sluss.people.postman import Postman
from sluss.sandbox.oidc.provider import OidcProvider
from tests.world import Browser, Company, Web

HOME = "https://desk.norrsken.test"


class PostOffice:
    """Takes every letter, until told to fail: `ending` and `reason` of the next ones."""

    def __init__(self, db: Database, config: Config | None = None) -> None:
        self.mails: list[Mail] = []
        self.ending: Ending = "sent"
        self.reason = ""
        self.postman = Postman(db, config or Config(base_url=HOME, mail_host="mail.house.test"), self._post)

    async def _post(self, mail: Mail) -> str:
        if self.ending != "sent":
            raise NotPosted(self.ending, self.reason)
        self.mails.append(mail)
        return "250 taken"

    async def deliver(self) -> list[Mail]:
        """Everything that is due; returns what came this time."""
        before = len(self.mails)
        await self.postman.turn()
        return self.mails[before:]

    async def link_to(self, email: str) -> str:
        """The path of the newest link in a letter to somebody, after all that is due has left, in whatever order."""
        await self.deliver()
        mails = [one.text for one in reversed(self.mails) if one.email == email]
        found = next(filter(None, (re.search(r"https?://[^/\s]+(/\S+)", text) for text in mails)), None)
        assert found, mails
        return found.group(1)


async def connect_provider(web: Web, company: Company, provider: OidcProvider, **more: Any) -> None:
    """Make the double the provider of a workspace."""
    given: dict[str, Any] = {"issuer": provider.issuer, "client_id": provider.client_id, "secret": provider.secret, "label": "Keycloak"}
    fields = ProviderFields(**given | more)
    await web.db.write(save_provider, system(company.id), web.edge.keyring, fields, private=True)


async def there_and_back(browser: Browser, provider: OidcProvider, start: str = "/sign-in/oidc?next=/me") -> httpx.Response:
    """Sign in at the double, as the person it holds; returns the answer to coming back."""
    away = await browser.get(start)
    assert away.status_code == 303, away.text
    return await browser.get(path_of(provider.come_back(away.headers["location"])))


def path_of(address: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def seconds(clock: Any) -> float:
    """The test's clock, for the double."""
    return float(clock() / SECOND)
