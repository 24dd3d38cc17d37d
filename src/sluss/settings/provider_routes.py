"""The workspace's identity provider: who it is, how far it is trusted, and whether it answers."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.people.fresh import require_fresh
from sluss.people.home import home_of
from sluss.people.oidc_client import ProviderTrouble
from sluss.people.oidc_door import CALLBACK, try_provider
from sluss.people.oidc_providers import Provider, ProviderFields, find_provider, remove_provider, save_provider
from sluss.people.once import once
from sluss.people.queries import list_agents
from sluss.people.sessions import Session
from sluss.settings.forms import typed_form, with_faults
from sluss.settings.screens import Choice, ProviderForm, Tested
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form


@get("/settings/provider", may=ADMINS)
async def provider(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The form of the provider."""
    return await _answer(edge, asked, who, None)


@post("/settings/provider", may=ADMINS)
async def save(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Connect it, or change what is trusted."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), _save, (edge.keyring, edge.config), _fields(typed))
    except Invalid as error:
        return await _answer(edge, asked, who, with_faults(typed, error), status=422)
    return asked.go("/settings/provider?saved=1")


@post("/settings/provider/test", may=ADMINS, status_code=200)
async def test(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Fetch what the provider publishes about itself."""
    found = await edge.db.read(find_provider, who)
    if found is None:
        return asked.go("/settings/provider")
    try:
        tested = Tested(good=True, text=_("It answers. Its keys: %(keys)s.") % {"keys": await try_provider(edge, found)})
    except ProviderTrouble as error:
        tested = Tested(good=False, text=_(error.sentence))
    return await _answer(edge, asked, who, None, tested)


@post("/settings/provider/remove", may=ADMINS)
async def remove(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Passwords alone from now on."""
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), remove_provider)
    return asked.go("/settings/provider")


def _save(tx: Tx, who: Actor, place: tuple[Sealer, Config], given: ProviderFields) -> None:
    sealer, config = place
    save_provider(tx, who, sealer, given, private=config.private_servers)


async def _answer(
    edge: Edge, asked: Asked, who: Actor, form: Form | None, tested: Tested | None = None, *, status: int = 200
) -> Response[str]:
    server = asked.request.scope["server"]
    screen = await edge.db.read(_screen, who, edge.config, (form, tested), (server[1] or 0) if server else 0)
    return asked.answer("settings/provider.html", asked.page(_("Single sign-on"), "settings"), status, screen=screen)


def _screen(tx: Tx, who: Actor, config: Config, shown: tuple[Form | None, Tested | None], port: int) -> ProviderForm:
    found = find_provider(tx, who)
    admins = [one for one in list_agents(tx, who) if one.role == "admin" and not one.disabled and not one.invited]
    return ProviderForm(
        form=shown[0] or (_stored(found) if found is not None else Form()),
        connected=found is not None,
        callback=home_of(tx, config, who.workspace_id, port) + CALLBACK,
        admins=tuple(Choice(id=str(one.id), label=one.name) for one in admins),
        tested=shown[1],
    )


def _stored(found: Provider) -> Form:
    values = {"issuer": found.issuer, "client_id": found.client_id, "label": found.label, "domains": "\n".join(found.domains)}
    values |= {name: "on" for name in ("provision", "only", "trusts_factors") if getattr(found, name)}
    return Form(values=values | {"break_glass": str(found.break_glass_id or "")})


def _fields(typed: Form) -> ProviderFields:
    chosen = typed.value("break_glass")
    return ProviderFields(
        issuer=typed.value("issuer"),
        client_id=typed.value("client_id"),
        secret=typed.value("secret"),
        label=typed.value("label"),
        domains=typed.value("domains"),
        provision=typed.value("provision") == "on",
        only=typed.value("only") == "on",
        break_glass_id=int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0,
        trusts_factors=typed.value("trusts_factors") == "on",
    )


ROUTES = [provider, save, test, remove]
