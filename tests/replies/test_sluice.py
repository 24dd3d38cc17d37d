"""From public to private and back: one case, one clock, nothing of the matter in public. T21, T61."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.models import cases, conversations, messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.channels.happenings import Post
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.contacts.actions import find_or_make_identities
from sluss.contacts.models import identities
from sluss.kernel.actors import system
from sluss.kernel.clock import DAY, MINUTE, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.sealing import Sealer
from sluss.language.guard import find_personal
from sluss.outbox.models import operations
from sluss.replies.guarding import Exposed
from sluss.replies.models import private_links, sluices
from sluss.replies.news import mark_of
from sluss.replies.private_links import links_of
from sluss.replies.safe_sentences import LANGUAGES, safe_sentence
from sluss.replies.sending import Stopped
from sluss.replies.sluice import GoBack, MoveToPrivate, Sluice, back_sentence, go_back, move_to_private, passed, sluice_of, undo_passage
from tests.world import World

SAID = "Bokning QX7T2P är borta! Ring mig på 070-123 45 67"
ANNA = Address("1029", "Anna Berg")
CHAT = "chat-norrsken00000009"


class Scene:
    """A page of Norrsken Air's, and Anna who writes on it."""

    def __init__(self, db: Database, world: World, clock: TestClock, sealer: Sealer) -> None:
        self.db, self.world, self.clock, self.sealer = db, world, clock, sealer
        self.who, self.maja = system(world.norrsken.id), world.who("maja")
        team = (world.norrsken.teams["stockholm"],)
        page: dict[str, Any] = {"name": "Vår sida", "address": "facebook-104512345678901", "team_ids": team}
        page |= {"settings": {"page_id": "104512345678901"}, "secrets": {"token": "t", "app_secret": "s" * 32, "verify_token": "v" * 16}}
        self.page = db.write_now(create_inbox, self.who, sealer, "facebook", InboxFields(**page))
        self.team = team

    def chat(self, **settings: Any) -> int:
        told = {"origins": ("https://www.norrsken.example",)} | settings
        fields = InboxFields(name="Webbchatt", address=CHAT, settings=told, secrets={"identity_key": "k" * 43}, team_ids=self.team)
        return self.db.write_now(create_inbox, self.who, self.sealer, "webchat", fields)

    def says(self, text: str = SAID, key: str = "p:1:1:1029", visibility: str = "public", **more: Any) -> int:
        token = secrets.token_hex(8)
        post = Post(key="1", ours=True, text="Vi flyger igen!") if visibility == "public" else None
        given: dict[str, Any] = {"sender": ANNA, "subject": "", "text": text, "fresh": text, "visibility": visibility, "post": post}
        inbound = Inbound(external_id=token, dedupe_key=token, thread_key=key, **(given | more))
        place: dict[str, Any] = {
            "inbox_id": self.page,
            "network": "facebook",
            "visibility": visibility,
            "reopen_days": 14,
            "windowed": True,
        }
        [done] = self.db.write_now(record_arrivals, self.who, [Arrival(envelope_id=1, received_at=self.clock(), inbound=inbound, **place)])
        return done.message_id

    def case_of(self, message_id: int) -> int:
        m, v = messages.c, conversations.c
        joined = messages.join(conversations, v.id == m.conversation_id)
        return int(self.db.read_now(lambda tx: tx.value(sa.select(v.case_id).select_from(joined).where(m.id == message_id))))

    def ways(self, case_id: int) -> dict[str, str]:
        return {one.by: one.why for one in self.look(case_id).passages}

    def look(self, case_id: int) -> Sluice:
        return self.db.read_now(sluice_of, self.maja, case_id)

    def move(self, public_id: int, by: Any, *, op: str = "", **more: Any) -> Any:
        case_id = self.case_of(public_id)
        seen = more.pop("seen", "") or self.db.read_now(mark_of, self.maja, case_id)
        wish = MoveToPrivate(op=op or secrets.token_hex(13), case_id=case_id, public_id=public_id, by=by, seen=seen, **more)
        return self.db.write_now(move_to_private, self.maja, wish)

    def sent(self) -> list[tuple[str, str]]:
        """What leaves, in order: on which side, and what."""
        m, v, t, o = messages.c, conversations.c, threads.c, operations.c
        joined = (
            messages.join(conversations, v.id == m.conversation_id)
            .join(threads, t.id == v.thread_id)
            .join(operations, o.message_id == m.id)
        )
        chosen = sa.select(t.visibility, m.text).select_from(joined).where(o.kind == "send").order_by(m.id)
        return [(row.visibility, row.text) for row in self.db.read_now(lambda tx: list(tx.rows(chosen)))]

    def count(self, table: sa.Table) -> int:
        return int(self.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(table))))


