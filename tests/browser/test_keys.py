"""Keys: what they do, and above all when they do nothing (ux: Polish and Swedish are typed with AltGr)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.stage import Stage

LETTERS = "ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ åäöÅÄÖ jkernzaxg?/"


def _focus(tab: Page) -> str:
    return tab.evaluate("document.activeElement.id || document.activeElement.closest('li')?.dataset.no || ''")


@pytest.mark.parametrize("field", ["#f-body", "#omni"])
def test_typing_is_never_taken_for_a_command(stage: Stage, field: str) -> None:
    tab = stage.open("desk")
    tab.locator(field).focus()
    tab.keyboard.type(LETTERS)
    assert tab.locator(field).input_value() == LETTERS
    assert tab.locator("dialog[open]").count() == 0
    assert [path for path, _ in stage.sent if not path.endswith(("/read", "/presence"))] == []


@pytest.mark.parametrize("held", ["altKey", "ctrlKey", "metaKey", "isComposing"])
def test_a_letter_with_something_held_does_nothing(stage: Stage, held: str) -> None:
    tab = stage.open("desk")
    press = "held => document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'e', bubbles: true, [held]: true}))"
    tab.evaluate(press, held)
    assert stage.posts("/cases/10482/status") == []


def test_altgr_does_nothing(stage: Stage) -> None:
    tab = stage.open("desk")
    tab.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'e', bubbles: true, modifierAltGraph: true}))")
    assert stage.posts("/cases/10482/status") == []


def test_e_solves(stage: Stage) -> None:
    tab = stage.open("desk")
    with tab.expect_response("**/cases/10482/status"):
        tab.keyboard.press("e")
    assert stage.posts("/cases/10482/status")[0]["status"] == ["solved"]


def test_the_list_is_walked(stage: Stage) -> None:
    tab = stage.open("desk-list")
    for key in ("j", "j", "ArrowDown", "k"):
        tab.keyboard.press(key)
    assert _focus(tab) == "10483"
    tab.keyboard.press("x")
    tab.keyboard.press("End")
    tab.keyboard.press("x")
    assert tab.locator("[data-selected]").inner_text() == "2 selected"


def test_keys_reach_what_they_name(stage: Stage) -> None:
    tab = stage.open("desk")
    for key, place in {"/": "omni", "r": "f-body"}.items():
        tab.keyboard.press(key)
        assert _focus(tab) == place
        tab.keyboard.press("Escape")
    tab.keyboard.press("n")
    assert _focus(tab) == "f-note-body"


def test_single_keys_can_be_switched_off(stage: Stage) -> None:
    """WCAG 2.1.4; the commands with Ctrl stay."""
    tab = stage.open("sheet")
    with tab.expect_response("**/me/keys"):
        tab.get_by_text("Switch single keys off").click()
    tab.keyboard.press("e")
    tab.keyboard.press("Control+k")
    tab.wait_for_selector(".palette :focus")
    assert stage.posts("/me/keys")[0]["keys"] == ["off"]
    assert stage.posts("/cases/10482/status") == []


def test_every_action_has_a_label(stage: Stage) -> None:
    tab = stage.open("sheet")
    assert [words for words in tab.locator(".sheet dd").all_inner_texts() if words.startswith("key.")] == []


def test_menus_are_walked_and_give_focus_back(stage: Stage) -> None:
    tab = stage.open("desk")
    tab.keyboard.press("a")
    tab.wait_for_selector(".menu:popover-open :focus")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.closest('.menu').id") == "assign-menu"
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.dataset.action") == "assign"
