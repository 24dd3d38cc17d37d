"""Hostile content in a real browser: in every field, in file names, and as the HTML of mail. T62-T67."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.headerregistry import Address
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Request, expect

from sluss.kernel.html import clean_mail
from tests.browser.fixtures import Desk
from tests.browser.place import Place, compose
from tests.kernel.hostile_html import VECTORS
from tests.servers.chromium import NewPage
from tests.servers.program import until

MARK = '"><img src=x onerror=alert(1)>{{7*7}}'
SETTINGS = ("", "/inboxes", "/inboxes/new", "/agents", "/agents/new", "/teams", "/quarantine", "/health", "/audit")
# Each changes how a parser reads what stands inside: as text, as a value, as foreign markup, after something that was never closed.
AROUND = (
    *("{}", "<p>{}</p>", "<table><tr><td>{}</table>", "<b><i>{}", "<table>{}</table>", "<select><option>{}", "<title>{}</title>"),
    *("<textarea>{}</textarea>", "<noscript>{}</noscript>", "<style>{}</style>", "<svg><desc>{}</desc></svg>", "<math><mtext>{}</mtext>"),
    *("<!-- {} -->", '<a title="{}">x</a>', "<ul><li>{}<li></ul></p>", "<template>{}</template>", "<div style='{}'>x</div>"),
    *("<svg><style>{}</style>", "<plaintext>{}", "</body></html>{}"),
)
FRAMED = AROUND[:4]
"""What is also looked at in the frame of a message, one after the other."""
CORPUS = [around.format(vector) for vector in VECTORS for around in AROUND]
AT_ONCE = 150

# Loads frames, waits until each has loaded, and tells what in them could run or leave.
FRAMES = """async ({sources, inside, sandbox}) => {
  const frames = sources.map(source => { const frame = document.createElement("iframe");
    if (sandbox) frame.setAttribute("sandbox", sandbox);
    frame[inside] = source; return frame; });
  await Promise.all(frames.map(frame => new Promise(done => {
    frame.onload = done; setTimeout(done, 8000); document.body.append(frame); })));
  const able = node => node.matches("script, iframe, object, embed, form, meta, base, link, style, svg, math") ||
    [...node.attributes].some(({name, value}) => name.startsWith("on") || /^\\s*(javascript|vbscript|data):/i.test(value));
  const told = (frame, index) => { const body = frame.contentDocument?.body;
    if (!body) return [`${index}: gone`];
    return [...body.querySelectorAll("*")].filter(able).map(node => `${index}: ${node.outerHTML.slice(0, 120)}`); };
  const found = frames.flatMap(told), letters = frames.map(frame => frame.contentDocument?.querySelectorAll("body > section").length);
  frames.forEach(frame => frame.remove());
  return [found, letters]; }"""


# What a page of ours never has: handlers in markup, scripts in it, pictures of the vectors, foreign frames.
ABLE = """() => [...document.querySelectorAll("*")].filter(node =>
    [...node.attributes].some(({name, value}) => name.startsWith("on") || /^\\s*(javascript|vbscript):/i.test(value)) ||
    node.matches('script:not([src]):not([type]), img[src="x"], object, embed, base[href], iframe[src^="http"]'))
  .map(node => node.outerHTML.slice(0, 120))"""


class Watch:
    """What a page did that it must not: dialogs of a script, and requests to others than `home`, or for the picture of the mark."""

    def __init__(self, page: Page, home: str) -> None:
        self.ran: list[str] = []
        self.left: list[str] = []
        self._home = home
        page.on("dialog", self._asked)
        page.on("request", self._heard)

    def _asked(self, dialog: Dialog) -> None:
        self.ran.append(dialog.message)
        dialog.dismiss()

    def _heard(self, request: Request) -> None:
        own = request.url.startswith((f"{self._home}/", "about:", "data:", "blob:"))
        if not own or request.url.split("?")[0].endswith("/x"):
            self.left.append(request.url)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An office whose desk holds the whole corpus as mail: each vector came in by the door, and stands again in other markup."""
    place = Place(tmp_path_factory.mktemp("hostile"))
    place.start()
    to = "help@norrsken.example"
    place.hand_over([compose(plain(one), "Hej!", sender_of(n, one), to, html=one) for n, one in enumerate(VECTORS)])
    until(lambda: len(message_ids(place.folder)) == len(VECTORS), "every mail to be admitted", 60)
    copy_mails(place.folder, [around.format(vector) for around in FRAMED[1:] for vector in VECTORS])
    tag_cases(place.folder)
    yield place
    place.stop()


