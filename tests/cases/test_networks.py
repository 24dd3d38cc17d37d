"""What networks where people meet in public tell: posts, echoes, edits, reactions, windows, whatever order it comes in."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.models import (
    attachments,
    begun_elsewhere,
    bystanders,
    cases,
    early_news,
    message_faces,
    message_reactions,
    message_references,
    message_versions,
    messages,
    posts,
    thread_posts,
    thread_standings,
    threads,
)
from sluss.cases.news import News, apply_news, threads_named
from sluss.cases.recording import Recorded, StoredFile, record_arrivals
from sluss.channels.contract import Address
from sluss.channels.happenings import Bystander, Changed, Happening, Known, Opened, Post, Reacted, Renamed
from sluss.channels.who import Profile
from sluss.contacts.models import identities, identity_profiles
from sluss.kernel.actors import system
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from tests.cases.conftest import arrival
from tests.world import World

ASA, OURS = Address("1001", "Åsa"), Address("facebook-55", "Norrsken Air")
POST = Post(key="55_1", ours=True, author=OURS, text="Vi flyger igen!", url="https://fb.example/55_1", at=5)
COMMENT: dict[str, Any] = {
    "sender": ASA,
    "subject": "",
    "visibility": "public",
    "kind": "comment",
    "post": POST,
    "thread_key": "p:55_1:c1:1001",
}


class Net(msgspec.Struct, frozen=True):
    """One inbox of a network, told of by hand."""

    db: Database
    world: World
    clock: TestClock

    @property
    def inbox_id(self) -> int:
        return self.world.norrsken.inboxes["kundtjanst"].id

    def say(self, *given: dict[str, Any]) -> list[Recorded]:
        """Messages of one set, and the news that waited for them."""
        windowed = {"network": "facebook", "windowed": True}
        arrivals = []
        for one in given:
            files = one.pop("stored", ())
            made = arrival(self.world, self.clock, **one)
            side = "public" if one.get("visibility") == "public" else "private"
            arrivals.append(msgspec.structs.replace(made, visibility=side, files=files, **windowed))
        done = self.db.write_now(record_arrivals, self.who, arrivals)
        came = {(self.inbox_id, one.inbound.external_id) for one in arrivals} | {(self.inbox_id, "55_1")}
        came |= threads_named((self.inbox_id, one.inbound.thread_key) for one in arrivals)
        self.db.write_now(apply_news, self.who, [], came)
        return done

    def tell(self, *told: Happening) -> None:
        news = [News(inbox_id=self.inbox_id, network="facebook", value=one) for one in told]
        self.db.write_now(apply_news, self.who, news)

    @property
    def who(self) -> Any:
        return system(self.world.norrsken.id)

    def rows(self, table: Any) -> list[Any]:
        return self.db.read_now(lambda tx: list(tx.rows(sa.select(table).order_by(*table.primary_key.columns))))

    def only(self, table: Any) -> Any:
        (row,) = self.rows(table)
        return row


@pytest.fixture
def net(db: Database, world: World, clock: TestClock) -> Net:
    return Net(db, world, clock)


def test_a_comment_hangs_under_its_post_with_what_stands_around_it(net: Net) -> None:
    """A post is told twice, in parts; whoever stands around becomes a message when it turns out to be a customer's."""
    around = Bystander(post=POST, external_id="c0", author=Address("7", "Bo"), text="Håller med", at=4)
    net.tell(around, around, msgspec.structs.replace(around, external_id="c1", text="Var är min väska?"))
    net.say(COMMENT | {"external_id": "c1", "dedupe_key": "c1", "text": "Var är min väska?", "parent_key": "55_1", "url": "https://u/1"})
    net.say(COMMENT | {"external_id": "c2", "dedupe_key": "c2", "post": Post(key="55_1", text="Vi flyger igen! Ändrat")})
    post, thread = net.only(posts), net.only(threads)
    assert (post.text, post.url, post.ours, post.author) == ("Vi flyger igen! Ändrat", POST.url, True, "facebook-55")
    assert [row.external_id for row in net.rows(bystanders)] == ["c0"]
    assert (thread.visibility, net.only(thread_posts).post_id) == ("public", post.id)
    assert [(row.kind, row.parent_key, row.url) for row in net.rows(message_faces)] == [
        ("comment", "55_1", "https://u/1"),
        ("comment", "", ""),
    ]


