"""Whom a message goes to. In: what was typed into its fields. Out: addresses, each once, none of our own; or a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

import msgspec

from sluss.channels.addressing import fold_address, plain_address
from sluss.channels.contract import Address
from sluss.kernel.errors import Invalid
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

MOST = 100

_UNSAFE = re.compile(r'["<>\\]')
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SEPARATED = re.compile(r'(?:"[^"]*"|[^,;"])+')
_NAMED = re.compile(r'\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*')
_LOCAL = r"[^\s@<>(),;:\"\\\[\]]{1,64}"
_DOMAIN = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
_ADDRESS = re.compile(rf"(?!\.){_LOCAL}@{_DOMAIN}")


class Recipients(msgspec.Struct, frozen=True):
    """Whom a message goes to; nobody twice, none of us. `bcc` are named in no header."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    @property
    def everybody(self) -> tuple[Address, ...]:
        return (*self.to, *self.cc, *self.bcc)


def read_addresses(typed: str, field: str = "cc") -> tuple[Address, ...]:
    """Addresses separated by commas or semicolons, as `name@host` or `Name <name@host>`. Raises `Invalid` for `field`."""
    return tuple(_address(one, field) for one in split_people(typed, field))


def split_people(typed: str, field: str) -> list[str]:
    """What stands between commas and semicolons. Raises `Invalid` for `field`."""
    if _CONTROL.search(typed.strip()):
        raise Invalid({field: "Write the addresses on one line, separated by commas."})
    return [one.strip() for one in _SEPARATED.findall(typed) if one.strip()]


def choose_recipients(to: Collection[Address], cc: Collection[Address], own: Collection[str], bcc: Collection[Address] = ()) -> Recipients:
    """Each once, where they stand first; our inboxes are left out, so that no answer returns as a question. At most 100 (T61)."""
    taken: set[str] = set()
    chosen = Recipients(*(_fresh(people, own, taken) for people in (to, cc, bcc)))
    if len(chosen.everybody) > MOST:
        number = len(chosen.everybody)
        sentence = say("At most %(most)s people can be written to at once; here are %(number)s.", most=MOST, number=number)
        raise Invalid({"cc" if len(chosen.to) <= MOST else "to": sentence})
    return chosen


def written(people: Collection[Address]) -> str:
    """Addresses as a field shows them, and `read_addresses` reads them again."""
    return ", ".join(_shown(one) for one in people)


def can_be_written_to(address: str) -> bool:
    """Whether something sent there could arrive: addresses under `.invalid` stand for senders that could not be read."""
    return not _CONTROL.search(address) and not address.endswith(".invalid")


def _fresh(people: Collection[Address], own: Collection[str], taken: set[str]) -> tuple[Address, ...]:
    found: list[Address] = []
    for one in people:
        address = fold_address(one.address)
        if address not in taken and plain_address(address) not in own:
            taken.add(address)
            found.append(Address(address, one.name))
    return tuple(found)


def _shown(one: Address) -> str:
    name = clean_line(_UNSAFE.sub(" ", one.name))
    return f'"{name}" <{one.address}>' if name and name != one.address else one.address


def _address(typed: str, field: str) -> Address:
    named = _NAMED.fullmatch(typed)
    name, address = (named.group(1).strip(), named.group(2).strip()) if named else ("", typed)
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise Invalid({field: say("“%(typed)s” is not an address. Write it as name@example.com.", typed=typed[:80])})
    return Address(fold_address(address), name)
