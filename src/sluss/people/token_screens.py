"""The pages of tokens, one's own and everybody's. Pure data, and how it is filled.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /me/tokens | people/tokens.html `screen=Tokens` (the POST shows the new `word`, once) | `name`, `scope` (repeated), `days` = 30, 90, 365 or 0, `sure` = 1 with 0, `networks` |
| POST /me/tokens/{id}/revoke | 303 /me/tokens | |
| GET, POST /settings/tokens | settings/tokens.html `screen=Tokens` | the same, and `agent` |
| POST /settings/tokens/{id}/revoke | 303 /settings/tokens | |

Every POST carries `csrf` and `op`.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Annotated

import msgspec

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Invalid
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.people.once import once
from sluss.people.queries import list_agents
from sluss.people.scopes import SCOPES
from sluss.people.tokens import LASTS, USUAL, NewToken, TokenLine, create_token, hint_of, is_token, list_tokens, new_word
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext
from sluss.web.shell import Form

SOON = 7 * DAY


class TokenForm(msgspec.Struct, frozen=True):
    """What the form sends."""

    name: Annotated[str, msgspec.Meta(max_length=500)]
    scope: tuple[str, ...] = ()
    days: int = USUAL
    sure: str = ""
    networks: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    agent: str = ""


class Option(msgspec.Struct, frozen=True):
    """One thing to choose."""

    id: str
    label: str
    detail: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One token. `state`: ok, soon (ends within a week), over, or forever; `others` when an administrator made it for its agent."""

    id: str
    agent: str
    name: str
    hint: str
    scopes: tuple[str, ...]
    networks: str
    state: str
    created_at: int
    expires_at: int | None
    used_at: int | None
    used_from: str
    others: bool


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The list and the form. `word` is a token just made, which nobody is shown again; `twice`: its form was sent once more."""

    url: str
    form: Form = Form({"days": str(USUAL)})
    lines: tuple[Shown, ...] = ()
    scopes: tuple[Option, ...] = ()
    days: tuple[tuple[str, str], ...] = ()
    agents: tuple[tuple[str, str], ...] = ()
    word: str = ""
    twice: bool = False


async def read_tokens(edge: Edge, who: Actor, *, everybody: bool = False) -> Tokens:
    """The page as it stands."""
    return await edge.db.read(_tokens, who, everybody=everybody)


async def make_token(edge: Edge, asked: Asked, who: Actor, *, everybody: bool = False) -> Tokens:
    """Make a token of the form. Out: the page that shows it, or the form with what is wrong."""
    form = await asked.form(TokenForm)
    word = new_word()
    new = NewToken(
        token_hash=hash_of(word),
        hint=hint_of(word),
        name=form.name,
        scopes=form.scope,
        agent_id=_agent(form.agent) if everybody else who.id,
        days=form.days,
        networks=form.networks,
    )
    try:
        token_id = await edge.db.write(once, who, await asked.op(), create_token, _sure(form, new))
    except Invalid as error:
        faults = {name: _(sentence) for name, sentence in error.fields.items()}
        typed = {"name": form.name, "scope": "\n".join(form.scope), "days": str(form.days), "networks": form.networks, "agent": form.agent}
        return msgspec.structs.replace(await read_tokens(edge, who, everybody=everybody), form=Form(typed | {"sure": form.sure}, faults))
    ours = await edge.db.read(is_token, who, token_id, new.token_hash)
    return msgspec.structs.replace(await read_tokens(edge, who, everybody=everybody), word=word if ours else "", twice=not ours)


def _sure(form: TokenForm, new: NewToken) -> NewToken:
    if not form.days and form.sure != "1":
        raise Invalid({"sure": "Tick that you know: a lost token without an end is good until somebody revokes it."})
    return new


def _agent(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 19 else 0


def _tokens(tx: Tx, who: Actor, *, everybody: bool) -> Tokens:
    lines = tuple(_shown(one, tx.now) for one in list_tokens(tx, who, everybody=everybody))
    days = tuple((str(one), ngettext("%(num)s day", "%(num)s days", one) % {"num": one} if one else _("Never")) for one in LASTS)
    scopes = tuple(Option(key, _(words), key) for key, words in SCOPES.items())
    agents = tuple((str(one.id), one.name) for one in list_agents(tx, who) if not one.disabled) if everybody else ()
    return Tokens(url="/settings/tokens" if everybody else "/me/tokens", lines=lines, scopes=scopes, days=days, agents=agents)


def _shown(one: TokenLine, now: int) -> Shown:
    ends = one.expires_at
    state = "forever" if ends is None else "over" if ends <= now else "soon" if ends < now + SOON else "ok"
    same = {name: getattr(one, name) for name in ("agent", "name", "hint", "networks", "created_at", "expires_at", "used_at", "used_from")}
    return Shown(**same, id=str(one.id), scopes=tuple(one.scopes), state=state, others=one.created_by != one.agent_id)
