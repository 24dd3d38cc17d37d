"""Mail in a real browser: pictures pasted into an answer, everybody copied in, something passed on, an answer given elsewhere. T61, T78."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sluss.desk import screens as d
from tests.browser import samples as s
from tests.browser.fixtures import Desk
from tests.browser.place import LUKASZ, Place
from tests.browser.stage import TEMPLATES, Stage
from tests.journeys.test_two_agents import open_case, send, write
from tests.servers.chromium import NewPage

FILES = "/cases/10482/files"
DRAFT = "/cases/10482/draft"
PASTE = """name => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array([137, 80, 78, 71])], name, { type: "image/png" }));
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def _saves(stage: Stage) -> None:
    stage.says(DRAFT, {"revision": 1, "saved_at": "2026-11-21T13:05:00Z"})


def test_a_pasted_picture_stands_where_the_cursor_is(stage: Stage) -> None:
    _saves(stage)
    stage.says(FILES, {"id": "501", "name": "picture-1.png", "size": 4}, 201)
    tab = stage.open("desk")
    field = tab.locator("#f-body")
    field.fill("Se här:  Ser du?")
    field.evaluate("field => { field.focus(); field.setSelectionRange(8, 8); }")
    tab.evaluate(PASTE, "image.png")
    expect(field).to_have_value("Se här: [picture-1.png] Ser du?")
    expect(tab.locator("#reply .attached input[name=file]")).to_have_value("501")
    tab.evaluate("document.getElementById('f-body').focus()")
    stage.says(FILES, {"id": "502", "name": "picture-2.png", "size": 4}, 201)
    tab.evaluate(PASTE, "image.png")
    expect(field).to_have_value("Se här: [picture-1.png][picture-2.png] Ser du?")
    tab.get_by_label("Remove picture-1.png").click()
    expect(field).to_have_value("Se här: [picture-2.png] Ser du?")


def test_everybody_is_an_explicit_choice_that_can_be_thinned_out(stage: Stage) -> None:
    _saves(stage)
    tab = stage.open("desk")
    assert tab.locator('#reply input[name="cc"]').input_value() == ""
    tab.get_by_role("button", name="Reply to all").click()
    expect(tab.locator("#cc-line .who-chip")).to_have_count(3)
    tab.get_by_role("button", name="Remove resebyra@example.se").press("Enter")
    tab.keyboard.type("bo@kund.example, nej,")
    expect(tab.locator("#cc-line .who-chip.bad")).to_have_text("nej")
    tab.keyboard.press("Backspace")
    tab.locator("#f-body").fill("Hej alla")
    with tab.expect_response("**/cases/10482/reply"):
        tab.keyboard.press("Control+Enter")
    assert stage.posts("/cases/10482/reply")[0]["cc"] == ["per@example.se, anna@example.se, bo@kund.example"]


def test_whom_the_next_answer_goes_to_is_said_once(stage: Stage) -> None:
    """A composer that comes anew after sending says each address once and offers nobody twice."""
    _saves(stage)
    everybody = 'per@example.se, "Resebyrån" <resebyra@example.se>, anna@example.se'
    case = s.case(composer=s.composer(reply=d.Draft(cc=everybody)))
    stage.says("/cases/10482/reply", TEMPLATES.render("desk/done.html", s.page("Mine"), desk=s.desk(case, pieces=("composer",))))
    tab = stage.open("desk")
    tab.get_by_role("button", name="Reply to all").click()
    tab.locator("#f-body").fill("Hej alla")
    with tab.expect_response("**/cases/10482/reply"):
        tab.keyboard.press("Control+Enter")
    expect(tab.locator("#f-body")).to_have_value("")
    expect(tab.locator("#cc-line .who-chip")).to_have_count(3)
    expect(tab.get_by_role("button", name="Reply to all")).to_be_hidden()
    expect(tab.locator('#reply input[name="cc"]')).to_have_count(1)
    with tab.expect_response("**/cases/10482/reply"):
        tab.locator("#f-body").fill("En sak till")
        tab.keyboard.press("Control+Enter")
    assert [one["cc"] for one in stage.posts("/cases/10482/reply")] == [[everybody]] * 2