@pytest.fixture
def anna(db: Database, world: World, clock: TestClock, tmp_path: Path) -> Scene:
    return Scene(db, world, clock, Sealer.of(tmp_path))


def test_one_press_goes_private_and_says_nothing_in_public(anna: Scene) -> None:
    """T21: both sides in one case; what was found in her words is in none of ours; the same press twice goes once."""
    public = anna.says()
    case_id = anna.case_of(public)
    sluice = anna.look(case_id)
    best = sluice.passages[0]
    assert (sluice.public_id, sluice.language, best.by, best.why, sluice.can_hide) == (public, "sv", "reply", "", True)
    op = secrets.token_hex(13)
    moved = anna.move(public, "reply", op=op, told="Hej Anna, vi hittar din bokning här.", said=best.said, hide=True)
    assert anna.move(public, "reply", op=op, told="Hej Anna, vi hittar din bokning här.", said=best.said, hide=True) == moved
    assert anna.sent() == [("private", "Hej Anna, vi hittar din bokning här."), ("public", safe_sentence("sv", "message"))]
    assert find_personal(best.said) == []
    kinds = anna.db.read_now(lambda tx: [row.kind for row in tx.rows(sa.select(operations.c.kind).order_by(operations.c.kind))])
    assert kinds == ["hide", "send", "send"]
    assert anna.count(cases) == 1
    assert anna.db.read_now(lambda tx: access_case(tx, anna.maja, case_id).status) == "pending"
    assert anna.db.read_now(lambda tx: [row.way for row in passed(tx, anna.maja, case_id)]) == ["reply"]
    assert "once" in anna.ways(case_id)["reply"]


def test_both_sides_are_taken_back_together(anna: Scene) -> None:
    public = anna.says()
    anna.chat()
    moved = anna.move(
        public, "link", told="Skriv gärna ditt bokningsnummer.", said=safe_sentence("sv", "link"), home="https://desk.example/"
    )
    assert moved.undo_seconds
    anna.db.write_now(undo_passage, anna.maja, moved.id)
    anna.db.write_now(undo_passage, anna.maja, moved.id)
    assert anna.sent() == []
    [link] = anna.db.read_now(links_of, anna.maja, anna.case_of(public))
    assert link.expires_at <= anna.clock()
    assert anna.db.read_now(lambda tx: access_case(tx, anna.maja, link.case_id).status) == "open"
    assert anna.db.read_now(passed, anna.maja, link.case_id) == []
    moved = anna.move(public, "reply", told="Hej!", said="")
    anna.clock.move(MINUTE)
    anna.db.write_now(lambda tx: tx.run(sa.update(operations).values(state="sent", attempts=1)))
    with pytest.raises(Conflict, match="too late"):
        anna.db.write_now(undo_passage, anna.maja, moved.id)


def test_where_the_network_has_no_way_a_page_of_ours_is_one(anna: Scene) -> None:
    """A message that is too old for a private reply; without a web chat the way says what is missing."""
    public = anna.says(sent_at=anna.clock() - 8 * DAY)
    case_id = anna.case_of(public)
    ways = anna.ways(case_id)
    assert ("older than 7 days" in ways["reply"], "web chat" in ways["link"], set(ways)) == (True, True, {"reply", "link"})
    with pytest.raises(Conflict, match="older"):
        anna.move(public, "reply", told="Hej")
    anna.chat(identify="required")
    assert anna.ways(case_id)["link"]
    with pytest.raises(Conflict, match="web chat"):
        anna.move(public, "link", said=safe_sentence("sv", "link"))


