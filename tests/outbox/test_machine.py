"""The outbox under anything: sends, deaths, pauses, late results, people, receipts, in any order. I3, I4; F1, F4, F28, F51.

The network keeps its own record of what it took. Whatever happens: nothing is taken again after a success, a result that is unknown leads
to at most one more copy until a person asks for it, and the answers of a thread never overtake one another.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from sluss.kernel.clock import SECOND, TestClock
from sluss.kernel.db import open_database
from sluss.kernel.errors import Conflict
from sluss.migrations import bring_up_to_date
from sluss.outbox.actions import cancel_operation, retry_operation
from sluss.outbox.claiming import claim_due, reap
from sluss.outbox.claims import HOLD, Claim, ClaimLost, hand_over
from sluss.outbox.settling import settle
from sluss.outbox.states import Outcome
from sluss.replies.undoing import undo_send
from tests.outbox.scene import LUKASZ, PaperPost, set_scene

ENDINGS = st.sampled_from(["refused", "deferred", "unreachable"])


class Sending(RuleBasedStateMachine):
    """`claims` are workers that hold a claim, `handed` those whose data is leaving."""

    claims, handed = Bundle("claims"), Bundle("handed")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = TestClock()
        shutil.copyfile(migrated(), f"{self.folder.name}/sluss.db")
        self.db = open_database(f"sqlite:///{self.folder.name}/sluss.db", self.clock)
        self.scene = set_scene(self.db, Path(self.folder.name), PaperPost())
        self.cases = [self.scene.case_id, self.scene.case_of(self.scene.write(sender=LUKASZ))]
        self.copies: Counter[int] = Counter()
        self.asked_again: Counter[int] = Counter()
        self.doubted: set[int] = set()
        self.settled: set[int] = set()
        self.order: dict[int, list[int]] = {}

    def teardown(self) -> None:
        self.db.close()
        self.folder.cleanup()

    @rule(case=st.integers(0, 1))
    def answer(self, case: int) -> None:
        self.scene.answer(case_id=self.cases[case])

    @rule(seconds=st.sampled_from([1, 10, 40, 61, 15 * 60, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds * SECOND)
        self.db.write_now(reap)

    @rule(target=claims, holder=st.sampled_from(["a", "b"]))
    def claim(self, holder: str) -> Any:
        found = self.db.write_now(claim_due, holder, 1)
        if found and found[0].standing.in_doubt:
            self.doubted.add(found[0].operation_id)
        return found[0] if found else None

    @rule(target=handed, claim=consumes(claims))
    def give_data(self, claim: Claim | None) -> Any:
        """The data leaves and is taken; whether the answer arrives is another matter."""
        try:
            if claim is not None:
                self.db.write_now(hand_over, claim)
        except ClaimLost:
            return None
        if claim is not None:
            assert claim.operation_id not in self.settled, "taken again after it was known to be sent"
            self.copies[claim.operation_id] += 1
            self.order.setdefault(claim.thread_id, []).append(claim.message_id)
        return claim

    @rule(claim=consumes(handed), lost=st.booleans())
    def answer_comes(self, claim: Claim | None, lost: bool) -> None:
        """The network's yes, or nothing but silence."""
        if claim is None:
            return
        outcome = Outcome("unknown", reason="cut") if lost else Outcome("sent")
        if self.db.write_now(settle, claim, outcome) and not lost:
            self.settled.add(claim.operation_id)

    @rule(claim=consumes(claims), ending=ENDINGS)
    def network_says_no(self, claim: Claim | None, ending: Any) -> None:
        if claim is not None:
            self.db.write_now(settle, claim, Outcome(ending, ending, "no"))

    @rule(claim=consumes(claims))
    def worker_dies(self, claim: Claim | None) -> None:
        self.clock.move(HOLD + 1)
        self.db.write_now(reap)

    @rule(data=st.data(), act=st.sampled_from([cancel_operation, undo_send, retry_operation]))
    def person_acts(self, data: st.DataObject, act: Any) -> None:
        rows = self.scene.operations()
        if not rows:
            return
        row = data.draw(st.sampled_from(rows))
        anyway = {"anyway": True} if act is retry_operation else {}
        try:
            self.db.write_now(act, self.scene.maja, row.id, **anyway)
        except Conflict:
            return
        if act is retry_operation and row.state != "queued":
            self.asked_again[row.id] += 1

    @invariant()
    def no_copy_that_nobody_allowed(self) -> None:
        for operation_id, copies in self.copies.items():
            assert copies <= 1 + (operation_id in self.doubted) + self.asked_again[operation_id]

    @invariant()
    def answers_of_a_thread_keep_their_order(self) -> None:
        cancelled = {row.message_id for row in self.scene.operations() if row.state in {"cancelled", "failed"}}
        for sent in self.order.values():
            kept = list(dict.fromkeys(one for one in sent if one not in cancelled))
            assert kept == sorted(kept)

    @invariant()
    def one_of_a_thread_at_a_time(self) -> None:
        sending = Counter(row.thread_id for row in self.scene.operations() if row.state == "sending")
        assert all(number == 1 for number in sending.values())


@cache
def migrated() -> str:
    """An empty database, laid once."""
    path = f"{tempfile.mkdtemp()}/sluss.db"
    db = open_database(f"sqlite:///{path}")
    db.with_connection(bring_up_to_date)
    db.close()
    return path


@pytest.mark.usefixtures("post")
@pytest.mark.timeout(600)
def test_nothing_is_sent_twice_whatever_happens() -> None:
    run_state_machine_as_test(
        Sending, settings=settings(max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    )
