"""Pictures of every screen with sample data: `python -m tests.browser.preview [name …] [--sizes 1440,390] [--themes light]`.

They land in `shots/`, which git ignores. Requests are answered from memory under the same content policy as in production.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Route

from sluss.web.assets import Assets
from sluss.web.templates import Templates
from tests.browser import scenes
from tests.servers.chromium import run_chromium

SHOTS = Path(__file__).parents[2] / "shots"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="336" height="224"><rect width="336" height="224" fill="#dce0e3"/></svg>'
MAIL = b"<body style='font:14px Georgia;margin:16px'><h2 style='color:#7a2'>Hej!</h2><p>Tv&aring; biljetter.</p></body>"


def answer(html: str, assets: Assets) -> Callable[[Route], None]:
    """Answers every request of one scene."""

    def handle(route: Route) -> None:
        path = re.sub(r"^https?://[^/]+", "", route.request.url)
        if path.startswith("/static/") and (served := assets.find(path.removeprefix("/static/"))):
            route.fulfill(status=200, headers=served.headers, body=served.data)
        elif path == "/scene":
            route.fulfill(status=200, headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}, body=html)
        elif "/thumb" in path:
            route.fulfill(status=200, content_type="image/svg+xml", body=PICTURE)
        elif "/frame" in path:
            route.fulfill(
                status=200,
                headers={"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
                body=MAIL,
            )
        else:
            route.fulfill(status=204)

    return handle


def shoot(browser: Browser, name: str, sizes: list[int], themes: list[str]) -> list[str]:
    """All pictures of one scene. Returns what went wrong: console errors and sideways overflow."""
    assets = Assets()
    scene = scenes.SCENES[name]
    complaints: list[str] = []
    for size in sizes:
        for theme in themes:
            html = scenes.render(Templates(assets), scene, theme)
            context = browser.new_context(
                viewport={"width": size, "height": 844 if size < 500 else 900},
                color_scheme="light",
                reduced_motion="reduce",
                has_touch=size < 500,
            )
            tab = context.new_page()
            tab.clock.set_fixed_time(scenes.NOW_ISO)
            tab.on(
                "console",
                lambda message: (
                    complaints.append(f"{name}: {message.text}") if message.type == "error" and "about:blank" not in message.text else None
                ),
            )
            tab.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
            tab.route("**/*", answer(html, assets))
            tab.goto("http://localhost/scene")
            tab.evaluate("document.fonts.ready")
            for step in scene.steps:
                step(tab)
            if tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                complaints.append(f"{name} {size}: wider than the window")
            tab.screenshot(path=SHOTS / f"{name}-{size}-{theme}.png")
            context.close()
    return complaints


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--sizes", default="1440,1024,390")
    parser.add_argument("--themes", default="light,dark")
    asked = parser.parse_args()
    SHOTS.mkdir(exist_ok=True)
    complaints: list[str] = []
    with run_chromium() as browser:
        for name in asked.names or list(scenes.SCENES):
            complaints += shoot(browser, name, [int(size) for size in asked.sizes.split(",")], asked.themes.split(","))
    sys.stdout.write("\n".join(dict.fromkeys(complaints)) + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