def test_the_page_stands_in_the_public_sentence(anna: Scene) -> None:
    """The address is in what leaves and nowhere else; without its place the press is refused and nothing is begun."""
    anna.chat()
    public = anna.says()
    with pytest.raises(Invalid) as wrong:
        anna.move(public, "link", said="Skriv till oss privat.")
    assert "{link}" in wrong.value.fields["said"]
    assert (anna.count(private_links), anna.count(sluices), anna.sent()) == (0, 0, [])
    anna.move(public, "link", said=safe_sentence("sv", "link"), home="https://desk.example")
    [(side, text)] = anna.sent()
    assert side == "public"
    assert re.search(r" https://desk\.example/private/\d+-[a-z0-9]{24}$", text)
    assert anna.count(cases) == 1


def test_mail_and_a_talk_that_there_is_are_ways_too(anna: Scene) -> None:
    """Her mail address is known; she has written in private before, about something else: the talk goes on in this case."""
    other = anna.says("Hej, kan man ta med hund?", "dm:1029", "private")
    public = anna.says()
    case_id = anna.case_of(public)
    assert anna.case_of(other) != case_id

    def give(tx: Any) -> None:
        mail = find_or_make_identities(tx, anna.who, "email", [Address("anna@kund.example", "Anna")])["anna@kund.example"]
        contact_id = tx.value(sa.select(cases.c.contact_id).where(cases.c.id == case_id))
        tx.run(sa.update(identities).where(identities.c.id == mail.id).values(contact_id=contact_id))

    anna.db.write_now(give)
    assert [one.by for one in anna.look(case_id).passages if not one.why] == ["talk", "reply", "mail"]
    anna.move(public, "mail", told="Hej Anna, här är din bokning.", said=safe_sentence("sv", "mail"))
    anna.move(public, "talk", told="Vi har skrivit ett mejl till dig.")
    assert [side for side, _ in anna.sent()] == ["private", "public", "private"]
    answer = anna.says("Tack!", "dm:1029", "private")
    assert anna.case_of(answer) == case_id
    anna.clock.move(9 * DAY)
    late = anna.case_of(anna.says("Och nu då?", "p:2:2:1029", sent_at=anna.clock()))
    assert "more than 7 days ago" in anna.ways(late)["talk"]


def test_news_and_personal_data_stop_the_press(anna: Scene) -> None:
    """T61: nothing leaves on either side, and nothing is kept of it."""
    public = anna.says()
    seen = anna.db.read_now(mark_of, anna.maja, anna.case_of(public))
    anna.clock.move(MINUTE)
    anna.says("Hallå?")
    with pytest.raises(Stopped):
        anna.move(public, "reply", told="Hej!", said=safe_sentence("sv", "message"), seen=seen)
    with pytest.raises(Exposed):
        anna.move(public, "reply", told="Hej!", said="Vi ringer dig på 070-123 45 67.")
    with pytest.raises(Invalid):
        anna.move(public, "reply", told=" ", said="Hej!")
    assert (anna.sent(), anna.count(sluices)) == ([], 0)


def test_back_in_public_and_whose_it_is(anna: Scene) -> None:
    """T1: a case that somebody does not see has no sluice; one without anything public has none either."""
    public = anna.says()
    case_id = anna.case_of(public)
    anna.move(public, "reply", told="Hej!")
    anna.clock.move(MINUTE)
    said = anna.db.read_now(back_sentence, anna.maja, case_id)
    assert said == LANGUAGES["sv"].back
    seen = anna.db.read_now(mark_of, anna.maja, case_id)
    anna.db.write_now(go_back, anna.maja, GoBack(op=secrets.token_hex(13), case_id=case_id, said=said, seen=seen))
    assert anna.sent() == [("private", "Hej!"), ("public", said)]
    with pytest.raises(Missing):
        anna.db.read_now(sluice_of, anna.world.who("marek"), case_id)
    private = anna.says("Hej", "dm:2", "private", sender=Address("2", "Bo"))
    with pytest.raises(Missing):
        anna.look(anna.case_of(private))
    assert anna.db.read_now(back_sentence, anna.maja, anna.case_of(private)) == ""


def test_every_language_says_all_of_it_without_a_name_or_number() -> None:
    for language, sentences in LANGUAGES.items():
        said = [sentences.message, sentences.link, sentences.mail, sentences.back]
        assert all(find_personal(one) == [] and len(one) <= 160 for one in said), language
        assert sentences.link.count("{link}") == 1
    assert safe_sentence("pl-PL", "back") == LANGUAGES["pl"].back
    assert safe_sentence("xx", "back") == LANGUAGES["en"].back
