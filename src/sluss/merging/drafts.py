"""Drafts of two cases that become one, and of one that become two. In: cases. Out: nobody's text is lost, and each stays its writer's.

Whoever was writing in both finds one below the other. Taken apart again they are what they were, unless the writer went on: then all of it
stays where it was written on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.cases.access import CaseRow
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.merging.log import Joined, Thing
from sluss.replies.models import drafts

DRAFT = " draft"
"""What follows a draft's kind in the log."""


def carry_drafts(tx: Tx, source: CaseRow, target: CaseRow) -> tuple[list[Thing], list[Joined]]:
    """Everybody's drafts go along; two of one writer are put together."""
    there = {(row.agent_id, row.kind): row for row in tx.rows(sa.select(drafts).where(_of(target)))}
    things, put_together = list[Thing](), list[Joined]()
    for row in tx.rows(sa.select(drafts).where(_of(source)).order_by(drafts.c.agent_id, drafts.c.kind)):
        other = there.get((row.agent_id, row.kind))
        mine = _of(source) & (drafts.c.agent_id == row.agent_id) & (drafts.c.kind == row.kind)
        if other is None:
            tx.run(sa.update(drafts).where(mine).values(case_id=target.id))
            things.append(Thing(row.kind + DRAFT, row.agent_id, source.id, target.id))
        else:
            tx.run(sa.delete(drafts).where(mine))
            put_together.append(_put_below(tx, target, row, other))
    return things, put_together


def return_drafts(tx: Tx, things: Sequence[Thing], put_together: Sequence[Joined], cases: tuple[CaseRow, CaseRow], who: Actor) -> set[int]:
    """Drafts go back to the first of the cases from the second. Returns the uploads that stay with what stays."""
    home, place = cases
    for one in [one for one in things if one.kind.endswith(DRAFT)]:
        mine = (drafts.c.agent_id == one.id) & (drafts.c.kind == one.kind.removesuffix(DRAFT))
        if tx.row(sa.select(drafts.c.revision).where(_of(home), mine)) is None:
            tx.run(sa.update(drafts).where(_of(place), mine).values(case_id=home.id))
    for both in put_together:
        _take_apart(tx, who, both, home, place)
    kept = tx.rows(sa.select(drafts.c.attachment_ids).where(_of(place)))
    return {int(one) for row in kept for one in row.attachment_ids}


def _put_below(tx: Tx, target: CaseRow, row: sa.Row[Any], other: sa.Row[Any]) -> Joined:
    mine = _of(target) & (drafts.c.agent_id == row.agent_id) & (drafts.c.kind == row.kind)
    apart = Joined(
        agent_id=row.agent_id,
        kind=row.kind,
        text=row.text,
        cc=row.cc,
        bcc=row.bcc,
        attachment_ids=tuple(row.attachment_ids),
        apart=row.apart,
        other=other.text,
        other_cc=other.cc,
        other_bcc=other.bcc,
        other_ids=tuple(other.attachment_ids),
    )
    tx.run(sa.update(drafts).where(mine).values(**_together(apart), revision=max(row.revision, other.revision) + 1))
    return apart


def _take_apart(tx: Tx, who: Actor, both: Joined, home: CaseRow, place: CaseRow) -> None:
    c = drafts.c
    mine = _of(place) & (c.agent_id == both.agent_id) & (c.kind == both.kind)
    now = tx.row(sa.select(c.text, c.cc, c.bcc, c.attachment_ids, c.revision).where(mine))
    if now is None or tuple(now[:4]) != tuple(_together(both).values()):
        return
    apart = {"text": both.other, "cc": both.other_cc, "bcc": both.other_bcc, "attachment_ids": list(both.other_ids)}
    tx.run(sa.update(drafts).where(mine).values(**apart, revision=now.revision + 1))
    row = {"workspace_id": who.workspace_id, "case_id": home.id, "agent_id": both.agent_id, "kind": both.kind, "changed_at": tx.now}
    row |= {"text": both.text, "cc": both.cc, "bcc": both.bcc, "attachment_ids": list(both.attachment_ids), "apart": both.apart}
    tx.run(sa.insert(drafts), row | {"revision": now.revision + 1})


def _together(both: Joined) -> dict[str, Any]:
    return {
        "text": _both(both.other, both.text, "\n\n"),
        "cc": _both(both.other_cc, both.cc, ", "),
        "bcc": _both(both.other_bcc, both.bcc, ", "),
        "attachment_ids": [*both.other_ids, *both.attachment_ids],
    }


def _both(one: str, other: str, between: str) -> str:
    return between.join(text for text in dict.fromkeys((one.strip(), other.strip())) if text)


def _of(case: CaseRow) -> sa.ColumnElement[bool]:
    return (drafts.c.workspace_id == case.workspace_id) & (drafts.c.case_id == case.id)
