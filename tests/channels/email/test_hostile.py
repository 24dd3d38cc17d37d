"""Mail that wants to hurt: nothing but `Unparsable` is raised, and the work done stays in proportion."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.channels.contract import Inbound, Unparsable
from sluss.channels.email.reading import limits, parts
from sluss.channels.email.reading.fresh import fresh_part
from sluss.channels.email.reading.headers import addresses, decode_words, message_ids, parameters, sent_at
from sluss.channels.email.reading.plain import text_of_html
from sluss.channels.email.reading.understand import Ours, understand_mail
from tests.channels.email.mailroom import NOW, SUPPORT, delivered

HEAD = b"From: a@b.example\r\nMessage-ID: <1@b>\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(levels: int) -> bytes:
    return HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels)) + b"\r\nx"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (nested(10_000), "nested deeper"),
        (MIXED + b"--b\r\n\r\nx\r\n" * 5_000, "more than 1000 parts"),
        (MIXED + b"--bx\r\n" * 50_000, "boundary too often"),
        (HEAD + b"X: " + b"a" * 200_000, "longer than 100 kB"),
        (HEAD + b"X: y\r\n" * 200_000, "longer than 100 kB"),
        (HEAD + b"X:\r\n" * 2_000 + b"\r\nx", "header fields"),
        (HEAD + b"\r\n" + b"x" * (limits.TOTAL_BYTES + 1), "larger than"),
    ],
    ids=["levels", "parts", "boundaries", "header", "headers", "fields", "size"],
)
def test_over_a_limit_is_said(raw: bytes, reason: str):
    """T54."""
    with pytest.raises(Unparsable, match=reason):
        understand_mail(delivered(raw), Ours((SUPPORT,)))


@pytest.mark.parametrize(
    "raw",
    [
        nested(99),
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>x" * 100_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<" * 400_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"&amp" * 100_000,
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 100_000,
        HEAD + b"Cc: " + b'"\\' * 45_000 + b"\r\n\r\nx",
        HEAD + b"Cc: " + b"(" * 90_000 + b"\r\n\r\nx",
        HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 6_500 + b"\r\n\r\nx",
        HEAD + b"Content-Type: text/plain" + b';a="\\' * 15_000 + b"\r\n\r\nx",
        HEAD + b"Content-Type: text/plain; boundary=" + b" " * 70 + b"\r\n\r\nx",
        HEAD + b"\r\n" + b"mvh\n" * 200_000,
        HEAD + b"\r\n" + b"On 1\n" * 100_000,
        HEAD + b"\r\n" + b"> " * 400_000,
        HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+2AAAAA-" * 50_000,
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 10_000,
        b"From: a@" + "ö".encode() * 20_000 + b"\r\n\r\nx",
    ],
    ids=range(17),
)
@pytest.mark.timeout(20)
def test_what_takes_others_minutes_is_read(raw: bytes):
    """T54, T55, F36: each of these takes well under a second; the time-out stands for quadratic work."""
    (found,) = understand_mail(delivered(raw), Ours((SUPPORT,)))
    assert isinstance(found, Inbound)
    assert len(found.text) <= limits.TEXT_CHARACTERS


def test_nested_bytes_are_not_searched_again_and_again(monkeypatch: pytest.MonkeyPatch):
    """T54: the same bytes are searched once for each level, so levels are paid for in bytes."""
    monkeypatch.setattr(limits, "SCANNED_BYTES", 0)
    with pytest.raises(Unparsable, match="nested too deeply"):
        parts.take_apart(nested(90) + b"x" * 1_000_000)


FRAGMENTS = st.sampled_from(
    [
        *[b"From: ", b"To: ", b"Subject: ", b"Content-Type: ", b"multipart/mixed; boundary=b", b"multipart/report", b"text/html; charset="],
        *[b"utf-8", b"--b", b"--b--", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b"=?utf-8?b?", b"?=", b"<", b">", b"@", b'"', b"(", b")"],
        *[
            b"message/delivery-status",
            b"message/rfc822",
            b"Content-Transfer-Encoding: base64",
            b"Final-Recipient: rfc822; a@b",
            b"Action: failed",
        ],
        *[b"\xff\xfe", "Å".encode(), b"MAILER-DAEMON@x", b"Message-ID: <a@b>", b"Date: ", b"wrote:", b"On ", b"> ", b";", b"*0*=", b"%C3"],
    ]
)
MAILS = st.lists(FRAGMENTS | st.binary(max_size=20), max_size=60).map(b"".join)


@given(MAILS)
def test_anything_is_understood_or_quarantined(raw: bytes):
    """T54, T55, F36: `understand` raises nothing but `Unparsable`, and what it says is clean."""
    try:
        found = understand_mail(delivered(HEAD + raw), Ours((SUPPORT,)))
    except Unparsable:
        found = []
    for item in found:
        if isinstance(item, Inbound):
            assert not set(item.subject + item.sender.address + item.sender.name + item.external_id) & set("\r\n\0")
            assert "\0" not in item.text + item.html
            assert (item.text + item.html + item.subject + "x").encode()


@given(st.text(alphabet=string.printable + "åżÅ\u2028\u202e\x00", max_size=300))
def test_every_small_reader_takes_any_text(text: str):
    for reader in (
        decode_words,
        fresh_part,
        text_of_html,
        parameters,
        lambda value: addresses([value]),
        lambda value: message_ids([value]),
    ):
        reader(text)
    sent_at(text, NOW)
