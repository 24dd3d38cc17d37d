"""What comes in, of every network: once, whatever order it comes in, whole, and nothing of it lost."""

from __future__ import annotations

from sluss.cases.models import attachments, cases, message_faces, message_versions, messages, threads
from sluss.intake.models import fetches
from tests.channels.contract.room import Room

PICTURES = [b"\x89PNG\r\n\x1a\n" + bytes([n]) * 40 for n in range(3)]


async def test_each_utterance_counts_once_in_its_own_thread(room: Room) -> None:
    """T86: what a network brings again is known; each side has a thread of its own, and another person a case of their own."""
    sides = room.subject.sides
    for number, side in enumerate(sides):
        await room.subject.say(f"Var är min väska {number}?", side)
    await room.subject.say("Jag också!", sides[0], 2)
    brought = await room.take()
    assert len({one.external_key for one in brought}) == len(brought)
    stored = room.outcomes()
    await room.bring(brought)
    await room.bring(brought[::-1])
    assert room.outcomes() == stored
    wanted = ["Jag också!", *(f"Var är min väska {number}?" for number in range(len(sides)))]
    heard = [text for direction, text in room.said() if direction == "in"]
    assert (len(heard), [one for one in wanted if not any(text.endswith(one) for text in heard)]) == (len(wanted), [])
    assert len(room.rows(cases)) >= 2
    assert {row.visibility for row in room.rows(threads)} == set(sides)


async def test_edits_and_removals_end_the_same_in_any_order(room: Room) -> None:
    """What was said stays, with its versions; news that comes before the utterance itself waits for it."""
    side = room.subject.sides[-1]
    said = await room.subject.say("Var är min väska?", side)
    edited = await room.subject.edit(said, "Var är min röda väska?")
    removed = await room.subject.remove(said)
    brought = await room.subject.delivered(room.connection)
    for one in brought[::-1]:
        await room.bring([one])
    await room.bring(brought)
    (message,) = room.rows(messages)
    assert message.text.endswith("Var är min röda väska?" if edited else "Var är min väska?")
    assert len(room.rows(message_versions)) == int(edited)
    faces = room.rows(message_faces)
    assert bool(edited) == any(row.edited_at for row in faces)
    assert bool(removed) == any(row.removed_at for row in faces)


async def test_what_nobody_has_heard_of_stops_nothing(room: Room) -> None:
    """Unknown kinds are kept and passed over; what comes with them and after them is understood."""
    await room.subject.tell_unknown()
    await room.subject.say("Hej?", room.subject.sides[0])
    await room.take()
    assert [text[-4:] for direction, text in room.said() if direction == "in"] == ["Hej?"]
    assert "quarantined" not in room.outcomes()


async def test_an_album_of_a_stranger_is_one_case_with_all_its_files(room: Room) -> None:
    """Ten parallel deliveries make one case; files are fetched at once and hang where they belong."""
    if not await room.subject.album(PICTURES):
        return
    brought = await room.subject.delivered(room.connection)
    await room.bring(brought[::2])
    await room.bring(brought[1::2])
    assert (len(room.rows(cases)), len(room.rows(threads))) == (1, 1)
    assert sorted(room.files.read(row.digest) for row in room.rows(attachments)) == PICTURES
    assert {row.state for row in room.rows(fetches)} <= {"done"}
