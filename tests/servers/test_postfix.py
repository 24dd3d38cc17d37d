import smtplib

import pytest

from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.program import until

MAIL = b"From: asa@customer.test\nTo: support@norrsken-air.test\nSubject: Bagage\n\nHej!\n"


def test_mail_put_in_arrives_by_imap(postfix: Postfix, dovecot: Dovecot):
    support = dovecot.new_mailbox("support", "norrsken-air.test")
    postfix.send(MAIL, "asa@customer.test", [support.address])
    (raw,) = support.wait()
    assert raw.endswith(b"\n\nHej!\n")
    assert b"Return-Path: <asa@customer.test>" in raw


def test_submission_wants_encryption_and_a_password(postfix: Postfix, dovecot: Dovecot, certificate: Certificate):
    support, asa = dovecot.new_mailbox("support", "norrsken-air.test"), dovecot.new_mailbox()
    with smtplib.SMTP(postfix.host, postfix.submission_port) as smtp:
        with pytest.raises(smtplib.SMTPSenderRefused, match="STARTTLS"):
            smtp.sendmail(support.address, [asa.address], MAIL)
        smtp.starttls(context=certificate.client())
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            smtp.sendmail(support.address, [asa.address], MAIL)
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login(support.address, "wrong")
        smtp.login(support.address, support.password)
        smtp.sendmail(support.address, [asa.address], MAIL)
    assert len(asa.wait()) == 1


def test_an_unknown_address_comes_back_as_a_bounce(postfix: Postfix, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    postfix.send(MAIL, asa.address, ["nobody@norrsken-air.test"])
    (bounce,) = asa.wait()
    assert b"report-type=delivery-status" in bounce
    assert b"Status: 5.1.1" in bounce


def test_mail_waits_while_the_mailboxes_are_down(postfix: Postfix, dovecot: Dovecot):
    asa = dovecot.new_mailbox()
    dovecot.stop()
    postfix.send(MAIL, "", [asa.address])
    until(lambda: [message for message in postfix.queued() if message["queue_name"] == "deferred"], "the mail to be deferred")
    postfix.restart()
    dovecot.start()
    postfix.flush()
    assert len(asa.wait()) == 1
    until(lambda: not postfix.queued(), "an empty queue")


def test_a_stopped_server_refuses(postfix: Postfix):
    postfix.stop()
    with pytest.raises(ConnectionRefusedError):
        postfix.send(MAIL, "", ["asa@customer.test"])
    postfix.start()
    assert "daemon started" in postfix.log()
