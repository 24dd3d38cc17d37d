"""Every order of the steps of signing in. Whatever is sent, in whatever order, only the right order leads to a session."""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest
import sqlalchemy as sa

from sluss.kernel.clock import HOUR, TestClock
from sluss.people.models import sessions, sign_in_failures
from tests.people.keys import Device, Phone, add_app, add_passkey, options_on
from tests.world import PASSWORD, Browser, Web

JOHAN = "johan@norrsken.test"
LENGTH = 3

Step = Callable[[Browser], Awaitable[object]]


class Walk:
    """One browser at the door, and what a second one of somebody else's may try with the same codes."""

    def __init__(self, web: Web, phone: Phone, device: Device) -> None:
        self.web, self.phone, self.device = web, phone, device
        self.pending = self.inside = False

    def steps(self) -> dict[str, Step]:
        return {
            "password": self.password,
            "wrong password": self.wrong_password,
            "code": self.code,
            "wrong code": self.wrong_code,
            "passkey without its owner": self.passkey,
            "passkey of the second step, sent to the first": self.misplaced,
        }

    async def password(self, browser: Browser) -> None:
        await browser.post("/sign-in", email=JOHAN, password=PASSWORD, next="/me")
        self.pending = True

    async def wrong_password(self, browser: Browser) -> None:
        await browser.post("/sign-in", email=JOHAN, password="not this one", next="/me")

    async def code(self, browser: Browser) -> None:
        await browser.post("/sign-in/second", code=self.phone.next_code())
        self.inside, self.pending = self.pending, False

    async def wrong_code(self, browser: Browser) -> None:
        await browser.post("/sign-in/second", code=self.phone.wrong_code())

    async def passkey(self, browser: Browser) -> None:
        answer = self.device.answer(options_on(await browser.get("/sign-in")))
        await browser.post("/sign-in/second", answer=answer)
        await browser.post("/sign-in/passkey", answer=answer)

    async def misplaced(self, browser: Browser) -> None:
        page = await browser.get("/sign-in/second")
        if page.status_code == 200:
            await browser.post("/sign-in/passkey", answer=self.device.answer(options_on(page)))


@pytest.fixture
async def walk(web: Web, clock: TestClock) -> Walk:
    johan = await web.sign_in("johan")
    phone, device = await add_app(johan, clock), await add_passkey(johan)
    device.flags = 0x01
    return Walk(web, phone, device)


async def test_no_order_of_steps_but_the_right_one_opens(walk: Walk, web: Web, clock: TestClock) -> None:
    """T28"""
    opened = []
    for names in product(walk.steps(), repeat=LENGTH):
        web.db.write_now(lambda tx: [tx.run(sa.delete(table)) for table in (sessions, sign_in_failures)])
        walk.pending = walk.inside = False
        clock.move(HOUR)
        browser = web.browser()
        await browser.get("/sign-in")
        for done, name in enumerate(names, 1):
            await walk.steps()[name](browser)
            inside = web.db.read_now(lambda tx: tx.row(sa.select(sessions.c.id))) is not None
            assert inside == walk.inside, names[:done]
            if inside:
                opened.append(names[:done])
                break
        await browser.client.aclose()
    assert ("password", "code") in opened
    assert all("password" in names and names[-1] == "code" for names in opened)
