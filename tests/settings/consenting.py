"""What tests of connecting share: an administrator's steps through the pages, and the way to the provider and back."""

from __future__ import annotations

from typing import Any

import httpx
import sqlalchemy as sa

from sluss.channels.models import inboxes
from sluss.kernel.db import Database
from tests.world import Browser, Web

BASE = "https://desk.norrsken.test"
BACK = f"{BASE}/settings/mail-sign-in/back"
SECRET = "hemligt-ord-1"
IDS = {"google": "4711-sluss.apps.googleusercontent.com", "microsoft": "11111111-2222-3333-4444-555555555555"}
ADDRESS = "bokning@norrsken.test"


async def signed_in(web: Web) -> Browser:
    browser = web.browser("desk.norrsken.test", scheme="https")
    assert (await browser.sign_in("ewa@norrsken.test")).status_code == 303
    return browser


async def enter(ewa: Browser, name: str = "google", **other: str) -> httpx.Response:
    fields: dict[str, Any] = {"provider": name, "client_id": IDS[name], "client_secret": SECRET, "tenant": ""} | other
    return await ewa.post("/settings/mail-sign-in", **fields)


async def add(ewa: Browser, name: str = "google", **other: str) -> httpx.Response:
    fields: dict[str, Any] = {"name": "Bokning", "address": ADDRESS, "auth": name, "ways": "imap"} | other
    return await ewa.post("/settings/inboxes/new", **fields)


def way_of(page: httpx.Response) -> str:
    """Where the page leads on to."""
    assert page.status_code == 200, page.text
    return page.headers["refresh"].removeprefix("0; url=")


async def consented(url: str) -> str:
    """What the person's browser is sent back with, as a path of ours."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"].removeprefix(BASE)


async def walk(ewa: Browser, page: httpx.Response) -> httpx.Response:
    """To the provider, back, and on to the page where it ends."""
    answer = await ewa.get(await consented(way_of(page)))
    assert answer.status_code == 303, answer.text
    return await ewa.get(answer.headers["location"])


def inbox_id_of(db: Database) -> int:
    return db.read_now(lambda tx: tx.value(sa.select(inboxes.c.id).where(inboxes.c.address == ADDRESS)))
