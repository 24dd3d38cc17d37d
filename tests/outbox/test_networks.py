"""What networks answer, ask for and want to be told: keys, threads, waits, prices, parts of a long answer. F27, F28, F30."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import message_references, messages
from sluss.channels.contract import Address, Inbound, Outbound, Refused, Sent
from sluss.channels.costs import CAP, costs_since, note_cost
from sluss.channels.reconnecting import note_connected
from sluss.contacts.actions import find_identities
from sluss.kernel.clock import DAY, MINUTE, SECOND, TestClock
from sluss.kernel.errors import Conflict
from sluss.outbox.actions import retry_operation
from sluss.outbox.queries import deliveries_of, paused_inboxes
from sluss.outbox.receipts import note_echo
from sluss.replies.private_reply import PrivateReply, reply_privately
from sluss.replies.undoing import undo_send
from tests.outbox.scene import Scene
from tests.outbox.square import NO, Square, comment, face, place_of, reply_to, set_inbox, write_privately

UNDO = 10 * SECOND
LONG = "Vi har hittat väskan i Kiruna. " * 10


async def test_what_leaves_says_where_it_goes_and_what_comes_back_is_kept(scene: Scene, square: Square, clock: TestClock) -> None:
    asked = comment(scene, facts={"a": 1}, audience="unlisted", spoiler="bagage")
    departure = reply_to(scene, asked, "Vi letar och hör av oss.")
    clock.move(UNDO)
    square.answers = [Sent("ok", ("n77", "n78"), url="https://square.example/n77", cost=200)]
    await scene.round()
    [sent] = square.taken
    told = (sent.visibility, sent.thread_key, sent.post_key, sent.answers, sent.audience, sent.spoiler, sent.facts, sent.language)
    assert told == ("public", "p:post1:c1:4711", "post1", "c1", "unlisted", "bagage", {"a": 1}, "sv")
    keys = sa.select(message_references.c.external_id).where(message_references.c.message_id == departure.message_id)
    assert {row[0] for row in scene.db.read_now(lambda tx: tx.rows(keys))} == {sent.external_id, "n77", "n78"}
    assert (face(scene, departure.message_id).url, face(scene, departure.message_id).key) == ("https://square.example/n77", "n77")
    [cost] = scene.db.read_now(costs_since, scene.maja, scene.inbox_id, 1)
    assert (cost.what, cost.times, cost.micros) == ("send", 1, 200)


async def test_a_way_gets_the_networks_name_or_joins_the_thread_that_has_it(scene: Scene, square: Square, clock: TestClock) -> None:
    """The customer's answer to a private reply comes into the case that it was written in, also where they had talked before."""
    asked = comment(scene)
    case_id = place_of(scene, asked).case_id
    first = scene.db.write_now(reply_privately, scene.maja, private(case_id, asked))
    clock.move(UNDO)
    square.answers = [Sent("ok", ("n1",), thread_key="dm:4711", recipient=Address("psid9", ""))]
    await scene.round()
    assert (square.taken[0].is_private_reply, square.taken[0].answers, square.taken[0].visibility) == (True, "c1", "private")
    assert place_of(scene, first.message_id).external_key == "dm:4711"
    people = scene.db.read_now(find_identities, scene.maja, "paper", ["psid9", "4711"])
    assert people["psid9"].contact_id == people["4711"].contact_id
    assert place_of(scene, write_privately(scene, key="d1")).case_id == case_id
    again = comment(scene, "Och nu?", "c2", thread_key="p:post2:c2:4711")
    other = scene.db.write_now(reply_privately, scene.maja, private(place_of(scene, again).case_id, again))
    clock.move(UNDO)
    square.answers = [Sent("ok", ("n2",), thread_key="dm:4711")]
    await scene.round()
    assert place_of(scene, other.message_id).thread_id == place_of(scene, first.message_id).thread_id
    assert place_of(scene, write_privately(scene, "Tack", "d2")).case_id == place_of(scene, again).case_id
    assert place_of(scene, again).case_id != case_id


async def test_a_networks_wish_to_be_left_alone_is_kept_to_the_second(scene: Scene, square: Square, clock: TestClock) -> None:
    """F30: one thread waits as long as the network says, or the whole inbox; what is due elsewhere goes on, or does not."""
    reply_to(scene, comment(scene))
    reply_to(scene, comment(scene, key="c2", thread_key="p:post1:c2:4712", sender=Address("4712", "Per")))
    clock.move(UNDO)
    square.script = [Refused("429", "Slow down", permanent=False, wait=7 * MINUTE)]
    assert await scene.round() == 2
    assert sorted(scene.states()) == ["queued", "sent"]
    clock.move(7 * MINUTE - 1)
    assert await scene.round() == 0
    square.script = [Refused("429", "Slow down", permanent=False, wait=20 * MINUTE, whole_inbox=True)]
    clock.move(1)
    assert await scene.round() == 1
    reply_to(scene, write_privately(scene, opens=True))
    clock.move(20 * MINUTE - 1)
    assert await scene.round() == 0
    assert [one.reason for one in scene.db.read_now(paused_inboxes, scene.maja)] == ["Slow down"]
    clock.move(1)
    assert await scene.round() == 2
    assert scene.states() == ["sent"] * 3
    assert scene.db.read_now(paused_inboxes, scene.maja) == []


