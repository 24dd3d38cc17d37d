"""Every text of the screens has its words in every language, and what is shown is shown in the reader's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from sluss.cases.access import access_case_no
from sluss.cases.actions import assign_case, set_priority, set_tags
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.progress import record_progress
from sluss.kernel.actors import system
from sluss.kernel.words import say
from sluss.web import extract
from sluss.web.formats import language, long_day, number, short, size
from sluss.web.locale import CATALOGUES, LOCALES, Voice, gettext, ngettext, speaking
from tests.world import Browser, Web

OTHERS = [locale for locale in LOCALES if locale != "en"]
RUN = "run: python -m sluss.web.extract, then translate what it names"
SAME = {
    "sv": {
        "%(num)s person",
        "%(who)s %(deed)s.",
        "App",
        "Enterprise",
        "Facebook",
        "Filter",
        "Information",
        "Instagram",
        "Instagram Direct",
        "Instagram Login",
        "Mastodon",
        "Messenger",
        "Microsoft 365, Outlook",
        "Normal",
        "normal",
        "Passkey",
        "Person",
        "Policy",
        "Port",
        "Server",
        "Sluss %(version)s",
        "Spam",
        "Start",
        "STARTTLS",
        "Status",
        "System",
        "Team",
        "Team %(name)s",
        "Telegram",
        "Test",
        "Text",
        "TLS",
        "Token",
        "Webhook",
        "WhatsApp",
        "X",
    },
    "pl": {
        "Administrator",
        "Alarm",
        "E-mail",
        "Enterprise",
        "Facebook",
        "Folder",
        "Instagram",
        "Instagram Direct",
        "Instagram Login",
        "Mastodon",
        "Messenger",
        "Microsoft 365, Outlook",
        "Port",
        "Sluss %(version)s",
        "Spam",
        "Start",
        "STARTTLS",
        "System",
        "Telegram",
        "Webhook",
        "WhatsApp",
        "X",
    }
    | {"newsletter", "Status", "Test", "TLS", "Token"},
}
"""Words that are the same in both languages."""

UNTOLD = {
    "No copy was put into the Sent folder.",
    "Please keep what stands here.",
    "Said with values that are filled in before it is translated.",
    "The signature does not fit the mail; sign the raw body with the inbox's secret.",
    "This inbox takes no posted mail: it has no secret.",
    "The head of the request is too large.",
    "This mail is too large to be fetched (… MB). It is still in the folder … of the mailbox, whole.",
    "This mail was sent by the test of the mailbox's settings. It can be deleted.",
}
"""Sentences that no screen shows: of logs, of mails, told to programs."""
CUSTOMERS = {"safe_sentences.py"}
"""What is written in the customer's language, of which there are more than of the screens'."""


@pytest.fixture(scope="module")
def texts() -> Catalog:
    """Every text of the sources."""
    return extract.extract()


def catalogue(locale: str) -> Catalog:
    with (CATALOGUES / f"{locale}.po").open("rb") as source:
        return read_po(source, locale=locale)


def messages(of: Catalog) -> list[Message]:
    return [one for one in of if one.id]


def forms(one: Message) -> list[str]:
    """The strings of a translation."""
    return [one.string] if isinstance(one.string, str) else list(one.string or ())


def ids(one: Message) -> tuple[str, ...]:
    return (one.id,) if isinstance(one.id, str) else tuple(one.id)


@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_is_in_every_catalogue_and_nothing_else_is(texts: Catalog, locale: str) -> None:
    wanted, kept = ({ids(one) for one in messages(some)} for some in (texts, catalogue(locale)))
    assert not wanted - kept, f"without translation, {RUN}"
    assert not kept - wanted, f"in no source any more, {RUN}"


@pytest.mark.parametrize("locale", OTHERS)
def test_every_text_is_translated_for_certain(locale: str) -> None:
    assert not [one.id for one in messages(catalogue(locale)) if not extract.is_translated(one)], RUN
    assert not [one.id for one in messages(catalogue(locale)) if one.fuzzy]


@pytest.mark.parametrize("locale", OTHERS)
def test_every_translation_holds_the_same_values(locale: str) -> None:
    def values(text: str) -> Counter[str]:
        return Counter(re.findall(r"%\(\w+\)[sd]|\{\w+\}|%%|\n", text))

    wrong = {ids(one) for one in messages(catalogue(locale)) for form in forms(one) if values(form) not in map(values, ids(one))}
    assert not wrong


@pytest.mark.parametrize("locale", OTHERS)
def test_every_count_has_all_its_forms(locale: str) -> None:
    of = catalogue(locale)
    wanted = {one.id: of.num_plurals if one.pluralizable else 1 for one in messages(of)}
    assert {one.id: len(forms(one)) for one in messages(of)} == wanted


@pytest.mark.parametrize("locale", OTHERS)
def test_nothing_stayed_english(locale: str) -> None:
    same = {ids(one)[0] for one in messages(catalogue(locale)) if set(forms(one)) & set(ids(one))}
    assert same == SAME[locale]


@pytest.mark.parametrize("locale", OTHERS)
def test_sentences_end_as_in_english_and_begin_as_large(locale: str) -> None:
    def shape(text: str) -> tuple[str, bool]:
        return text[-1] if text[-1] in ".?…" else "", text[:1].islower()

    wrong = [
        one.id
        for one in messages(catalogue(locale))
        for form in forms(one)
        if form[:1].isalpha() and ids(one)[0][0].isalpha() and shape(form) != shape(ids(one)[-1])
    ]
    assert not wrong


@pytest.mark.parametrize("locale", OTHERS)
def test_a_catalogue_is_written_alike_each_time(texts: Catalog, locale: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = (CATALOGUES / f"{locale}.po").read_bytes()
    (tmp_path / f"{locale}.po").write_bytes(kept)
    monkeypatch.setattr(extract, "CATALOGUES", tmp_path)
    extract.update(locale, texts)
    assert (tmp_path / f"{locale}.po").read_bytes() == kept, RUN


def test_no_sentence_is_forgotten(texts: Catalog) -> None:
    known = {text for one in messages(texts) for text in ids(one)} | UNTOLD
    speaking_slices = ("cases", "channels", "contacts", "desk", "intake", "outbox", "people", "replies", "settings", "web")
    modules = [path for name in speaking_slices for path in (extract.SOURCE / name).rglob("*.py")]
    modules = [path for path in modules if path.name not in CUSTOMERS]
    forgotten = {(path.name, text) for path in modules for text in sentences(ast.parse(path.read_text("utf-8"))) if text not in known}
    assert not forgotten, 'wrap it as say("…"), raise it as a Trouble, or name it in UNTOLD'


def sentences(tree: ast.Module) -> Iterator[str]:
    """Whole sentences for people; values in them are told as `…`. Docstrings and what programmers are told do not count."""
    silent = {id(part) for node in ast.walk(tree) for part in _silent(node)}
    for node in ast.walk(tree):
        if id(node) in silent or not isinstance(node, (ast.Constant, ast.JoinedStr)):
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        if re.fullmatch(r"[A-Z“][^\n]* [^\n]*[.!?]", text):
            yield text


def _silent(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.Expr):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return list(node.values)
    name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
    return list(node.args) if isinstance(node, ast.Call) and name in {"ValueError", "ImproperlyConfiguredException"} else []


def test_a_stored_sentence_is_told_in_the_readers_language() -> None:
    stored = say("The server %(host)s does not answer on port %(port)s.", host="imap.kund.example", port=993)
    assert stored == "The server imap.kund.example does not answer on port 993."
    with speaking(Voice("sv")):
        assert gettext(stored) == "Servern imap.kund.example svarar inte på port 993."
    with speaking(Voice("pl")):
        assert gettext(stored) == "Serwer imap.kund.example nie odpowiada na porcie 993."


def test_a_sentence_within_a_sentence_is_told_as_well() -> None:
    inner = say("This stored secret is not in a form that Sluss knows. Enter it again.")
    with speaking(Voice("sv")):
        told = gettext(say("The inbox of this message could not be opened: %(reason)s", reason=inner))
    assert told == "Meddelandets inkorg gick inte att öppna: Den sparade hemligheten har en form som Sluss inte känner till. Ange den igen."


@pytest.mark.parametrize("words", ["550 5.1.1 No such user", "", "100% of %(it)s", "The server\nhangs up"])
def test_words_of_others_stay_as_they_are(words: str) -> None:
    with speaking(Voice("pl")):
        assert gettext(words) == words


@pytest.mark.parametrize(("count", "told"), [(1, "1 nowa"), (2, "2 nowe"), (5, "5 nowych"), (12, "12 nowych"), (22, "22 nowe")])
def test_polish_counts_in_three_ways(count: int, told: str) -> None:
    with speaking(Voice("pl")):
        assert ngettext("%(num)s new", "%(num)s new", count) % {"num": count} == told


NOON = 1_795_258_800_000_000  # 21 November 2026, 12:00 in Stockholm and Warsaw


@pytest.mark.parametrize(
    ("locale", "zone", "told"),
    [
        ("en", "Europe/London", ["21 Nov 11:00", "Saturday 21 November", "12,400", "1.2 MB", "Swedish"]),
        ("sv", "Europe/Stockholm", ["21 nov. 12:00", "lördag 21 november", "12\xa0400", "1,2 MB", "svenska"]),
        ("pl", "Europe/Warsaw", ["21 lis 12:00", "sobota 21 listopada", "12\xa0400", "1,2 MB", "szwedzki"]),
    ],
)
def test_dates_and_numbers_follow_the_language(locale: str, zone: str, told: list[str]) -> None:
    from sluss.web.formats import day  # noqa: PLC0415

    with speaking(Voice(locale, zone)):
        assert [short(NOON), long_day(day(NOON)), number(12_400), size(1_234_567), language("sv")] == told


class Words(HTMLParser):
    """What a page says: its text, and the attributes that are read or shown."""

    SHOWN = frozenset({"aria-label", "title", "placeholder", "alt", "data-label", "data-one", "data-few", "data-many"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._mute = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute = tag in {"script", "style"}
        self.words |= {" ".join(value.split()) for name, value in attrs if name in self.SHOWN and value}

    def handle_data(self, data: str) -> None:
        if not self._mute:
            self.words.add(" ".join(data.split()))


def untranslated(page: str, locale: str) -> set[str]:
    """What a page says in English although the catalogue has words for it."""
    english = {text for one in messages(catalogue(locale)) for text in ids(one) if not set(ids(one)) & set(forms(one))}
    plain = {text for text in english if "%(" not in text}
    long = [
        re.compile(re.sub(r"%\\\((\w+)\\\)[sd]", ".+", re.escape(text))) for text in english if len(re.sub(r"%\(\w+\)[sd]", "", text)) > 12
    ]
    words = Words(page).words
    return {one for one in words if one in plain} | {one for one in words if len(one) > 12 and any(known.search(one) for known in long)}


async def speak(web: Web, key: str, locale: str) -> Browser:
    """Somebody who has chosen a language on their own page."""
    browser = await web.sign_in(key)
    answer = await browser.post("/me", name="Ewa Nowak", locale=locale, theme="system", keys="on")
    assert answer.status_code == 303
    return browser


def live_through(web: Web) -> int:
    """A case with a history, and an inbox that fails; the case's number."""
    company, ewa = web.world.norrsken, web.world.who("ewa")
    text: dict[str, Any] = {"subject": "Bokningen", "text": "Hej", "fresh": "Hej", "automatic": "auto-submitted"}
    inbound = Inbound(external_id="m1@kund.example", dedupe_key="k1", sender=Address("asa@kund.example", "Åsa Lindqvist"), **text)
    shared: dict[str, Any] = {"network": "email", "visibility": "private", "reopen_days": 14, "received_at": web.db.clock()}
    arrival = Arrival(envelope_id=1, inbox_id=company.inboxes["kundtjanst"].id, inbound=inbound, files=(), **shared)
    web.db.write_now(record_arrivals, system(company.id), [arrival])
    case_id = web.db.read_now(access_case_no, ewa, 10001).id
    web.db.write_now(assign_case, ewa, case_id, web.world.who("maja").id)
    web.db.write_now(set_priority, ewa, case_id, "high")
    web.db.write_now(set_tags, ewa, case_id, ["Gdańsk"])
    reason = say("The server %(host)s was not found; check its name.", host="imap.norrsken.test")
    web.db.write_now(record_progress, system(company.id), company.inboxes["kundtjanst"].id, "failing", reason)
    return 10001


