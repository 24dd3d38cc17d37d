"""Writing mail: what a mail program reads out of it, and what no value can put into it."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest

from sluss.channels.contract import Address, OutboundFile
from sluss.channels.email.compose import Unwritable, compose, needs_smtputf8, new_message_id, new_token, reply_address
from sluss.kernel.text_html import html_of_text
from tests.channels.email.mailroom import SUPPORT, outbound, read


def parsed(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    assert [defect for part in found.walk() for defect in part.defects] == []
    return found


def test_a_mail_program_reads_what_was_meant():
    answer = outbound(subject="Re: Försenad " + "väska " * 30, cc=(Address("ewa@customer.example", 'O"Brien, (Ewa)'),))
    found = parsed(compose(answer))
    assert (found["Subject"], found["From"]) == (answer.subject.rstrip() + " ", "Norrsken Air <support@norrsken.example>")
    assert (found["To"], found["Cc"]) == ("Åsa Lindqvist <asa@customer.example>", '"O\\"Brien, (Ewa)" <ewa@customer.example>')
    assert (found["Message-ID"], found["Date"]) == (f"<{answer.external_id}>", "Sat, 21 Nov 2026 11:20:00 +0000")
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]


def test_text_survives_the_way_there_and_back():
    text = "Hej!\n\n.\n..x\nFrom here\n=20\ntrailing  \n" + "lång rad " * 200 + "\n\ttab\n>quote\nhttps://x.example/?a=1&b=2"
    found = read(compose(outbound(text=text)), "other@norrsken.example")
    assert found.text == text


def test_our_own_mail_is_recognised():
    assert read(compose(outbound())).automatic == "own"


def test_files_keep_name_type_and_bytes():
    data = bytes(range(256)) * 50
    files = (
        OutboundFile("kvitto år – " * 15 + ".pdf", "application/pdf", data),
        OutboundFile("a.eml", "message/rfc822", b"Subject: x\r\n\r\n"),
    )
    found = read(compose(outbound(files=files)), "x@y.example")
    assert [(file.name, file.media_type) for file in found.files] == [
        (files[0].name, "application/pdf"),
        ("a.eml", "application/octet-stream"),
    ]
    assert found.files[0].data == data


def test_threading_headers_run_from_the_oldest_to_the_nearest():
    found = parsed(compose(outbound(in_reply_to="c@x.example", references=("c@x.example", "b@x.example", "a@x.example"))))
    assert (found["In-Reply-To"], found["References"]) == ("<c@x.example>", "<a@x.example> <b@x.example> <c@x.example>")


def test_long_history_keeps_its_first_and_its_last_ids():
    ids = tuple(f"{number}@x.example" for number in range(100, 0, -1))
    kept = str(parsed(compose(outbound(references=ids)))["References"]).split()
    assert (len(kept), kept[0], kept[19], kept[20], kept[-1]) == (
        40,
        "<1@x.example>",
        "<20@x.example>",
        "<81@x.example>",
        "<100@x.example>",
    )


def test_answers_come_back_to_the_token():
    token = new_token()
    found = parsed(compose(outbound(reply_to=Address(reply_address(SUPPORT, token)))))
    assert found["Reply-To"] == f"support+c.{token}@norrsken.example"


def test_every_attempt_is_the_same_bytes():
    """F28: the same Message-ID and the same content, so that receivers recognise a second copy."""
    answer = outbound(files=(OutboundFile("a.txt", "text/plain", b"x"),))
    assert compose(answer) == compose(answer)


def test_automatic_mail_says_so():
    """T48."""
    found = parsed(compose(outbound(automatic=True)))
    assert (found["Auto-Submitted"], found["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert "Auto-Submitted" not in parsed(compose(outbound()))


BREAKERS = [chr(code) for code in range(32)] + ["\x7f", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("breaker", BREAKERS, ids=lambda breaker: f"U+{ord(breaker):04X}")
@pytest.mark.parametrize("field", ["subject", "name", "recipient", "reply_to", "file", "external_id", "in_reply_to", "references"])
def test_no_control_character_reaches_a_header(field: str, breaker: str):
    """T50."""
    evil = f"x{breaker}Bcc: mallory@x.example"
    values: dict[str, Any] = {
        "subject": evil,
        "name": (Address("asa@customer.example", evil),),
        "recipient": (Address(f"asa{breaker}@customer.example"),),
        "reply_to": Address(f"s{breaker}@norrsken.example"),
        "file": (OutboundFile(evil, "text/plain", b""),),
        "references": (evil,),
    }
    named = {"name": "to", "recipient": "to", "file": "files"}.get(field, field)
    with pytest.raises(Unwritable):
        compose(outbound(**{named: values.get(field, evil)}))


@pytest.mark.parametrize("address", ["asa", "a@b@c.example", "a b@c.example", "<a@c.example>", "a@c.example, b@d.example", "a@", ""])
def test_only_an_address_is_an_address(address: str):
    with pytest.raises(Unwritable, match="not a mail address"):
        compose(outbound(address))


def test_no_line_end_stands_alone_and_no_line_is_too_long():
    """T51."""
    raw = compose(outbound(text="a\rb\nc\r\nd\x85e\u2028f\n.\n" + "x" * 5000, subject="word " * 100))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()


def test_international_addresses():
    assert not needs_smtputf8(outbound("asa@köp.example"))
    assert b"<asa@xn--kp-fka.example>" in compose(outbound("asa@köp.example"))
    assert needs_smtputf8(outbound("åsa@customer.example"))


def test_html_holds_the_text_and_nothing_else():
    page = html_of_text("<script>x</script> & https://x.example/?a=1&b=2.\n\nhttps://y.example/\"onload='z")
    assert "&lt;script&gt;" in page
    assert '<a href="https://x.example/?a=1&amp;b=2">https://x.example/?a=1&amp;b=2</a>.' in page
    assert '<a href="https://y.example/">https://y.example/</a>&quot;onload=' in page


def test_ids_and_tokens_cannot_be_guessed():
    """T43: at least 80 random bits."""
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"[a-z2-7]{20}", token) for token in tokens)
    assert re.fullmatch(r"[a-z2-7]{20}@norrsken\.example", new_message_id("norrsken.example"))
