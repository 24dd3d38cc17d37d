"""Deeds at a network: hide, delete, like, block, edit; ordered once, tried until done, taken back. F28, F30."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from sluss.cases.models import message_versions
from sluss.channels.contract import Refused, ResultUnknown, Unreachable
from sluss.contacts.models import identities
from sluss.kernel.audit import audit
from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.outbox.deeds import deeds_of, order_deed, possible_deeds, take_back_deed
from sluss.outbox.queries import deliveries_of, troubles_of
from tests.outbox.scene import Scene, add_agent
from tests.outbox.square import Square, comment, face, place_of, reply_to, write_privately


def order(scene: Scene, message_id: int, kind: Any, **given: str) -> int:
    return scene.db.write_now(order_deed, scene.maja, message_id, kind, **given)


def back(scene: Scene, operation_id: int) -> int:
    return scene.db.write_now(take_back_deed, scene.maja, operation_id)


async def test_a_comment_is_hidden_liked_and_shown_again(scene: Scene, square: Square, clock: TestClock) -> None:
    """What stands so already is not ordered again, what is under way only once; every order is in the audit log."""
    asked = comment(scene, facts={"a": 1})
    hidden = order(scene, asked, "hide", reason="Bokningsnummer")
    assert (order(scene, asked, "hide"), await scene.round()) == (hidden, 1)
    [deed] = square.deeds
    assert (deed.kind, deed.external_id, deed.of, deed.visibility, deed.author.address) == ("hide", "c1", "in", "public", "4711")
    assert (deed.thread_key, deed.facts) == ("p:post1:c1:4711", {"a": 1})
    assert face(scene, asked).hidden_at == clock.now
    assert order(scene, asked, "hide") == 0
    order(scene, asked, "like")
    shown = back(scene, hidden)
    assert await scene.round() == 1
    assert await scene.round() == 1
    assert (face(scene, asked).hidden_at, face(scene, asked).liked_at) == (None, clock.now)
    found = scene.db.read_now(deeds_of, scene.maja, [asked])[asked]
    assert [(one.kind, one.state, one.agent_id) for one in found] == [(kind, "sent", scene.maja.id) for kind in ("hide", "like", "unhide")]
    assert (found[0].reason, found[2].operation_id) == ("Bokningsnummer", shown)
    assert scene.db.read_now(deliveries_of, scene.maja, [asked]) == {}
    logged = sa.select(audit.c.data).where(audit.c.action == "message.deed").order_by(audit.c.id)
    assert [row[0]["deed"] for row in scene.db.read_now(lambda tx: tx.rows(logged))] == ["hide", "like", "unhide"]


async def test_ours_is_edited_and_deleted_once_it_has_left(scene: Scene, square: Square, clock: TestClock) -> None:
    """What hurts waits for a moment and can be called off; an edit keeps what was said before."""
    answer = reply_to(scene, comment(scene), "Vi leter.").message_id
    with pytest.raises(Conflict, match="not reached the network"):
        order(scene, answer, "edit", value="Vi letar.")
    clock.move(10 * SECOND)
    await scene.round()
    with pytest.raises(Invalid):
        order(scene, answer, "edit", value="  ")
    order(scene, answer, "edit", value="Vi letar.")
    gone = order(scene, answer, "delete")
    assert await scene.round() == 0
    assert back(scene, gone) == 0
    clock.move(10 * SECOND)
    assert await scene.round() == 1
    assert [(one.kind, one.value, one.of, one.external_id) for one in square.deeds] == [
        ("edit", "Vi letar.", "out", face(scene, answer).key)
    ]
    versions = sa.select(message_versions.c.text).where(message_versions.c.message_id == answer)
    assert [row[0] for row in scene.db.read_now(lambda tx: tx.rows(versions))] == ["Vi leter."]
    removed = order(scene, answer, "delete")
    clock.move(10 * SECOND)
    await scene.round()
    assert (face(scene, answer).removed_by, scene.db.read_now(possible_deeds, scene.maja, [answer])[answer]) == ("us", frozenset())
    with pytest.raises(Conflict, match="cannot be taken back"):
        back(scene, removed)


async def test_a_deed_is_tried_until_it_is_done(scene: Scene, square: Square, clock: TestClock) -> None:
    """F28: done twice it is done, so what nobody knows is tried again; F30: as late as the network says. No answer waits for it."""
    asked = comment(scene)
    square.does = [
        ResultUnknown("cut"),
        Unreachable("down"),
        Refused("429", "slow", permanent=False, wait=HOUR),
        Refused("403", "no", permanent=True),
    ]
    order(scene, asked, "hide")
    reply_to(scene, asked)
    await scene.round()
    clock.move(MINUTE)
    assert (await scene.round(), [row.state for row in scene.operations() if row.kind == "send"]) == (2, ["sent"])
    for _ in range(2):
        clock.now = max(clock.now, *(row.due_at for row in scene.operations() if row.state == "queued"))
        await scene.round()
    [found] = scene.db.read_now(deeds_of, scene.maja, [asked])[asked]
    assert (found.state, found.trouble, face(scene, asked).hidden_at, len(square.deeds)) == ("failed", "no", None, 4)
    assert scene.db.read_now(troubles_of, scene.maja, [place_of(scene, asked).case_id]) == {}


async def test_a_person_is_blocked_and_let_in_again(scene: Scene, square: Square, clock: TestClock) -> None:
    asked = comment(scene)
    order(scene, asked, "block")
    clock.move(10 * SECOND)
    await scene.round()
    blocked = sa.select(identities.c.blocked_at).where(identities.c.address == "4711")
    assert scene.db.read_now(lambda tx: tx.value(blocked)) == clock.now
    order(scene, asked, "unblock")
    await scene.round()
    assert scene.db.read_now(lambda tx: tx.value(blocked)) is None


def test_only_what_the_network_offers_can_be_ordered_and_only_by_who_works_on_the_case(scene: Scene, square: Square) -> None:
    """T2: a deed is gated as strictly as an answer."""
    asked, told = comment(scene, facts={"can_hide": False}), write_privately(scene)
    can = scene.db.read_now(possible_deeds, scene.maja, [asked, told])
    assert (can[told], can[asked]) == ({"react"}, {"delete", "like", "unlike", "block", "unblock", "react"})
    for kind in ("hide", "unhide", "edit", "report"):
        with pytest.raises(Conflict, match="does not offer"):
            order(scene, asked, kind)
    with pytest.raises(Missing):
        scene.db.write_now(order_deed, add_agent(scene.db, scene.workspace_id, "Erik", "field"), asked, "like")


async def test_an_order_that_is_called_off_or_overtaken_never_leaves(scene: Scene, square: Square) -> None:
    asked = comment(scene)
    order(scene, asked, "hide")
    assert order(scene, asked, "unhide") == 0
    assert (await scene.round(), square.deeds, scene.states()) == (0, [], ["cancelled"])
