import socket

import httpx
import pytest

from tests.servers.outside import OutsideReached, refuse_outside


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_no_connection_leaves_the_machine(host: str):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(OutsideReached, match=host):
        sock.connect((host, 25))


def test_no_name_is_looked_up_outside():
    with pytest.raises(OutsideReached, match=r"sluss\.example"):
        socket.getaddrinfo("sluss.example", 443)


async def test_http_clients_meet_the_same_wall():
    async with httpx.AsyncClient() as client:
        with pytest.raises(OutsideReached):
            await client.get("https://sluss.example/")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", ""])
def test_this_machine_may_be_reached(host: str):
    assert refuse_outside("socket.connect", (None, (host, 25))) is None
