"""Undo: the exact draft comes back, with everything it had, while nothing has left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sluss.cases.access import access_case
from sluss.cases.actions import set_status
from sluss.cases.models import messages
from sluss.kernel.clock import HOUR, SECOND, TestClock
from sluss.kernel.errors import Conflict, Forbidden
from sluss.kernel.search import find_cases
from sluss.replies.drafts import Draft, DraftFields, save_draft
from sluss.replies.targets import target_of
from sluss.replies.undoing import undo_send
from tests.outbox.scene import PaperPost, Scene


def test_the_exact_draft_comes_back(scene: Scene, attach: Callable[[str], int]) -> None:
    file = attach("karta.pdf")
    cc = "Łukasz <lukasz@poczta.example>"
    departure = scene.answer("Vi letar.\n\n/Maja", cc=cc, attachment_ids=(file,))
    draft = scene.db.write_now(undo_send, scene.maja, departure.operation_ids[1])
    assert isinstance(draft, Draft)
    assert (draft.text, draft.cc, draft.attachment_ids) == ("Vi letar.\n\n/Maja", cc, (file,))
    again = scene.answer(draft.text, cc=draft.cc, attachment_ids=draft.attachment_ids)
    assert len(again.operation_ids) == 2


def test_nothing_of_it_is_left(scene: Scene) -> None:
    departure = scene.answer("Kanelbulle")
    scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    assert (scene.operations(), scene.db.read_now(find_cases, scene.maja, "kanelbulle")) == ([], [])
    assert scene.db.read_now(lambda tx: tx.row(sa.select(messages.c.id).where(messages.c.id == departure.message_id))) is None


@pytest.mark.parametrize("then", ["stay", "solve"])
def test_the_case_is_as_it_was(scene: Scene, clock: TestClock, then: str) -> None:
    before = scene.db.read_now(access_case, scene.maja, scene.case_id)
    clock.move(HOUR)
    departure = scene.answer(then=then)
    scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    assert scene.db.read_now(access_case, scene.maja, scene.case_id) == before


def test_a_snooze_goes_on(scene: Scene, clock: TestClock) -> None:
    until = clock.now + HOUR
    scene.db.write_now(set_status, scene.maja, scene.case_id, "snoozed", until)
    departure = scene.answer()
    scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    case = scene.db.read_now(access_case, scene.maja, scene.case_id)
    assert (case.status, case.snoozed_until) == ("snoozed", until)


def test_what_others_did_meanwhile_stays(scene: Scene) -> None:
    departure = scene.answer()
    thread_id = scene.db.read_now(target_of, scene.maja, scene.case_id).thread_id
    scene.write("Glömde säga: den är röd.", thread_token=scene.token(thread_id))
    scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    case = scene.db.read_now(access_case, scene.maja, scene.case_id)
    assert (case.status, case.preview) == ("open", "Glömde säga: den är röd.")


def test_what_was_begun_since_is_kept_below(scene: Scene) -> None:
    departure = scene.answer("Vi letar.", revision=3)
    scene.db.write_now(save_draft, scene.maja, scene.case_id, DraftFields(text="Och en sak till"))
    draft = scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    assert isinstance(draft, Draft)
    assert (draft.text, draft.revision) == ("Vi letar.\n\nOch en sak till", 4)


async def test_it_is_too_late_once_it_has_left(scene: Scene, clock: TestClock) -> None:
    departure = scene.answer()
    clock.move(10 * SECOND)
    await scene.round()
    with pytest.raises(Conflict, match="has left"):
        scene.db.write_now(undo_send, scene.maja, departure.operation_ids[0])
    assert scene.states() == ["sent"]


async def test_it_is_too_late_when_one_of_several_was_tried(scene: Scene, post: PaperPost, clock: TestClock) -> None:
    departure = scene.answer(cc="lukasz@poczta.example")
    clock.move(10 * SECOND)
    await scene.round()
    with pytest.raises(Conflict):
        scene.db.write_now(undo_send, scene.maja, departure.operation_ids[1])
    assert scene.states() == ["sent", "sent"]


def test_it_is_its_writers_to_take_back(scene: Scene) -> None:
    departure = scene.answer()
    with pytest.raises(Forbidden):
        scene.db.write_now(undo_send, scene.johan, departure.operation_ids[0])
