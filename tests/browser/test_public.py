"""Answering in public: the browser counts as the server does, and says beforehand what everybody would read."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from sluss.channels.counting import Counts, count_length
from sluss.web.assets import STATIC
from tests.browser.stage import Stage
from tests.channels.test_counting import FAMILY, LENGTHS, LONG

WAY, PARTS, DRAFT = "/cases/10482/way", "/cases/10482/parts", "/cases/10482/draft"
MORE = [
    "",
    "Hej!\nEn rad till\r\n\r\nOch en.",
    "ﷺ 𝒳 ｆｕｌｌ ½ ™ ©",
    f"({LONG}), {LONG}?! och http://x",
    "https://exämple.se/å, www.skylark.se/hjälp. a@b.se",
    "@anna @anna@example.social, @piotr@sub.host.example!",
    f"{FAMILY}{FAMILY} 🇸🇪🇵🇱 👩🏽‍🚒 1️⃣ ✈️ ☎",
    "e\u0301a\u0308o\u0308 zażółć gęślą",
    "กำ ไทย नमस्ते ᄀᄀᄀ각",
    "kund.se.now, foo.comx bar.com/x?y=1 åäö.se",
    "\u200b\u200d\u2060\ufeff – “ ” … •",
]


def test_the_browser_counts_as_the_server_does(stage: Stage) -> None:
    """All five ways over every text that either side has been wrong about, so that the counter never lies."""
    code = (STATIC / "js/counting.js").read_text(encoding="utf-8").replace("export const", "const")
    ways: tuple[Counts, ...] = ("characters", "bytes", "utf16", "x", "mastodon")
    table: list[tuple[Counts, str]] = [(way, text) for way in ways for text in [*MORE, *(text for _, text, _ in LENGTHS)]]
    tab = stage.open("desk-list")
    found = tab.evaluate(f"table => {{ {code}; return table.map(([way, text]) => measure(text, way)); }}", table)
    assert [one for one in zip(table, found, strict=True) if one[1] != count_length(one[0][1], one[0][0])] == []


def test_a_public_answer_is_foretold_before_it_leaves(stage: Stage) -> None:
    """The counter, the parts, what everybody could read; pictures are described; the way is turned with the words."""
    stage.says(DRAFT, {"revision": 3, "saved_at": "2026-11-21T13:05:00Z"})
    stage.says(PARTS, {"parts": ["Ett (1/2)", "Två (2/2)"], "found": [{"kind": "a phone number", "text": "070-123 45 67"}], "error": ""})
    stage.says(WAY, "", 204)
    tab = stage.open("desk-public")
    tab.locator("#f-body").fill("Ring 070-123 45 67 👋 https://skylark.example/" + "a" * 200)
    expect(tab.locator("#reply [data-length]")).to_have_text("45 / 280")
    tab.clock.run_for(800)
    expect(tab.locator(".as-sent mark")).to_have_text("070-123 45 67")
    expect(tab.locator(".as-sent li")).to_have_count(2)
    assert stage.posts(PARTS)[0]["conversation_id"] == ["91"]
    button = tab.locator("#reply [data-action=send]")
    assert button.inner_text().strip() == "Reply publicly as SkyLark on Facebook"
    assert button.evaluate("one => getComputedStyle(one).backgroundColor") == tab.locator(".band").evaluate(
        "one => getComputedStyle(one).backgroundColor"
    )
    with tab.expect_response(f"**{WAY}"):
        tab.locator(".sides button", has_text="Messenger").click()
    [turned] = stage.posts(WAY)
    assert turned["to"] == ["92"]
    assert turned["body"][0].startswith("Ring 070")


def test_pictures_and_templates_are_filled_in(stage: Stage) -> None:
    tab = stage.open("desk-public-post")
    expect(tab.get_by_label("What karta.png shows")).to_have_count(1)
    tab.locator(".attached [data-remove]").click()
    expect(tab.locator(".alts [data-of]")).to_have_count(0)
    stage.show(tab, "desk-templates")
    tab.locator(".filling input[data-place='1']").fill("Åsa")
    assert re.match(r"Hej Åsa! Din väska är hittad och levereras \{\{2\}\}\.", tab.locator("[data-template]").first.inner_text())
    stage.show(tab, "desk-sluice")
    tab.get_by_text("Private page", exact=True).click()
    assert "{link}" in tab.locator("#f-said").input_value()
    tab.locator("#f-said").fill("Egna ord")
    tab.get_by_text("Private answer by Messenger", exact=True).click()
    assert tab.locator("#f-said").input_value() == "Egna ord"
