"""Debian's Chromium, driven by Playwright. In: which size, theme and language. Out: pages whose errors fail their test."""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
]
LOCALES = {"en": "en-GB", "sv": "sv-SE", "pl": "pl-PL"}


@contextmanager
def run_chromium() -> Generator[Browser]:
    program = os.environ.get("SLUSS_TEST_CHROMIUM") or shutil.which("chromium")
    assert program, "Chromium is missing: apt-get install chromium"
    # Its sandbox wants user namespaces, which root and containers do not give; the pages are ours.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=False, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class NewPage:
    """Opens pages, each in a context (cookies, storage) of its own, and remembers what went wrong in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._errors: list[str] = []
        self._allowed: list[str] = []

    def __call__(
        self,
        width: int = 1440,
        height: int = 900,
        theme: Literal["light", "dark"] = "light",
        language: str = "en",
        **context: Any,
    ) -> Page:
        """A blank page; `context` goes to Playwright's `new_context` (`base_url`, `forced_colors`, `java_script_enabled`, …)."""
        size: Any = {"width": width, "height": height}
        steady: dict[str, Any] = {"reduced_motion": "reduce", "timezone_id": "Europe/Stockholm"}
        steady |= {"viewport": size, "color_scheme": theme, "locale": LOCALES.get(language, language)}
        made = self._browser.new_context(**steady | context)
        self._contexts.append(made)
        made.on("console", self._heard)
        made.on("weberror", lambda error: self._errors.append(str(error.error)))
        return made.new_page()

    def allow(self, text: str) -> None:
        """Errors that contain this text are what the test is about."""
        self._allowed.append(text)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
        unexpected = [error for error in self._errors if not any(text in error for text in self._allowed)]
        assert not unexpected, "errors in the page:\n" + "\n".join(unexpected)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._errors.append(f"{message.text} ({message.location.get('url', '')})")
