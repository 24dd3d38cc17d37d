"""Authenticator apps: six digits that change every thirty seconds (TOTP). In: a seed, a code. Out: whether the code is good, once.

A seed is sealed for its place. Until its first code was right it is in no table: it waits, sealed for the session, in the form itself.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets

import msgspec
import segno
import sqlalchemy as sa
from pyotp.totp import TOTP

from sluss.kernel.actors import Actor
from sluss.kernel.clock import SECOND
from sluss.kernel.log import get_log
from sluss.kernel.sealing import Place, Sealer, SealError
from sluss.kernel.tx import Tx
from sluss.people.factors import add_factor, credential_of, used_factor
from sluss.people.models import factors, totp_seeds

log = get_log("people")

STEP = 30
WINDOW = (0, -1, 1)
"""Clocks of phones are a little off: the code before and the one after are good too."""


class First(msgspec.Struct, frozen=True):
    """A seed, the first code that an app makes of it, and what its owner calls it."""

    seed: str
    code: str
    name: str


def new_seed() -> str:
    """160 random bits, as apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def picture_of(seed: str, email: str, issuer: str) -> str:
    """The QR code that an app reads, as the address of an image that is in the address itself."""
    uri = TOTP(seed).provisioning_uri(name=email, issuer_name=issuer or "Sluss")
    return segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff", dark="#000")


def wrap_seed(sealer: Sealer, seed: str, session_id: int) -> str:
    """The seed as the form carries it, good for this session only."""
    return base64.urlsafe_b64encode(sealer.seal(seed.encode(), ("new factor", session_id))).decode()


def unwrap_seed(sealer: Sealer, wrapped: str, session_id: int) -> str | None:
    """The seed that a form carries, if this session was given it."""
    try:
        return sealer.unseal(base64.urlsafe_b64decode(wrapped.encode("ascii", "replace")), ("new factor", session_id)).decode()
    except (SealError, binascii.Error):
        return None


def add_app(tx: Tx, who: Actor, sealer: Sealer, first: First) -> bool:
    """Keep a seed of the actor's own whose first code is right. False when the code is not."""
    step = step_of(first.seed, first.code, tx.now)
    if step is None:
        return False
    factor_id = add_factor(tx, who, "app", first.name)
    sealed = sealer.seal(first.seed.encode(), ("factor", credential_of(tx, who), factor_id))
    tx.run(sa.insert(totp_seeds), {"factor_id": factor_id, "sealed": sealed, "last_step": step})
    return True


def use_app(tx: Tx, sealer: Sealer, credential_id: int, code: str) -> bool:
    """Whether a code is one of this credential's apps', and was not used before; each is good once."""
    wanted = sa.select(totp_seeds.c.factor_id, totp_seeds.c.sealed).join(factors, factors.c.id == totp_seeds.c.factor_id)
    for row in tx.rows(wanted.where(factors.c.credential_id == credential_id).order_by(factors.c.id)):
        step = step_of(_unsealed(sealer, row.sealed, ("factor", credential_id, row.factor_id)), code, tx.now)
        if step is not None and _use_up(tx, row.factor_id, step):
            used_factor(tx, row.factor_id)
            return True
    return False


def step_of(seed: str, code: str, now: int) -> int | None:
    """The half minute that a code belongs to, if it is one of those that are good now."""
    typed = "".join(code.split())
    current = now // SECOND // STEP
    made = TOTP(seed)
    return next((current + off for off in WINDOW if hmac.compare_digest(_at(made, current + off), typed.encode("utf-8", "replace"))), None)


def _unsealed(sealer: Sealer, sealed: bytes, place: Place) -> str:
    """A seed, or one that nobody has where the key file is another's: recovery codes and passkeys still open."""
    try:
        return sealer.unseal(sealed, place).decode()
    except SealError as error:
        log.error("seed_not_opened", factor_id=place[2], error=str(error))  # noqa: TRY400 - the sentence says it all
        return new_seed()


def _at(made: TOTP, step: int) -> bytes:
    return made.generate_otp(step).encode()


def _use_up(tx: Tx, factor_id: int, step: int) -> bool:
    """A later code makes the earlier ones useless too: what somebody saw over a shoulder opens nothing."""
    newer = (totp_seeds.c.factor_id == factor_id) & (totp_seeds.c.last_step < step)
    return bool(tx.run(sa.update(totp_seeds).where(newer).values(last_step=step)).rowcount)