def test_an_answer_given_elsewhere_warns_whoever_is_typing(stage: Stage) -> None:
    """T78: at once, with the text, and nothing that was typed is lost."""
    _saves(stage)
    case = s.case(items=s.ASIDE, earlier=0, seen="9-9", news=s.NEWS)
    tab = stage.open("desk")
    stage.says("/cases/10482/fresh", TEMPLATES.render("desk/fresh.html", s.page("Mine"), desk=s.desk(case)))
    tab.locator("#f-body").fill("Jag skriver just nu")
    tab.evaluate(
        "document.dispatchEvent(new CustomEvent('sluss:touched', { detail: { case: document.querySelector('#pane').dataset.case } }))"
    )
    news = tab.locator("#news").get_by_role("alert")
    expect(news).to_contain_text("Maja Ek has answered already, outside Sluss")
    expect(news).to_contain_text("Hej Åsa, det är ordnat.")
    expect(tab.locator("#f-body")).to_have_value("Jag skriver just nu")
    expect(tab.locator('#reply input[name="seen"]')).not_to_have_value("9-9")
    news.get_by_role("button", name="I have read it").click()
    expect(news).to_have_count(0)
    expect(tab.locator('#reply input[name="seen"]')).to_have_value("9-9")


def _details(page: Page) -> None:
    page.locator(".msg.in .letterhead summary").first.press("Enter")


def test_a_message_is_passed_on_from_its_letterhead(office: Place, desk: Desk) -> None:
    johan = open_case(office, desk("johan"), "Hund i lastrummet")
    _details(johan)
    johan.locator(".letterhead").get_by_role("link", name="Forward").click()
    dialog = johan.get_by_role("dialog")
    dialog.get_by_label("To", exact=True).fill("lukasz@customer.example")
    dialog.get_by_label("Your words above it").fill("Går det?")
    dialog.get_by_role("button", name="Forward", exact=True).click()
    expect(johan.locator(".msg.aside")).to_contain_text("Forwarded to lukasz@customer.example")
    johan.get_by_role("button", name="Undo").click()
    expect(johan.get_by_role("dialog").get_by_label("Your words above it")).to_have_value("Går det?")
    expect(johan.locator(".msg.aside")).to_have_count(0)
    dialog.get_by_role("button", name="Forward", exact=True).click()
    expect(johan.locator(".side-thread")).to_contain_text("Waiting for an answer")
    office.mail("Re: Fwd: Hund", "Ja, i buren.", LUKASZ, references=office.key_of(johan.locator(".msg.aside.out")))
    expect(johan.locator(".side-thread.answered")).to_contain_text("Ja, i buren.")
    expect(johan.locator("#reply-way")).to_contain_text("asa@customer.example")


def test_many_new_people_are_asked_about_before_anything_leaves(office: Place, desk: Desk, new_page: NewPage) -> None:
    """T61."""
    new_page.allow("409")
    johan = open_case(office, desk("johan"), "Papegoja i kabinen")
    johan.get_by_role("button", name="Cc, Bcc").click()
    johan.get_by_label("Cc", exact=True).fill(", ".join(f"p{number}@customer.example" for number in range(11)))
    write(johan, "Till er alla.")
    send(johan)
    dialog = johan.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Send this to 11 new people?")
    dialog.get_by_role("button", name="Keep editing").press("Enter")
    expect(johan.locator("#f-body")).to_have_value("Till er alla.")
    send(johan)
    johan.get_by_role("button", name="Send to 11 new people").click()
    expect(johan.locator(".msg.out")).to_contain_text("Till er alla.")


def test_the_original_headers_are_shown(office: Place, desk: Desk) -> None:
    johan = open_case(office, desk("johan"), "Fisk i kabinen")
    _details(johan)
    johan.locator(".letterhead").get_by_role("link", name="Original headers").click()
    expect(johan.get_by_role("dialog")).to_contain_text("Subject: Fisk i kabinen")
