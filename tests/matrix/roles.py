"""Who asks, and what is theirs.

In: a caller of the matrix. Out: a browser, the place that is its own, and those that must not exist for it.
"""

from __future__ import annotations

import msgspec

from sluss.config import Config
from sluss.kernel.actors import Role
from sluss.people.actions import disable_agent, enable_agent
from sluss.people.sessions import Browser as Device
from sluss.people.sessions import open_session
from tests.world import Browser, Web


class Caller(msgspec.Struct, frozen=True):
    """One row of the matrix. Objects of `hidden` and `foreign` places must answer as missing ones; without a `role` nobody is signed in."""

    key: str
    own: str
    hidden: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ("ferries",)
    role: Role | None = None


CALLERS = (
    Caller("anonymous", "kundtjanst"),
    Caller("ewa", "kundtjanst", role="admin"),
    Caller("maja", "obsluga", role="lead"),
    Caller("johan", "kundtjanst", ("obsluga",), role="agent"),
    Caller("petra", "obsluga", ("kundtjanst",), role="agent"),
    Caller("karin", "kundtjanst", ("obsluga",), role="reviewer"),
    Caller("erik", "kundtjanst", ("obsluga",), role="field"),
    Caller("ola", "kundtjanst", ("obsluga",)),
    Caller("marek", "ferries", foreign=("kundtjanst", "obsluga"), role="admin"),
)


async def browser_of(web: Web, caller: Caller) -> Browser:
    """A browser of the caller; the disabled one still has the cookie of a session that was open when it happened."""
    if caller.key == "anonymous":
        return web.browser()
    if caller.role is not None:
        return await web.sign_in(caller.key)
    return await _shut_out(web, caller.key)


async def _shut_out(web: Web, key: str) -> Browser:
    ewa, agent_id = web.world.who("ewa"), web.world.norrsken.agents[key]
    await web.db.write(enable_agent, ewa, agent_id)
    browser = web.browser()
    browser.client.cookies.set("sluss", await web.db.write(open_session, web.world.norrsken.id, agent_id, Device(), Config()))
    await browser.get("/me")
    await web.db.write(disable_agent, ewa, agent_id)
    return browser
