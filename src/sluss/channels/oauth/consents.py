"""Asking a person for consent. In: an inbox and the session of who asks. Out: the provider's address to go to, and later what came back.

A consent is good for ten minutes, once, and for the session that began it (T38); its verifier and nonce lie sealed until then.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import msgspec
import sqlalchemy as sa

from sluss.channels.addressing import fold_address
from sluss.channels.inboxes import Inbox, access_inbox, restart_inbox
from sluss.channels.oauth.applications import Application
from sluss.channels.oauth.grants import NewGrant, keep_grant
from sluss.channels.oauth.models import consents
from sluss.channels.oauth.providers import NAMES, provider_named
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, MINUTE
from sluss.kernel.errors import Conflict, Forbidden
from sluss.kernel.sealing import Place, Sealer
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

LASTS = 10 * MINUTE


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """A consent that came back in time, to the session that began it; it is used up. Never logged."""

    id: int
    inbox_id: int
    provider: str
    verifier: str
    nonce: str
    redirect_uri: str

    def __repr__(self) -> str:
        return f"Consent({self.id})"


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for consent, as which application, and where the provider shall lead back to."""

    session_id: int
    redirect_uri: str
    application: Application


class Outcome(msgspec.Struct, frozen=True):
    """How a consent ended: a word, and the account that was chosen."""

    word: str
    account: str


def begin_consent(tx: Tx, who: Actor, sealer: Sealer, inbox_id: int, asking: Asking) -> str:
    """The address at the provider where the person consents."""
    inbox = _connectable(tx, who, inbox_id)
    provider, application = provider_named(inbox.settings["auth"]), asking.application
    state, verifier, nonce = new_secret(), new_secret() + new_secret(), new_secret()
    held = {"verifier": verifier, "nonce": nonce, "redirect_uri": asking.redirect_uri}
    consent_id = tx.new_id()
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": consent_id, "inbox_id": inbox_id, "session_id": asking.session_id}
    row |= {"state_hash": hash_of(state), "provider": provider.name, "expires_at": tx.now + LASTS, "used_at": None}
    row |= {"sealed": sealer.seal(msgspec.json.encode(held), _place(who, consent_id)), "outcome": "", "account": ""}
    tx.run(sa.insert(consents), row)
    asked = {"client_id": application.client_id, "redirect_uri": asking.redirect_uri, "response_type": "code"}
    asked |= {"scope": " ".join(provider.scopes), "state": state, "nonce": nonce}
    asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256", "login_hint": inbox.address, **provider.extra}
    return f"{provider.consent_address(application.tenant)}?{urlencode(asked)}"


def take_consent(tx: Tx, who: Actor, sealer: Sealer, session_id: int, state: str) -> Consent | None:
    """Use a consent up. None when it is too old, used, or was begun in another session."""
    c = consents.c
    good = (c.workspace_id == who.workspace_id) & (c.state_hash == hash_of(state)) & (c.session_id == session_id)
    good &= c.used_at.is_(None) & (c.expires_at > tx.now)
    row = tx.row(sa.select(c.id, c.inbox_id, c.provider, c.sealed).where(good))
    if row is None or not tx.run(sa.update(consents).where(good).values(used_at=tx.now)).rowcount:
        return None
    held = msgspec.json.decode(sealer.unseal(row.sealed, _place(who, row.id)), type=dict[str, str])
    return Consent(id=row.id, inbox_id=row.inbox_id, provider=row.provider, **held)


def end_consent(tx: Tx, who: Actor, consent: Consent, word: str, account: str = "") -> None:
    """Note how a consent ended without access."""
    this = (consents.c.workspace_id == who.workspace_id) & (consents.c.id == consent.id)
    tx.run(sa.update(consents).where(this).values(outcome=word, account=account))


def connect_inbox(tx: Tx, who: Actor, sealer: Sealer, consent: Consent, new: NewGrant) -> bool:
    """Keep what a consent brought, if the account is the inbox's: its address or its user name. Whoever receives for it starts anew."""
    inbox = _connectable(tx, who, consent.inbox_id)
    if inbox.settings["auth"] != consent.provider:
        end_consent(tx, who, consent, "expired")
        return False
    if new.account not in {fold_address(inbox.address), fold_address(str(inbox.settings.get("user", "")))}:
        end_consent(tx, who, consent, "mismatch", new.account)
        return False
    keep_grant(tx, who, sealer, consent.inbox_id, new)
    restart_inbox(tx, who, consent.inbox_id)
    end_consent(tx, who, consent, "connected", new.account)
    return True


def outcome_of(tx: Tx, who: Actor, inbox_id: int, consent_id: int) -> Outcome | None:
    """How a consent for an inbox ended, for its page."""
    c = consents.c
    row = tx.row(sa.select(c.outcome, c.account).where(c.workspace_id == who.workspace_id, c.id == consent_id, c.inbox_id == inbox_id))
    return None if row is None else Outcome(row.outcome, row.account)


def forget_old_consents(tx: Tx, who: Actor) -> None:
    """Remove consents that ended more than a day ago."""
    tx.run(sa.delete(consents).where(consents.c.workspace_id == who.workspace_id, consents.c.expires_at < tx.now - DAY))


def _connectable(tx: Tx, who: Actor, inbox_id: int) -> Inbox:
    if who.role != "admin":
        raise Forbidden("Only administrators change inboxes.")
    inbox = access_inbox(tx, who, inbox_id)
    if inbox.archived_at is not None:
        raise Conflict("This inbox was archived. Connect the account again as a new inbox.")
    if inbox.settings.get("auth") not in NAMES:
        raise Conflict(say("This inbox signs in with a password. Change that first, under how Sluss signs in."))
    return inbox


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _place(who: Actor, consent_id: int) -> Place:
    return ("consent", who.workspace_id, consent_id)
