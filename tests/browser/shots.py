"""Pictures of every page of the running demo: `python -m tests.browser.shots [word …] [--sizes 1440,390] [--modes dark,forced]`.

Pages are found in the routes, as Ewa (who may do everything) and as Johan (an agent) see them; then come menus and dialogs of the desk.
They land in `shots/real/`, a dozen to each `sheet-….png`. Complaints of the pages and sideways scrolling are told at the end.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page

from tests.browser.tour import pages
from tests.servers.chromium import NewPage, run_chromium

SHOTS = Path(__file__).parents[2] / "shots/real"
MODES: dict[str, dict[str, Any]] = {
    "light": {"media": "screen", "color_scheme": "light", "forced_colors": "none"},
    "dark": {"media": "screen", "color_scheme": "dark", "forced_colors": "none"},
    "forced": {"media": "screen", "color_scheme": "light", "forced_colors": "active"},
    "print": {"media": "print", "color_scheme": "light", "forced_colors": "none"},
}
TALLEST = 2000
Pose = Callable[[Page], object]


def _opened(action: str) -> Pose:
    return lambda page: page.evaluate("id => document.querySelector(`[data-action='${id}']`).click()", action)


def _pressed(*keys: str) -> Pose:
    return lambda page: [page.keyboard.press(key) for key in keys]


POSES: dict[str, tuple[str, Pose]] = {
    "filter": ("list", _opened("filter")),
    "chosen": ("list", lambda page: page.evaluate("[...document.querySelectorAll('.pick input')].slice(0, 3).forEach(box => box.click())")),
    "bell": ("list", lambda page: page.evaluate("document.querySelector('[href=\"/notifications\"]').click()")),
    "palette": ("case", _pressed("Control+k")),
    "sheet": ("case", _pressed("?")),
    "more": ("case", _pressed(".")),
    "snooze": ("case", _pressed("Shift+z")),
    "tags": ("case", _pressed("t")),
    "assign": ("case", _pressed("a")),
    "macro": ("case", _pressed("m")),
    "merge": ("case", _pressed("Shift+m")),
    "aside": ("case", _pressed("d")),
    "note": ("case", _pressed("n")),
    "panel": ("case", _pressed("h")),
    "answers": ("case", lambda page: (page.keyboard.press("r"), page.keyboard.type("/"))),
    "written": ("case", lambda page: (page.keyboard.press("r"), page.keyboard.type("Hej! Jag tittar på det."))),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="only what has one of them in its name")
    parser.add_argument("--sizes", default="1440,1024,390")
    parser.add_argument("--modes", default="light,dark", help=", ".join(MODES))
    parser.add_argument("--language", default="en")
    parser.add_argument("--at", default="", help="a demo that runs already")
    asked = parser.parse_args()
    SHOTS.mkdir(parents=True, exist_ok=True)
    with run_chromium() as browser, _demo(asked.at) as address:
        complaints = _shoot_all(browser, address, asked)
    sys.stdout.write("\n".join(dict.fromkeys(complaints)) + "\n")
    return 1 if complaints else 0


@contextmanager
def _demo(running: str) -> Generator[str]:
    if running:
        yield running
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sluss", "demo", "--json", "--port", "0", "--seed", "7", "--data", folder]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert demo.stdout
        yield json.loads(demo.stdout.readline())["url"]
        demo.terminate()
        demo.wait(30)
        demo.stdout.close()


def _shoot_all(browser: Browser, address: str, asked: argparse.Namespace) -> list[str]:
    complaints: list[str] = []
    sizes, modes = [int(size) for size in asked.sizes.split(",")], str(asked.modes).split(",")
    taken: dict[tuple[int, str], list[Path]] = {}
    for who in ("ewa", "johan"):
        page = NewPage(browser)(base_url=address)
        _enter(page, who, asked.language)
        at: list[str] = []
        _listen(page, at, complaints)
        for name, path, pose in _scenes(page, who, asked.words):
            for size, mode in product(sizes, modes):
                at[:] = [name, str(size)]
                page.set_viewport_size({"width": size, "height": 844 if size < 500 else 900})
                page.emulate_media(**MODES[mode])
                place = SHOTS / f"{name}-{size}-{mode}.png"
                with suppress(Error):
                    complaints += _take(page, path, pose, place)
                    taken.setdefault((size, mode), []).append(place)
        page.context.close()
    for (size, mode), places in taken.items():
        _lay_out(browser, f"{asked.language}-{size}-{mode}", places, size)
    return complaints


def _listen(page: Page, at: list[str], complaints: list[str]) -> None:
    page.on("console", lambda heard: complaints.append(f"{at}: {heard.text}") if heard.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"{at}: {error}"))


def _enter(page: Page, who: str, language: str) -> None:
    page.goto("/sign-in?next=/me")
    page.get_by_label("E-mail").fill(f"{who}@norrsken.example")
    page.locator("[name=password]").fill("norrsken-demo")
    page.locator("main button[type=submit]").first.click()
    page.wait_for_url("**/me")
    field = page.locator("[name=locale]")
    if field.input_value() != language:
        field.select_option(language)
        page.locator("form:has([name=locale]) button[type=submit]").first.click()
        page.wait_for_selector(f"html[lang={language}]")


def _scenes(page: Page, who: str, words: list[str]) -> Iterator[tuple[str, str, Pose | None]]:
    """Name, address and pose of everything that is asked for."""
    page.goto("/inbox/open")
    case = page.locator("#rows .row").first.get_attribute("href") or ""
    found = [(f"{who}-{_word(path)}", path, None) for path in pages(page, case)]
    posed = [(f"{who}-pose-{name}", case if on == "case" else "/inbox/open", pose) for name, (on, pose) in POSES.items()]
    return (one for one in [*found, *posed] if not words or any(word in one[0] for word in words))


def _word(path: str) -> str:
    return re.sub(r"\W+", "-", path).strip("-")[:60] or "home"


def _take(page: Page, path: str, pose: Pose | None, place: Path) -> Iterator[str]:
    page.goto(path, wait_until="load")
    page.evaluate("document.fonts.ready")
    if pose:
        page.wait_for_timeout(300)
        pose(page)
        page.wait_for_timeout(400)
    size = page.viewport_size
    assert size
    # Some pages scroll in a panel: as high as their content, within reason.
    tall = page.evaluate("Math.max(...[document.documentElement, ...document.querySelectorAll('.page')].map(node => node.scrollHeight))")
    if not pose and size["height"] < tall:
        page.set_viewport_size({"width": size["width"], "height": min(tall + 60, TALLEST)})
    page.screenshot(path=place)
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        yield f"{place.stem}: wider than the window"


def _lay_out(browser: Browser, name: str, places: list[Path], size: int) -> None:
    """Sheets of a dozen pictures each, to be looked at together."""
    page = browser.new_page(viewport={"width": 1900, "height": 1200})
    wide = 300 if size < 500 else 620
    each = 12 if size < 500 else 6
    for start in range(0, len(places), each):
        pictures = "".join(
            f'<figure style="width:{wide}px;margin:0"><img src="{one.name}" style="width:100%;max-height:900px;object-fit:cover;'
            f'object-position:top"><figcaption>{html.escape(one.stem)}</figcaption></figure>'
            for one in places[start : start + each]
        )
        style = "display:flex;flex-wrap:wrap;gap:8px;margin:4px;background:#888;font:13px sans-serif"
        sheet = SHOTS / "sheet.html"
        sheet.write_text(f'<body style="{style}">{pictures}')
        page.goto(sheet.as_uri())
        page.screenshot(path=SHOTS / f"sheet-{name}-{start // each + 1:02}.png", full_page=True)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
