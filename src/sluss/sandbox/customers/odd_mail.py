"""Mails that are nobody's question: a newsletter, an absence notice, a bounce, a swindle, a forgery. In: addresses. Out: raw bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from sluss.sandbox.customers.company import AUTHSERV, NAME
from sluss.sandbox.customers.mails import ON_THE_WAY

_PAGE = """<html><head><style>.h{{background:#123a5c;color:#fff;padding:24px}}</style></head><body>
<table width="600" align="center"><tr><td class="h"><h1>{title}</h1></td></tr>
<tr><td><p>{lead}</p><p><img src="https://pictures.hotellnytt.example/autumn.jpg" width="560" alt="Fjällen i november"></p>
<ul><li>Tre nya hotell i Kiruna</li><li>Vinterpriser för besättningar</li><li>Mässan i mars: boka monter nu</li></ul>
<p style="font-size:11px"><a href="https://hotellnytt.example/unsubscribe">Avregistrera</a></p></td></tr></table></body></html>"""


def newsletter(to: str, at: int) -> bytes:
    """A newsletter in HTML, with the headers of a list."""
    mail = _mail("Hotellnytt <nyhetsbrev@hotellnytt.example>", to, "Hotellnytt v. 47: vinterpriser för flygbolag", at)
    mail["List-Id"] = "<veckobrev.hotellnytt.example>"
    mail["List-Unsubscribe"] = "<https://hotellnytt.example/unsubscribe>"
    mail.set_content("Vinterpriser för besättningar, tre nya hotell i Kiruna, mässan i mars.\n")
    mail.add_alternative(_PAGE.format(title="Hotellnytt", lead="Vintern närmar sig och priserna sjunker."), subtype="html")
    return bytes(mail)


def absence(sender: str, to: str, answered: tuple[str, str], at: int) -> bytes:
    """An absence notice in answer to (Message-ID, subject)."""
    mail = _mail(sender, to, f"Autosvar: {answered[1]}", at)
    mail["In-Reply-To"] = mail["References"] = f"<{answered[0]}>"
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content("Hej! Jag är ledig till och med måndag och läser mejl när jag är tillbaka.\n")
    return bytes(mail)


def swindle(to: str, at: int) -> bytes:
    """A swindler's mail, for the spam status."""
    mail = _mail('"Mr. Prosper Goldwyn" <prosper@fortune.example>', to, "URGENT: your unclaimed air miles worth 4,700,000 EUR", at)
    mail.set_content(
        "Dear beneficiary,\n\nI am the lawyer of a late passenger. Kindly send a copy of your passport to receive the miles.\n"
    )
    return bytes(mail)


def forgery(to: str, at: int) -> bytes:
    """Somebody under our name, from a domain that looks like ours."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Authentication-Results"] = f"{AUTHSERV}; dmarc=fail header.from=norsken.example"
    for name, value in _mail(f"{NAME} <ekonomi@norsken.example>", to, "Nytt bankkonto för återbetalningar", at).items():
        mail[name] = value
    mail["Reply-To"] = "konto@snabbmejl.example"
    mail.set_content(
        "Hej,\n\nVi har bytt bank. Skicka från och med i dag alla återbetalningar till kontot i bilagan, och svara med listan över"
        " dem som väntar.\n\nEkonomiavdelningen\nNorrsken Air\n"
    )
    return bytes(mail)


def from_another_program(sender: str, answered: tuple[str, str, str], text: str, at: int) -> bytes:
    """An answer to (address, Message-ID, subject) that a colleague wrote outside Sluss."""
    mail = _mail(f"{NAME} <{sender}>", answered[0], answered[2], at)
    mail["Sender"] = "Klara Sundin <klara@norrsken.example>"
    mail["In-Reply-To"] = mail["References"] = f"<{answered[1]}>"
    mail["User-Agent"] = "Mozilla Thunderbird"
    mail.set_content(text)
    return bytes(mail)


def bounce(recipient: str, to: str, message_id: str, at: int) -> bytes:
    """The report of a mail server that could not deliver our mail (RFC 3464)."""
    domain = recipient.partition("@")[2]
    head = _mail(f"Mail Delivery System <mailer-daemon@{domain}>", to, "Undelivered Mail Returned to Sender", at)
    line = "=_report_of_delivery"
    words = f"I could not deliver your message to <{recipient}>: the mailbox is full.\n"
    status = f"Reporting-MTA: dns; mx.{domain}\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.2.2\n"
    status += "Diagnostic-Code: smtp; 552 5.2.2 Mailbox full\n"
    parts = (
        ("text/plain; charset=utf-8", words),
        ("message/delivery-status", status),
        ("text/rfc822-headers", f"Message-ID: <{message_id}>\n"),
    )
    body = "".join(f"--{line}\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts) + f"--{line}--\n"
    kind = f'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="{line}"\n'
    headers = "".join(f"{name}: {value}\n" for name, value in head.items())
    return f"Return-Path: <>\n{headers}Auto-Submitted: auto-replied\n{kind}\n{body}".encode()


def _mail(sender: str, to: str, subject: str, at: int) -> EmailMessage:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(at // 1_000_000 - ON_THE_WAY, UTC))
    domain = sender.rpartition("@")[2].strip("> ")
    mail["Message-ID"] = f"<{at:x}@{domain}>"
    return mail