def test_news_moves_forward_whatever_order_it_comes_in(net: Net) -> None:
    """Edits, hiding, removal and reactions told late, twice or before the utterance itself end in the same."""
    edits = [Changed(external_id="c1", what="edited", at=at, text=f"Version {at}") for at in (20, 30, 20, 10)]
    net.tell(Reacted(external_id="c1", sender=ASA, emoji="👍", at=9), *edits[1:3], edits[1])
    assert len(net.rows(early_news)) == 3
    net.say(COMMENT | {"external_id": "c1", "dedupe_key": "c1", "text": "Version 0"})
    assert net.rows(early_news) == []
    net.tell(edits[3])
    hidings: list[tuple[Literal["hidden", "unhidden"], int]] = [("unhidden", 41), ("hidden", 40), ("hidden", 40)]
    net.tell(*(Changed(external_id="c1", what=what, at=at) for what, at in hidings))
    net.tell(Reacted(external_id="c1", sender=ASA, emoji="👍", at=50, on=False), Reacted(external_id="c1", sender=ASA, emoji="😡", at=45))
    net.tell(Reacted(external_id="c1", sender=Address("9"), emoji="😡", at=45))
    face = net.only(message_faces)
    assert (net.only(messages).text, face.edited_at, face.hidden_at, face.removed_at) == ("Version 30", 30, None, None)
    assert [row.text for row in net.rows(message_versions)] == ["Version 0", "Version 20"]
    assert [(row.address, row.emoji) for row in net.rows(message_reactions)] == [("1001", ""), ("9", "😡")]
    assert net.only(cases).preview == "Version 30"
    net.tell(Changed(external_id="c1", what="removed", at=60), Changed(external_id="c1", what="removed", at=70, by="us"))
    assert (net.only(message_faces).removed_at, net.only(message_faces).removed_by) == (60, "author")
    assert net.only(messages).text == "Version 30"


def test_news_of_posts_and_of_those_around(net: Net) -> None:
    net.tell(Bystander(post=POST, external_id="c0", author=Address("7", "Bo"), text="Håller med", at=4))
    net.tell(Changed(external_id="55_1", what="edited", at=8, text="Vi flyger!"), Changed(external_id="c0", what="removed", at=9))
    net.tell(Changed(external_id="55_1", what="edited", at=7, text="Äldre"), Changed(external_id="55_1", what="removed", at=10))
    assert (net.only(posts).text, net.only(posts).removed_at, net.only(bystanders).removed_at) == ("Vi flyger!", 10, 9)


def test_an_answer_by_another_program_is_found_in_its_thread_and_stops_the_clock(net: Net, clock: TestClock) -> None:
    """A comment of our page names the customer's; it may come before it. The same words again are another answer."""
    out = {"direction": "out", "origin": "native", "sender": OURS, "subject": "", "visibility": "public", "post": POST}
    (early,) = net.say(out | {"external_id": "c9", "dedupe_key": "c9", "references": ("c1",), "parent_key": "c1"})
    assert (early.outcome, net.only(bystanders).ours) == ("begun elsewhere", True)
    clock.move(SECOND)
    net.say(COMMENT | {"external_id": "c1", "dedupe_key": "c1"})
    assert [row.external_id for row in net.rows(messages)] == ["c1", "c9"]
    assert net.rows(begun_elsewhere) == []
    clock.move(SECOND)
    net.say(COMMENT | {"external_id": "c2", "dedupe_key": "c2"})
    assert net.only(cases).waiting_since is not None
    clock.move(SECOND)
    first, again = (net.say(out | {"external_id": key, "dedupe_key": key, "references": ("c2",)})[0] for key in ("c3", "c4"))
    assert (first.outcome, again.outcome, net.only(cases).waiting_since, net.only(cases).status) == ("message", "message", None, "pending")


