"""One's own keys: the table of all actions, a choice for one of them, the way back."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.people.access import SIGNED_IN
from sluss.people.actions import set_keys
from sluss.people.once import once
from sluss.people.own_keys import choose_key, reset_keys
from sluss.people.screens import KeyGroup, KeyLine, Keys
from sluss.people.sessions import Session
from sluss.web.edge import Asked, Edge
from sluss.web.keys import BY_ID, KEYS, Context
from sluss.web.locale import gettext as _


class Switch(msgspec.Struct, frozen=True):
    """`on` or `off`: whether single keys do anything."""

    keys: str = "off"


class Chosen(msgspec.Struct, frozen=True):
    """Keys for one action; `then` reset takes the usual ones instead."""

    action: Annotated[str, msgspec.Meta(max_length=60)]
    keys: Annotated[str, msgspec.Meta(max_length=60)] = ""
    then: str = ""


@get("/me/keys", may=SIGNED_IN)
async def keys_page(asked: Asked, session: Session) -> Response[str]:
    return show_keys(asked, session)


@post("/me/keys", may=SIGNED_IN, status_code=200)
async def switch_keys(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Single keys on or off."""
    await edge.db.write(once, who, await asked.op(), set_keys, off=(await asked.form(Switch)).keys == "off")
    return asked.nothing() if asked.wants_json else redirected(asked, "/me/keys?saved=switch")


@post("/me/keys/reset", may=SIGNED_IN, status_code=303)
async def reset_all(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Every key as it is for everybody."""
    await edge.db.write(once, who, await asked.op(), reset_keys, "")
    return redirected(asked, "/me/keys?saved=all")


@post("/me/keys/choose", may=SIGNED_IN, status_code=303)
async def change_key(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Another key for one action."""
    form = await asked.form(Chosen)
    try:
        if form.then == "reset":
            await edge.db.write(once, who, await asked.op(), reset_keys, form.action)
        else:
            await edge.db.write(once, who, await asked.op(), choose_key, form.action, form.keys)
    except Invalid as error:
        return show_keys(asked, session, 422, wrong=(form.action, form.keys, _(error.fields.get(form.action, error.sentence))))
    return redirected(asked, f"/me/keys?saved={form.action}#k-{form.action}")


def show_keys(asked: Asked, session: Session, status: int = 200, **more: Any) -> Response[str]:
    """The page, with what was wrong about a choice or about the words of the usual snooze."""
    saved = asked.request.query_params.get("saved", "") if status == 200 else ""
    screen = Keys(groups=_groups(session), snooze=session.snooze_words or "", saved=saved, **more)
    return asked.answer("people/keys.html", asked.page(_("Your keys"), "me"), status, screen=screen)


def redirected(asked: Asked, path: str) -> Response[Any]:
    return Response(None, status_code=303, headers={"Location": asked.go(path).url})


def _groups(session: Session) -> tuple[KeyGroup, ...]:
    own = session.own_keys or {}
    groups: tuple[tuple[str, tuple[Context, ...]], ...] = (
        (_("Everywhere"), ("everywhere",)),
        (_("In the list"), ("list", "row")),
        (_("In a case"), ("case", "thread")),
        (_("While writing"), ("writing",)),
    )
    return tuple(KeyGroup(name, tuple(_line(key.id, own) for key in KEYS if key.context in contexts)) for name, contexts in groups)


def _line(action: str, own: Any) -> KeyLine:
    key = BY_ID[action]
    chosen = own.get(action, key.keys) if not key.fixed else key.keys
    return KeyLine(id=action, label=_(key.label), keys=chosen, usual=key.keys, also=key.also, fixed=key.fixed)


ROUTES = [keys_page, switch_keys, reset_all, change_key]
