"""Slowing down guesses. In: tries to sign in. Out: seconds to wait, growing with each failure and never a lock.

Counted per account and network together, per account, and per network. A browser that this person signed in with before is not slowed by
what others do to the account. A try is counted before the password is looked at, so that a hundred at once are a hundred.
"""

from __future__ import annotations

import hashlib

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.clock import DAY, HOUR, SECOND
from sluss.kernel.tokens import hash_of, new_secret
from sluss.kernel.tx import Tx
from sluss.people.models import known_devices, sign_in_failures

FORGET_AFTER = 12 * HOUR
KNOWN_FOR = 90 * DAY


class Limit(msgspec.Struct, frozen=True):
    """How many failures are free, and the longest wait after that, in seconds."""

    free: int
    longest: int


PAIR = Limit(5, 900)
ACCOUNT = Limit(20, 60)
NETWORK = Limit(50, 300)


class Try(msgspec.Struct, frozen=True):
    """One try: its counters and their limits."""

    counters: tuple[tuple[str, Limit], ...]


def try_of(email: str, network: str, *, known: bool) -> Try:
    """What a try counts for. Addresses are kept as hashes only."""
    account = hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:24]
    counters = [(f"pair:{account}:{network}", PAIR), (f"network:{network}", NETWORK)]
    return Try(tuple(counters if known else [*counters, (f"account:{account}", ACCOUNT)]))


def begin_try(tx: Tx, one: Try) -> int:
    """Count the try, or say how many seconds to wait before there is one."""
    wait = max(_wait(tx, key, limit) for key, limit in one.counters)
    if wait == 0:
        for key, _ in one.counters:
            _count(tx, key)
    return wait


def forgive(tx: Tx, one: Try) -> None:
    """The password was right: this account starts anew from this network, the other counters lose the try."""
    pair, *others = [key for key, _ in one.counters]
    tx.run(sa.delete(sign_in_failures).where(sign_in_failures.c.key == pair))
    held = sign_in_failures.c.key.in_(others) & (sign_in_failures.c.count > 0)
    tx.run(sa.update(sign_in_failures).where(held).values(count=sign_in_failures.c.count - 1))


def remember_device(tx: Tx, credential_id: int) -> str:
    """A token by which a browser is known again for 90 days."""
    token = new_secret()
    tx.run(sa.insert(known_devices), {"token_hash": hash_of(token), "credential_id": credential_id, "expires_at": tx.now + KNOWN_FOR})
    return token


def is_known(tx: Tx, token: str, credential_id: int) -> bool:
    """Whether this browser signed this person in before."""
    c = known_devices.c
    found = tx.value(sa.select(c.credential_id).where(c.token_hash == hash_of(token), c.expires_at > tx.now))
    return found == credential_id


def forget_old_tries(tx: Tx) -> int:
    """Remove counters and devices that no longer matter. Returns how many."""
    old = tx.run(sa.delete(sign_in_failures).where(sign_in_failures.c.last_at < tx.now - FORGET_AFTER)).rowcount
    return old + tx.run(sa.delete(known_devices).where(known_devices.c.expires_at < tx.now)).rowcount


def _wait(tx: Tx, key: str, limit: Limit) -> int:
    c = sign_in_failures.c
    row = tx.row(sa.select(c.count.label("failures"), c.last_at).where(c.key == key))
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
