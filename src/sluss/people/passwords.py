"""Passwords: Argon2id, a few at a time, never on the event loop. In: what was typed. Out: a hash, or whether it fits one.

Nothing is cut off: what is too long is refused before any work is done. For an address that nobody has the same work is done.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sluss.kernel.words import say
from sluss.people.screens import MINIMUM_PASSWORD

LONGEST = 1024
AT_ONCE = 2
TOO_SHORT = say("Use at least 12 characters; four words make a good password.")
TOO_LONG = say("Use at most 1024 characters.")
TOO_PLAIN = say("This is too easy to guess. Use several words of your own.")

_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_workers = ThreadPoolExecutor(AT_ONCE, "passwords")


async def hash_password(password: str) -> str:
    """The hash of a password that `fault_of` found nothing wrong with."""
    return await asyncio.get_running_loop().run_in_executor(_workers, hash_now, password)


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password made the hash; takes as long when there is no hash."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_workers, fits_now, password, password_hash)


def hash_now(password: str) -> str:
    """As `hash_password`, for the command line."""
    return _hasher.hash(password.encode("utf-8", "surrogatepass"))


def fits_now(password: str, password_hash: str | None) -> bool:
    """As `fits`, on the caller's thread."""
    try:
        _hasher.verify(password_hash or _nobody(), password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def fault_of(password: str, email: str = "") -> str:
    """What is wrong with a new password, as a sentence, or an empty string."""
    if len(password) < MINIMUM_PASSWORD:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    folded = password.casefold()
    local = email.casefold().partition("@")[0]
    if len(set(folded)) < 5 or folded == email.casefold() or (len(local) > 4 and folded.replace(local, "") == ""):
        return TOO_PLAIN
    return TOO_PLAIN if _is_run(folded) else ""


def _is_run(text: str) -> bool:
    """Whether it is a row of keys or a word said twice: `123456789012`, `passwordpassword`."""
    doubled = any(text == text[:size] * (len(text) // size) for size in range(1, len(text) // 2 + 1) if len(text) % size == 0)
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return doubled or len(steps) == 1 or any(text in row * 2 for row in ("1234567890", "qwertyuiopasdfghjklzxcvbnm"))


@cache
def _nobody() -> str:
    return hash_now("nobody has this password")
