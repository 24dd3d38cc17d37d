"""Passkeys: a key pair whose private half never leaves its owner's device (WebAuthn).

In: what a browser's authenticator answered. Out: whose passkey it was, or nothing.

A challenge is sealed, not stored: it opens only for the purpose and the holder it was made for, within ten minutes, and a row uses it up.
"""

from __future__ import annotations

import os
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa
import webauthn
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.audit import note_deed
from sluss.kernel.clock import MINUTE
from sluss.kernel.errors import Conflict
from sluss.kernel.log import get_log
from sluss.kernel.sealing import Sealer, SealError
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import find_workspace
from sluss.people.factor_screens import Passkey
from sluss.people.factors import add_factor, credential_of, used_factor
from sluss.people.home import home_of
from sluss.people.letters import notify_agent
from sluss.people.models import agents, factors, passkeys, used_challenges
from sluss.web.edge import Asked

log = get_log("people")

LASTS = 10 * MINUTE
LONGEST_ANSWER = 20_000
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
TRANSPORTS = frozenset(str(one.value) for one in AuthenticatorTransport)

COPIED = say("A passkey of yours seems to exist twice and was refused. Remove it, and add a new one.")
ALREADY = say("This passkey is registered already.")

Purpose = Literal["register", "fresh", "second", "sign-in"]


class Site(msgspec.Struct, frozen=True):
    """What passkeys are bound to: a host name, and the address that pages with it have."""

    id: str
    origin: str


class Asking(msgspec.Struct, frozen=True):
    """For what a passkey is asked, and of whom: a session, a pending sign-in, a browser. Without a credential anybody's will do."""

    purpose: Purpose
    holder: str
    credential_id: int = 0


class Used(msgspec.Struct, frozen=True):
    """Whose passkey opened: 0 for nobody's. `copied` when it seems to exist twice, so that neither opens anything."""

    credential_id: int = 0
    copied: bool = False


class Answered(msgspec.Struct, frozen=True):
    """What came back, and what it has to fit."""

    asking: Asking
    site: Site | None
    answer: str
    sealer: Sealer


async def site_at(asked: Asked) -> Site | None:
    """What passkeys are bound to where this request came in; never taken from the request itself."""
    return await asked.edge.db.read(_site, asked.edge.config, asked.host, _port(asked))


def site_of(home: str) -> Site | None:
    """The site of an address where people reach Sluss; None where that is a number, which no passkey can be bound to.

    Browsers let this machine use passkeys under its name, so without a configured address they work at `localhost`.
    """
    parts = urlsplit(home)
    name = "localhost" if parts.hostname in LOOPBACK else parts.hostname or ""
    if not name or ":" in name or name.replace(".", "").isdigit():
        return None
    return Site(name, f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port else ""))


async def ask_for(asked: Asked, asking: Asking) -> Passkey | None:
    """What the browser is to ask its authenticator; None where there is no passkey to ask for."""
    site = await site_at(asked)
    known = await asked.edge.db.read(_known, asking.credential_id) if asking.credential_id else []
    if site is None or (asking.credential_id and not known):
        return None
    options = webauthn.generate_authentication_options(
        rp_id=site.id,
        challenge=new_challenge(asked.edge.keyring, asking, asked.edge.db.clock()),
        allow_credentials=known,
        user_verification=UserVerificationRequirement.REQUIRED,
        timeout=LASTS // 1000,
    )
    return Passkey(options=options_to_json(options), at=site.origin)


async def ask_to_make(asked: Asked, asking: Asking, name: tuple[str, str]) -> Passkey | None:
    """What the browser is to ask its authenticator to make; `name` is the address and the full name of its owner."""
    site = await site_at(asked)
    if site is None:
        return None
    options = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name="Sluss",
        user_id=_user_handle(asking.credential_id),
        user_name=name[0],
        user_display_name=name[1],
        challenge=new_challenge(asked.edge.keyring, asking, asked.edge.db.clock()),
        exclude_credentials=await asked.edge.db.read(_known, asking.credential_id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        timeout=LASTS // 1000,
    )
    return Passkey(options=options_to_json(options), at=site.origin)


