"""Recovery codes: ten words of 80 random bits for the day the phone is lost. In: a credential. Out: codes shown once, each good once.

Only their hashes are kept; 80 bits are too many to try, so that these need no slow hash.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.factors import credential_of, has_factor
from sluss.people.letters import notify_agent
from sluss.people.models import recovery_codes

CODES = 10
LONGEST = 100

RENEWED = say("New recovery codes were made; the old ones open nothing any more.")
USED = say("Somebody signed in with one of your recovery codes.")
NOTHING_TO_RECOVER = say("Set up an authenticator app or a passkey first.")


def renew_codes(tx: Tx, who: Actor) -> list[str]:
    """Ten new codes of the actor's own; the ones before open nothing any more. They exist nowhere else."""
    credential_id = credential_of(tx, who)
    if not has_factor(tx, credential_id):
        raise Conflict(NOTHING_TO_RECOVER)
    tx.run(sa.delete(recovery_codes).where(recovery_codes.c.credential_id == credential_id))
    codes = [_new_code() for _ in range(CODES)]
    kept = [{"code_hash": _hash(credential_id, code), "credential_id": credential_id, "created_at": tx.now} for code in codes]
    tx.run(sa.insert(recovery_codes), kept)
    note_deed(tx, who, "factor.codes", ("agent", who.id))
    notify_agent(tx, who, who.id, "factors", what=RENEWED, at=tx.now)
    return codes


def use_code(tx: Tx, who: Actor, credential_id: int, code: str) -> bool:
    """Whether this is one of the codes that are left; it is used up by asking. `who` is the agent who comes in by it."""
    c = recovery_codes.c
    mine = (c.code_hash == _hash(credential_id, code)) & (c.credential_id == credential_id) & c.used_at.is_(None)
    if len(code) > LONGEST or not tx.run(sa.update(recovery_codes).where(mine).values(used_at=tx.now)).rowcount:
        return False
    note_deed(tx, who, "factor.code_used", ("agent", who.id), left=codes_left(tx, credential_id))
    notify_agent(tx, who, who.id, "factors", what=USED, at=tx.now)
    return True


def codes_left(tx: Tx, credential_id: int) -> int:
    """How many are still good."""
    c = recovery_codes.c
    return int(tx.value(sa.select(sa.func.count()).where(c.credential_id == credential_id, c.used_at.is_(None))))


def _new_code() -> str:
    """As `abcd-efgh-jkmn-pqrs`."""
    word = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(word[at : at + 4] for at in range(0, 16, 4))


def _hash(credential_id: int, code: str) -> bytes:
    plain = "".join(character for character in code.casefold() if character.isalnum())
    return hashlib.sha256(f"{credential_id}:{plain}".encode()).digest()
