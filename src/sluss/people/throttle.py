"""Slowing down guesses. In: tries to sign in. Out: seconds to wait, growing with each failure and never a lock.

Counted per account and network together, per account, per network, and over everything. A browser that this person signed in with
before has a counter of its own, and nothing that others do slows it. A try is counted before the password is looked at, so that a hundred
at once are a hundred.
"""

from __future__ import annotations

import hashlib

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.clock import DAY, HOUR, MINUTE, SECOND
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.people.models import known_devices, sign_in_failures

FORGET_AFTER = 12 * HOUR
KNOWN_FOR = 90 * DAY


class Limit(msgspec.Struct, frozen=True):
    """How many failures are free, and the longest wait after that, in seconds; with `window` counted anew in each such span of time."""

    free: int
    longest: int
    window: int = 0


PAIR = Limit(5, 900)
ACCOUNT = Limit(20, 60)
NETWORK = Limit(50, 300)
EVERYTHING = Limit(1000, 2, 10 * MINUTE)
"""Guesses spread over many accounts and networks: each costs the machine work, so beyond this many there is a pace for strangers."""


class Try(msgspec.Struct, frozen=True):
    """One try: its counters and their limits."""

    counters: tuple[tuple[str, Limit], ...]


def try_of(email: str, network: str, device: str = "") -> Try:
    """What a try counts for; `device` is the token of a browser that is known for this account. Addresses are kept as hashes only."""
    account = _short(email)
    if device:
        return Try(((f"device:{account}:{_short(device)}", PAIR),))
    counters = ((f"pair:{account}:{network}", PAIR), (f"network:{network}", NETWORK), (f"account:{account}", ACCOUNT))
    return Try((*counters, ("everything", EVERYTHING)))


def begin_try(tx: Tx, one: Try) -> int:
    """Count the try, or say how many seconds to wait before there is one."""
    wait = max(_wait(tx, _now(tx, key, limit), limit) for key, limit in one.counters)
    if wait == 0:
        for key, limit in one.counters:
            _count(tx, _now(tx, key, limit))
    return wait


def forgive(tx: Tx, one: Try) -> None:
    """The password was right: this account starts anew from this network, the other counters lose the try."""
    pair, *others = [_now(tx, key, limit) for key, limit in one.counters]
    tx.run(sa.delete(sign_in_failures).where(sign_in_failures.c.key == pair))
    held = sign_in_failures.c.key.in_(others) & (sign_in_failures.c.count > 0)
    tx.run(sa.update(sign_in_failures).where(held).values(count=sign_in_failures.c.count - 1))


def take_slot(tx: Tx, key: str, slots: int, period: int) -> bool:
    """Take one of so many places within any `period`. False when all are taken; a place is free again when its period is over."""
    c = sign_in_failures.c
    keys = [f"{key}:{n}" for n in range(slots)]
    taken = {row.key for row in tx.rows(sa.select(c.key).where(c.key.in_(keys), c.last_at > tx.now - period))}
    return any(one not in taken and _take(tx, one, period) for one in keys)


def remember_device(tx: Tx, credential_id: int) -> str:
    """A token by which a browser is known again for 90 days."""
    token = new_secret()
    tx.run(sa.insert(known_devices), {"token_hash": hash_of(token), "credential_id": credential_id, "expires_at": tx.now + KNOWN_FOR})
    return token


def has_devices(tx: Tx, credential_id: int) -> bool:
    """Whether any browser is known for this person: else a new one is no news."""
    c = known_devices.c
    return tx.value(sa.select(c.token_hash).where(c.credential_id == credential_id, c.expires_at > tx.now).limit(1)) is not None


def is_known(tx: Tx, token: str, credential_id: int) -> bool:
    """Whether this browser signed this person in before."""
    c = known_devices.c
    found = tx.value(sa.select(c.credential_id).where(c.token_hash == hash_of(token), c.expires_at > tx.now))
    return found == credential_id


def forget_old_tries(tx: Tx) -> int:
    """Remove counters and devices that no longer matter. Returns how many."""
    old = tx.run(sa.delete(sign_in_failures).where(sign_in_failures.c.last_at < tx.now - FORGET_AFTER)).rowcount
    return old + tx.run(sa.delete(known_devices).where(known_devices.c.expires_at < tx.now)).rowcount


def _now(tx: Tx, key: str, limit: Limit) -> str:
    return f"{key}:{tx.now // limit.window}" if limit.window else key


def _wait(tx: Tx, key: str, limit: Limit) -> int:
    c = sign_in_failures.c
    # Held until this try is counted: of many at one moment each sees those before it.
    row = tx.row(sa.select(c.count.label("failures"), c.last_at).where(c.key == key).with_for_update())
    if row is None or row.failures < limit.free or row.last_at < tx.now - FORGET_AFTER:
        return 0
    seconds = min(2 ** min(row.failures - limit.free, 20), limit.longest)
    return max(0, -((tx.now - row.last_at - seconds * SECOND) // SECOND))


def _count(tx: Tx, key: str) -> None:
    c = sign_in_failures.c
    again = sa.case((c.last_at < tx.now - FORGET_AFTER, 1), else_=c.count + 1)
    if tx.run(sa.update(sign_in_failures).where(c.key == key).values(count=again, last_at=tx.now)).rowcount:
        return
    try:
        with tx.attempt():
            tx.run(sa.insert(sign_in_failures), {"key": key, "count": 1, "last_at": tx.now})
    except IntegrityError:
        tx.run(sa.update(sign_in_failures).where(c.key == key).values(count=c.count + 1, last_at=tx.now))


def _take(tx: Tx, key: str, period: int) -> bool:
    """False when somebody else took the place at the same moment."""
    c = sign_in_failures.c
    free = (c.key == key) & (c.last_at <= tx.now - period)
    if tx.run(sa.update(sign_in_failures).where(free).values(count=1, last_at=tx.now)).rowcount:
        return True
    try:
        with tx.attempt():
            tx.run(sa.insert(sign_in_failures), {"key": key, "count": 1, "last_at": tx.now})
    except IntegrityError:
        return False
    return True


def _short(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:24]
