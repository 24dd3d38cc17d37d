"""Addresses of an inbox, and names for what leaves by it. In: an inbox's address and settings. Out: addresses and ids nobody can guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.contract import Connection
from sluss.kernel.tokens import new_token

SEPARATOR = "+"
MARK = "c."
DELIVERY_MARK = "b."
LOCAL = 64
"""What may stand before the @ at most (RFC 5321)."""


def fold_address(address: str) -> str:
    """The form in which addresses are stored and compared."""
    return address.strip().lower()


def all_addresses(address: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The inbox's own address and its aliases, folded, each once."""
    found = (fold_address(str(one)) for one in (address, *settings.get("aliases", ())))
    return tuple(dict.fromkeys(one for one in found if one))


def reply_address(connection: Connection, token: str) -> str:
    """`support+c.token@norrsken.example`: answers to it belong to the token's thread. An address that cannot carry one stays as it is."""
    local, at, domain = connection.address.rpartition("@")
    separator = connection.settings.get("separator", SEPARATOR)
    return f"{local}{separator}{MARK}{token}{at}{domain}" if at and token else connection.address


def plain_address(address: str) -> str:
    """An address, folded, without the token that an address of ours carries."""
    local, at, domain = fold_address(address).rpartition("@")
    for separator in ("+", "-"):
        local = local.partition(f"{separator}{MARK}")[0].partition(f"{separator}{DELIVERY_MARK}")[0]
    return f"{local}{at}{domain}"


def gives_tokens(settings: Mapping[str, Any]) -> bool:
    """Whether each delivery by an inbox names an address of its own for what comes back: only where mail to any detail arrives."""
    return bool(settings.get("delivery_tokens"))


def bounce_address(connection: Connection, delivery_id: int, secret: str) -> str:
    """`support+b.delivery.secret@norrsken.example`, which only the servers on the way are told; empty where the inbox gives none."""
    local, at, domain = connection.address.rpartition("@")
    longer = f"{local}{connection.settings.get('separator', SEPARATOR)}{DELIVERY_MARK}{_in_letters(delivery_id)}.{secret}"
    return f"{longer}{at}{domain}" if gives_tokens(connection.settings) and at and secret and len(longer) <= LOCAL else ""


def read_delivery_token(token: str) -> tuple[int, str]:
    """The delivery and the secret that a token names; 0 for what is no token."""
    letters, _, secret = token.partition(".")
    return (int(letters, 36), secret) if letters.isascii() and letters.isalnum() and len(letters) <= 13 and secret else (0, "")


def _in_letters(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def new_external_id(address: str) -> str:
    """The key by which a network knows a message of ours, chosen before the first attempt."""
    domain = address.rpartition("@")[2].encode("idna").decode() if "@" in address else "sluss.invalid"
    return f"{new_token()}@{domain}"
