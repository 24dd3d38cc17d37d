"""What proves a sender, and what is odd about one. T42, T43, T45, T56, T57."""

from __future__ import annotations

import msgspec
import pytest

from sluss.channels.contract import LETTER, Inbound
from sluss.channels.email.reading.headers import Headers
from sluss.channels.email.reading.understand import Ours, understand_mail
from tests.channels.email.mailroom import SUPPORT, delivered, mail

MX = "mx.norrsken.example"
OURS = Ours((SUPPORT, "kundtjanst@norrsken.example"), authserv_id=MX, names=("Norrsken Air", SUPPORT))
GOOD = "dmarc=pass header.from=customer.example"


def read(text: str, origin: str = "", ours: Ours = OURS) -> Inbound:
    (found,) = understand_mail(msgspec.structs.replace(delivered(text), origin=origin), ours)
    assert isinstance(found, Inbound)
    return found


@pytest.mark.parametrize(
    ("field", "proof"),
    [
        (f"{MX}; {GOOD}", "pass"),
        (f"{MX.upper()} 1; dkim=none; {GOOD}", "pass"),
        (f"{MX}; dmarc=fail header.from=customer.example; dkim=pass header.d=evil.example", "fail"),
        (f"{MX}; dmarc=pass header.from=evil.example", ""),
        (f"{MX}; dkim=pass header.d=customer.example", "pass"),
        (f"{MX}; dkim=pass header.i=@customer.example", "pass"),
        (f"{MX}; dkim=pass header.d=evil.example", ""),
        (f"{MX}; dkim=pass header.d=sub.customer.example", ""),
        (f"{MX}; dkim=pass header.d=example", ""),
        (f"{MX}; spf=pass smtp.mailfrom=asa@customer.example", "pass"),
        (f"{MX}; spf=pass smtp.mailfrom=evil.example", ""),
        (f"{MX}; spf=fail smtp.mailfrom=asa@customer.example", "fail"),
        (f"{MX}; spf=softfail smtp.mailfrom=asa@customer.example", ""),
        (f"{MX}; none", ""),
        (f"{MX} (a; {GOOD}); dkim=fail", ""),
        (f'{MX}; dkim=fail reason="x; {GOOD}"', ""),
        (f"{MX}.evil.example; {GOOD}", ""),
        (f"evil.example; {GOOD}", ""),
        (f"; {GOOD}", ""),
        (GOOD, ""),
    ],
)
def test_only_what_our_own_server_says_counts(field: str, proof: str) -> None:
    """T45: another server's word, or one in a comment or in quotes, is nobody's."""
    assert read(mail(Authentication_Results=field)).proof == proof


def test_of_several_fields_the_topmost_of_ours_counts() -> None:
    """T45: the forged one lies below, since servers put theirs on top."""
    ours, forged = f"Authentication-Results: {MX}; dmarc=fail header.from=customer.example\n", f"Authentication-Results: {MX}; {GOOD}\n"
    other = f"Authentication-Results: relay.example; {GOOD}\n"
    assert read(other + ours + forged + mail()).proof == "fail"
    assert "proof-failed" in read(ours + mail()).warnings
    assert read(other + mail()).proof == ""


def test_without_a_configured_name_nothing_is_believed() -> None:
    """T45."""
    assert read(mail(Authentication_Results=f"{MX}; {GOOD}"), ours=Ours((SUPPORT,))).proof == ""


def test_our_own_header_names_are_never_read() -> None:
    """T45: nobody outside can say what is ours to say."""
    assert Headers.read(b"X-Sluss-Case: 1\r\nx-sluss-anything : 2\r\nSubject: a").fields == {"subject": ["a"]}


@pytest.mark.parametrize(
    "sender",
    [
        "a@customer.example, b@evil.example",
        "a@customer.example\nFrom: b@evil.example",
        '"a@customer.example" <b@evil.example>, c@customer.example',
    ],
)
def test_several_authors_prove_nothing(sender: str) -> None:
    """T56: programs disagree on who wrote it, so nobody is proven."""
    found = read(mail(From=sender, Authentication_Results=f"{MX}; dmarc=pass"))
    assert found.proof == ""
    assert "several-from" in found.warnings


