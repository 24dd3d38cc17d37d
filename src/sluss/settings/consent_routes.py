"""Connecting inboxes at Google and Microsoft: the applications, the way to the provider, and the way back."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sluss.channels.inboxes import access_inbox
from sluss.channels.oauth.applications import ApplicationFields, application_for, register_application, remove_application
from sluss.channels.oauth.consents import Asking, Consent, begin_consent, connect_inbox, end_consent, take_consent
from sluss.channels.oauth.exchange import NoUse, Refused, Tokens, Unproven, account_in, trade_code
from sluss.channels.oauth.grants import NewGrant
from sluss.channels.oauth.providers import NAMES, provider_named
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.outbox.breaker import resume_sending
from sluss.people.once import once
from sluss.people.sessions import Session
from sluss.settings.consent_queries import application_screen, mail_sign_in_screen
from sluss.settings.consent_screens import Connecting
from sluss.settings.forms import typed_form, with_faults
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS

OVERVIEW = "/settings/mail-sign-in"
BACK = f"{OVERVIEW}/back"
STATE = range(20, 100)
OWN_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
DENIED = frozenset({"access_denied", "consent_required"})
REJECTED = frozenset({"invalid_client", "unauthorized_client"})


@get(OVERVIEW, may=ADMINS)
async def mail_sign_in(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Both providers."""
    screen = await edge.db.read(mail_sign_in_screen, who, edge.config)
    return asked.answer("settings/mail_sign_in.html", asked.page(_("Mail sign-in"), "settings"), screen=screen)


@get([f"{OVERVIEW}/{name}" for name in NAMES], may=ADMINS)
async def application(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The application at one provider."""
    return await _application_page(edge, asked, who, asked.request.scope["path"].rpartition("/")[2])


@post(OVERVIEW, may=ADMINS)
async def save_application(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Enter or change an application."""
    typed = await typed_form(asked)
    given = {name: typed.value(name).strip() for name in ("provider", "client_id", "tenant")}
    fields = ApplicationFields(secret=typed.value("client_secret").strip(), **given)
    try:
        await edge.db.write(once, who, typed.value("op"), register_application, edge.keyring, fields)
    except Invalid as error:
        if fields.provider not in NAMES:
            raise
        return await _application_page(edge, asked, who, fields.provider, with_faults(typed, error), 422)
    return asked.go(OVERVIEW)


@post(f"{OVERVIEW}/remove", may=ADMINS)
async def forget_application(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Forget an application."""
    await edge.db.write(once, who, await asked.op(), remove_application, await asked.field("provider"))
    return asked.go(OVERVIEW)


@post("/settings/inboxes/{inbox_id:int}/connect", may=ADMINS, status_code=200)
async def connect(edge: Edge, asked: Asked, who: Actor, session: Session, inbox_id: int) -> Response[Any]:
    """Go and give permission for an inbox."""
    return await lead_to_provider(edge, asked, (who, session), inbox_id, await asked.op())


@get(BACK, may=ADMINS)
async def came_back(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Come back from the provider, with a code or with its no."""
    state, code, error = (asked.request.query_params.get(name, "") for name in ("state", "code", "error"))
    consent = await edge.db.write(take_consent, who, edge.keyring, session.id, state) if len(state) in STATE else None
    if consent is None:
        return asked.go("/settings/inboxes?consent=expired")
    try:
        if error or not code:
            raise _Ended("denied" if error in DENIED else "failed")  # noqa: TRY301 - all ends are told below
        await edge.db.write(_connect, who, edge.keyring, consent, await _brought(edge, who, consent, code))
    except _Ended as ended:
        await edge.db.write(end_consent, who, consent, ended.word)
    return asked.go(f"/settings/inboxes/{consent.inbox_id}?consent={consent.id}")


async def lead_to_provider(edge: Edge, asked: Asked, by: tuple[Actor, Session], inbox_id: int, op: str) -> Response[str]:
    """A page that goes on to the provider by itself. A redirect would not do: browsers hold it against the form's own policy."""
    who, session = by
    inbox = await edge.db.read(access_inbox, who, inbox_id)
    if inbox.settings.get("auth") not in NAMES:
        raise Conflict(say("This inbox signs in with a password. Change that first, under how Sluss signs in."))
    provider = provider_named(inbox.settings["auth"])
    application = await edge.db.read(application_for, who, edge.keyring, edge.config, provider.name)
    if application is None:
        raise Conflict(say("Enter the application at %(provider)s first, under Settings, Mail sign-in.", provider=provider.label))
    redirect_uri = redirect_uri_of(asked)
    if not redirect_uri:
        raise Conflict(say("Set SLUSS_BASE_URL to the address by which people reach Sluss first: the provider leads back there."))
    asking = Asking(session_id=session.id, redirect_uri=redirect_uri, application=application)
    url = await edge.db.write(once, who, op, begin_consent, edge.keyring, inbox_id, asking)
    screen = Connecting(label=provider.label, inbox=inbox.name, address=inbox.address, url=url)
    answer = asked.answer("settings/connecting.html", asked.page(_("Connecting"), "settings"), screen=screen)
    answer.headers["Refresh"] = f"0; url={url}"
    return answer


def redirect_uri_of(asked: Asked) -> str:
    """Where providers lead back to: by the settings alone, never by what a request says of its host (T38, T41). Empty when not known."""
    config = asked.edge.config
    return f"{asked.origin}{BACK}" if config.base_url or config.host in OWN_MACHINE else ""


class _Ended(Exception):
    """A consent that brings no access; `word` says why (`Outcome`)."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


async def _brought(edge: Edge, who: Actor, consent: Consent, code: str) -> NewGrant:
    """What a code is good for. Raises `_Ended`."""
    provider = provider_named(consent.provider)
    application = await edge.db.read(application_for, who, edge.keyring, edge.config, provider.name)
    if application is None:
        raise _Ended("application")
    try:
        tokens = await trade_code(provider, application, code, consent.verifier, consent.redirect_uri)
        account = account_in(tokens.identity, provider, application, consent.nonce, edge.db.clock())
    except NoUse as error:
        raise _Ended("down") from error
    except Refused as error:
        raise _Ended("application" if error.code in REJECTED else "failed") from error
    except Unproven as error:
        raise _Ended("failed") from error
    _require_enough(tokens, provider.mail_scopes)
    return NewGrant(provider=provider.name, client_id=application.client_id, account=account, tokens=tokens)


def _require_enough(tokens: Tokens, wanted: tuple[str, ...]) -> None:
    given = set(tokens.scope.lower().split())
    if given and not all(scope.lower() in given for scope in wanted):
        raise _Ended("unchecked")
    if not tokens.renewal:
        raise _Ended("lasting")


def _connect(tx: Tx, who: Actor, sealer: Sealer, consent: Consent, new: NewGrant) -> None:
    """Keep the access; what waited for it leaves now."""
    if connect_inbox(tx, who, sealer, consent, new) and access_inbox(tx, who, consent.inbox_id).send_failures:
        resume_sending(tx, who, consent.inbox_id)


async def _application_page(edge: Edge, asked: Asked, who: Actor, name: str, form: Any = None, status: int = 200) -> Response[str]:  # noqa: PLR0917
    screen = await edge.db.read(application_screen, who, edge.config, (name, redirect_uri_of(asked)), form)
    title = _("Sign-in with %(provider)s") % {"provider": screen.line.label}
    return asked.answer("settings/application_form.html", asked.page(title, "settings"), status, screen=screen)


ROUTES = [mail_sign_in, application, save_application, forget_application, connect, came_back]