def test_what_we_had_said_in_a_talk_comes_with_the_customers_first_word(net: Net) -> None:
    out = {
        "direction": "out",
        "origin": "native",
        "sender": OURS,
        "subject": "",
        "thread_key": "dm:1001",
        "dedupe_key": "m1",
        "external_id": "m1",
    }
    assert net.say(out)[0].outcome == "begun elsewhere"
    net.say({"sender": ASA, "subject": "", "thread_key": "dm:1001", "text": "Hej"})
    assert [row.direction for row in net.rows(messages)] == ["out", "in"]


def test_a_person_goes_on_in_the_case_that_they_refer_to_and_others_do_not(net: Net) -> None:
    net.say(COMMENT | {"external_id": "c1", "dedupe_key": "c1"})
    private = {"subject": "", "references": ("c1",), "visibility": "private"}
    net.say(private | {"sender": ASA, "thread_key": "dm:1001"})
    assert len(net.rows(cases)) == 1
    net.say(private | {"sender": Address("2002", "Bo"), "thread_key": "dm:2002"})
    assert (len(net.rows(cases)), len(net.rows(threads))) == (2, 3)


def test_an_album_of_a_stranger_is_one_case(net: Net) -> None:
    """Ten deliveries at once, in sets as they happen to fall."""
    pictures = [
        {"sender": ASA, "subject": "", "thread_key": "dm:1001", "stored": (StoredFile(f"{n}.jpg", "image/jpeg", 3, "d", ""),)}
        for n in range(10)
    ]
    for part in (pictures[:4], pictures[4:5], pictures[5:]):
        net.say(*part)
    assert (len(net.rows(cases)), len(net.rows(threads)), len(net.rows(messages)), len(net.rows(attachments))) == (1, 1, 10, 10)


def test_windows_open_late_and_never_close_early(net: Net, clock: TestClock) -> None:
    at = clock()
    net.tell(Opened(thread_key="dm:1001", at=at + MINUTE))
    net.say({"sender": ASA, "subject": "", "thread_key": "dm:1001", "sent_at": at - MINUTE})
    assert net.only(thread_standings).opened_at == at + MINUTE
    net.tell(Opened(thread_key="dm:1001", at=at))
    reaction = Reacted(external_id="x", sender=ASA, emoji="👍", at=at + 2 * MINUTE, thread_key="dm:1001", opens=True)
    net.tell(reaction)
    assert net.only(thread_standings).opened_at == at + 2 * MINUTE


def test_people_get_handles_and_other_keys(net: Net) -> None:
    profile = Profile(handle="@asa", followers=12, url="https://n/asa")
    net.say({"sender": Address("1001"), "subject": "", "thread_key": "dm:1001", "profile": profile})
    assert net.only(identities).name == "@asa"
    net.tell(Known(person=Address("1001", "Åsa L"), profile=Profile(followers=13, verified=True)), Known(person=Address("404", "Ingen")))
    row = net.only(identity_profiles)
    assert (net.only(identities).name, row.handle, row.followers, row.verified) == ("Åsa L", "@asa", 13, True)
    net.tell(Renamed(what="person", before="1001", after="b.77"), Renamed(what="thread", before="dm:1001", after="dm:b.77"))
    net.say({"sender": Address("b.77"), "subject": "", "thread_key": "dm:b.77"})
    assert (net.only(identities).address, len(net.rows(threads)), len(net.rows(cases))) == ("b.77", 1, 1)


def test_a_key_that_the_network_gives_back_is_ours(net: Net) -> None:
    """An echo under a key of the network's own is known by ours; whoever answers it names that."""
    net.say({"sender": ASA, "subject": "", "thread_key": "dm:1001", "text": "Hej"})
    out = {"direction": "out", "origin": "native", "sender": OURS, "subject": "", "thread_key": "dm:1001", "text": "Svar"}
    net.say(out | {"external_id": "ours@sluss", "dedupe_key": "o1"})
    echo = out | {"external_id": "mid.1", "dedupe_key": "mid.1", "echo_of": "ours@sluss", "text": "Svar!"}
    first, again = net.say(echo, echo | {"dedupe_key": "mid.1b"})
    assert [(one.outcome, one.echoed) for one in (first, again)] == [("ours", True), ("ours", True)]
    assert sorted(row.external_id for row in net.rows(message_references) if row.message_id == first.message_id) == ["mid.1", "ours@sluss"]
