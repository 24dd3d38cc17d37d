"""Drafts on the server: revisions, two windows, files that belong to one person in one case. T9, T10."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.files import as_digest
from sluss.replies.attaching import Upload, remove_file, require_free, upload_file
from sluss.replies.drafts import DraftFields, StaleDraft, discard_draft, drafted_cases, find_draft, save_draft
from tests.outbox.scene import LUKASZ, Scene, add_agent


def save(scene: Scene, text: str, revision: int = 0, **given: Any) -> int:
    fields = DraftFields(text=text, revision=revision, **given)
    return scene.db.write_now(save_draft, scene.maja, scene.case_id, fields).revision


def test_each_save_is_the_next_revision(scene: Scene) -> None:
    assert [save(scene, "Hej"), save(scene, "Hej Åsa", 1), save(scene, "Hej Åsa!", 2)] == [1, 2, 3]


def test_a_second_window_is_told_what_the_first_saved(scene: Scene) -> None:
    save(scene, "Hej")
    save(scene, "Hej från ett", 1)
    with pytest.raises(StaleDraft) as stale:
        save(scene, "Hej från två", 1)
    assert stale.value.draft is not None
    assert (stale.value.draft.text, stale.value.draft.revision) == ("Hej från ett", 2)


def test_a_save_repeated_after_a_lost_answer_is_no_conflict(scene: Scene) -> None:
    assert [save(scene, "Hej"), save(scene, "Hej")] == [1, 1]


def test_a_late_save_does_not_bring_back_what_was_sent(scene: Scene) -> None:
    save(scene, "Hej")
    scene.answer("Hej!")
    with pytest.raises(StaleDraft) as stale:
        save(scene, "Hej!", 1)
    assert stale.value.draft is None


def test_replies_and_notes_of_each_agent_are_drafts_of_their_own(scene: Scene) -> None:
    save(scene, "Till kunden")
    save(scene, "Till er", kind="note")
    scene.db.write_now(save_draft, scene.johan, scene.case_id, DraftFields(text="Johans"))
    found = [
        scene.db.read_now(find_draft, scene.maja, scene.case_id, "reply"),
        scene.db.read_now(find_draft, scene.maja, scene.case_id, "note"),
    ]
    assert [one.text for one in found if one] == ["Till kunden", "Till er"]


def test_lists_know_where_writing_was_begun(scene: Scene) -> None:
    other = scene.case_of(scene.write(sender=LUKASZ))
    save(scene, "Hej")
    scene.db.write_now(save_draft, scene.maja, other, DraftFields(text=""))
    assert scene.db.read_now(drafted_cases, scene.maja, [scene.case_id, other]) == {scene.case_id}
    scene.db.write_now(discard_draft, scene.maja, scene.case_id, "reply")
    assert scene.db.read_now(drafted_cases, scene.maja, [scene.case_id, other]) == frozenset()


def test_a_reviewer_drafts_notes_only(scene: Scene) -> None:
    ewa = add_agent(scene.db, scene.workspace_id, "Ewa Nowak", "reviewer")
    assert scene.db.write_now(save_draft, ewa, scene.case_id, DraftFields(kind="note", text="Bra")).revision == 1
    with pytest.raises(Forbidden):
        scene.db.write_now(save_draft, ewa, scene.case_id, DraftFields(text="Svar"))


async def test_an_uploaded_file_lies_safe_before_its_row(scene: Scene) -> None:
    upload = Upload("../../Karta över\nArlanda.pdf", "application/PDF", b"%PDF")
    file = await upload_file(scene.db, scene.files, scene.maja, scene.case_id, upload)
    row = scene.db.read_now(require_free, scene.maja, scene.case_id, [file])[0]
    assert (row.name, row.media_type, row.size) == ("Karta över Arlanda.pdf", "application/pdf", 4)
    assert scene.files.read(as_digest(row.digest)) == b"%PDF"


async def test_who_may_not_see_the_case_stores_nothing(scene: Scene) -> None:
    field = add_agent(scene.db, scene.workspace_id, "Małgorzata Żak", "field")
    with pytest.raises(Missing):
        await upload_file(scene.db, scene.files, field, scene.case_id, Upload("a", "text/plain", b"secret"))
    assert list(scene.files.digests()) == []


def test_anothers_file_is_missing(scene: Scene, attach: Callable[[str], int]) -> None:
    """T9, T10."""
    file = attach("karta.pdf")
    with pytest.raises(Invalid):
        scene.db.write_now(save_draft, scene.johan, scene.case_id, DraftFields(attachment_ids=(file,)))
    with pytest.raises(Missing):
        scene.db.write_now(remove_file, scene.johan, file)


def test_a_file_can_be_taken_away_until_it_is_sent(scene: Scene, attach: Callable[[str], int]) -> None:
    first, second = attach("a.pdf"), attach("b.pdf")
    scene.db.write_now(remove_file, scene.maja, first)
    scene.answer(attachment_ids=(second,))
    with pytest.raises(Conflict, match="stays"):
        scene.db.write_now(remove_file, scene.maja, second)