def add_passkey(tx: Tx, who: Actor, answered: Answered, name: str) -> bool:
    """Keep the public half of a new passkey of the actor's own. False when the answer does not fit what was asked."""
    made = _made(tx, answered)
    if made is None or answered.asking.credential_id != credential_of(tx, who):
        return False
    if tx.value(sa.select(passkeys.c.factor_id).where(passkeys.c.handle == made.credential_id)) is not None:
        raise Conflict(ALREADY)
    factor_id = add_factor(tx, who, "passkey", name)
    row = {"factor_id": factor_id, "handle": made.credential_id, "public_key": made.credential_public_key, "sign_count": made.sign_count}
    try:
        with tx.attempt():
            tx.run(sa.insert(passkeys), row | {"transports": _transports(answered.answer), "backed_up": made.credential_backed_up})
    except IntegrityError:
        raise Conflict(ALREADY) from None
    return True


def use_passkey(tx: Tx, answered: Answered) -> Used:
    """Whose passkey answered, if what came back is good."""
    told = _read(answered.answer)
    found = _stored(tx, told)
    asked_of = answered.asking.credential_id
    if told is None or found is None or answered.site is None or asked_of not in (0, found.credential_id):
        return Used()
    challenge = _challenge_in(tx, answered, told)
    if challenge is None or _handle_in(told) not in (b"", _user_handle(found.credential_id)):
        return Used()
    proved = _proved(told, challenge, answered.site, found.public_key)
    return Used() if proved is None else _count(tx, found, proved)


def new_challenge(sealer: Sealer, asking: Asking, now: int) -> bytes:
    """What an authenticator signs: nobody can guess it, and it tells us when and for whom it was made."""
    return sealer.seal(now.to_bytes(8, "big") + os.urandom(8), _place(asking))


def forget_old_challenges(tx: Tx) -> int:
    """Remove what could not be used again anyway. Returns how many."""
    return tx.run(sa.delete(used_challenges).where(used_challenges.c.expires_at < tx.now)).rowcount


def _made(tx: Tx, answered: Answered) -> Any:
    """The new passkey, if the answer fits what was asked."""
    told = _read(answered.answer)
    challenge = _challenge_in(tx, answered, told) if told is not None else None
    if challenge is None or answered.site is None:
        return None
    expected: dict[str, Any] = {"expected_rp_id": answered.site.id, "expected_origin": answered.site.origin}
    try:
        return webauthn.verify_registration_response(
            credential=cast("dict[str, Any]", told), expected_challenge=challenge, **expected, require_user_verification=True
        )
    except Exception as error:  # noqa: BLE001 - the library takes apart what strangers send, and has no word for all that can be wrong with it
        log.info("passkey_refused", error=repr(error))
        return None


def _proved(told: dict[str, Any], challenge: bytes, site: Site, public_key: bytes) -> Any:
    """What the authenticator signed, if it did. Its counter is looked at afterwards, when we know that it is its own."""
    expected: dict[str, Any] = {"expected_rp_id": site.id, "expected_origin": site.origin, "credential_current_sign_count": 0}
    try:
        return webauthn.verify_authentication_response(
            credential=told, expected_challenge=challenge, **expected, credential_public_key=public_key, require_user_verification=True
        )
    except Exception as error:  # noqa: BLE001 - as above
        log.info("passkey_refused", error=repr(error))
        return None


def _read(answer: str) -> dict[str, Any] | None:
    try:
        told = msgspec.json.decode(answer, type=dict[str, Any]) if len(answer) <= LONGEST_ANSWER else {}
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told.get("response"), dict) else None


