"""No letter is ever taken for a command: every page that the application has, found in its routes, is typed on. ux finding 1."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.fixtures import Desk
from tests.browser.place import Place
from tests.browser.tour import pages

LETTERS = "ąćęłńóśźż ĄĆĘŁŃÓŚŹŻ åäöÅÄÖ"
# Into the first text field, and then with nothing in focus: as Polish is typed (AltGr), as Swedish is (bare), by dead keys, in composition.
TYPE = """letters => {
  const kinds = ["text", "search", "email", "password"].map(type => `input[type=${type}]`);
  const field = [...document.querySelectorAll([...kinds, "input:not([type])", "textarea"].join())]
    .find(node => node.checkVisibility() && !node.readOnly && !node.disabled && !node.matches("[data-press], [maxlength]"));
  const press = (target, [key, more]) =>
    target.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...more}));
  // Windows tells AltGr as Ctrl and Alt as well, Linux does not.
  const altgr = {modifierAltGraph: true}, windows = {altKey: true, ctrlKey: true, ...altgr};
  const ways = key => [[key, /[åäö ]/i.test(key) ? {} : altgr], [key, windows], ["Dead", {}], [key, {isComposing: true}]];
  const never = [["e", altgr], ["e", windows], ["n", {altKey: true}], ["z", {isComposing: true}]];
  let swallowed = "";
  if (field) {
    field.focus();
    field.select();
    for (const letter of letters) {
      if (!ways(letter).every(way => press(field, way))) swallowed += letter;
      document.execCommand("insertText", false, letter);
    }
    field.blur();
  }
  const all = [...letters.replaceAll(" ", "")].flatMap(ways);
  for (const way of [...all, ...never]) if (!press(document.body, way)) swallowed += `(${way[0]})`;
  const open = document.querySelectorAll("dialog[open], .menu:popover-open, .key-next").length;
  return {written: field?.value ?? letters, swallowed, open};
}"""


@pytest.mark.parametrize("who", ["ewa", "johan"])
def test_letters_are_only_letters(office: Place, desk: Desk, who: str) -> None:
    """In the first text field of every page, and outside of fields: what is typed stands there, and nothing is done."""
    office.mail("Bagaż nie doleciał", "Dzień dobry!")
    page = desk(who)
    page.locator("#rows .row").first.click()
    page.wait_for_selector("#pane[data-case]")
    case = urlsplit(page.url).path
    done: list[str] = []
    page.on("request", lambda request: done.append(request.url) if request.method == "POST" else None)
    seen: list[str] = []
    wrong: dict[str, object] = {}
    for path in pages(page, case):
        page.goto(path, wait_until="load")
        done.clear()
        told = page.evaluate(TYPE, LETTERS)
        sent = [url for url in done if not url.endswith(("/draft", "/read", "/signature", "/presence"))]
        if told != {"written": LETTERS, "swallowed": "", "open": 0} or sent or urlsplit(page.url).path != path.partition("?")[0]:
            wrong[path] = (told, sent, page.url)
        seen.append(path)
    assert wrong == {}
    assert len(seen) > (30 if who == "ewa" else 10), seen
