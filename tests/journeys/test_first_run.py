"""The first run: `sluss demo --empty` prints a link, and three short pages make a workspace of it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers.chromium import NewPage

COMMAND = [sys.executable, "-m", "sluss.cli", "demo", "--empty", "--port", "0", "--data"]


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    """The address that a new Sluss prints."""
    with subprocess.Popen([*COMMAND, str(tmp_path / "data")], stderr=subprocess.PIPE, text=True) as sluss:
        assert sluss.stderr
        found = next((match for line in sluss.stderr if (match := re.search(r"http://\S+token=\S+", line))), None)
        assert found, "no link was printed"
        yield found.group()
        sluss.terminate()
        sluss.stderr.close()
        assert sluss.wait(30) == 0


def test_three_pages_open_a_new_sluss(link: str, new_page: NewPage) -> None:
    """You, the company, a first inbox; what was wrong is said at its field and kept; the link works once."""
    new_page.allow("422")
    new_page.allow("404")
    page = new_page()
    page.goto(link)
    introduce(page, "ewa", "kort")
    require_faults(page, "email", "password")
    expect(page.get_by_label("Your name")).to_have_value("Ewa Nowak")
    expect(page.get_by_label("E-mail")).to_have_value("ewa")
    introduce(page, "ewa@norrsken.example", "fyra ord räcker långt")
    name_company(page, "Nowhere/Moon")
    require_faults(page, "zone")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Norrsken Air")
    name_company(page, "Europe/Warsaw")
    page.get_by_label("Later").check()
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    expect(page.locator(".brand")).to_contain_text("Norrsken Air")
    answer = new_page().goto(link)
    assert answer is not None
    assert answer.status == 404


def introduce(page: Page, email: str, password: str) -> None:
    page.get_by_label("Your name").fill("Ewa Nowak")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    press_next(page)


def name_company(page: Page, zone: str) -> None:
    page.get_by_label("Name", exact=True).fill("Norrsken Air")
    page.get_by_label("Time zone").fill(zone)
    press_next(page)


def press_next(page: Page) -> None:
    """What the browser itself would refuse is for the server to refuse here."""
    page.locator("form.form").evaluate("form => { form.noValidate = true }")
    page.get_by_role("button", name="Next").click()


def require_faults(page: Page, *names: str) -> None:
    """A sentence at each field that is named, and the field knows of it."""
    for name in names:
        field = page.locator(f"#f-{name}")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#f-{name}-error")).to_contain_text(re.compile(r"\w+.*\."))
