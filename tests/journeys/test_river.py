"""The river: from a customer's mail to the answer in the customer's mailbox, through real mail servers and a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.place import Place, compose
from tests.servers.chromium import NewPage
from tests.servers.dovecot import Dovecot, Mailbox
from tests.servers.postfix import Postfix

PICTURE = "bagagekvitto åäö.txt"


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """Staff without an inbox, on either database."""
    url = database_url if database_url.startswith("postgresql") else ""
    place = Place(tmp_path, database_url=url, inbox=False, undo_seconds=2)
    place.start()
    yield place
    place.stop()


def test_a_mail_comes_in_and_its_answer_goes_out(place: Place, new_page: NewPage, dovecot: Dovecot, postfix: Postfix) -> None:
    """An inbox is added and tested in the browser; a case is answered, answered again, and solved."""
    ours, asa = dovecot.new_mailbox("help", "norrsken.test"), dovecot.new_mailbox("asa")
    page = place.enter(new_page(base_url=place.url), "ewa", "/settings/inboxes/new")
    add_inbox(page, ours, dovecot, postfix)
    page.goto("/inbox/unassigned")
    page.evaluate("window.notReloaded = true")
    postfix.send(first_mail(asa, ours).as_bytes(), asa.address, [ours.address])
    row = page.locator("#rows li", has_text="Försenat bagage")
    expect(page.locator("#rows li")).to_have_count(1)
    expect(row).to_have_class(re.compile("unread"), timeout=20_000)
    assert page.evaluate("window.notReloaded")
    row.locator(".row").click()
    expect(page.locator("#items")).to_contain_text("Min väska kom inte fram till Gdańsk.")
    answer(page, "Hej Åsa!\n\nVäskan är på väg. Dzień dobry, zażółć gęślą jaźń.")
    got = read(asa.wait()[0])
    require_answer(got, asa)
    solve_by_key(page)
    reply = compose("Re: Försenat bagage", "Tack, den är här!", f"Åsa Lindqvist <{asa.address}>", str(got["Reply-To"] or got["From"]))
    reply["In-Reply-To"] = reply["References"] = str(got["Message-ID"])
    postfix.send(reply.as_bytes(), asa.address, [ours.address])
    expect(page.locator("#items")).to_contain_text("Tack, den är här!", timeout=20_000)
    expect(page.locator('[data-action="status"]')).to_contain_text("Open")
    solve_by_key(page)
    assert page.evaluate("window.notReloaded")


def add_inbox(page: Page, ours: Mailbox, dovecot: Dovecot, postfix: Postfix) -> None:
    """Fill in the form, save, and press Test until every line is green."""
    fields = {"name": "Kundtjänst", "address": ours.address, "imap_host": dovecot.host, "imap_port": str(dovecot.imap_port)}
    fields |= {"imap_username": ours.address, "imap_password": ours.password}
    fields |= {"smtp_host": postfix.host, "smtp_port": str(postfix.smtp_port)}
    for name, value in fields.items():
        page.locator(f"#f-{name}").fill(value)
    for name in ("imap_security", "smtp_security"):
        page.locator(f"#f-{name}").select_option("plain")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(lambda url: url.rsplit("/", 1)[-1].isdigit())
    page.get_by_role("button", name="Test now").click()
    checks = page.locator("#checks")
    expect(checks.locator(".check")).not_to_have_count(0)
    expect(checks.locator(".running, .waiting")).to_have_count(0, timeout=40_000)
    assert checks.locator(".check:not(.ok)").all_inner_texts() == []


def first_mail(asa: Mailbox, ours: Mailbox) -> EmailMessage:
    return compose("Försenat bagage", "Hej!\n\nMin väska kom inte fram till Gdańsk.", f"Åsa Lindqvist <{asa.address}>", ours.address)


def answer(page: Page, text: str) -> None:
    """Write, attach, send; undo is offered, then it is sent."""
    page.get_by_label("Answer to").fill(text)
    page.locator("#reply input[type=file]").set_input_files({"name": PICTURE, "mimeType": "text/plain", "buffer": b"Kvitto 7QK"})
    expect(page.locator('#reply .attached input[name="file"]')).to_have_count(1)
    page.locator("#reply").get_by_role("button", name="Send", exact=False).last.click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator(".msg.out .state")).to_contain_text("Sent", timeout=20_000)


def solve_by_key(page: Page) -> None:
    page.locator("#timeline").focus()
    page.keyboard.press("e")
    expect(page.locator('[data-action="status"]')).to_contain_text("Solved")


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def require_answer(got: EmailMessage, asa: Mailbox) -> None:
    """It threads with what Åsa wrote, and carries text and file unharmed."""
    assert got["Subject"] == "Re: Försenat bagage"
    assert str(got["In-Reply-To"]) in str(got["References"])
    assert "customer.example" in str(got["In-Reply-To"])
    body = got.get_body(("plain",))
    assert body is not None
    assert "zażółć gęślą jaźń" in body.get_content()
    (file,) = got.iter_attachments()
    assert quote(PICTURE) in file.as_string().replace("%20", " ").replace(" ", "%20")
    assert file.get_content().strip() == "Kvitto 7QK"
    assert asa.address in str(got["To"])
