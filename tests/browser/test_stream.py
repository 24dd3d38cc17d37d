"""One event stream per browser, resumed without a gap. F-rows: F45, F46. Runs the module itself, with doubles of EventSource and locks."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.stage import ASSETS, Stage

DOUBLES = """() => {
  window.made = [];
  window.EventSource = class extends EventTarget {
    constructor(url) { super(); this.url = url; window.made.push(this); }
    close() { this.closed = true; }
    say(name, id, data) {
      this.dispatchEvent(Object.assign(new Event(name), {lastEventId: String(id), data: JSON.stringify(data)}));
    }
  };
  window.listen = () => { window.told = []; stream.channel = {postMessage: (message) => told.push(message)}; };
}"""


def _stream(stage: Stage) -> Page:
    tab = stage.open("desk-list")
    source = (ASSETS._folder / "js/stream.js").read_text(encoding="utf-8").replace("export class", "window.Stream = class")
    tab.evaluate(DOUBLES)
    tab.evaluate(f"() => {{ {source} }}")
    tab.evaluate(
        "() => { window.heard = []; window.stream = new Stream('/live', '40', (event) => heard.push(event.name)); stream.lead(); }"
    )
    return tab


def test_it_begins_where_the_page_was_drawn(stage: Stage) -> None:
    assert _stream(stage).evaluate("made[0].url") == "/live?after=40"


def test_a_lost_line_goes_on_after_the_last_event_heard(stage: Stage) -> None:
    tab = _stream(stage)
    tab.evaluate("() => { made[0].say('row', 41, {}); made[0].say('row', 43, {}); made[0].onerror(); }")
    tab.wait_for_function("made.length === 2")
    assert tab.evaluate("made[1].url") == "/live?after=43"
    assert tab.evaluate("made[0].closed") is True


def test_nothing_is_heard_twice(stage: Stage) -> None:
    tab = _stream(stage)
    tab.evaluate("() => { for (const id of [41, 41, 40, 42]) made[0].say('row', id, {}); }")
    assert tab.evaluate("heard.filter(name => name === 'row').length") == 2


def test_a_tab_that_joins_late_is_given_what_it_missed(stage: Stage) -> None:
    tab = _stream(stage)
    tab.evaluate("() => { for (const id of [41, 42, 43]) made[0].say('row', id, {}); listen(); }")
    tab.evaluate("() => stream.fromTab({hello: 41})")
    assert tab.evaluate("told[0].replay.map(event => event.id)") == [42, 43]


def test_a_tab_that_was_away_too_long_reads_everything_again(stage: Stage) -> None:
    tab = _stream(stage)
    tab.evaluate("() => { for (let id = 41; id < 400; id++) made[0].say('row', id, {}); listen(); }")
    tab.evaluate("() => stream.fromTab({hello: 41})")
    assert tab.evaluate("told[0].replay[0].name") == "resync"


def test_signed_out_is_told_from_an_outage(stage: Stage) -> None:
    stage.says("/live/ping", "", 401)
    stage.new_page.allow("401")
    tab = _stream(stage)
    tab.evaluate("() => { stream.tries = 1; made[0].onerror(); }")
    tab.wait_for_function("heard.includes('signed-out')")
    assert tab.evaluate("heard.includes('line')")
