"""Files that were attached and never sent go after a week, except those of a draft."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from sluss.cases.actions import add_note
from sluss.cases.models import attachments
from sluss.kernel.clock import DAY, TestClock
from sluss.replies.drafts import DraftFields, save_draft
from sluss.replies.jobs import tidy_uploads
from tests.outbox.scene import Scene


def test_only_what_is_old_and_hangs_nowhere_goes(scene: Scene, attach: Callable[[str], int], clock: TestClock) -> None:
    _forgotten, drafted, noted = attach("forgotten.pdf"), attach("drafted.pdf"), attach("noted.pdf")
    fields = DraftFields(kind="reply", text="Hej", cc="", attachment_ids=(drafted,), revision=0)
    scene.db.write_now(save_draft, scene.maja, scene.case_id, fields)
    scene.db.write_now(add_note, scene.maja, scene.case_id, "Se bilagan", [noted])
    clock.move(8 * DAY)
    fresh = attach("fresh.pdf")
    scene.db.write_now(tidy_uploads, scene.system)
    left = scene.db.read_now(lambda tx: {row.id for row in tx.rows(sa.select(attachments.c.id))})
    assert left == {drafted, noted, fresh}
