"""Signing in by an identity provider: out to it and back. In: what somebody wants there. Out: what the provider has told, verified.

Between the two the browser carries a sealed note, bound to it by a cookie of this host alone: state, nonce, verifier, what was wanted.
A note is good for ten minutes and one answer. What comes of an answer that links or joins waits, sealed again, for the person's own word.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Literal, TypeVar
from urllib.parse import urlencode

import msgspec

from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.errors import Trouble
from sluss.kernel.log import get_log
from sluss.kernel.sealing import SealError
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import find_workspace
from sluss.people import browser
from sluss.people.home import home_of
from sluss.people.links import spend
from sluss.people.oidc_client import ProviderClient, Redeeming
from sluss.people.oidc_providers import Provider, Told, find_provider, secret_of
from sluss.people.oidc_tokens import Expected, TokenRefused, believe, kid_of
from sluss.people.screens import SignIn
from sluss.web.edge import Asked, Edge

T = TypeVar("T", bound=msgspec.Struct)
Wish = Literal["sign-in", "link", "join"]

log = get_log("oidc")

CALLBACK = "/sign-in/oidc/callback"
LASTS = 10 * MINUTE
LONGEST = 4000
SCOPES = "openid email profile"
NOT_OURS = say("This sign-in was not begun in this browser, or too long ago. Please begin again.")


class SignInRefused(Trouble):
    """The way through the provider ended; the sentence says what to do."""

    status = 422


class Note(msgspec.Struct, frozen=True, kw_only=True, tag="out"):
    """What this browser set out for. `about` is the invitation's token, or the session that wants a link."""

    state: str
    nonce: str
    verifier: str
    workspace_id: int
    issuer: str
    client_id: str
    wish: Wish
    onward: str
    about: str
    at: int


class Arrived(msgspec.Struct, frozen=True, kw_only=True, tag="back"):
    """What the provider has told, waiting for the person to say yes."""

    workspace_id: int
    wish: Wish
    about: str
    told: Told
    at: int


class Return(msgspec.Struct, frozen=True):
    """An answer that holds: what was wanted, and what was told."""

    note: Note
    provider: Provider
    told: Told


def client_of(edge: Edge) -> ProviderClient:
    """The one client of this process."""
    if edge.providers is None:
        edge.providers = ProviderClient(edge.db.clock, private=edge.config.private_servers)
    found: ProviderClient = edge.providers
    return found


def provider_here(tx: Tx, host: str) -> Provider | None:
    """The provider of the workspace that a host name leads to."""
    workspace = find_workspace(tx, host)
    return find_provider(tx, system(workspace.id)) if workspace is not None else None


async def with_provider(asked: Asked, screen: SignIn) -> SignIn:
    """The sign-in with the button of the workspace's provider, if it has one."""
    provider = await asked.edge.db.read(provider_here, asked.host)
    return msgspec.structs.replace(screen, provider=provider.label, only=provider.only) if provider is not None else screen


