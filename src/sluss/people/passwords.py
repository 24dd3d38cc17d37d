"""Passwords: Argon2id, a few at a time, never on the event loop. In: what was typed. Out: a hash, or whether it fits one.

Nothing is cut off: what is too long is refused before any work is done. For an address that nobody has the same work is done.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sluss.kernel.log import get_log
from sluss.kernel.words import say
from sluss.people.screens import MINIMUM_PASSWORD

log = get_log("passwords")

LONGEST = 1024
AT_ONCE = 2
JUDGED = 72
"""So much of a password is judged; more letters make none worse."""
GUESSES = 9.0
"""A password must take ten to this power of guesses by somebody who knows how people choose them."""
TOO_SHORT = say("Use at least 12 characters; four words make a good password.")
TOO_LONG = say("Use at most 1024 characters.")
TOO_PLAIN = say("This is too easy to guess. Use several words of your own.")
TOO_NEAR = say("This is mostly your name, your address or your company's name. Use several words that have nothing to do with you.")
STOLEN = say("This password is in lists of stolen ones, which are tried first. Use another one.")

_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_workers = ThreadPoolExecutor(AT_ONCE, "passwords")


async def hash_password(password: str) -> str:
    """The hash of a password that `find_fault` found nothing wrong with."""
    return await asyncio.get_running_loop().run_in_executor(_workers, hash_now, password)


async def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password made the hash; takes as long when there is no hash."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_workers, fits_now, password, password_hash)


async def find_fault(password: str, about: Iterable[str] = (), stolen: str = "") -> str:
    """As `fault_of`, away from the event loop, and with a look into the file of stolen passwords, where there is one."""
    return await asyncio.get_running_loop().run_in_executor(_workers, _find_fault, password, tuple(about), stolen)


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


def fault_of(password: str, *about: str) -> str:
    """What is wrong with a new password, as a sentence, or an empty string. It must not be made of what is `about`."""
    if len(password) < MINIMUM_PASSWORD:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    folded = password.casefold()
    words = _words(about)
    if _left(folded, words) < MINIMUM_PASSWORD // 2 and any(word in folded for word in words):
        return TOO_NEAR
    if len(set(folded)) < 5 or _is_run(folded):
        return TOO_PLAIN
    return TOO_PLAIN if _guesses(password[:JUDGED], words) < GUESSES else ""


def is_stolen(password: str, file: Path) -> bool:
    """Whether the SHA-1 of a password is in a sorted file of hashes (whole or shortened, upper case hexadecimal), one a line."""
    digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as lines:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            found = _hash_after(lines, middle)
            if found and digest.startswith(found):
                return True
            low, high = (middle + 1, high) if found and found < digest else (low, middle)
    return False


def _find_fault(password: str, about: tuple[str, ...], stolen: str) -> str:
    fault = fault_of(password, *about)
    if fault or not stolen:
        return fault
    try:
        return STOLEN if is_stolen(password, Path(stolen)) else ""
    except OSError as error:
        log.warning("stolen_passwords_unreadable", file=stolen, error=str(error))
        return ""


def _hash_after(lines: BinaryIO, place: int) -> bytes:
    """The first whole line at or after a place; empty after the last."""
    lines.seek(place)
    if place:
        lines.readline()
    return lines.readline().strip().partition(b":")[0].upper()


def _words(about: Iterable[str]) -> list[str]:
    """The words of somebody's own world, longest first."""
    found = {part for one in about for part in (one.casefold(), *re.split(r"[\W_]+", one.casefold())) if len(part) > 2}
    return sorted(found, key=len, reverse=True)


def _left(folded: str, words: list[str]) -> int:
    """How many letters a password has beside those words, digits and signs."""
    for word in words:
        folded = folded.replace(word, "")
    return len(re.sub(r"[\W\d_]", "", folded))


def _guesses(password: str, words: list[str]) -> float:
    # Its word lists take a tenth of a second to load, which only a new password is worth.
    from zxcvbn import zxcvbn  # noqa: PLC0415

    found = zxcvbn(password, user_inputs=words)
    return float(found["guesses_log10"])


def _is_run(text: str) -> bool:
    """Whether it is a row of keys or a word said twice: `123456789012`, `passwordpassword`."""
    doubled = any(text == text[:size] * (len(text) // size) for size in range(1, len(text) // 2 + 1) if len(text) % size == 0)
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return doubled or len(steps) == 1 or any(text in row * 2 for row in ("1234567890", "qwertyuiopasdfghjklzxcvbnm"))


@cache
def _nobody() -> str:
    return hash_now("nobody has this password")
