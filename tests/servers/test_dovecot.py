import imaplib
import smtplib
import ssl

import pytest

from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot, Mailbox

MAIL = b"From: Asa <asa@customer.test>\nMessage-ID: <1@customer.test>\nSubject: Bagage\n\nMin resv\xc3\xa4ska \xc3\xa4r borta.\n"


def test_what_lmtp_delivers_imap_shows(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox("johan", "norrsken-air.test")
    mailbox.deliver(MAIL, "asa@customer.test")
    (raw,) = mailbox.wait()
    assert raw.endswith(MAIL)
    assert f"Delivered-To: {mailbox.address}".encode() in raw


def test_lmtp_refuses_an_unknown_address(dovecot: Dovecot):
    with smtplib.LMTP(dovecot.host, dovecot.lmtp_port) as lmtp, pytest.raises(smtplib.SMTPRecipientsRefused):
        lmtp.sendmail("", ["nobody@norrsken-air.test"], MAIL)


def test_starttls_and_tls_with_the_certificate_of_the_tests(dovecot: Dovecot, certificate: Certificate):
    mailbox = dovecot.new_mailbox()
    upgraded = imaplib.IMAP4(dovecot.host, dovecot.imap_port)
    upgraded.starttls(certificate.client())
    wrapped = imaplib.IMAP4_SSL(dovecot.host, dovecot.imaps_port, ssl_context=certificate.client())
    for connection in (upgraded, wrapped):
        assert connection.login(mailbox.address, mailbox.password)[0] == "OK"
        connection.logout()


def test_nobody_else_trusts_the_certificate(dovecot: Dovecot):
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL(dovecot.host, dovecot.imaps_port, ssl_context=ssl.create_default_context())


def test_a_wrong_password_is_refused(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox()
    connection = imaplib.IMAP4(dovecot.host, dovecot.imap_port)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        connection.login(mailbox.address, "wrong")
    connection.shutdown()


def test_mail_outlives_a_restart(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox()
    mailbox.append(MAIL, "Sent")
    dovecot.stop()
    with pytest.raises(ConnectionRefusedError):
        mailbox.messages()
    dovecot.start()
    assert mailbox.messages("Sent") == [MAIL]


def _ask_after_kick(mailbox: Mailbox) -> None:
    with mailbox.imap() as connection:
        mailbox.server.kick(mailbox)
        for _ in range(3):
            connection.noop()


def test_kick_ends_the_connections_of_one_mailbox(dovecot: Dovecot):
    kicked, kept = dovecot.new_mailbox(), dovecot.new_mailbox()
    with kept.imap() as other, pytest.raises(imaplib.IMAP4.abort):
        _ask_after_kick(kicked)
    assert other.state == "LOGOUT"


def test_renumber_gives_new_numbers_to_the_same_mail(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox()
    mailbox.append(MAIL)
    before = mailbox.uidvalidity()
    mailbox.renumber()
    assert mailbox.uidvalidity() != before
    assert mailbox.messages() == [MAIL]


def test_expunge_empties_a_folder(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox()
    mailbox.append(MAIL)
    mailbox.expunge()
    assert mailbox.messages() == []


async def test_an_async_test_awaits_arrival(dovecot: Dovecot):
    mailbox = dovecot.new_mailbox()
    mailbox.append(MAIL)
    assert await mailbox.arrives() == [MAIL]
