"""What a visitor sends. In: a form with texts and files. Out: values that are fit to keep, or a sentence for each wrong field."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar.datastructures import UploadFile

from sluss.channels.hours import zones
from sluss.channels.visitors import Page
from sluss.channels.webchat.settings import ChatSettings
from sluss.channels.webchat.understanding import FILES, NAME, ChatFile, is_client_key, read_text
from sluss.kernel.errors import Invalid
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say
from sluss.replies.recipients import read_addresses
from sluss.web.uploads import HEAD, clean_name, media_type_of

FILE_BYTES = 10_000_000
FILES_BYTES = 20_000_000
BODY_BYTES = FILES_BYTES + 500_000
URL = 500
TITLE = 200
EMAIL = 254
PREVIEW = 1_000

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")


class MessageForm(msgspec.Struct, frozen=True):
    """The fields of `POST messages`; `page` is JSON."""

    key: str
    text: str = ""
    name: str = ""
    email: str = ""
    page: str = ""
    files: tuple[Any, ...] = ()


class PageTold(msgspec.Struct, frozen=True):
    """What a page says of itself."""

    url: str = ""
    title: str = ""
    referrer: str = ""
    zone: str = ""
    lang: str = ""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A message that can be kept."""

    key: str
    text: str
    name: str
    email: str
    page: Page
    files: tuple[ChatFile, ...]


async def read_message(form: MessageForm, settings: ChatSettings) -> Said:
    """The form as it can be kept. Raises `Invalid`."""
    if not is_client_key(_line(form.key)):
        raise Invalid({"key": say("The message bears no key, so a repeat of it could not be known. Load the page anew.")})
    text = read_text(_text(form.text))
    files = await _read_files(form.files, settings)
    if not text and not files:
        raise Invalid({"text": say("Write something first.")})
    name, email = read_name(_line(form.name)), read_email(_line(form.email))
    return Said(key=form.key, text=text, name=name, email=email, page=_told(_line(form.page)), files=files)


def read_name(written: str) -> str:
    """What somebody is called, on one line."""
    return clean_line(written)[:NAME]


def read_email(written: str) -> str:
    """An address, or nothing. Raises `Invalid`."""
    line = clean_line(written)
    if not line:
        return ""
    try:
        found = read_addresses(line, "email")
    except Invalid:
        found = ()
    if len(found) != 1 or len(line) > EMAIL or "<" in line:
        raise Invalid({"email": say("This is no e-mail address. Write it as name@example.com.")})
    return found[0].address


def read_page(told: PageTold) -> Page:
    """Where somebody is, without what an address may hold of secrets: its query, its fragment, names and passwords."""
    zone = told.zone if told.zone in zones() else ""
    lang = told.lang if _LANGUAGE.fullmatch(told.lang) else ""
    return Page(_url(told.url), clean_line(clean_text(told.title[:1_000]))[:TITLE], _url(told.referrer), zone, lang)


def require_details(settings: ChatSettings, name: str, email: str) -> None:
    """What the company wants to know before the first message. Raises `Invalid`."""
    wrong: dict[str, str] = {}
    if settings.ask_name == "required" and not name:
        wrong["name"] = say("Write your name first.")
    if settings.ask_email == "required" and not email:
        wrong["email"] = say("Write your e-mail address first, so that an answer reaches you.")
    if wrong:
        raise Invalid(wrong)


def _told(json: str) -> Page:
    """What cannot be read is not worth losing a message for."""
    try:
        return read_page(msgspec.json.decode(json[:10_000].encode("utf-8", "replace"), type=PageTold))
    except (msgspec.DecodeError, ValueError):
        return Page()


def _url(told: str) -> str:
    try:
        parts = urlsplit(clean_line(told[:5_000]))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path or '/'}"[:URL]


async def _read_files(told: tuple[Any, ...], settings: ChatSettings) -> tuple[ChatFile, ...]:
    uploads = [one for one in told if isinstance(one, UploadFile)]
    if len(uploads) < len(told):
        raise Invalid({"files": say("This is no file.")})
    if uploads and not settings.files:
        raise Invalid({"files": say("No files can be sent here.")})
    if len(uploads) > FILES:
        raise Invalid({"files": say("At most %(most)s files can be sent at once.", most=FILES)})
    files: list[ChatFile] = []
    for upload in uploads:
        data = await upload.read(FILE_BYTES + 1)
        if len(data) > FILE_BYTES:
            raise Invalid({"files": say("A file may have at most 10 MB.")})
        name = clean_name(upload.filename or "file")
        files.append(ChatFile(name, media_type_of(data[:HEAD], name), data))
    if sum(len(one.data) for one in files) > FILES_BYTES:
        raise Invalid({"files": say("The files may have at most 20 MB together.")})
    return tuple(files)


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise Invalid({"text": say("This is no text.")})
    return told


def _line(told: Any) -> str:
    return told if isinstance(told, str) else ""
