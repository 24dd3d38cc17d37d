"""Addresses of an inbox, and names for what leaves by it. In: an inbox's address and settings. Out: addresses and ids nobody can guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluss.channels.contract import Connection
from sluss.kernel.tokens import new_token

SEPARATOR = "+"
MARK = "c."


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
    """An address, folded, without the token that a reply address of ours carries."""
    local, at, domain = fold_address(address).rpartition("@")
    for separator in ("+", "-"):
        local = local.partition(f"{separator}{MARK}")[0]
    return f"{local}{at}{domain}"


def new_external_id(address: str) -> str:
    """The key by which a network knows a message of ours, chosen before the first attempt."""
    domain = address.rpartition("@")[2].encode("idna").decode() if "@" in address else "sluss.invalid"
    return f"{new_token()}@{domain}"
