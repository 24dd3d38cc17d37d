"""First run: three short pages behind a one-time link. Without the link, and once it is used, they do not exist."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.errors import Invalid
from sluss.people import door, passwords
from sluss.people.access import LINK
from sluss.people.actions import NewAgent, faults_of
from sluss.people.screens import Setup
from sluss.people.setup import STEPS, Company, Progress, Step, find_setup, finish_setup, set_up_company, set_up_you
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.shell import Form

NEXT = {
    "mail": "/settings/inboxes/new",
    "chat": "/settings/inboxes/new?channel=webchat",
    "network": "/settings/inboxes/new?channel=facebook",
    "later": "/",
}


class You(msgspec.Struct, frozen=True):
    """The first administrator."""

    name: str
    email: str
    password: str
    locale: str = "en"


class Inbox(msgspec.Struct, frozen=True):
    """What comes after."""

    choice: Literal["mail", "chat", "network", "later"]


@get([f"/setup/{step}" for step in STEPS], may=LINK)
async def setup_page(edge: Edge, asked: Asked, token: str = "") -> Response[str] | Redirect:
    progress = await edge.db.read(find_setup, token)
    place = [f"/setup/{step}" for step in STEPS].index(asked.request.scope["path"])
    if place > len(progress.reached):
        return _onward(asked, progress.next, token)
    return _answer(asked, STEPS[place], (token, progress), Form({"locale": asked.reader.locale}))


@post("/setup/you", may=LINK, status_code=200)
async def setup_you(edge: Edge, asked: Asked, token: str = "") -> Response[str] | Redirect:
    progress = await edge.db.read(find_setup, token)
    form = await asked.form(You)
    you = NewAgent(name=form.name, email=form.email, language=form.locale, role="admin")
    try:
        _require_fit(you, form.password)
        await edge.db.write(set_up_you, token, you, await passwords.hash_password(form.password))
    except Invalid as error:
        typed = {"name": form.name, "email": form.email, "locale": form.locale}
        return _answer(asked, "you", (token, progress), _refused(typed, error))
    return _onward(asked, "company", token)


@post("/setup/company", may=LINK, status_code=200)
async def setup_company(edge: Edge, asked: Asked, token: str = "") -> Response[str] | Redirect:
    progress = await edge.db.read(find_setup, token)
    form = await asked.form(Company)
    try:
        await edge.db.write(set_up_company, token, form)
    except Invalid as error:
        return _answer(asked, "company", (token, progress), _refused(msgspec.structs.asdict(form), error))
    return _onward(asked, "inbox", token)


@post("/setup/inbox", may=LINK, status_code=303)
async def setup_inbox(edge: Edge, asked: Asked, token: str = "") -> Redirect:
    form = await asked.form(Inbox)
    link = await edge.db.write(finish_setup, token)
    await door.enter(edge, asked, link.workspace_id, link.agent_id)
    return asked.go(NEXT[form.choice])


def _require_fit(you: NewAgent, password: str) -> None:
    """Everything that is wrong is said at once."""
    fault = passwords.fault_of(password, you.email, you.name)
    faults = faults_of(you) | ({"password": fault} if fault else {})
    if faults:
        raise Invalid(faults)


def _onward(asked: Asked, step: Step, token: str) -> Redirect:
    return asked.go(f"/setup/{step}?token={token}")


def _answer(asked: Asked, step: Step, at: tuple[str, Progress], form: Form) -> Response[str]:
    token, progress = at
    screen = Setup(step=step, token=token, reached=progress.reached, form=form)
    return asked.answer("people/setup.html", asked.page(_("Set up Sluss")), 422 if form.errors else 200, screen=screen)


def _refused(typed: dict[str, Any], error: Invalid) -> Form:
    return Form(typed, {name: _(sentence) for name, sentence in error.fields.items()})


ROUTES = [setup_page, setup_you, setup_company, setup_inbox]
