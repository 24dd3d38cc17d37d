"""A running Sluss as a browser test sees it. In: how to run. Out: an address to open, mail brought to its door, a stop and a start."""

from __future__ import annotations

import json
import re
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

from tests.browser.host import ADDRESS
from tests.servers.program import free_port
from tests.world import PASSWORD

ASA = "Åsa Lindqvist <asa@customer.example>"
LUKASZ = "Łukasz Wójcik <lukasz@customer.example>"
MALGORZATA = "Małgorzata Żak <malgorzata@customer.example>"
ROOT = Path(__file__).parents[2]


class Place:
    """One server on ports of its own, which stay over a restart."""

    def __init__(self, folder: Path, **setting: Any) -> None:
        self.folder = folder
        self.port, self.lmtp_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ports: dict[str, int] = {}
        self._setting = {"data": str(folder / "data"), "port": self.port, "lmtp_port": self.lmtp_port} | setting
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when requests are answered and mail is taken."""
        log = (self.folder / "server.log").open("a")
        command = [sys.executable, "-m", "tests.browser.host", json.dumps(self._setting)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        assert self._process.stdout
        said = self._process.stdout.readline()
        assert said, f"the server did not start:\n{self.log()}"
        self._wait_for_answer()

    def stop(self) -> None:
        """As an administrator does. It ends well, and leaves nothing on its standard error but what `log` tells."""
        assert self._process
        self._process.terminate()
        assert self._process.wait(30) == 0, self.log()
        assert self._process.stdout
        self._process.stdout.close()

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def mail(self, subject: str, text: str, sender: str = ASA, **more: Any) -> str:
        """One mail by LMTP; `html`, `references` (a message id), `files` ((name, type, bytes), …). Returns its message id."""
        mail = compose(subject, text, sender, ADDRESS, **more)
        self.hand_over([mail])
        return str(mail["Message-ID"])

    def hand_over(self, mails: Sequence[EmailMessage]) -> None:
        """Mails by one LMTP conversation."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as door:
            for mail in mails:
                door.send_message(mail, "sender@customer.example", [ADDRESS])

    def key_of(self, item: Locator) -> str:
        """The id that the network knows a message of ours by, as whoever answers it names it."""
        message_id = int((item.get_attribute("id") or "").removeprefix("i"))
        with sqlite3.connect(f"file:{self.folder / 'data' / 'sluss.sqlite3'}?mode=ro", uri=True) as data:
            [[key]] = data.execute("SELECT external_id FROM messages WHERE id = ?", (message_id,))
        return f"<{key}>"

    def last_letter(self) -> str:
        """The id of the mail that last took a chat's answers along."""
        with sqlite3.connect(f"file:{self.folder / 'data' / 'sluss.sqlite3'}?mode=ro", uri=True) as data:
            [[key]] = data.execute("SELECT external_id FROM other_forms ORDER BY operation_id DESC LIMIT 1")
        return f"<{key}>"

    def streams(self) -> int:
        """How many browsers hold a live stream now."""
        told = httpx.get(f"{self.url}/metrics").text
        found = re.search(r"^sluss_sse_streams (\d+)", told, re.MULTILINE)
        assert found, told
        return int(found.group(1))

    def enter(self, page: Page, key: str, path: str = "/inbox/open") -> Page:
        """Sign somebody of the staff in, and open a page."""
        page.goto(f"{self.url}/sign-in?next={path}")
        page.get_by_label("E-mail").fill(f"{key}@norrsken.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def _wait_for_answer(self) -> None:
        ends = time.monotonic() + 20
        while time.monotonic() < ends:
            try:
                if httpx.get(f"{self.url}/readyz").is_success:
                    return
            except httpx.TransportError:
                continue
        raise AssertionError(self.log())


def compose(subject: str, text: str, sender: str, to: str, **more: Any) -> EmailMessage:
    """A mail as a customer's program writes it; see `Place.mail`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, to, subject, make_msgid(domain="customer.example")
    if more.get("references"):
        mail["In-Reply-To"] = mail["References"] = more["references"]
    mail.set_content(text)
    if more.get("html"):
        mail.add_alternative(more["html"], subtype="html")
    for name, media_type, data in more.get("files", ()):
        kind, _, subtype = media_type.partition("/")
        mail.add_attachment(data, maintype=kind, subtype=subtype, filename=name)
    return mail
