"""The live list: rows come, change, move and go, and nothing jumps under the pointer."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sluss.web.locale import Voice, speaking
from tests.browser import samples as s
from tests.browser.stage import TEMPLATES, Stage, push


def _pushed(no: int, sort: int, *views: str, subject: str = "Nytt brev") -> dict[str, object]:
    with speaking(Voice("en", "Europe/Stockholm")):
        row = s.row(no, s.LUKASZ, subject, "x")
        html = TEMPLATES.render("desk/push.html", s.page(), row=row, view_key="{view}")
    return {"case": str(no), "no": no, "views": list(views), "html": html, "sort": {"oldest": sort}}


def _numbers(tab: Page) -> list[str]:
    return tab.eval_on_selector_all("#rows > li:not(.leaving)", "rows => rows.map(row => row.dataset.no)")


def test_a_row_of_this_view_takes_its_place(stage: Stage) -> None:
    tab = stage.open("desk-list")
    push(tab, "row", _pushed(999, 10482, "mine"))
    assert _numbers(tab)[:3] == ["10482", "999", "10483"]
    assert tab.locator("#c999 .row").get_attribute("href") == "/inbox/mine/999"


def test_a_row_of_another_view_stays_out(stage: Stage) -> None:
    tab = stage.open("desk-list")
    push(tab, "row", _pushed(999, 10482, "unassigned"))
    assert "999" not in _numbers(tab)


def test_a_row_beyond_what_is_loaded_waits_for_its_page(stage: Stage) -> None:
    tab = stage.open("desk-list")
    push(tab, "row", _pushed(999, 99_999, "mine"))
    assert "999" not in _numbers(tab)


def test_a_row_that_left_the_view_goes(stage: Stage) -> None:
    tab = stage.open("desk-list")
    push(tab, "row", _pushed(10483, 10483, "solved"))
    expect(tab.locator("#c10483")).to_have_count(0)


def test_nothing_moves_under_the_pointer(stage: Stage) -> None:
    tab = stage.open("desk-list")
    before = _numbers(tab)
    tab.hover("#c10484")
    push(tab, "row", _pushed(999, 1, "mine"))
    push(tab, "row", _pushed(10484, 10484, "mine", subject="Ny rubrik"))
    assert _numbers(tab) == before
    expect(tab.locator("#c10484")).to_contain_text("Ny rubrik")
    tab.get_by_role("button", name="1 new").click()
    assert _numbers(tab)[0] == "999"


def test_focus_and_a_text_being_written_survive_a_push(stage: Stage) -> None:
    tab = stage.open("desk")
    tab.locator("#f-body").focus()
    tab.keyboard.type("mitt i en mening")
    push(tab, "row", _pushed(10483, 1, "mine", subject="Ny rubrik"))
    assert _numbers(tab)[0] == "10483"
    assert tab.evaluate("document.activeElement.id") == "f-body"
    assert tab.locator("#f-body").input_value() == "mitt i en mening"


def test_an_open_case_is_read_again_when_something_happens_to_it(stage: Stage) -> None:
    tab = stage.open("desk")
    with tab.expect_response("**/cases/10482/fresh?view=mine*"):
        push(tab, "touched", {"case": "10482", "no": 10482})
    assert tab.locator("#f-body").input_value() == ""