def plain(vector: str) -> str:
    """The vector as one line, as a subject and a name can hold it."""
    return " ".join("".join(one if one.isprintable() else " " for one in vector).split())[:150] or "x"


def sender_of(n: int, vector: str) -> str:
    return str(Address(plain(vector).encode("ascii", "ignore").decode() or "x", addr_spec=f"kund{n}@customer.example"))


def tag_cases(folder: Path) -> None:
    """Each case gets a tag whose name is a vector."""
    with opened(folder) as connection, connection:
        cases = connection.execute("SELECT workspace_id, id FROM cases ORDER BY id").fetchall()
        for n, (workspace_id, case_id) in enumerate(cases):
            name = f"{VECTORS[n % len(VECTORS)]} {n}"
            connection.execute("INSERT INTO tags (workspace_id, id, name) VALUES (?, ?, ?)", (workspace_id, n + 1, name))
            connection.execute("INSERT INTO case_tags (workspace_id, case_id, tag_id) VALUES (?, ?, ?)", (workspace_id, case_id, n + 1))


def opened(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / "data" / "sluss.sqlite3", timeout=20))


def message_ids(folder: Path) -> list[int]:
    with opened(folder) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM messages ORDER BY id")]


def copy_mails(folder: Path, htmls: list[str]) -> None:
    """The first mail again with another HTML part and an id of its own."""
    with opened(folder) as connection, connection:
        known = connection.execute("SELECT * FROM messages ORDER BY id LIMIT 1")
        names, first = [one[0] for one in known.description], known.fetchone()
        rows = [
            dict(zip(names, first, strict=True)) | {"id": first[names.index("id")] + n, "html": html} for n, html in enumerate(htmls, 1)
        ]
        values = ", ".join(f":{name}" for name in names)
        connection.executemany(f"INSERT OR IGNORE INTO messages VALUES ({values})", rows)  # noqa: S608 - names of columns


def load(page: Page, sources: list[str], inside: str, sandbox: str = "") -> tuple[list[str], list[int]]:
    """What could run in the frames, and how many letters each holds."""
    found, letters = page.evaluate(FRAMES, {"sources": sources, "inside": inside, "sandbox": sandbox})
    return found, letters


def parts(everything: list[str]) -> list[list[str]]:
    return [everything[start : start + AT_ONCE] for start in range(0, len(everything), AT_ONCE)]


def test_no_mail_runs_or_loads_anything_in_its_frame(frames: Place, new_page: NewPage) -> None:
    """T62-T65: more than two thousand mails through the address of the message frame, under its own policy."""
    page = frames.enter(new_page(base_url=frames.url), "ewa", "/me")
    seen = Watch(page, frames.url)
    sources = [f"/messages/{one}/frame" for one in message_ids(frames.folder)]
    assert len(sources) >= 2000
    found = [line for part in parts(sources) for line in load(page, part, "src", "allow-same-origin")[0]]
    assert (found, seen.ran, seen.left) == ([], [], [])


def test_no_mail_needs_the_policy_to_be_harmless(new_page: NewPage) -> None:
    """T63-T65: more than ten thousand mails, cleaned, in a page without any policy or sandbox; none swallows the next."""
    assert len(CORPUS) >= 10_000
    page = new_page()
    seen = Watch(page, "http://nowhere.test")
    page.goto("about:blank")
    cleaned = [f"<section>{clean_mail(html, remote_images=False, cid={}).html}</section>" for html in CORPUS]
    letters = 0
    for part in parts(cleaned):
        found, numbers = load(page, ["<!doctype html>" + "".join(part)], "srcdoc")
        letters += numbers[0]
        assert found == []
    assert letters == len(cleaned)
    assert (seen.ran, seen.left) == ([], [])


