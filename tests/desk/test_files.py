"""Files in and out: names, types, limits, permissions, and bytes that do nothing in a browser. T8, T9, T10, T60, T68, T97, T103."""

from __future__ import annotations

import secrets
import struct
import zlib
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sluss.cases.models import attachments
from sluss.cases.recording import StoredFile
from sluss.kernel.db import Database
from sluss.people.actions import disable_agent
from sluss.web.uploads import clean_name, disposition, media_type_of, read_picture
from tests.desk.conftest import LUKASZ, Customers
from tests.world import Browser, Web, World


def png(width: int = 2, height: int = 2) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


async def upload(browser: Browser, no: int, name: str = "kvitto.pdf", data: bytes = b"%PDF-1.7") -> httpx.Response:
    form = {"csrf": browser.csrf, "op": secrets.token_hex(13)}
    return await browser.client.post(f"/cases/{no}/files", data=form, files={"file": (name, data, "text/html")})


def came_with(web: Web, customers: Customers, name: str, data: bytes, media_type: str, **more: Any) -> tuple[int, int]:
    """A mail with one file: message id and attachment id."""
    file = StoredFile(name, media_type, len(data), web.edge.files.put(data), more.pop("content_id", ""))
    message = customers.message(files=(file,), **more)
    return message, int(customers.db.read_now(lambda tx: tx.value(sa.select(attachments.c.id).where(attachments.c.message_id == message))))


async def test_a_file_waits_for_its_answer_and_goes_with_it(web: Web, db: Database, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    answer = await upload(johan, no)
    assert (answer.status_code, answer.json()["name"], answer.json()["size"]) == (201, "kvitto.pdf", 8)
    sent = await johan.post(f"/cases/{no}/reply", target="form", body="Se bilagan", file=answer.json()["id"], anyway="1")
    assert "kvitto.pdf" in sent.text
    assert (await johan.get(f"/files/{answer.json()['id']}")).content == b"%PDF-1.7"


async def test_a_form_without_scripts_brings_its_files(web: Web, customers: Customers) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    form = {"csrf": johan.csrf, "op": secrets.token_hex(13), "body": "Se bilagan", "anyway": "1", "back": f"/inbox/open/{no}"}
    answer = await johan.client.post(f"/cases/{no}/reply", data=form, files=[("upload", ("a.txt", b"ett")), ("upload", ("b.txt", b"tva"))])
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox/open/{no}")
    page = (await johan.get(f"/inbox/open/{no}")).text
    assert "a.txt" in page
    assert "b.txt" in page


@pytest.mark.parametrize(("name", "data"), [("tom.txt", b""), ("", b"x")])
async def test_a_file_that_is_none_is_told_in_a_sentence(web: Web, customers: Customers, name: str, data: bytes) -> None:
    no = customers.write()
    answer = await upload(await web.sign_in("johan"), no, name, data)
    assert answer.status_code == 422
    assert answer.json()["error"].endswith(".") or "file" in answer.text


async def test_a_file_over_the_limit_is_not_kept(web: Web, db: Database, customers: Customers, monkeypatch: pytest.MonkeyPatch) -> None:
    no = customers.write()
    johan = await web.sign_in("johan")
    monkeypatch.setattr(web.edge, "config", type(web.edge.config)(data=web.edge.config.data, max_upload_bytes=100_000))
    answer = await upload(johan, no, data=b"x" * 100_001)
    assert (answer.status_code, answer.json()) == (422, {"error": "This file is larger than 100 kB."})
    assert db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(attachments))) == 0


async def test_nobody_uploads_to_what_is_not_theirs(web: Web, customers: Customers) -> None:
    """T10: neither without a session nor to a hidden case nor with a forged form."""
    no, hidden = customers.write(), customers.write(sender=LUKASZ, inbox="obsluga")
    johan, stranger = await web.sign_in("johan"), web.browser()
    assert (await upload(stranger, no)).status_code == 401
    assert (await upload(johan, hidden)).status_code == 404
    johan.csrf = "x" * 32
    assert (await upload(johan, no)).status_code == 403


async def test_a_colleagues_unsent_file_cannot_be_taken(web: Web, customers: Customers) -> None:
    """T9: a file goes only with its own uploader's answer, in its own case."""
    no, other = customers.write(), customers.write("Annat")
    johan, maja = await web.sign_in("johan"), await web.sign_in("maja")
    file_id = (await upload(maja, no)).json()["id"]
    assert (await johan.post(f"/cases/{no}/reply", target="form", body="x", file=file_id, anyway="1")).status_code == 422
    assert (await maja.post(f"/cases/{other}/reply", target="form", body="x", file=file_id, anyway="1")).status_code == 422
    assert (await johan.get(f"/files/{file_id}")).status_code == 404
    assert (await maja.get(f"/files/{file_id}")).status_code == 200


async def test_a_files_address_is_no_permission(web: Web, db: Database, world: World, customers: Customers) -> None:
    """T8: no session, another inbox, another company, an agent who was removed."""
    _, file_id = came_with(web, customers, "pass.pdf", b"%PDF-1.7", "application/pdf")
    johan, petra, marek = [await web.sign_in(key) for key in ("johan", "petra", "marek")]
    assert (await johan.get(f"/files/{file_id}")).status_code == 200
    for browser in (petra, marek):
        assert (await browser.get(f"/files/{file_id}")).status_code == 404
    assert (await web.browser().get(f"/files/{file_id}")).status_code in {303, 401}
    db.write_now(disable_agent, world.who("ewa"), world.who("johan").id)
    web.edge.signals.wake("sessions")
    assert (await web.browser().get(f"/files/{file_id}")).status_code in {303, 401}


