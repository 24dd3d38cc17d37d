"""Reports about mail we sent: what they say in whatever form, and by which address they came. T59."""

from __future__ import annotations

import msgspec
import pytest

from sluss.channels.contract import Connection, Receipt
from sluss.channels.email.reading.understand import Ours, understand_mail
from sluss.channels.email.settings import ours_of
from tests.channels.email.mailroom import SUPPORT, delivered, mail, receipts

OURS = "ours@norrsken.example"
ID = f"Message-ID: <{OURS}>\n"
REPORT = 'multipart/report; report-type={kind}; boundary="b"'


def report(kind: str, part: str, fields: str, original: str = ID, **headers: str) -> str:
    body = f"--b\n\nSorry.\n--b\nContent-Type: message/{part}\n\n{fields}\n--b\nContent-Type: text/rfc822-headers\n\n{original}\n--b--"
    usual = {"From": "MAILER-DAEMON@x.example", "Return_Path": "<>", "Content_Type": REPORT.format(kind=kind)}
    return mail(body, **usual | headers)


STATUS = "Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; asa@customer.example\nAction: {action}\nStatus: {code}\n"


def status(action: str = "failed", code: str = "5.1.1", **headers: str) -> str:
    return report("delivery-status", "delivery-status", STATUS.format(action=action, code=code), **headers)


@pytest.mark.parametrize(
    ("action", "code", "state"),
    [
        ("failed", "5.1.1", "failed"),
        ("delayed", "4.4.1", "delayed"),
        ("delivered", "2.0.0", "delivered"),
        ("expanded", "2.0.0", "delivered"),
    ],
)
def test_each_action_of_a_delivery_report(action: str, code: str, state: str) -> None:
    (found,) = receipts(status(action, code))
    assert (found.external_id, found.recipient, found.state, found.code) == (OURS, "asa@customer.example", state, code)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("5.1.1", "There is no such address: 550 no such user"),
        ("5.2.2", "The mailbox is full: 550 no such user"),
        ("4.2.2", "The mailbox is full: 550 no such user"),
        ("5.9.9", "550 no such user"),
        ("nonsense", "550 no such user"),
    ],
)
def test_a_status_is_told_in_plain_words(code: str, reason: str) -> None:
    fields = STATUS.format(action="failed", code=code) + "Diagnostic-Code: smtp; 550 no such user\n"
    assert receipts(report("delivery-status", "delivery-status", fields))[0].reason == reason


def test_a_complaint_names_its_mail_and_its_kind() -> None:
    """RFC 5965: the recipient is often hidden."""
    (found,) = receipts(report("feedback-report", "feedback-report", "Feedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n"))
    assert (found.external_id, found.recipient, found.state, found.code) == (OURS, "", "complained", "abuse")


@pytest.mark.parametrize("place", ["Delivered_To", "X_Original_To", "To"])
def test_the_token_is_that_of_the_address_the_report_came_to(place: str) -> None:
    (found,) = receipts(status(**{place: "support+b.1z2y.abcdefghij234567abcd@norrsken.example"}))
    assert found.token == "1z2y.abcdefghij234567abcd"


def test_a_token_elsewhere_in_the_mail_is_none() -> None:
    text = status(Reply_To="support+b.1z2y.abcdefghij234567abcd@norrsken.example", To="support+b.1z2y.abcdefghij234567abcd@other.example")
    assert receipts(text)[0].token == ""


def test_a_report_without_the_original_still_has_its_token() -> None:
    (found,) = receipts(status(Delivered_To="support+b.1z2y.abcdefghij234567abcd@norrsken.example", original=""))
    assert (found.external_id, found.token, found.state) == ("", "1z2y.abcdefghij234567abcd", "failed")


def test_a_formless_bounce_is_matched_by_the_mail_that_it_answers() -> None:
    text = "The following recipients could not be reached."
    (found,) = receipts(mail(text, From="mailer-daemon@x.example", X_Failed_Recipients="asa@customer.example", In_Reply_To=f"<{OURS}>"))
    assert (found.external_id, found.recipient, found.state) == (OURS, "asa@customer.example", "failed")


def test_a_formless_bounce_in_known_words_names_its_recipient() -> None:
    """flufl.bounce knows dozens of programs."""
    words = "Hi. This is the qmail-send program at x.example.\n\n<asa@customer.example>:\nSorry, no mailbox here by that name.\n"
    quoted = f"\n--- Below this line is a copy of the message.\n\n{ID}Subject: Re: V\n"
    found = receipts(mail(words + quoted, From="MAILER-DAEMON@x.example"))
    assert [(one.external_id, one.recipient, one.state) for one in found] == [(OURS, "asa@customer.example", "failed")]


def test_a_read_receipt_that_says_deleted_says_nothing() -> None:
    fields = f"Original-Message-ID: <{OURS}>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n"
    assert understand_mail(delivered(report("disposition-notification", "disposition-notification", fields)), Ours((SUPPORT,))) == []


def test_a_read_receipt_that_one_of_us_gave_is_nothing_to_us() -> None:
    """The Sent folder of a colleague's program holds such."""
    fields = "Original-Message-ID: <1@customer.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    text = report("disposition-notification", "disposition-notification", fields, From=SUPPORT)
    sent = delivered(text)
    assert isinstance(understand_mail(sent, Ours((SUPPORT,)))[0], Receipt)
    assert understand_mail(msgspec.structs.replace(sent, origin="sent"), Ours((SUPPORT,))) == []


def test_a_customer_who_forwards_a_bounce_writes_a_mail() -> None:
    """Only a report is a report; a mail with one inside is a person's."""
    body = f"--b\n\nWhat is this?\n--b\nContent-Type: message/delivery-status\n\n{STATUS.format(action='failed', code='5.1.1')}\n--b--"
    assert receipts(mail(body, Content_Type='multipart/mixed; boundary="b"')) == []


def test_settings_say_by_what_name_the_server_speaks() -> None:
    settings = {"authserv_id": "mx.norrsken.example", "from_name": "Norrsken Air"}
    connection = Connection(workspace_id=1, inbox_id=1, name="Kundtjänst", address=SUPPORT, settings=settings, secrets={})
    assert ours_of(connection) == Ours((SUPPORT,), authserv_id="mx.norrsken.example", names=("Norrsken Air", SUPPORT))
