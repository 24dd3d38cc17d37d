"""Mails as customers' programs write them. In: a person, words, what they answer. Out: raw bytes; and an agent's answer, read back."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import msgspec

from sluss.sandbox.customers.company import AUTHSERV
from sluss.sandbox.customers.people import Person

ON_THE_WAY = 2
"""Seconds between writing and arriving."""


class Enclosure(msgspec.Struct, frozen=True):
    """A file to send along; `inline` stands in the text."""

    name: str
    media_type: str
    data: bytes
    inline: bool = False


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail of a customer. `at` in microseconds UTC; `answers` and `earlier` are Message-IDs, `quoted` the text of what it answers."""

    person: Person
    to: str
    subject: str
    text: str
    at: int
    message_id: str
    cc: tuple[str, ...] = ()
    answers: str = ""
    earlier: tuple[str, ...] = ()
    quoted: str = ""
    quoted_from: str = ""
    enclosure: Enclosure | None = None


class Answer(msgspec.Struct, frozen=True):
    """What came back from the desk."""

    message_id: str
    reply_to: str
    subject: str
    text: str


def write_mail(letter: Letter) -> bytes:
    """The mail as it travels."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={letter.person.address.partition('@')[2]}"
    mail["From"] = f"{_quoted_name(letter.person.name)} <{letter.person.address}>"
    mail["To"] = letter.to
    if letter.cc:
        mail["Cc"] = ", ".join(letter.cc)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.fromtimestamp(letter.at // 1_000_000 - ON_THE_WAY, UTC))
    mail["Message-ID"] = f"<{letter.message_id}>"
    if letter.answers:
        mail["In-Reply-To"] = f"<{letter.answers}>"
        mail["References"] = " ".join(f"<{one}>" for one in (*letter.earlier, letter.answers))
    mail.set_content(_with_quote(letter))
    if letter.enclosure is not None:
        _enclose(mail, letter, letter.enclosure)
    return bytes(mail)


def read_answer(raw: bytes) -> Answer | None:
    """The desk's answer, or None for a mail that is none (no Message-ID, or no text)."""
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    message_id = str(mail["Message-ID"] or "").strip("<> ")
    if body is None or not message_id:
        return None
    reply_to = parseaddr(str(mail["Reply-To"] or mail["From"] or ""))[1]
    return Answer(message_id, reply_to, str(mail["Subject"] or ""), str(body.get_content()))


def read_link(raw: bytes) -> str:
    """The first link in a letter to somebody on the staff; empty where there is none."""
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    found = re.search(r"https?://\S+", str(body.get_content())) if body is not None else None
    return found[0] if found else ""


def _with_quote(letter: Letter) -> str:
    if not letter.quoted:
        return f"{letter.text}\n"
    wrote = {"sv": "skrev", "pl": "napisał(a)", "en": "wrote"}[letter.person.language]
    lines = "\n".join(f"> {line}".rstrip() for line in letter.quoted.strip().splitlines()[:12])
    return f"{letter.text}\n\n{letter.quoted_from or f'Norrsken Air <{letter.to}>'} {wrote}:\n{lines}\n"


def _enclose(mail: EmailMessage, letter: Letter, file: Enclosure) -> None:
    kind, _, subtype = file.media_type.partition("/")
    if not file.inline:
        mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=file.name)
        return
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in letter.text.split("\n\n"))
    mail.add_alternative(
        f'<html><body>{paragraphs}<p><img src="cid:{letter.message_id}.pic" width="240"></p></body></html>', subtype="html"
    )
    page: list[EmailMessage] = [part for part in mail.iter_parts() if isinstance(part, EmailMessage)]
    page[-1].add_related(
        file.data, maintype=kind, subtype=subtype, cid=f"<{letter.message_id}.pic>", filename=file.name, disposition="inline"
    )


def _quoted_name(name: str) -> str:
    return f'"{name}"'