@pytest.mark.parametrize(
    ("name", "data", "claimed"),
    [
        ("bild.svg", b"<svg onload=alert(1)>", "image/svg+xml"),
        ("sida.html", b"<script>alert(1)</script>", "text/html"),
        ("bild.png", b"<script>alert(1)</script>", "image/png"),
        ("blad.pdf", b"%PDF-1.7 /JS", "application/pdf"),
        ("data.xml", b"<?xml version='1.0'?>", "text/xml"),
    ],
)
async def test_what_can_hold_a_script_is_only_ever_a_download(web: Web, customers: Customers, name: str, data: bytes, claimed: str) -> None:
    """T60, T68: the type is what the bytes say, whatever was claimed."""
    _, file_id = came_with(web, customers, name, data, claimed)
    answer = await (await web.sign_in("johan")).get(f"/files/{file_id}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]


async def test_a_true_picture_is_shown(web: Web, customers: Customers) -> None:
    message, file_id = came_with(web, customers, "skärm.png", png(), "image/png")
    johan = await web.sign_in("johan")
    for path in (f"/files/{file_id}", f"/files/{file_id}/thumb"):
        answer = await johan.get(path)
        assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/png", png())
        assert answer.headers["content-disposition"].startswith("inline; ")
    page = await johan.get(f"/inbox/open/{customers.case_of(message).number}")
    assert f'src="/files/{file_id}/thumb"' in page.text


async def test_a_picture_that_would_fill_the_memory_is_a_download(web: Web, customers: Customers) -> None:
    """T103."""
    _, file_id = came_with(web, customers, "bomb.png", png(30_000, 30_000), "image/png")
    johan = await web.sign_in("johan")
    assert (await johan.get(f"/files/{file_id}/thumb")).status_code == 404
    assert (await johan.get(f"/files/{file_id}")).headers["content-type"] == "application/octet-stream"


async def test_a_damaged_file_is_not_served(web: Web, customers: Customers) -> None:
    """F10."""
    _, file_id = came_with(web, customers, "kvitto.pdf", b"%PDF-1.7", "application/pdf")
    path = next(path for path in web.edge.files.folder.rglob("*") if path.is_file() and path.read_bytes() == b"%PDF-1.7")
    path.write_bytes(b"%PDF-1.8")
    assert (await (await web.sign_in("johan")).get(f"/files/{file_id}")).status_code == 404


async def test_mail_is_shown_as_sent_without_doing_anything(web: Web, customers: Customers) -> None:
    """T62, T63: the frame has its own policy, its inline pictures are ours, remote ones come only when asked for."""
    html = '<p onclick=x>Hej</p><script>alert(1)</script><img src="cid:logo@k"><img src="http://spion.example/p.gif">'
    message, file_id = came_with(web, customers, "logo.png", png(), "image/png", html=html, content_id="logo@k")
    johan = await web.sign_in("johan")
    frame = await johan.get(f"/messages/{message}/frame")
    assert "<p>Hej</p>" in frame.text
    assert f'src="/files/{file_id}"' in frame.text
    assert "script" not in frame.text.split("<body>")[1]
    assert "spion" not in frame.text
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert "allow-scripts" not in frame.headers["content-security-policy"]
    assert "https://spion.example/p.gif" in (await johan.get(f"/messages/{message}/frame?images=1")).text
    assert (await (await web.sign_in("petra")).get(f"/messages/{message}/frame")).status_code == 404


async def test_mail_without_html_has_no_frame(web: Web, customers: Customers) -> None:
    assert (await (await web.sign_in("johan")).get(f"/messages/{customers.message()}/frame")).status_code == 404


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("..\\..\\etc\\passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("faktura.pdf. . ", "faktura.pdf"),
        ("CON.txt", "_CON.txt"),
        ("gpj\u202e.exe", "gpj.exe"),
        ("a\u200bb\x00c.pdf", "abc.pdf"),
        ("a:b*c?.txt", "a_b_c_.txt"),
        ("", "file"),
        ("...", "file"),
        ("ﬁl.pdf", "fil.pdf"),
        ("／etc／passwd", "passwd"),
        ("Åsas kvitto.pdf", "Åsas kvitto.pdf"),
    ],
)
def test_names_are_cleaned_after_they_are_normalised(name: str, shown: str) -> None:
    """T97."""
    assert clean_name(name) == shown


def test_a_long_name_keeps_its_extension() -> None:
    """T97."""
    cleaned = clean_name("ż" * 1000 + ".pdf")
    assert cleaned.endswith("ż.pdf")
    assert len(cleaned) <= 130


def test_a_name_cannot_end_its_header() -> None:
    """T50."""
    header = disposition('a"; x=\r\nSet-Cookie: b=1; "ż.pdf', inline=False)
    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
    assert header.endswith("%C5%BC%2Epdf")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (png(640, 480), ("image/png", 640, 480)),
        (b"GIF89a" + struct.pack("<HH", 7, 9), ("image/gif", 7, 9)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 5, 6) + b"\x00" * 8, ("image/jpeg", 6, 5)),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\x00" * 8 + b"\x01\x00\x00\x02\x00\x00", ("image/webp", 2, 3)),
        (b"\xff\xd8\xff\xe1\xff\xff", ("image/jpeg", 0, 0)),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_bytes(head: bytes, expected: tuple[str, int, int] | None) -> None:
    found = read_picture(head)
    assert (found and (found.media_type, found.width, found.height)) == expected


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"PK", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"<html>", "a.html", "application/octet-stream"),
        (b"MZ", "a.exe", "application/octet-stream"),
        (b"<svg", "a.svg", "application/octet-stream"),
        (b"hej", "a.txt", "text/plain"),
        (png(), "a.exe", "image/png"),
    ],
)
def test_a_type_is_true_or_neutral(head: bytes, name: str, expected: str) -> None:
    assert media_type_of(head, name) == expected
