"""What is odd about a mail's sender. In: header fields, the sender, what is ours. Out: words that the desk turns into warnings.

`proof-failed`, `several-from`, `unclear-from`, `reply-to-differs`, `name-holds-address`, `name-is-ours`, `lookalike`, `date-off`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sluss.channels.contract import Address
from sluss.channels.email.reading.headers import Headers, addresses
from sluss.channels.email.reading.proof import Proof, is_clear

DAY = 86_400_000_000
_IN_NAME = re.compile(r"""[^\s@<>"'(),;:]{1,64}@(?:[^\s@<>"'(),;:.]{1,63}\.)+[^\s@<>"'(),;:.]{2,63}""")


def oddities(headers: Headers, sender: Address, proof: Proof, names: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """`names` are those that our own mail bears, `own` our addresses."""
    domains = {address.rpartition("@")[2] for address in own}
    ours = sender.address in own
    clear = is_clear(headers, sender)
    several = not clear and (len(headers.all("from")) > 1 or len({one.address for one in addresses(headers.all("from"))}) > 1)
    found = {
        "proof-failed": proof == "fail",
        "several-from": several,
        "unclear-from": not several and not clear,
        "reply-to-differs": _replies_go_elsewhere(headers, sender),
        "name-holds-address": any(one.lower() != sender.address for one in _IN_NAME.findall(sender.name)),
        "name-is-ours": not ours and _bears(sender.name, names),
        "lookalike": not ours and looks_like(sender.address.rpartition("@")[2], domains),
    }
    return tuple(name for name, holds in found.items() if holds)


def date_is_off(claimed: int | None, received_at: int, *, given: bool) -> bool:
    """Whether the sender's clock cannot be right: the mail is shown where it arrived (T57)."""
    if claimed is None:
        return given
    return claimed == received_at or claimed < received_at - 30 * DAY


def looks_like(domain: str, ours: set[str]) -> bool:
    """Whether a domain is none of ours but would be taken for one."""
    return domain not in ours and any(_is_near(_skeleton(domain), _skeleton(one)) for one in ours if not _is_within(domain, one))


def _replies_go_elsewhere(headers: Headers, sender: Address) -> bool:
    wanted = addresses(headers.all("reply-to"))
    return bool(wanted) and all(one.address != sender.address for one in wanted)


def _bears(name: str, names: tuple[str, ...]) -> bool:
    shown = _plain(name)
    return len(shown) > 4 and any(shown == _plain(one) for one in names)


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    return _look_of(" ".join(name.split()).casefold())


_LOOKS = str.maketrans(
    {"0": "o", "1": "l", "i": "l", "3": "e", "5": "s", "8": "b", "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x"}
    | {"ѕ": "s", "і": "l", "ј": "j", "ԁ": "d", "к": "k", "ӏ": "l", "ο": "o", "α": "a", "ν": "v", "ρ": "p", "τ": "t", "ι": "l", "в": "b"}
)


def _look_of(text: str) -> str:
    """How a text looks: accents off, what is easily confused made one."""
    bare = text if text.isascii() else "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return bare.translate(_LOOKS).replace("rn", "m").replace("vv", "w").replace("cl", "d")


@lru_cache(maxsize=4096)
def _skeleton(domain: str) -> str:
    try:
        shown = domain.encode("ascii").decode("idna") if "xn--" in domain else domain
    except UnicodeError:
        shown = domain
    return _look_of(shown)


def _is_within(domain: str, other: str) -> bool:
    return domain.endswith(f".{other}") or other.endswith(f".{domain}")


def _is_near(one: str, other: str) -> bool:
    """Alike, or one character away: added, lost, changed, or two swapped. Short names are alike too easily."""
    if one == other:
        return True
    if min(len(one), len(other)) < 9 or abs(len(one) - len(other)) > 1:
        return False
    front = next(number for number, (a, b) in enumerate(zip(one + "\0", other + "\0", strict=False)) if a != b)
    rest, its = one[front:], other[front:]
    swapped = len(rest) > 1 and rest[:2] == its[:2][::-1] and rest[2:] == its[2:]
    return rest[1:] == its or rest == its[1:] or rest[1:] == its[1:] or swapped
