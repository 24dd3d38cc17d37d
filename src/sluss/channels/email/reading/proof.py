"""What the receiving server found out about the sender (RFC 8601). In: header fields. Out: `pass`, `fail`, or nothing.

Anybody can write such a field into a mail. Only the topmost one counts that bears the name which the administrator gave for the inbox's
own server: servers put theirs on top, and take away foreign ones that bear their name.
"""

from __future__ import annotations

import re
from email.utils import getaddresses
from typing import Literal

import msgspec

from sluss.channels.contract import Address
from sluss.channels.email.reading.headers import Headers, addresses, fold_address

Proof = Literal["", "pass", "fail"]

_LOOKED_AT = 8_192
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.){0,500})"')
_RESULT = re.compile(r"\s*([a-z0-9-]{1,40})(?:/\d+)?\s*=\s*([a-z0-9]{1,40})\b(.*)", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"([a-z0-9-]{1,40}\.[a-z0-9_-]{1,40})\s*=\s*([^\s;]{1,400})", re.IGNORECASE)


# A name without anything that programs read differently, and one address: nothing is left to disagree on.
_ATOMS = r"[^\s\"(),;:<>@\\\[\]]{1,128}"
_PLAIN = re.compile(rf"(?:[^\"(),;:<>@\\]{{0,300}}|\"[^\"@\\]{{0,300}}\"\s*)<{_ATOMS}@{_ATOMS}>|{_ATOMS}@{_ATOMS}")


class _Result(msgspec.Struct, frozen=True):
    """One method and what it found, with the properties it looked at."""

    method: str
    result: str
    properties: dict[str, str]


def proof_of(headers: Headers, sender: Address, authserv_id: str) -> Proof:
    """Whether the mail is from the domain that its one author claims. DMARC decides; without it a signature or path of the same domain."""
    results = _results(headers.all("authentication-results"), authserv_id)
    domain = sender.address.rpartition("@")[2]
    if not results or not domain or not is_clear(headers, sender):
        return ""
    dmarc = next((one for one in results if one.method == "dmarc" and _is_about(one, "header.from", domain, missing=True)), None)
    if dmarc is not None and dmarc.result in {"pass", "fail"}:
        return "pass" if dmarc.result == "pass" else "fail"
    signed = [one for one in results if one.method == "dkim" and (_is_about(one, "header.d", domain) or _is_about(one, "header.i", domain))]
    path = [one for one in results if one.method == "spf" and _is_about(one, "smtp.mailfrom", domain)]
    if any(one.result == "pass" for one in (*signed, *path)):
        return "pass"
    return "fail" if any(one.result == "fail" for one in path) else ""


def is_clear(headers: Headers, sender: Address) -> bool:
    """Whether every program reads the same one author (T56): one field, one mailbox, and another parser agrees."""
    fields = headers.all("from")
    if len(fields) == 1 and _PLAIN.fullmatch(fields[0]):
        return True
    if len(fields) != 1 or [one.address for one in addresses(fields)] != [sender.address]:
        return False
    plain = _COMMENT.sub("", fields[0][:_LOOKED_AT])
    return [fold_address(address) for _, address in getaddresses([plain])] == [sender.address]


def _results(fields: list[str], authserv_id: str) -> list[_Result]:
    wanted = authserv_id.strip().lower()
    for field in fields if wanted else ():
        name, _, rest = _plain(field[:_LOOKED_AT]).partition(";")
        # The name may be followed by a version.
        if name.split() and name.split()[0].strip('"').lower() == wanted:
            return [found for piece in rest.split(";") if (found := _result(piece)) is not None]
    return []


def _plain(field: str) -> str:
    """Without comments, inner ones first, and with nothing in quotes that could look like an end."""
    field = _QUOTED.sub(lambda found: re.sub(r"[;=()\s]", "_", found.group(1)), field)
    for _ in range(5):
        field, before = _COMMENT.sub(" ", field), field
        if field == before:
            break
    return field


def _result(piece: str) -> _Result | None:
    found = _RESULT.match(piece)
    if found is None:
        return None
    properties = {name.lower(): value.lower() for name, value in _PROPERTY.findall(found.group(3))}
    return _Result(found.group(1).lower(), found.group(2).lower(), properties)


def _is_about(one: _Result, name: str, domain: str, *, missing: bool = False) -> bool:
    """Whether a result speaks of the sender's domain or one above it; a domain below proves nothing about those above."""
    value = one.properties.get(name, "").rpartition("@")[2].rstrip(".")
    if not value:
        return missing
    return value == domain or ("." in value and domain.endswith(f".{value}"))