def test_a_name_that_parsers_read_differently_is_unclear() -> None:
    """T56."""
    found = read(mail(From="Lindqvist, Asa <asa@customer.example>", Authentication_Results=f"{MX}; {GOOD}"))
    assert found.proof == ""
    assert "unclear-from" in found.warnings


@pytest.mark.parametrize(
    ("fields", "warning"),
    [
        ({"Reply_To": "other@evil.example"}, "reply-to-differs"),
        ({"From": '"asa@bank.example" <x@evil.example>'}, "name-holds-address"),
        ({"From": "=?utf-8?q?support=40norrsken=2Eexample?= <x@evil.example>"}, "name-holds-address"),
        ({"From": "Norrsken Air <x@evil.example>"}, "name-is-ours"),
        ({"From": "Nils <x@norrskem.example>"}, "lookalike"),
        ({"From": "x@norrsken.exarnple"}, "lookalike"),
        ({"From": "x@n0rrsken.example"}, "lookalike"),
        ({"From": "x@norrskenn.example"}, "lookalike"),
        ({"From": "x@norsrken.example"}, "lookalike"),
        ({"Date": "Mon, 1 Jan 2099 00:00:00 +0000"}, "date-off"),
        ({"Date": "Thu, 1 Jan 1970 00:00:00 +0000"}, "date-off"),
    ],
)
def test_what_is_odd_about_a_sender(fields: dict[str, str], warning: str) -> None:
    """T43, T57: the desk shows it."""
    assert warning in read(mail(**fields)).warnings


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Reply_To": "asa@customer.example"},
        {"From": '"Asa asa@customer.example" <asa@customer.example>'},
        {"From": "Norrsken Air <news@post.norrsken.example>", "To": SUPPORT},
        {"From": "x@customer.example"},
        {"Date": "Sat, 21 Nov 2026 11:19:58 +0000"},
        {"Date": ""},
    ],
)
def test_what_is_ordinary_is_not_odd(fields: dict[str, str]) -> None:
    found = read(mail(**fields)).warnings
    assert set(found) <= {"name-is-ours"} if "Norrsken" in fields.get("From", "") else found == ()


def test_a_mail_with_our_address_is_ours_only_when_it_proves_that() -> None:
    """T42: whoever only writes our address into From stays a stranger."""
    text = {"From": SUPPORT, "To": "asa@customer.example"}
    assert read(mail(**text)).direction == "in"
    assert read(mail(**text)).automatic == "own"
    proven = read(mail(**text, Sender="Johan Falk <johan@norrsken.example>", Authentication_Results=f"{MX}; dmarc=pass"))
    assert (proven.direction, proven.origin, proven.automatic) == ("out", "copy", "")
    assert proven.author is not None
    assert proven.author.name == "Johan Falk"


def test_what_goes_to_ourselves_is_no_answer_to_anybody() -> None:
    """Forms of web sites write from our own address to our own address: they are a customer's words."""
    text = mail(From=SUPPORT, To=SUPPORT, Reply_To="asa@customer.example", Authentication_Results=f"{MX}; dmarc=pass")
    assert read(text).direction == "in"


def test_mail_among_the_sent_is_ours() -> None:
    found = read(mail(From="Johan <johan@norrsken.example>", To="asa@customer.example"), origin="sent")
    assert (found.direction, found.origin, found.warnings) == ("out", "sent folder", ())


@pytest.mark.parametrize("origin", ["", "sent"])
def test_a_letter_with_a_link_is_for_nobody_else_s_eyes(origin: str) -> None:
    """T27: providers keep what is sent; a letter with a link for a new password must not come before those who read the inbox."""
    link = mail(From=SUPPORT, To="ewa@norrsken.example", Message_ID=f"<{LETTER}abcdef@norrsken.example>", Auto_Submitted="auto-generated")
    assert understand_mail(msgspec.structs.replace(delivered(link), origin=origin), OURS) == []
    forged = mail(From="asa@customer.example", Message_ID=f"<{LETTER}abcdef@customer.example>")
    assert read(forged).sender.address == "asa@customer.example"


def test_an_automatic_answer_of_our_own_account_stays_automatic() -> None:
    """T48: an out-of-office among the sent mail is no answer."""
    assert read(mail(From=SUPPORT, Auto_Submitted="auto-replied"), origin="sent").automatic == "auto-submitted"
