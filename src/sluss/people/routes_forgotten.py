"""A new password: asked for by letter, and chosen behind a one-time link. Out: pages of `people/entry_screens.py`."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.people import passwords
from sluss.people.access import EVERYONE, LINK
from sluss.people.entry_screens import Forgotten
from sluss.people.reset import Opened, ask_reset, find_opened, set_by_link
from sluss.people.screens import NewPassword
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.proxies import client_address, client_network
from sluss.web.shell import Form


class Address(msgspec.Struct, frozen=True):
    """Whose password is forgotten."""

    email: Annotated[str, msgspec.Meta(max_length=2000)]


class Password(msgspec.Struct, frozen=True):
    """What the form behind a one-time link sends."""

    password: str


@get("/forgotten", may=EVERYONE)
async def forgotten_page(asked: Asked) -> Response[str]:
    return asked.answer("people/forgotten.html", asked.page(_("New password")), screen=Forgotten())


@post("/forgotten", may=EVERYONE, status_code=200)
async def forgotten(edge: Edge, asked: Asked) -> Response[str]:
    form = await asked.form(Address)
    network = client_network(client_address(asked.request.scope, edge.config))
    await edge.db.write(ask_reset, form.email, asked.host, network)
    return asked.answer("people/forgotten.html", asked.page(_("New password")), screen=Forgotten(asked=True))


@get("/password/{token:str}", may=LINK)
async def password_page(edge: Edge, asked: Asked, token: str) -> Response[str]:
    return _answer(asked, token, await edge.db.read(find_opened, token))


@post("/password/{token:str}", may=LINK, status_code=200)
async def choose_password(edge: Edge, asked: Asked, token: str) -> Response[str] | Redirect:
    form = await asked.form(Password)
    found = await edge.db.read(find_opened, token)
    if found is None:
        return _answer(asked, token, None)
    about = (found.agent.email, found.agent.name, await edge.db.read(_company, found))
    fault = await passwords.find_fault(form.password, about, edge.config.breached_passwords)
    if fault:
        return _answer(asked, token, found, fault)
    await edge.db.write(set_by_link, token, await passwords.hash_password(form.password))
    return asked.go("/sign-in")


def _answer(asked: Asked, token: str, found: Opened | None, fault: str = "") -> Response[str]:
    if found is None:
        screen = NewPassword(token=token, name="", email="", gone=True)
        return asked.answer("people/password.html", asked.page(_("New password")), 410, screen=screen)
    form = Form({}, {"password": _(fault)}) if fault else Form()
    screen = NewPassword(token=token, name=found.agent.name, email=found.agent.email, form=form)
    return asked.answer("people/password.html", asked.page(_("New password")), 422 if fault else 200, screen=screen)


def _company(tx: Tx, found: Opened) -> str:
    return get_workspace(tx, found.link.workspace_id).name


ROUTES = [forgotten_page, forgotten, password_page, choose_password]
