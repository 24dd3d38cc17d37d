"""The composer: a draft is never lost, nothing is sent twice. F-rows: F45 (a browser that goes away)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.stage import Stage

DRAFT = "/cases/10482/draft"
REPLY = "/cases/10482/reply"
FILES = "/cases/10482/files"


def _write(tab: Page, text: str) -> None:
    tab.locator("#f-body").focus()
    tab.keyboard.type(text)


def test_a_draft_is_saved_when_writing_pauses(stage: Stage) -> None:
    stage.says(DRAFT, {"revision": 7, "saved_at": "2026-11-21T13:05:00Z"})
    tab = stage.open("desk")
    _write(tab, "Hej Åsa, żółw")
    tab.clock.run_for(1100)
    expect(tab.locator("#reply [data-state]")).to_contain_text("Draft saved 14:05")
    assert stage.posts(DRAFT)[0]["body"] == ["Hej Åsa, żółw"]
    assert tab.locator("#reply [name=revision]").input_value() == "7"


def test_leaving_the_field_saves_at_once(stage: Stage) -> None:
    stage.says(DRAFT, {"revision": 1, "saved_at": "2026-11-21T13:05:00Z"})
    tab = stage.open("desk")
    _write(tab, "Hej")
    with tab.expect_response(f"**{DRAFT}"):
        tab.keyboard.press("Escape")
    assert stage.posts(DRAFT)[0]["kind"] == ["reply"]


def test_what_the_server_never_got_is_there_after_a_reload(stage: Stage) -> None:
    stage.says(DRAFT, "", 503)
    stage.new_page.allow("503")
    tab = stage.open("desk")
    _write(tab, "Får inte försvinna")
    tab.clock.run_for(1100)
    expect(tab.locator("#reply [data-state]")).to_contain_text("Not saved yet")
    tab.reload()
    assert tab.locator("#f-body").input_value() == "Får inte försvinna"


def test_two_windows_are_asked_which_draft_counts(stage: Stage) -> None:
    stage.says(DRAFT, {"revision": 9, "body": "Från det andra fönstret", "by": ""}, 409)
    stage.new_page.allow("409")
    tab = stage.open("desk")
    _write(tab, "Mitt")
    tab.clock.run_for(1100)
    tab.get_by_text("Use the other").click()
    assert tab.locator("#f-body").input_value() == "Från det andra fönstret"
    assert tab.locator("#reply [name=revision]").input_value() == "9"


def test_sending_twice_sends_once(stage: Stage) -> None:
    stage.says(DRAFT, {"revision": 1, "saved_at": "2026-11-21T13:05:00Z"})
    stage.answers[REPLY] = lambda _: None
    tab = stage.open("desk")
    _write(tab, "Hej")
    with tab.expect_request(f"**{REPLY}"):
        tab.keyboard.press("Control+Enter")
    for _ in range(2):
        tab.keyboard.press("Control+Enter")
    expect(tab.locator("[data-action=send]")).to_be_disabled()
    assert len(stage.posts(REPLY)) == 1
    assert len(stage.posts(REPLY)[0]["op"][0]) == 26


def test_ctrl_shift_enter_solves_as_well(stage: Stage) -> None:
    tab = stage.open("desk")
    _write(tab, "Klart")
    with tab.expect_response(f"**{REPLY}"):
        tab.keyboard.press("Control+Shift+Enter")
    assert stage.posts(REPLY)[0]["then"] == ["solve"]


def test_a_refused_answer_keeps_the_text(stage: Stage) -> None:
    stage.says(REPLY, "", 500)
    stage.says(DRAFT, {"revision": 1, "saved_at": "2026-11-21T13:05:00Z"})
    stage.new_page.allow("500")
    tab = stage.open("desk")
    _write(tab, "Hej")
    tab.keyboard.press("Control+Enter")
    expect(tab.locator(".toast.bad")).to_contain_text("Nothing was changed")
    assert tab.locator("#f-body").input_value() == "Hej"
    expect(tab.locator("[data-action=send]")).to_be_enabled()


def test_a_file_is_attached_and_removed(stage: Stage) -> None:
    stage.says(FILES, {"id": "501", "name": "kvitto.pdf", "size": 3}, 201)
    tab = stage.open("desk")
    tab.set_input_files("#reply [type=file]", {"name": "kvitto.pdf", "mimeType": "application/pdf", "buffer": b"abc"})
    expect(tab.locator("#reply .attached input[name=file]")).to_have_value("501")
    tab.get_by_label("Remove kvitto.pdf").click()
    expect(tab.locator("#reply .attached .file")).to_have_count(0)


def test_a_file_that_is_refused_says_why_and_can_be_tried_again(stage: Stage) -> None:
    stage.says(FILES, {"error": "The virus scanner is away. Try again in a minute."}, 422)
    stage.new_page.allow("422")
    tab = stage.open("desk")
    tab.set_input_files("#reply [type=file]", {"name": "kvitto.pdf", "mimeType": "application/pdf", "buffer": b"abc"})
    expect(tab.locator("#reply .file.failed")).to_contain_text("Try again in a minute")
    stage.says(FILES, {"id": "501", "name": "kvitto.pdf", "size": 3}, 201)
    tab.get_by_role("button", name="Try again").last.click()
    expect(tab.locator("#reply .attached input[name=file]")).to_have_value("501")


def test_a_note_never_goes_to_the_customers_address(stage: Stage) -> None:
    tab = stage.open("desk")
    tab.keyboard.press("n")
    tab.keyboard.type("Internt")
    with tab.expect_response("**/cases/10482/note"):
        tab.keyboard.press("Control+Enter")
    assert stage.posts("/cases/10482/note")[0]["body"] == ["Internt"]
    assert stage.posts(REPLY) == []


def test_what_got_no_answer_is_tried_again_under_the_same_key(stage: Stage) -> None:
    """F28, F44: a line that breaks or is slow leaves the text and says so on the button; an answer brings a fresh key."""
    stage.says(DRAFT, {"revision": 1, "saved_at": "2026-11-21T13:05:00Z"})
    stage.answers[REPLY] = lambda route: route.abort()
    stage.new_page.allow("ERR_FAILED")
    stage.new_page.allow("Failed to fetch")
    stage.new_page.allow("htmx:error: timeout")
    tab = stage.open("desk")
    _write(tab, "Hej")
    tab.keyboard.press("Control+Enter")
    button = tab.locator("#reply [data-action=send]")
    expect(button).to_have_text("Not sent – try again")
    assert tab.locator("#f-body").input_value() == "Hej"
    stage.answers[REPLY] = lambda _: None
    with tab.expect_request(f"**{REPLY}"):
        button.click()
    expect(button).to_have_text("Sending …")
    tab.clock.run_for(30_100)
    expect(button).to_have_text("No answer – try again")
    stage.says(REPLY, "")
    with tab.expect_response(f"**{REPLY}"):
        button.click()
    keys = [fields["op"] for fields in stage.posts(REPLY)]
    assert len(keys) == 3
    assert keys[0] == keys[1] == keys[2]
    expect(tab.locator("#reply [name=op]")).not_to_have_value(keys[0][0])
    expect(button).to_contain_text("Send")
