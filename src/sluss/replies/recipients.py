"""Whom an answer goes to. In: what was typed into Cc. Out: addresses, each once, none of our own; or a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

from sluss.channels.addressing import fold_address, plain_address
from sluss.channels.contract import Address
from sluss.kernel.errors import Invalid
from sluss.kernel.words import say

MOST = 100

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEPARATED = re.compile(r'(?:"[^"]*"|[^,;"])+')
_NAMED = re.compile(r'\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*')
_LOCAL = r"[^\s@<>(),;:\"\\\[\]]{1,64}"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"(?!\.){_LOCAL}@{_DOMAIN}")


def read_cc(typed: str) -> tuple[Address, ...]:
    """Addresses separated by commas or semicolons, as `name@host` or `Name <name@host>`. Raises `Invalid` for `cc`."""
    if _CONTROL.search(typed.strip()):
        raise Invalid({"cc": "Write the addresses on one line, separated by commas."})
    return tuple(_address(one.strip()) for one in _SEPARATED.findall(typed) if one.strip())


def choose_recipients(to: Address, cc: Collection[Address], own: Collection[str]) -> tuple[Address, ...]:
    """`to` first, then each of `cc` once; our inboxes are left out, so that no answer returns as a question. At most 100 (T61)."""
    others = {fold_address(one.address): one for one in cc if plain_address(one.address) not in own}
    others.pop(to.address, None)
    if len(others) + 1 > MOST:
        raise Invalid(
            {"cc": say("At most %(most)s people can be written to at once; here are %(number)s.", most=MOST, number=len(others) + 1)}
        )
    return (to, *(Address(address, one.name) for address, one in others.items()))


def can_be_written_to(address: str) -> bool:
    """Whether something sent there could arrive: addresses under `.invalid` stand for senders that could not be read."""
    return not _CONTROL.search(address) and not address.endswith(".invalid")


def _address(typed: str) -> Address:
    named = _NAMED.fullmatch(typed)
    name, address = (named.group(1).strip(), named.group(2).strip()) if named else ("", typed)
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise Invalid({"cc": say("“%(typed)s” is not an address. Write it as name@example.com.", typed=typed[:80])})
    return Address(fold_address(address), name)