def _challenge_in(tx: Tx, answered: Answered, told: dict[str, Any]) -> bytes | None:
    """The challenge that was answered, if it is ours, for this purpose and holder, and not used before."""
    try:
        challenge = parse_client_data_json(base64url_to_bytes(told["response"]["clientDataJSON"])).challenge
        made_at = int.from_bytes(answered.sealer.unseal(challenge, _place(answered.asking))[:8], "big")
    except SealError:
        return None
    except Exception:  # noqa: BLE001 - as above
        return None
    return challenge if 0 <= tx.now - made_at < LASTS and _use_up(tx, challenge) else None


def _use_up(tx: Tx, challenge: bytes) -> bool:
    try:
        with tx.attempt():
            tx.run(sa.insert(used_challenges), {"challenge_hash": hash_of(challenge.hex()), "expires_at": tx.now + LASTS})
    except IntegrityError:
        return False
    return True


def _stored(tx: Tx, told: dict[str, Any] | None) -> sa.Row[Any] | None:
    try:
        handle = base64url_to_bytes(told["rawId"]) if told is not None else b""
    except Exception:  # noqa: BLE001 - as above
        return None
    wanted = sa.select(passkeys.c.factor_id, passkeys.c.public_key, passkeys.c.sign_count, factors.c.credential_id, factors.c.name)
    return tx.row(wanted.join(factors, factors.c.id == passkeys.c.factor_id).where(passkeys.c.handle == handle))


def _handle_in(told: dict[str, Any]) -> bytes:
    """Whose the authenticator says the passkey is; empty where it says nothing."""
    try:
        return base64url_to_bytes(told["response"].get("userHandle") or "")
    except Exception:  # noqa: BLE001 - as above
        return b"?"


def _count(tx: Tx, found: sa.Row[Any], proved: Any) -> Used:
    """Take the passkey's counter down. When it did not grow there are two of this passkey, and who knows which is which."""
    c, new = passkeys.c, proved.new_sign_count
    grown = (c.sign_count < new) | ((c.sign_count == 0) & (sa.literal(new) == 0))
    values = {"sign_count": new, "backed_up": proved.credential_backed_up}
    if tx.run(sa.update(passkeys).where(c.factor_id == found.factor_id, grown).values(values)).rowcount:
        used_factor(tx, found.factor_id)
        return Used(found.credential_id)
    for row in tx.rows(sa.select(agents.c.workspace_id, agents.c.id).where(agents.c.credential_id == found.credential_id)):
        who = system(row.workspace_id)
        note_deed(tx, who, "factor.copied", ("agent", row.id), factor="passkey", name=found.name)
        notify_agent(tx, who, row.id, "factors", what=COPIED, label=found.name, at=tx.now)
    return Used(copied=True)


def _known(tx: Tx, credential_id: int) -> list[PublicKeyCredentialDescriptor]:
    wanted = sa.select(passkeys.c.handle, passkeys.c.transports).join(factors, factors.c.id == passkeys.c.factor_id)
    rows = tx.rows(wanted.where(factors.c.credential_id == credential_id).order_by(factors.c.id))
    return [PublicKeyCredentialDescriptor(id=row.handle, transports=[*map(AuthenticatorTransport, row.transports)]) for row in rows]


def _transports(answer: str) -> list[str]:
    told: Any = (_read(answer) or {"response": {}})["response"].get("transports")
    return [one for one in sorted(TRANSPORTS) if one in told] if isinstance(told, list) else []


def _site(tx: Tx, config: Config, host: str, port: int) -> Site | None:
    workspace = find_workspace(tx, host)
    return site_of(home_of(tx, config, workspace.id, port) if workspace is not None else config.base_url)


def _port(asked: Asked) -> int:
    server = asked.request.scope["server"]
    return asked.edge.config.port or (server[1] if server and server[1] else 0)


def _user_handle(credential_id: int) -> bytes:
    return credential_id.to_bytes(8, "big")


def _place(asking: Asking) -> tuple[str | int, ...]:
    return ("challenge", asking.purpose, asking.holder, asking.credential_id)