def test_no_subject_name_or_tag_runs_anything(frames: Place, new_page: NewPage) -> None:
    """T66: every vector as a subject, as a customer's name, as a preview and as a tag, in the lists and in cases."""
    page = frames.enter(new_page(base_url=frames.url), "ewa", "/me")
    seen = Watch(page, frames.url)
    path, cases = "/inbox/unassigned", list[str]()
    while path:
        page.goto(path)
        assert page.evaluate(ABLE) == [], path
        cases += [str(link.get_attribute("href")) for link in page.locator("#rows a.row").all()]
        more = page.locator(".more a")
        path = str(more.first.get_attribute("href")) if more.count() else ""
    assert len(set(cases)) >= len(set(map(plain, VECTORS)))
    for case in cases[:: len(cases) // 25]:
        page.goto(case)
        assert page.evaluate(ABLE) == [], case
    assert (seen.ran, seen.left) == ([], [])


def test_the_detector_detects(new_page: NewPage) -> None:
    """The same vectors uncleaned run scripts and ask others for pictures here."""
    page = new_page()
    new_page.allow("")
    page.route(re.compile("^https?://"), lambda route: route.abort())
    seen = Watch(page, "http://nowhere.test")
    page.goto("about:blank")
    found, _ = load(page, [one for one in VECTORS if "alert(1)" in one or "sink.example" in one][:AT_ONCE], "srcdoc")
    assert len(found) > 50
    assert len(seen.ran) > 10
    load(page, ["<img src=https://sink.example/a>", "<link rel=stylesheet href=https://sink.example/b>"], "srcdoc")
    assert any("sink.example" in url for url in seen.left)


def test_markup_in_every_field_stays_text(office: Place, desk: Desk, new_page: NewPage) -> None:
    """T66: names, subjects, notes, tags, files, drafts and settings hold the mark; then every page is opened."""
    for refused in ("404", "422"):
        new_page.allow(refused)
    page = desk("ewa")
    seen = Watch(page, office.url)
    case = fill_case(office, page)
    fill_settings(page)
    for path in (case, *pages_of(page)):
        page.goto(path)
        assert page.locator("img[onerror]").count() == 0, path
    assert (seen.ran, seen.left) == ([], [])


def fill_case(office: Place, page: Page) -> str:
    """The address of a case with the mark in everything."""
    office.mail(
        MARK, MARK, f'"{MARK.replace(chr(34), chr(92) + chr(34))}" <asa@customer.example>', html=MARK, files=[(MARK, "text/plain", b"x")]
    )
    page.locator("#rows .row", has_text="{{7*7}}").first.click()
    expect(page.locator("#pane h1")).to_contain_text("{{7*7}}")
    page.locator('[data-action="tags"]').click()
    page.locator("#new-tag").fill(MARK)
    page.locator("#new-tag").press("Enter")
    expect(page.locator('[data-action="tags"]')).to_contain_text("{{7*7}}")
    page.locator("#tab-note").click()
    page.locator("#f-note-body").fill(MARK)
    page.locator("#f-note-body").press("Control+Enter")
    expect(page.locator(".msg.note")).to_contain_text("{{7*7}}")
    page.locator("#tab-reply").click()
    page.locator("#reply input[type=file]").set_input_files({"name": f"{MARK}.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(page.locator('#reply .attached input[name="file"]')).to_have_count(1)
    page.locator("#f-body").fill(MARK.replace("{{7*7}}", "${7*7}"))  # nothing leaves with a field that nobody has filled in
    page.locator('#reply [data-action="send"]').click()
    expect(page.locator(".msg.out .file")).to_contain_text("onerror")
    page.locator("#f-body").fill(MARK)
    expect(page.locator("#reply [data-state]")).to_contain_text("Draft saved")
    return page.url


def fill_settings(page: Page) -> None:
    """Names of oneself, a team, an agent and the inbox, and every other text field of their forms; what is refused is shown again."""
    page.goto("/settings/inboxes")
    inbox = str(page.locator('main a[href^="/settings/inboxes/"]:not([href$="new"])').first.get_attribute("href"))
    for path in ("/me", "/settings/teams", "/settings/agents/new", "/settings/inboxes/new", f"{inbox}/edit"):
        page.goto(path)
        form = page.locator("main form:has(#f-name)")
        form.evaluate("form => { form.noValidate = true }")
        for field in form.locator('input:is([type="text"], :not([type]))').all():
            if field.is_visible() and field.is_editable() and (path[-4:] != "edit" or field.get_attribute("name") == "name"):
                field.fill(MARK)
        if path.endswith("agents/new"):
            page.locator("#f-email").fill("klara@norrsken.example")
        with page.expect_navigation():
            form.locator('[type="submit"]:not([formaction])').last.click()
        assert page.locator("img[onerror]").count() == 0, path
    expect(page.locator("h1")).to_have_text(MARK)


def pages_of(page: Page) -> list[str]:
    """Every page with something of ours on it."""
    lists = [f"/inbox/{view}" for view in ("mine", "unassigned", "open", "solved")]
    found = [*lists, f"/search?q={MARK}", "/search?q=7*7", "/me", f"/inbox/{MARK}", *(f"/settings{path}" for path in SETTINGS)]
    for path in ("/settings/agents", "/settings/teams", "/settings/inboxes"):
        page.goto(path)
        links = page.locator(f'main a[href^="{path}/"]').all()
        found += [str(link.get_attribute("href")) for link in links]
    return list(dict.fromkeys(found))
