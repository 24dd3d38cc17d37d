"""Two people at one case, a line that breaks, and a question aside: as they meet in browsers. F28, F44, F45, F51."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.fixtures import Desk
from tests.browser.place import LUKASZ, Place
from tests.servers.chromium import NewPage

HERE = "#here"


def test_colleagues_see_each_other_and_only_one_of_them_answers(office: Place, desk: Desk, new_page: NewPage) -> None:
    """F45, F51: reading, writing, gone; the second answer is stopped, kept to the letter, and becomes a note."""
    new_page.allow("409")
    office.mail("Bokningen syns inte", "Hej! Var är min bokning?")
    johan, maja = desk("johan", "/inbox/open"), desk("maja", "/inbox/open")
    maja.get_by_text("Bokningen syns inte").first.click()
    row = johan.locator("#rows > li", has_text="Bokningen syns inte")
    expect(row.locator(".here")).to_contain_text("Maja Ek reads this")
    row.locator("a").click()
    expect(johan.locator(HERE)).to_have_text("Maja Ek reads this")
    expect(maja.locator(HERE)).to_have_text("Johan Falk reads this")
    johan.locator("#f-body").focus()
    johan.keyboard.type("Hej Åsa, żółw")
    maja.locator("#f-body").focus()
    maja.keyboard.type("Den är här.")
    expect(johan.locator(f"{HERE} .at-reply")).to_have_text("Maja Ek is writing a reply")
    expect(johan.locator("#f-body")).to_be_focused()
    expect(row.locator(".at-reply")).to_contain_text("Maja")
    maja.keyboard.press("Control+Enter")
    expect(maja.locator(".toast")).to_contain_text("Sent to Åsa")
    expect(johan.locator("#news")).to_contain_text("Maja Ek has answered meanwhile")
    johan.keyboard.type(" till")
    johan.keyboard.press("Control+Enter")
    stopped = johan.get_by_role("alertdialog")
    expect(stopped).to_contain_text("Not sent: Maja Ek has answered")
    stopped.get_by_role("button", name="Keep editing").click()
    expect(johan.locator("#f-body")).to_have_value("Hej Åsa, żółw till")
    expect(johan.locator("#f-body")).to_be_focused()
    johan.keyboard.press("Control+Enter")
    stopped.get_by_role("button", name="Turn into a note").click()
    expect(johan.locator(".msg.note .text")).to_have_text("Hej Åsa, żółw till")
    expect(johan.locator("#f-body")).to_have_value("")
    expect(johan.locator("#news")).to_be_empty()
    maja.close()
    expect(johan.locator(HERE)).to_be_empty(timeout=10_000)


@pytest.mark.parametrize("answered", [False, True], ids=["lost on the way there", "lost on the way back"])
def test_an_answer_that_is_tried_again_leaves_once(office: Place, desk: Desk, new_page: NewPage, answered: bool) -> None:
    """F28, F44: whichever way the line broke, the button says so, the text stays, and trying again sends it once."""
    for expected in ("ERR_FAILED", "Failed to fetch", "409"):  # a draft that is saved late is told that it was sent
        new_page.allow(expected)
    subject = f"Väskan {answered}"
    office.mail(subject, "Hej! Var är min väska?")
    johan = desk("johan", "/inbox/open")
    johan.get_by_text(subject).first.click()

    def cut(route: Route) -> None:
        if answered:
            route.fetch()
        route.abort()

    johan.route("**/reply", cut)
    johan.locator("#f-body").focus()
    johan.keyboard.type("Vi letar.")
    key = johan.locator("#reply [name=op]").input_value()
    johan.keyboard.press("Control+Enter")
    again = johan.locator("#reply [data-action=send]")
    expect(again).to_have_text("Not sent – try again")
    expect(johan.locator("#f-body")).to_have_value("Vi letar.")
    johan.unroute("**/reply")
    again.dblclick()
    expect(johan.locator("#f-body")).to_have_value("")
    expect(johan.locator("#reply [name=op]")).not_to_have_value(key)
    johan.reload()
    expect(johan.locator(".msg.out")).to_have_count(1)


def test_a_question_aside_comes_back_and_goes_on(office: Place, desk: Desk) -> None:
    """The whole way: asked by key, seen folded, answered by mail, and written to again; the customer's answer knows nothing of it."""
    office.mail("Rummet i Gdańsk", "Hej! Är mitt rum klart?")
    johan = desk("johan", "/inbox/open")
    johan.get_by_text("Rummet i Gdańsk").first.click()
    expect(johan.locator("#pane h1")).to_be_visible()
    johan.locator("#timeline").focus()
    johan.keyboard.press("d")
    expect(johan.locator("#f-side-body")).to_be_focused()
    johan.keyboard.type("Är rummet klart?")
    johan.locator("#f-side-to").fill(LUKASZ + ",")
    johan.locator("#f-side-subject").fill("Rum 12")
    johan.get_by_text("Quote messages").click()
    johan.locator("#side .along input").first.check()
    johan.locator("#f-side-body").focus()
    johan.keyboard.press("Control+Enter")
    thread = johan.locator(".side-thread")
    expect(thread).to_contain_text("Waiting for an answer")
    expect(thread).to_contain_text("Är mitt rum klart?")
    key = office.key_of(johan.locator(".side-thread .msg.out"))
    office.mail("Re: Rum 12", "Ja, från fredag.", LUKASZ, references=key)
    expect(johan.locator(".side-thread.answered")).to_contain_text("Ja, från fredag.")
    johan.get_by_role("link", name="Write again").click()
    expect(johan.locator("#side [data-about]")).to_have_text("Rum 12")
    johan.keyboard.type("Tack!")
    johan.keyboard.press("Control+Enter")
    expect(johan.locator(".side-thread .msg")).to_have_count(3)
    expect(johan.locator("#reply-way")).to_contain_text("asa@customer.example")
    expect(johan.locator("#reply-way")).not_to_contain_text("lukasz")
