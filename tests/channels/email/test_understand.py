"""Reading mail: what each field becomes, which mails are machines', what reports say, when two mails are one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sluss.channels.contract import Inbound, Receipt, Unparsable
from sluss.channels.email.reading.understand import NOBODY, Ours, understand_mail
from tests.channels.email.mailroom import NOW, delivered, mail, read, receipts

PAYLOADS = {path.stem: json.loads(path.read_text())["raw"].encode() for path in (Path(__file__).parent / "payloads").glob("*.json")}
SHOP = "support@butiken.example"


def payload(name: str) -> Inbound:
    return read(PAYLOADS[f"email_{name}"], SHOP)


def test_new_mail():
    found = payload("new")
    assert (found.external_id, found.sender.address, found.sender.name) == ("a1.0001@kund.example", "anna.berg@kund.example", "Anna Berg")
    assert (found.subject, found.automatic, found.delivered_to) == ("Försenad leverans av order 4711", "", (SHOP,))
    assert found.text == found.fresh == "Hej!\nMin order 4711 har inte kommit. Kan ni kolla?\n/Anna"


def test_reply_carries_its_token_its_ancestors_and_only_its_new_part():
    found = payload("reply")
    assert found.thread_token == "8f2kq1"
    assert found.references == ("r7x.c8f2kq1@butiken.example", "a1.0001@kund.example")
    assert found.fresh == "Tack, det löste sig!"
    assert "> Hej Anna" in found.text


def test_reply_to_a_mail_from_elsewhere_keeps_the_older_reference():
    assert payload("reply_to_native").references == ("AM0PR01MB1@eurprd01.prod.outlook.example", "a1.0001@kund.example")


def test_html_with_picture_and_file():
    found = payload("multipart")
    assert (found.text, found.html) == ("Se bild", '<p>Se bild <img src="cid:img1"></p>')
    assert [(file.name, file.media_type, file.content_id) for file in found.files] == [
        ("image.png", "image/png", "img1"),
        ("kvitto år.pdf", "application/pdf", ""),
    ]
    assert found.files[1].data == b"%PDF-1.4\n"


def test_broken_mail_is_read_all_the_same():
    found = payload("broken")
    assert (found.sender.name, found.subject, found.text, found.sent_at) == ("Kund, Udda", "härä", "Hej", None)
    assert found.to == ()
    assert found.external_id.endswith("@message-id.invalid")


@pytest.mark.parametrize(("name", "reason"), [("list", "list"), ("out_of_office", "auto-submitted"), ("self_loop", "own")])
def test_machines_among_the_payloads(name: str, reason: str):
    assert payload(name).automatic == reason


@pytest.mark.parametrize(("name", "state", "code"), [("bounce_failed", "failed", "5.1.1"), ("bounce_delayed", "delayed", "4.4.1")])
def test_delivery_reports(name: str, state: str, code: str):
    (found,) = understand_mail(delivered(PAYLOADS[f"email_{name}"]), Ours((SHOP,)))
    assert isinstance(found, Receipt)
    assert (found.external_id, found.recipient) == ("r7x.c8f2kq1@butiken.example", "anna.berg@kund.example")
    assert (found.state, found.code) == (state, code)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"Auto_Submitted": "no"}, ""),
        ({"Auto_Submitted": "auto-generated; owner-email=x@y.example"}, "auto-submitted"),
        ({"Precedence": "bulk"}, "bulk"),
        ({"Precedence": "auto_reply"}, "auto-reply"),
        ({"X_Auto_Response_Suppress": "DR, OOF, AutoReply"}, "auto-reply"),
        ({"X_Auto_Response_Suppress": "DR"}, ""),
        ({"X_Autoreply": "yes"}, "auto-reply"),
        ({"Feedback_ID": "1:2:3:x"}, "bulk"),
        ({"List_Unsubscribe": "<https://x.example>"}, "list"),
        ({"Return_Path": "<>"}, "empty-return-path"),
        ({"From": "no-reply@x.example"}, "no-reply"),
        ({"From": "owner-list@x.example"}, "no-reply"),
        ({"From": "postmaster@x.example"}, "service"),
        ({"From": "bounce+1@x.example"}, "service"),
        ({"Auto_Submitted": "auto-notified"}, "auto-submitted"),
        ({"Precedence": "junk"}, "bulk"),
        ({"Precedence": "list"}, "bulk"),
        ({"X_Autorespond": "yes"}, "auto-reply"),
        ({"X_Auto_Response_Suppress": "All"}, "auto-reply"),
        ({"X_Auto_Response_Suppress": "RN"}, "auto-reply"),
        ({"List_Id": "<news.x.example>"}, "list"),
        ({"X_Loop": "support@norrsken.example"}, "own"),
        ({"X_Loop": "other@x.example"}, ""),
        ({"From": "donotreply@x.example"}, "no-reply"),
        ({"From": "list-request@x.example"}, "no-reply"),
        ({"From": "Support <SUPPORT@norrsken.example>"}, "own"),
        ({"From": "bouncer@x.example"}, ""),
    ],
)
def test_who_is_a_machine(fields: dict[str, str], reason: str):
    """T48: the reasons for which no mail is answered automatically."""
    assert read(mail(**fields)).automatic == reason


def test_bounce_without_form_is_a_receipt_when_it_quotes_our_id():
    text = "The following address failed:\n\nMessage-ID: <ours@norrsken.example>\nSubject: Re: Väskan"
    found = receipts(mail(text, From="mailer-daemon@x.example", X_Failed_Recipients="asa@customer.example"))
    assert [(item.external_id, item.recipient, item.state) for item in found] == [
        ("ours@norrsken.example", "asa@customer.example", "failed")
    ]


def test_read_receipt():
    report = 'multipart/report; report-type=disposition-notification; boundary="b"'
    fields = "Original-Message-ID: <ours@norrsken.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n"
    found = receipts(mail(f"--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\n{fields}\n--b--", Content_Type=report))
    assert [(item.external_id, item.state) for item in found] == [("ours@norrsken.example", "read")]


def test_a_report_that_names_no_mail_is_no_customers_mail():
    """T59: without the id of a mail of ours it fits nothing."""
    raw = PAYLOADS["email_bounce_failed"].replace(b"Message-ID: <r7x.c8f2kq1@butiken.example>\r\n", b"")
    (found,) = understand_mail(delivered(raw), Ours((SHOP,)))
    assert isinstance(found, Receipt)
    assert (found.external_id, found.token) == ("", "")


@pytest.mark.parametrize(
    "place",
    [
        {"Delivered_To": "support+c.aaaabbbb22@norrsken.example"},
        {"X_Original_To": "SUPPORT+c.AAAABBBB22@norrsken.example"},
        {"Envelope_To": "support-c.aaaabbbb22@norrsken.example"},
        {"To": "Norrsken <support+c.aaaabbbb22@norrsken.example>"},
        {"Cc": "x@y.example, support+c.aaaabbbb22@norrsken.example"},
    ],
)
def test_token_is_found_wherever_the_mail_was_delivered(place: dict[str, str]):
    assert read(mail(**place)).thread_token == "aaaabbbb22"


@pytest.mark.parametrize(
    "address", ["support+c.abcd22@other.example", "supports+c.abcd22@norrsken.example", "support+d.abcd22@norrsken.example"]
)
def test_token_at_another_address_is_none(address: str):
    """T43."""
    assert read(mail(To=address)).thread_token == ""


def test_token_of_the_envelope_comes_first():
    found = read(mail(To="support+c.headerheader@norrsken.example"), recipients=("support+c.envelope22@norrsken.example",))
    assert (found.thread_token, found.delivered_to) == ("envelope22", ("support+c.envelope22@norrsken.example",))


def test_two_copies_are_one_mail_and_another_body_is_another():
    """T46, T47: id, sender and content decide together; the way a copy took does not."""
    first = read(mail("Hej!\n", Delivered_To="a@norrsken.example"))
    copy = read(mail("Hej!  ", Received="from x by y", Delivered_To="b@norrsken.example"))
    coded = read(mail("SGVqIQ==", Content_Transfer_Encoding="base64"))
    assert first.dedupe_key == copy.dedupe_key == coded.dedupe_key
    assert read(mail("Hej!\n--\nList footer")).dedupe_key != first.dedupe_key
    assert read(mail("Hej!", From="mallory@x.example")).dedupe_key != first.dedupe_key


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Sat, 21 Nov 2026 10:00:00 +0100", 1_795_251_600_000_000),
        ("Thu, 1 Jan 1970 00:00:00 +0000", None),
        ("Mon, 1 Jan 2099 00:00:00 +0000", NOW),
        ("Sat, 99 Foo 20266 10:00:00 +9999999", None),
        ("", None),
    ],
)
def test_dates_are_believed_within_reason(date: str, expected: int | None):
    """T57."""
    assert read(mail(Date=date)).sent_at == expected


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ('"Åsa, L" <ASA@Customer.example>', "asa@customer.example"),
        ("asa@customer.example (Åsa)", "asa@customer.example"),
        ("Team: asa@customer.example;", "asa@customer.example"),
        ('"a@evil.example"@good.example', '"a@evil.example"@good.example'),
        ("asa@köp.example", "asa@xn--kp-fka.example"),
        ("a@x.example><b@y.example", NOBODY),
        ("<a@x.example> <b@y.example>", NOBODY),
        ("a@x.example <b@y.example> c", NOBODY),
        ("nobody", NOBODY),
        ("", NOBODY),
        ("a" * 300 + "@x.example", NOBODY),
    ],
)
def test_sender_is_an_address_that_all_programs_read_alike(value: str, address: str):
    """T56."""
    assert read(mail(From=value)).sender.address == address


def test_two_authors_are_nobodys_identity():
    """T56: the Sender stands for them."""
    found = read("From: a@x.example\nFrom: b@y.example\nSender: c@z.example\n\nHej")
    assert found.sender.address == "c@z.example"


def test_one_bad_recipient_does_not_cost_the_others():
    found = read(mail(Cc="a@x.example, broken@@y, Ewa <ewa@z.example>"))
    assert [person.address for person in found.cc] == ["a@x.example", "ewa@z.example"]


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?utf-8?q?=C3=85?= =?utf-8?q?sa?=", "Åsa"),
        ("=?utf-8?b?w4U=?=\n =?utf-8?b?c2E=?=", "Åsa"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=85sa?=", "Åsa"),
        ("=?x-nonsense?q?abc?=", "abc"),
        ("=?utf-8?b?%%%?=", ""),
        ("two\n\tlines", "two lines"),
        ("a\x00b\x1bc", "a b c"),
        ("\u202egpj.exe", "gpj.exe"),
        ("=?utf-8?q?a=0D=0ABcc:_x?=", "a Bcc: x"),
        ("Zażółć gęślą", "Zażółć gęślą"),
    ],
)
def test_subject_is_one_clean_line(value: str, subject: str):
    """T50, T55, T60."""
    assert read(mail(Subject=value)).subject == subject


def test_empty_mail_is_not_understood():
    with pytest.raises(Unparsable, match="empty"):
        understand_mail(delivered(b" \r\n"), Ours(()))
