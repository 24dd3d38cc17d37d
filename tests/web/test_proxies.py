"""Who is at the other end, behind none to several proxies."""

import pytest

from sluss.config import Config
from sluss.web.proxies import client_address, client_network, is_secure

PROXIED = Config(trusted_proxies="10.0.0.0/8, 2001:db8::/32")


def scope(peer: str, *forwarded: str, proto: str = "") -> dict[str, object]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 1), "scheme": "http", "headers": headers + ([(b"x-forwarded-proto", proto.encode())] if proto else [])}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("198.51.100.7", (), "198.51.100.7"),
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.7"),
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6, 203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6", "203.0.113.9, 10.0.0.2"), "203.0.113.9"),
        ("10.0.0.1", ("203.0.113.9:4711",), "203.0.113.9"),
        ("10.0.0.1", ("[2a00::9]:4711",), "2a00::9"),
        ("2001:db8::1", ("2a00::9, 10.0.0.2, 10.0.0.3, 10.0.0.4",), "2a00::9"),
        ("10.0.0.1", ("garbage",), ""),
        ("10.0.0.1", ("' OR 1=1",), ""),
        ("", ("203.0.113.9",), ""),
    ],
)
def test_the_address_is_the_rightmost_that_nobody_vouches_for(peer: str, forwarded: tuple[str, ...], address: str) -> None:
    """T40"""
    assert client_address(scope(peer, *forwarded), PROXIED) == address


def test_without_trusted_proxies_nobody_is_believed() -> None:
    """T23, T40"""
    assert client_address(scope("10.0.0.1", "203.0.113.9"), Config()) == "10.0.0.1"
    assert not is_secure(scope("10.0.0.1", proto="https"), Config())


def test_a_trusted_proxy_says_whether_the_browser_speaks_https() -> None:
    assert is_secure(scope("10.0.0.1", proto="https"), PROXIED)
    assert not is_secure(scope("198.51.100.7", proto="https"), PROXIED)
    assert is_secure(scope("198.51.100.7"), Config(base_url="https://desk.example.com"))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2a00:1:2:3:4:5:6:7", "2a00:1:2:3::/64"),
        ("garbage", "unknown"),
    ],
)
def test_tries_are_counted_by_network(address: str, network: str) -> None:
    """T30"""
    assert client_network(address) == network
