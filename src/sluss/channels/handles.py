"""Addresses that no person has chosen or could read. In: who somebody is on a network. Out: a folded address, and how people read it.

Everything here is in lower case, and two people never look alike: addresses are folded wherever they are compared.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote_from_bytes, unquote

from sluss.web.locale import gettext as _

ADDRESS = 300
CODE = 4

_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
_VISITOR = re.compile(r"visitor-[0-9]{1,19}")
_CUSTOMER = re.compile(r"chat-[a-z0-9]{16}/([a-z0-9%._~-]+|#[0-9a-f]{64})")


def visitor_handle(chat: str, visitor_id: int, subject: str = "") -> str:
    """The address of a visitor of a web site, or of the person whom the company's own sign-in proved to be there.

    What is no small letter or digit is spelt out; what gets too long for an index is hashed.
    """
    if not subject:
        return f"visitor-{visitor_id}"
    spelt = "".join(_spelt(byte) for byte in subject.encode())
    return f"{chat}/{spelt if len(spelt) <= ADDRESS else '#' + hashlib.sha256(subject.encode()).hexdigest()}"


def is_handle(address: str) -> bool:
    """Whether an address is one of these."""
    return bool(_VISITOR.fullmatch(address) or _CUSTOMER.fullmatch(address))


def shown_address(address: str) -> str:
    """An address as a person reads it, in the language spoken; what people can read stays as it is."""
    if _VISITOR.fullmatch(address):
        return _("Visitor %(code)s") % {"code": _code(address)}
    found = _CUSTOMER.fullmatch(address)
    if found is None:
        return address
    return _("Customer %(code)s") % {"code": _code(address)} if found[1].startswith("#") else unquote(found[1])


def own_key(address: str) -> str:
    """What the company itself calls the customer of an address; other addresses stay as they are."""
    found = _CUSTOMER.fullmatch(address)
    return address if found is None or found[1].startswith("#") else unquote(found[1])


def is_made_up(name: str, address: str) -> bool:
    """Whether a name was only read out of such an address: nobody may be greeted by it."""
    return is_handle(address) and (not name or name == shown_address(address) or name.endswith(f" {_code(address)}"))


def _code(address: str) -> str:
    """Few letters that can be read out, without vowels, so that they make no word."""
    number = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8])
    return "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(CODE))


def _spelt(byte: int) -> str:
    if byte < 128 and chr(byte).isupper():
        return f"%{byte:02x}"
    return quote_from_bytes(bytes([byte]), safe="").lower()
