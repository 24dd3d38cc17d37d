"""Any row of merges, moves and arrivals, taken back in reverse: everything is as it was, and nothing was lost on the way. T5, F51."""

from __future__ import annotations

import contextlib
from random import Random
from typing import Any

import pytest

from sluss.cases.actions import add_note, set_priority, set_status, set_tags
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Trouble
from sluss.replies.drafts import DraftFields, save_draft
from tests.merging.conftest import Desk

ROUNDS, STEPS = 3, 9


class Round:
    """A few cases of a few people, and what happens to them."""

    def __init__(self, desk: Desk, chance: Random, number: int) -> None:
        self.desk, self.chance = desk, chance
        self.moves: list[int] = []
        self.said: list[int] = []
        self.follows: dict[int, int] = {}
        self.writers: dict[int, str] = {}
        for one in range(4):
            self._begin(f"kund{number}.{one % 3}@kund.example", chance.choice(["kundtjanst", "obsluga"]))

    def _begin(self, sender: str, inbox: str) -> None:
        desk, chance = self.desk, self.chance
        said = [desk.arrives(sender, inbox)]
        said += [desk.arrives(sender, inbox, answers=said[0]) for _ in range(chance.randrange(3))]
        case_id, maja = desk.case_of(said[0]), desk.maja
        if chance.random() < 0.5:
            said.append(desk.answers(case_id))
        self.said += said
        self.writers |= dict.fromkeys(said, sender)
        desk.db.write_now(set_tags, maja, case_id, chance.sample(["App", "Väska", "Gold"], chance.randrange(3)))
        desk.db.write_now(set_priority, maja, case_id, chance.choice(["low", "normal", "urgent"]))
        desk.db.write_now(add_note, maja, case_id, "Ring i morgon.")
        if chance.random() < 0.5:
            desk.db.write_now(save_draft, maja, case_id, DraftFields(text=f"Hej {case_id}", cc="a@b.example" * chance.randrange(2)))
        status: Any = chance.choice(["open", "pending", "snoozed", "solved"])
        until = desk.clock.now + chance.randrange(2, 9) * HOUR if status == "snoozed" else None
        desk.db.write_now(set_status, maja, case_id, status, until)

    def step(self, *, talking: bool) -> None:
        """One deed; what cannot be done is refused with a sentence and changes nothing."""
        chance, desk = self.chance, self.desk
        one, other = chance.choice(self.said), chance.choice(self.said)
        deed = chance.choice(["merge", "move", "move", "link", *(["arrive", "answer"] if talking else [])])
        if deed == "arrive":
            newest = desk.arrives(self.writers[one], answers=one)
            self.said.append(newest)
            self.follows[newest], self.writers[newest] = one, self.writers[one]
            return
        with contextlib.suppress(Trouble):
            if deed == "merge":
                self.moves.append(desk.merge(desk.case_of(one), desk.case_of(other)))
            elif deed == "answer":
                desk.answers(desk.case_of(one))
            else:
                target = desk.case_of(other) if deed == "link" else None
                self.moves.append(desk.move(one, reach=chance.choice(["from", "only", "all"]), target_id=target))


def differences(before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]) -> dict[tuple[int, str], Any]:
    """What is otherwise than it was."""
    pairs = [(case["number"], name, was, after[one][name]) for one, case in before.items() for name, was in case.items()]
    return {(number, name): (was, now) for number, name, was, now in pairs if was != now}


def check(stood: dict[int, dict[str, Any]]) -> None:
    """What holds at every moment: what was merged holds nothing, and nothing hangs between two cases."""
    for case in stood.values():
        hung = {name: case[name] for name in ("messages", "notes", "drafts", "departures", "timers")}
        if case["merged_into_id"]:
            assert (case["status"], case["waiting_since"], hung) == ("closed", None, {name: [] for name in hung})
            assert stood[case["merged_into_id"]]["id"] == case["merged_into_id"]
        else:
            assert case["messages"]
        assert bool(case["shared"]) == bool(case["inboxes"])
        assert (case["status"] == "snoozed") == bool(case["timers"])
        said = {message for _, message in case["messages"]}
        assert {message for (message,) in case["departures"]} <= said


@pytest.mark.parametrize("seed", range(2))
def test_everything_is_as_it_was(desk: Desk, seed: int) -> None:
    """Moves alone: the snapshot before is the snapshot after."""
    for number in range(ROUNDS):
        play = Round(desk, Random(f"{seed} {number}"), number)  # noqa: S311 - chance of a seed
        before = desk.look()
        for _ in range(STEPS):
            play.step(talking=False)
            check(desk.look())
        for move_id in reversed(play.moves):
            desk.undo(move_id)
            check(desk.look())
        after = desk.look()
        assert differences(before, after) == {}, (seed, number)
        assert all(case["merged_into_id"] for one, case in after.items() if one not in before)


@pytest.mark.parametrize("seed", range(2))
def test_what_came_later_goes_with_what_it_answers(desk: Desk, seed: int) -> None:
    """Moves with mail and answers between them: each message stands where it stood, and a later one beside that which it answers."""
    for number in range(ROUNDS):
        play = Round(desk, Random(f"{seed} {number} talking"), number)  # noqa: S311 - chance of a seed
        before = {one: (desk.conversation_of(one), desk.case_of(one)) for one in play.said}
        for _ in range(STEPS):
            play.step(talking=True)
            check(desk.look())
        for move_id in reversed(play.moves):
            desk.undo(move_id)
            check(desk.look())
        assert {one: (desk.conversation_of(one), desk.case_of(one)) for one in before} == before, (seed, number)
        for newer, older in play.follows.items():
            assert desk.case_of(newer) == desk.case_of(older), (seed, number)