async def set_out(edge: Edge, asked: Asked, provider: Provider, wish: tuple[Wish, str], onward: str = "/") -> str:
    """The address at the provider to send the browser to; it is given its note. `wish` is what for, and about what."""
    place = await client_of(edge).endpoints(provider.issuer)
    note = Note(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        workspace_id=provider.workspace_id,
        issuer=provider.issuer,
        client_id=provider.client_id,
        wish=wish[0],
        onward=onward,
        about=wish[1],
        at=edge.db.clock(),
    )
    _keep(edge, asked, note)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(note.verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": await callback_of(edge, asked, provider.workspace_id),
    }
    query |= {"scope": SCOPES, "state": note.state, "nonce": note.nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
    joint = "&" if "?" in place.authorization_endpoint else "?"
    return f"{place.authorization_endpoint}{joint}{urlencode(query)}"


async def come_back(edge: Edge, asked: Asked) -> Return:
    """What the provider has told whoever set out from this browser. Raises `SignInRefused`, `TokenRefused` or `ProviderTrouble`."""
    note = _read(edge, asked, Note)
    browser.drop_cookie(asked.request, edge.config, browser.VOYAGE)
    query = asked.request.query_params
    state = query.get("state", "")
    if note is None or not hmac.compare_digest(note.state.encode(), state.encode("utf-8", "replace")):
        raise SignInRefused(NOT_OURS)
    if not await edge.db.write(spend, "oidc", note.state):
        raise SignInRefused(NOT_OURS)
    if query.get("iss", note.issuer) != note.issuer:
        raise SignInRefused(NOT_OURS)
    provider, secret = await edge.db.read(_provider_of, note, edge)
    if "code" not in query:
        raise SignInRefused(_refusal(query.get("error", ""), provider.label))
    told = await _redeem(edge, note, (query["code"], secret, await callback_of(edge, asked, note.workspace_id)))
    return Return(note, provider, told)


async def callback_of(edge: Edge, asked: Asked, workspace_id: int) -> str:
    """The address that a provider sends browsers back to, by the configuration alone."""
    server = asked.request.scope["server"]
    return await edge.db.read(home_of, edge.config, workspace_id, (server[1] or 0) if server else 0) + CALLBACK


def keep_arrived(edge: Edge, asked: Asked, back: Return) -> None:
    """Let what was told wait for the person's yes, for ten minutes."""
    told = Arrived(workspace_id=back.note.workspace_id, wish=back.note.wish, about=back.note.about, told=back.told, at=edge.db.clock())
    _keep(edge, asked, told)


def arrived(edge: Edge, asked: Asked, wish: Wish, about: str) -> Arrived | None:
    """What waits for a yes in this browser, for this very thing."""
    found = _read(edge, asked, Arrived)
    return found if found is not None and (found.wish, found.about) == (wish, about) else None


def drop_arrived(edge: Edge, asked: Asked) -> None:
    """It was said, or no longer matters."""
    browser.drop_cookie(asked.request, edge.config, browser.VOYAGE)


async def try_provider(edge: Edge, provider: Provider) -> str:
    """Fetch everything anew, for the test button. Returns the first key's algorithm; raises `ProviderTrouble`."""
    client = client_of(edge)
    await client.endpoints(provider.issuer, fresh=True)
    keys = await client.keys(provider.issuer, fresh=True)
    return ", ".join(sorted({str(key.get("alg") or key.get("kty") or "?") for key in keys})) or "–"


async def _redeem(edge: Edge, note: Note, given: tuple[str, str, str]) -> Told:
    code, secret, uri = given
    client = client_of(edge)
    asking = Redeeming(code=code[:LONGEST], verifier=note.verifier, redirect_uri=uri, client_id=note.client_id, secret=secret)
    token = await client.redeem(note.issuer, asking)
    expected = Expected(note.issuer, note.client_id, note.nonce, edge.db.clock() // SECOND)
    try:
        return believe(token, await client.keys(note.issuer, kid_of(token)), expected)
    except TokenRefused as error:
        log.warning("id_token_refused", issuer=note.issuer, why=error.why)
        raise


def _provider_of(tx: Tx, note: Note, edge: Edge) -> tuple[Provider, str]:
    who = system(note.workspace_id)
    provider = find_provider(tx, who)
    if provider is None or (provider.issuer, provider.client_id) != (note.issuer, note.client_id):
        raise SignInRefused(NOT_OURS)
    return provider, secret_of(tx, who, edge.keyring)


def _refusal(error: str, label: str) -> str:
    if error in {"access_denied", "login_required", "interaction_required", "consent_required"}:
        return say("%(label)s did not let you in, or you said no there.", label=label)
    if error in {"temporarily_unavailable", "server_error"}:
        return say("%(label)s has a problem of its own now. Please try again later.", label=label)
    return say("%(label)s does not accept what Sluss asked. An administrator has to look at its settings.", label=label)


def _keep(edge: Edge, asked: Asked, note: Note | Arrived) -> None:
    sealed: bytes = edge.keyring.seal(msgspec.json.encode(note), ("oidc-note",))
    browser.set_cookie(asked.request, edge.config, browser.VOYAGE, base64.urlsafe_b64encode(sealed).decode(), LASTS // SECOND)


def _read(edge: Edge, asked: Asked, shape: type[T]) -> T | None:
    """The note of this browser if it is of this kind and its time is not over."""
    kept = browser.read_cookie(asked.request, edge.config, browser.VOYAGE)
    if not kept or len(kept) > LONGEST:
        return None
    try:
        opened = edge.keyring.unseal(base64.urlsafe_b64decode(kept.encode()), ("oidc-note",))
        found = msgspec.json.decode(opened, type=shape)
    except (SealError, ValueError, binascii.Error, msgspec.DecodeError):
        return None
    age = edge.db.clock() - getattr(found, "at", 0)
    return found if 0 <= age <= LASTS else None