PAGES = (
    *(
        "/me",
        "/inbox/mine",
        "/inbox/unassigned",
        "/inbox/open",
        "/inbox/solved",
        "/inbox/open/{no}",
        "/search",
        "/search?q=hej",
        "/settings",
    ),
    *("/settings/inboxes", "/settings/inboxes/new", "/settings/inboxes/{inbox}", "/settings/inboxes/{inbox}/edit", "/settings/agents"),
    *("/settings/agents/new", "/settings/agents/{agent}", "/settings/teams", "/settings/teams/{team}", "/settings/quarantine"),
    *("/settings/health", "/settings/audit", "/c/99999", "/search?q=%20-"),
)


@pytest.mark.parametrize("locale", OTHERS)
async def test_every_page_speaks_the_readers_language(web: Web, locale: str) -> None:
    no, company = live_through(web), web.world.norrsken
    ewa = await speak(web, "ewa", locale)
    names = {"no": no, "inbox": company.inboxes["kundtjanst"].id, "agent": company.agents["ola"], "team": company.teams["stockholm"]}
    answers = [await ewa.get(path.format(**names)) for path in PAGES]
    assert {answer.status_code for answer in answers} == {200, 404}
    assert {str(answer.url): left for answer in answers if (left := untranslated(answer.text, locale))} == {}
    assert all(f'<html lang="{locale}"' in answer.text for answer in answers)


@pytest.mark.parametrize("locale", OTHERS)
async def test_refusals_speak_the_readers_language(web: Web, locale: str) -> None:
    no = live_through(web)
    ewa = await speak(web, "ewa", locale)
    answers = [
        await ewa.post("/settings/inboxes/new", name="", address="x", ways="imap", imap_port="many"),
        await ewa.post("/settings/agents/new", name="", email="x", role="king", locale="sv"),
        await ewa.post("/settings/teams", name=""),
        await ewa.post("/me/password", current="x", password="kort"),
        await ewa.post(f"/cases/{no}/status", status="snoozed", until="2020-01-01T09:00"),
        await ewa.post(f"/cases/{no}/reply", body="", cc="ingen", revision="0", seen="0", then="stay"),
    ]
    assert {answer.status_code for answer in answers} == {422}
    assert {str(answer.url): left for answer in answers if (left := untranslated(answer.text, locale))} == {}


@pytest.mark.parametrize("locale", OTHERS)
async def test_a_stranger_is_spoken_to_in_the_browsers_language(web: Web, locale: str) -> None:
    answer = await web.browser().get("/sign-in", headers={"Accept-Language": f"{locale}, en;q=0.5"})
    assert untranslated(answer.text, locale) == set()
