"""Every screen in every state: it fits, it complains of nothing, axe finds nothing. T-rows: T66 (hostile text), T72 by policy."""

from __future__ import annotations

import pytest

from tests.browser import axe, scenes
from tests.browser.stage import Stage

SHARES = 6


@pytest.mark.parametrize("first", range(SHARES))
def test_screens_are_accessible_and_fit(stage: Stage, first: int) -> None:
    """WCAG 2.2 AA as far as a machine can tell; errors in the console fail it as well. One page shows many: a new one costs a second."""
    wrong: dict[str, object] = {}
    for width, theme in ((1440, "light"), (390, "dark")):
        tab = stage.open("desk", width)
        for name in list(scenes.SCENES)[first::SHARES]:
            stage.show(tab, name, theme)
            found = (axe.violations(tab), tab.evaluate("document.documentElement.scrollWidth > innerWidth"))
            wrong |= {} if found == ([], False) else {f"{name} {width}": found}
    assert wrong == {}


@pytest.mark.parametrize("width", [1024, 1280, 1366, 1920])
def test_the_desk_fits_every_width(stage: Stage, width: int) -> None:
    tab = stage.open("desk-polish", width)
    cut = "[...document.querySelectorAll('.btn')].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth).length"
    assert tab.evaluate(cut) == 0
    assert tab.locator("[data-action=send]").is_visible()


def test_the_answer_says_to_whom_it_goes(stage: Stage) -> None:
    for width in (1440, 390):
        way = stage.open("desk", width).locator("#reply-way").inner_text()
        assert "Åsa Lindqvist" in way
        assert "by e-mail from" in way
        assert "Bokning" in way


def test_nothing_is_lost_without_scripts(stage: Stage) -> None:
    tab = stage.open("desk-writing", java_script_enabled=False)
    assert tab.locator("#f-body").input_value().startswith("Hej Åsa")
    assert tab.locator("#f-cc").is_visible()
    assert tab.locator("form[data-kind=reply]").get_attribute("action") == "/cases/10482/reply"


def test_forced_colours_keep_the_open_row_told_apart(stage: Stage) -> None:
    tab = stage.open("desk", forced_colors="active")
    assert tab.evaluate("getComputedStyle(document.querySelector('.row[aria-current]')).outlineStyle") == "solid"