async def test_a_dead_account_waits_for_a_person_and_loses_nothing(scene: Scene, square: Square, clock: TestClock) -> None:
    """F27: a token that was withdrawn says nothing about the message."""
    reply_to(scene, comment(scene))
    clock.move(UNDO)
    square.script = [NO]
    await scene.round()
    assert (scene.states(), scene.inbox().reconnect) == (["queued"], "This account has to be connected again.")
    clock.move(DAY)
    assert await scene.round() == 0
    scene.db.write_now(note_connected, scene.maja, scene.inbox_id)
    assert (await scene.round(), scene.states()) == (1, ["sent"])


async def test_an_inbox_costs_no_more_than_it_may(scene: Scene, square: Square, clock: TestClock) -> None:
    set_inbox(scene, settings={CAP: 500})
    asked = comment(scene)
    reply_to(scene, asked)
    scene.db.write_now(note_cost, scene.system, scene.inbox_id, "read", 500, times=5)
    clock.move(UNDO)
    assert await scene.round() == 0
    with pytest.raises(Conflict, match="has cost today"):
        reply_to(scene, asked, "Än en gång.")
    clock.move(DAY)
    assert (await scene.round(), scene.states()) == (1, ["sent"])


async def test_a_long_answer_goes_in_parts_one_after_the_other(scene: Scene, square: Square, clock: TestClock) -> None:
    departure = reply_to(scene, comment(scene), LONG)
    clock.move(UNDO)
    while await scene.round():
        pass
    parts = square.taken
    assert [one.text[-5:] for one in parts] == ["(1/4)", "(2/4)", "(3/4)", "(4/4)"]
    assert (parts[0].follows, parts[0].answers, len({one.external_id for one in parts})) == ("", "c1", 4)
    assert [one.follows for one in parts[1:]] == [face(scene, one).key for one in departure.message_ids[:-1]]


async def test_what_follows_a_part_that_failed_is_not_sent_and_goes_again_with_it(scene: Scene, square: Square, clock: TestClock) -> None:
    departure = reply_to(scene, comment(scene), LONG)
    clock.move(UNDO)
    square.script = ["ok", Refused("400", "No", permanent=True)]
    while await scene.round():
        pass
    assert scene.states() == ["sent", "failed", "failed", "failed"]
    found = scene.db.read_now(deliveries_of, scene.maja, departure.message_ids)
    assert found[departure.message_ids[3]][0].reason.startswith("The part before")
    scene.db.write_now(retry_operation, scene.maja, departure.operation_ids[1])
    while await scene.round():
        pass
    assert scene.states() == ["sent"] * 4


def test_all_parts_are_taken_back_together(scene: Scene, square: Square) -> None:
    """With any of its operations; a private way that was opened for it is gone again."""
    asked = comment(scene)
    departure = reply_to(scene, asked, LONG)
    draft = scene.db.write_now(undo_send, scene.maja, departure.operation_ids[2])
    assert getattr(draft, "text", "") == LONG
    private_one = scene.db.write_now(reply_privately, scene.maja, private(place_of(scene, asked).case_id, asked))
    scene.db.write_now(undo_send, scene.maja, private_one.operation_ids[0])
    ours = scene.db.read_now(lambda tx: tx.rows(sa.select(messages.c.id).where(messages.c.direction == "out")))
    assert (ours, scene.operations()) == ([], [])


def private(case_id: int, message_id: int) -> PrivateReply:
    return PrivateReply(op=f"p{message_id}", case_id=case_id, message_id=message_id, text="Vad är ditt bokningsnummer?", anyway=True)


async def test_an_echo_that_is_quicker_than_the_answer_takes_nothing_from_it(scene: Scene, square: Square, clock: TestClock) -> None:
    """F29: the network shows our answer to us before it has said that it took it."""
    departure = reply_to(scene, comment(scene))
    clock.move(UNDO)

    async def echo_first(outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        await hand_over()
        values: dict[str, Any] = {
            "sender": Address("support@norrsken.example"),
            "subject": "",
            "text": outbound.text,
            "fresh": outbound.text,
        }
        shown = Inbound(external_id="n5", dedupe_key="n5", direction="out", echo_of=outbound.external_id, **values)
        await scene.db.write(note_echo, scene.system, departure.message_id, shown)
        return Sent("ok", ("n5",), url="https://square.example/n5", cost=200)

    square.script = [echo_first]
    await scene.round()
    assert (scene.states(), face(scene, departure.message_id).url) == (["sent"], "https://square.example/n5")
    assert [one.micros for one in scene.db.read_now(costs_since, scene.maja, scene.inbox_id, 1)] == [200]
