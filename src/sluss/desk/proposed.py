"""What is proposed about an open case, in words. In: a case, its reader. Out: sentences, and what can be done with them."""

from __future__ import annotations

from collections.abc import Mapping

from sluss.cases.access import WORKERS, CaseRow
from sluss.desk.around import Around
from sluss.desk.screens import CaseProposal
from sluss.kernel.clock import HOUR, MINUTE
from sluss.kernel.tx import Tx
from sluss.proposals.queries import Proposal, proposals_of
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext


def show_proposals(tx: Tx, around: Around, case: CaseRow) -> tuple[CaseProposal, ...]:
    """Other cases that may be this one, the likeliest first."""
    return tuple(
        CaseProposal(
            id=str(one.id),
            no=one.number,
            subject=one.subject,
            text=_sentence(around, one),
            answered_at=one.answered_at,
            answered_by=one.answered_by,
            may_work=around.who.role in WORKERS,
        )
        for one in proposals_of(tx, around.who, case.id)
    )


def _sentence(around: Around, one: Proposal) -> str:
    reasons: Mapping[str, str] = {
        "text": _("same text"),
        "code": _("same reference"),
        "phone": _("same telephone number"),
        "contact": _("same customer"),
        "person": _("same name"),
    }
    values = {"number": one.number, "reason": reasons[one.reason], "apart": _apart(one.apart), "way": around.face(one.inbox_id).label}
    return _("Possibly the same as #%(number)s: %(reason)s, %(apart)s apart, by %(way)s") % values


def _apart(span: int) -> str:
    minutes = max(1, span // MINUTE)
    if minutes < 100:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes) % {"num": minutes}
    hours = round(span / HOUR)
    return ngettext("%(num)s hour", "%(num)s hours", hours) % {"num": hours}
