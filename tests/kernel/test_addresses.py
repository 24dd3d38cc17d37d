"""Which addresses are connected to. T76, T78, T82, F42."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from sluss.kernel.addresses import MAIL_PORTS, AddressRefused, Pinned, check_host, connect, refusal, resolve_name

PUBLIC = [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "172.15.0.1", "172.32.0.1", "192.167.1.1", "11.0.0.1", "223.255.255.254",
    "2606:4700::1111", "2a00:1450:400f::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:200::1",
]  # fmt: skip
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1", "fc00::1",
    "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
]  # fmt: skip
FORBIDDEN = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::",
    "fe80::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "fec0::1", "2002:7f00:1::", "2002:808:808::", "2001::1",
    "2001:0:7f00:1::", "2001:db8::1", "64:ff9b:1::1", "100::1", "5f00::1", "3fff::1", "::127.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe", "::ffff:0:127.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert refusal(address) is refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_leave(address: str) -> None:
    """T76, T82: a mail server in the cellar may be allowed by the administrator of the server."""
    assert refusal(address) == "private"
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", FORBIDDEN)
def test_some_addresses_are_never_allowed(address: str) -> None:
    """T76: metadata services, link-local, multicast, tunnels and the unspecified address, also with leave for private ones."""
    assert refusal(address) is not None
    assert refusal(address, allow_private=True) is not None


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "010.0.0.1", "fe80::1%eth0", "1.2.3.4/8", "0x7f000001"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert refusal(text) == "malformed"


def names(**known: str) -> Callable[[str, int], Awaitable[list[str]]]:
    async def resolve(host: str, port: int) -> list[str]:
        if host not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return known[host].split()

    return resolve


async def test_a_name_is_pinned_to_what_was_checked() -> None:
    resolve = names(imap="8.8.8.8 2606:4700::1111 8.8.8.8")
    assert await check_host("IMAP", 993, ports=MAIL_PORTS, resolve=resolve) == Pinned("imap", 993, ("8.8.8.8", "2606:4700::1111"))
    assert (await check_host("[2606:4700::1111]", 25)).address == "2606:4700::1111"


@pytest.mark.parametrize("addresses", ["8.8.8.8 127.0.0.1", "10.0.0.1 8.8.8.8", "8.8.8.8 fe80::1", "8.8.8.8 nonsense"])
async def test_one_bad_address_among_good_ones_refuses_the_name(addresses: str) -> None:
    """T76: every address is checked."""
    with pytest.raises(AddressRefused):
        await check_host("mixed", 443, resolve=names(mixed=addresses))


async def test_the_refusal_does_not_tell_what_the_name_led_to() -> None:
    """T82: nobody maps a network by what the sentence says."""
    with pytest.raises(AddressRefused, match=r"^“inside” is not a public address. Give a host") as refused:
        await check_host("inside", 443, resolve=names(inside="10.1.2.3"))
    assert (refused.value.reason, refused.value.detail) == ("private", "10.1.2.3")


@pytest.mark.parametrize(
    "host",
    [
        "", ".", "a..b", "-a.example", "a b", "a/b", "a:b", "user@host", "x\r\ny", "127.1", "0x7f.1", "2130706433", "0177.0.0.1",
        "127.0.0.01", "0x7f000001", "1.2.3.4.5", "example.123", "localhost.", "①②⑦.0.0.1", "127。0。0。1", "[127.0.0.1", "::1%lo",
        "a" * 64 + ".example", "a." * 130 + "example", "*", "{x}", "\x00", "ex\u200bample.\u2028com", "%31", "0x",
    ],
)  # fmt: skip
async def test_odd_spellings_are_refused_before_they_are_looked_up(host: str) -> None:
    """T76."""

    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(host)

    with pytest.raises(AddressRefused, match=r"not a host name"):
        await check_host(host, 443, resolve=resolve)


async def test_a_swedish_name_is_looked_up_in_its_ascii_form() -> None:
    found = await check_host("post.Räksmörgås.example", 25, resolve=names(**{"post.xn--rksmrgs-5wao1o.example": "8.8.8.8"}))
    assert found.host == "post.xn--rksmrgs-5wao1o.example"


@pytest.mark.parametrize("port", [0, -1, 22, 6379, 65_536, 99_999_999])
async def test_odd_ports_are_refused(port: int) -> None:
    """T79, T82."""
    with pytest.raises(AddressRefused, match=r"Port .* is not allowed here. Allowed: 25, 143, 465"):
        await check_host("8.8.8.8", port, ports=MAIL_PORTS)


async def test_an_unknown_name_says_so() -> None:
    """F42."""
    with pytest.raises(AddressRefused, match=r"cannot be found. Check the spelling"):
        await check_host("nowhere.example", 443, resolve=names())


async def test_the_system_finds_this_machine() -> None:
    assert set(await resolve_name("localhost", 80)) <= {"127.0.0.1", "::1"}


async def test_connecting_tries_the_next_address() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with await connect(Pinned("mail", port, ("::1", "127.0.0.1")), 5) as found:
            assert found.getpeername() == ("127.0.0.1", port)
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await connect(Pinned("mail", port, ("127.0.0.1",)), 5)
