"""What a network says of our messages without naming them as we do: by an instant, by our own key, or by showing them to us."""

from __future__ import annotations

import msgspec

from sluss.cases.models import message_references
from sluss.channels.contract import Address, Inbound, Receipt, ResultUnknown, Sent
from sluss.kernel.clock import MINUTE, SECOND, TestClock
from sluss.outbox.receipts import apply_receipt, note_echo
from tests.outbox.scene import ASA, Scene, after_hand_over


async def answered(scene: Scene, clock: TestClock, text: str) -> int:
    """An answer that has left. Returns its message."""
    message_id = scene.answer(text).message_id
    clock.move(MINUTE)
    await scene.round()
    return message_id


async def test_an_instant_moves_what_had_left_by_then_in_its_thread_alone(scene: Scene, clock: TestClock) -> None:
    """Read up to a moment: everything sent before, nothing sent after, nothing of which nobody knows whether it left."""
    scene.write(thread_key="dm:asa", sender=ASA)
    case_id = scene.case_of(scene.write(thread_key="dm:asa", sender=ASA))
    talk = msgspec.structs.replace(scene, case_id=case_id)
    await answered(talk, clock, "Ett")
    seen = clock()
    clock.move(SECOND)
    scene.post.script = ["ok", after_hand_over(ResultUnknown("silence"))]
    await answered(talk, clock, "Två")
    await answered(talk, clock, "Tre")
    await answered(scene, clock, "Ett annat ärende")

    def up_to(at: int, state: str, key: str = "dm:asa") -> str:
        receipt = Receipt(external_id="", recipient="", state=state, thread_key=key, up_to=at)  # type: ignore[arg-type]
        return scene.db.write_now(apply_receipt, scene.system, receipt, scene.inbox_id)

    assert [up_to(seen, "read"), up_to(seen, "delivered"), up_to(seen, "read", "dm:bo"), up_to(seen, "read", "")] == [
        "applied",
        *["unchanged"] * 3,
    ]
    assert scene.states() == ["read", "sent", "unknown", "sent"]
    assert (up_to(clock(), "delivered"), scene.states()) == ("applied", ["read", "delivered", "unknown", "sent"])


async def test_the_key_that_the_network_gives_back_finds_what_has_no_other_yet(scene: Scene, clock: TestClock) -> None:
    scene.post.script = [after_hand_over(ResultUnknown("silence"))]
    message_id = await answered(scene, clock, "Vi letar.")
    sent = Receipt(external_id="wamid.1", recipient="", state="sent", echo_of=scene.external_id(message_id))
    assert [scene.db.write_now(apply_receipt, scene.system, one) for one in (sent, sent)] == ["applied", "unchanged"]
    assert scene.states() == ["sent"]


async def test_what_the_network_shows_us_has_left_and_is_known_by_its_key(scene: Scene, clock: TestClock) -> None:
    """The echo comes before the answer: sent, once; the answer that comes late changes nothing and adds nothing."""

    async def echoed_first(outbound: object, hand_over: object) -> Sent:
        del outbound
        await hand_over()  # type: ignore[operator]
        await scene.db.write(note_echo, scene.system, message_id, echo)
        return Sent("taken", external_ids=("mid.7",), thread_key="dm:asa")

    message_id = scene.answer("Vi letar.").message_id
    us = Address("support@norrsken.example")
    echo = Inbound(external_id="mid.7", dedupe_key="mid.7", sender=us, subject="", text="Vi letar.", fresh="Vi letar.", direction="out")
    scene.db.write_now(note_echo, scene.system, message_id, echo)
    assert scene.states() == ["queued"]
    scene.post.script = [echoed_first]
    clock.move(MINUTE)
    await scene.round()
    assert scene.states() == ["sent"]
    assert await scene.round() == 0
    keys = scene.db.read_now(lambda tx: tx.rows(message_references.select().where(message_references.c.message_id == message_id)))
    assert sorted(row.external_id for row in keys if row.external_id == "mid.7") == ["mid.7"]
