"""Who reaches the screens of a running Sluss: every page its routes have, small and zoomed windows, forced colours, keys, a home screen."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
from playwright.sync_api import Page

from sluss.web.installing import SURFACES
from tests.browser import axe
from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.browser.tour import pages

UNSURE = {
    "color-contrast": "Words that their panel clips, or glyphs alone; every pair of colours is proven by tests/web/test_tokens.py.",
    "aria-hidden-focus": "Fields of a menu that is not open.",
}
"""What axe leaves open, and why that is well."""
WIDER = "document.documentElement.scrollWidth > innerWidth"
PRIMARY = "[...document.querySelectorAll('.btn.pri')].filter(one => one.checkVisibility()).length"
CUT = """[...document.querySelectorAll('.btn, .input, .select')].filter(one => one.checkVisibility()
  && !one.closest('.deeds, .views, .menu, .sr') && one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 90))"""
FOCUSED = """() => { const node = document.activeElement, box = node.getBoundingClientRect(), style = getComputedStyle(node);
  // Of a tall field the browser brings only the line with the cursor into view.
  const [from, to] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const top = document.elementFromPoint(box.x + box.width / 2, (from + to) / 2);
  return {name: (node.getAttribute("aria-label") ?? node.textContent).trim().slice(0, 40) || node.name || node.id,
    out: node === document.body,
    clear: Boolean(top && [node.contains(top), top.contains(node), node.labels?.[0]?.contains(top)].some(Boolean)) || box.width <= 1,
    ring: [node, node.closest("label") ?? node].some(one => getComputedStyle(one).outlineStyle !== "none")
      || style.boxShadow !== "none"}; }"""


def test_every_page_is_for_everybody(office: Place, desk: Desk) -> None:
    """WCAG 2.2 AA as far as a machine can tell, wide and light, narrow and dark; nothing scrolls sideways; one primary button."""
    office.mail(
        "Prośba o fakturę korygującą za przelot LO455", "Dzień dobry!", sender="Maximiliana Brzęczyszczykiewicz <max@poczta.example>"
    )
    page = desk("ewa")
    page.locator("#rows .row").first.click()
    page.wait_for_selector("#pane[data-case]")
    wrong: dict[str, Any] = {}
    seen = 0
    for path in pages(page, page.url.removeprefix(office.url)):
        if "/frame" in path:
            continue
        found = _look(page, path)
        wrong |= {path: found} if any(found) else {}
        seen += 1
    assert wrong == {}
    assert seen > 40


def _look(page: Page, path: str) -> list[Any]:
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto(path, wait_until="load")
    wrong, unsure = axe.judge(page)
    crowd = page.evaluate(PRIMARY)
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    narrow, open_ = axe.judge(page)
    wide = [390] if page.evaluate(WIDER) else []
    page.set_viewport_size({"width": 320, "height": 640})
    wide += [320] if page.evaluate(WIDER) else []
    unsure = [line for line in (*unsure, *open_) if line.split(":")[0] not in UNSURE]
    return [wrong, narrow, unsure, wide, [crowd] if crowd > 1 else []]


def test_the_desk_can_be_zoomed(office: Place, desk: Desk) -> None:
    """At 200 % of 1440 and of 1366 pixels everything is there, and nothing is cut."""
    office.mail("Powiększenie", "Dzień dobry!")
    page = desk("maja", width=720, height=450, device_scale_factor=2)
    page.locator("#rows .row", has_text="Powiększenie").click()
    page.wait_for_selector("#pane[data-case]")
    for width in (720, 683):
        page.set_viewport_size({"width": width, "height": 450})
        assert not page.evaluate(WIDER)
        assert page.evaluate(CUT) == []
        page.locator("#f-body").scroll_into_view_if_needed()
        assert page.locator("#f-body").is_visible()


def test_forced_colours_leave_every_sign(office: Place, desk: Desk) -> None:
    """The open row, a chip and the focus are lines of their own, where a browser takes all colours away."""
    office.mail("Kontrast", "Dzień dobry!")
    page = desk(forced_colors="active")
    page.locator("#rows .row", has_text="Kontrast").click()
    page.wait_for_selector("#pane[data-case]")
    line = "one => { const style = getComputedStyle(one); return style.outlineStyle !== 'none' || parseFloat(style.borderTopWidth) > 0; }"
    assert page.locator(".row[aria-current=true]").first.evaluate(line)
    page.keyboard.press("Tab")
    assert page.evaluate(f"({line})(document.activeElement)")
    page.evaluate("document.querySelector('#pane').insertAdjacentHTML('beforeend', '<span class=chip id=probe>x</span>')")
    assert page.locator("#probe").evaluate(line)


def test_a_form_is_walked_by_keys(desk: Desk) -> None:
    """Every stop of a long form of the settings is seen, not covered, and there is a way out at its end."""
    page = desk("ewa", "/settings/inboxes/new")
    stops: list[dict[str, Any]] = []
    while not stops or (not stops[-1]["out"] and len(stops) < 120):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
    assert stops[-1]["out"], f"no way out: {stops[-5:]}"
    assert len(stops) > 30
    assert [stop for stop in stops[:-1] if not (stop["ring"] and stop["clear"])] == []


def test_a_browser_would_install_it(office: Place, desk: Desk, tmp_path: Path) -> None:
    """Chromium finds nothing missing; names, colours and icons are those of the screens."""
    page = desk("johan")
    place = page.locator("link[rel=manifest]").get_attribute("href") or ""
    told = msgspec.json.decode(page.request.get(place).body())
    for address in (*(icon["src"] for icon in told["icons"]), page.locator("link[rel=apple-touch-icon]").get_attribute("href") or ""):
        assert page.request.get(address).ok
    for shortcut in told["shortcuts"]:
        assert page.request.get(shortcut["url"]).ok
    bar = "getComputedStyle(document.querySelector('.top')).backgroundColor"
    for theme, colour in SURFACES.items():
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        said = page.locator(f"meta[name=theme-color][media*={theme}]").get_attribute("content")
        rgb = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert (said, page.evaluate(bar)) == (colour, f"rgb{rgb}")
    browser = page.context.browser
    assert browser
    # A context of a test is a private window, where nothing can be installed.
    kept = browser.browser_type.launch_persistent_context(
        str(tmp_path), executable_path=shutil.which("chromium"), chromium_sandbox=False, args=["--disable-gpu"]
    )
    shown = kept.new_page()
    shown.goto(f"{office.url}/sign-in")
    found = kept.new_cdp_session(shown).send("Page.getInstallabilityErrors")
    kept.close()
    assert found == {"installabilityErrors": []}
