"""What the composer says of a network: who reads the answer, how long it may be, until when, by which text. In: a target. Out: values."""

from __future__ import annotations

from typing import Any

from sluss.cases.access import CaseRow
from sluss.desk.around import Around
from sluss.desk.public_screens import Approved, Window
from sluss.desk.sides import sides_of
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx
from sluss.replies.drafts import Draft
from sluss.replies.targets import Target, target_of
from sluss.replies.templating import approved_templates, places_of


def chosen_target(tx: Tx, around: Around, case: CaseRow, conversation_id: int) -> Target:
    """Where the answer goes: what was chosen, as long as that conversation is still here; else where the customer spoke last."""
    try:
        return target_of(tx, around.who, case.id, conversation_id)
    except Missing:
        if not conversation_id:
            raise
        return target_of(tx, around.who, case.id)


def conversation_of(draft: Draft | None) -> int:
    """The conversation that a begun answer is for; 0 where nobody chose."""
    return draft.apart.conversation_id if draft is not None and draft.apart is not None else 0


def network_part(tx: Tx, around: Around, case: CaseRow, target: Target) -> dict[str, Any]:
    """The fields of a composer that only networks have; nothing for letters and talks alone."""
    sides = sides_of(tx, around, case)
    can = target.capabilities
    if not sides:
        return {}
    return {
        "sides": sides,
        "conversation": str(target.conversation_id),
        "account": target.sender.name,
        "counts": target.measure.counts,
        "reserved": target.measure.reserved,
        "splits": can.splits,
        "max_files": can.max_files,
        "has_alt": can.has_alt,
        "has_spoiler": can.has_spoiler,
        "link_price": f"{can.link_micros / 1_000_000:.2f}" if can.link_micros else "",
        "spoiler": target.spoiler,
        "window": _window(target),
        "templates": _templates(tx, around, target),
        "must_template": target.must_template,
        "url": target.url,
        "audience": target.audience,
    }


def _window(target: Target) -> Window | None:
    if target.window.state == "none":
        return None
    state = "closed" if target.window.state == "template" else target.window.state
    return Window(state=state, until=target.window.ends_at)


def _templates(tx: Tx, around: Around, target: Target) -> tuple[Approved, ...]:
    if not target.capabilities.has_templates:
        return ()
    return tuple(
        Approved(
            name=one.name,
            language=one.language,
            body=one.body,
            header=one.header,
            footer=one.footer,
            category=one.category,
            variables=places_of(one),
        )
        for one in approved_templates(tx, around.who, target.inbox_id)
    )
