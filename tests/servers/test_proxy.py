import smtplib
import socket
from collections.abc import Callable

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.program import HOST
from tests.servers.proxy import FaultProxy

MAIL = b"Subject: Bagage\r\n\r\nMin resv\xc3\xa4ska \xc3\xa4r borta.\r\n"
NewProxy = Callable[[int], FaultProxy]


@pytest.fixture
def proxy(fault_proxy: NewProxy, dovecot: Dovecot) -> FaultProxy:
    return fault_proxy(dovecot.lmtp_port)


def _send(proxy: FaultProxy, to: str, timeout: float = 20) -> None:
    with smtplib.LMTP(HOST, proxy.port, timeout=timeout) as lmtp:
        lmtp.sendmail("", [to], MAIL)


def test_without_a_fault_everything_passes(proxy: FaultProxy, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    _send(proxy, asa.address)
    assert len(asa.messages()) == 1
    assert b"Min resv" in proxy.seen("up")
    assert b"Saved" in proxy.seen("down")
    assert proxy.connections == 1


def test_a_cut_in_the_middle_of_data_delivers_nothing(proxy: FaultProxy, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    proxy.cut_when(b"borta")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        _send(proxy, asa.address)
    proxy.heal()
    _send(proxy, asa.address)
    assert len(asa.messages()) == 1
    assert proxy.connections == 2


def test_a_cut_after_the_dot_delivers_and_nobody_says_so(proxy: FaultProxy, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    proxy.cut_when(b"\r\n.\r\n", pass_on=True)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        _send(proxy, asa.address)
    assert len(asa.wait()) == 1


def test_an_answer_may_be_lost_on_its_way_back(proxy: FaultProxy, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    proxy.cut_when(b"Saved", "down")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        _send(proxy, asa.address)
    assert len(asa.messages()) == 1


def _talk(client: socket.socket, heard: bytearray) -> None:
    while piece := client.recv(1024):
        heard += piece
        client.sendall(b"LHLO here\r\n")


@pytest.mark.parametrize("count", [1, 20, 40])
def test_a_cut_after_some_bytes(proxy: FaultProxy, dovecot: Dovecot, count: int):
    proxy.cut_after(count, "down")
    with socket.create_connection((HOST, proxy.port)) as client:
        heard = bytearray()
        with pytest.raises(ConnectionResetError):
            _talk(client, heard)
    assert len(heard) == count


def test_a_stall_keeps_the_connection_and_passes_nothing(proxy: FaultProxy, dovecot: Dovecot):
    proxy.stall_when(b"lhlo")
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        _send(proxy, "asa@customer.test", timeout=0.2)


def test_refusing_and_cutting_all(proxy: FaultProxy):
    with socket.create_connection((HOST, proxy.port)) as client:
        assert client.recv(1024).startswith(b"220")
        proxy.cut_all()
        with pytest.raises(ConnectionResetError):
            client.recv(1024)
    proxy.refuse()
    with socket.create_connection((HOST, proxy.port)) as client, pytest.raises(ConnectionResetError):
        client.recv(1024)


def test_a_delay_still_passes_everything(proxy: FaultProxy, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    proxy.delay(0.01)
    _send(proxy, asa.address)
    assert len(asa.messages()) == 1
