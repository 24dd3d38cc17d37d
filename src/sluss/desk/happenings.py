"""What happened to a case as finished sentences. In: events of its log. Out: one sentence with an icon each, in the reader's language.

“Johan Falk assigned this to Maja Ek.” What the timeline shows as a message or a note of its own is not told twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sluss.cases.events import (
    CaseAssigned,
    CaseReopened,
    ContentMoved,
    MessageWithdrawn,
    MoveUndone,
    PriorityChanged,
    StatusChanged,
    TagsChanged,
    VisitorIntroduced,
)
from sluss.customers.screens import Person
from sluss.desk.item_screens import Happening
from sluss.desk.moved import moved_sentence
from sluss.kernel.events import Event, Recorded, kind_of
from sluss.web.formats import short
from sluss.web.locale import gettext as _
from sluss.web.locale import ngettext

TOLD: tuple[type[Event], ...] = (
    *(CaseAssigned, CaseReopened, MessageWithdrawn, PriorityChanged, StatusChanged, TagsChanged),
    *(ContentMoved, MoveUndone, VisitorIntroduced),
)
KINDS = tuple(kind_of(event.__name__) for event in TOLD)


def agents_in(recorded: Sequence[Recorded]) -> set[int]:
    """Ids of every agent whose name the sentences need."""
    found = {one.actor_id for one in recorded if one.actor_kind == "agent"}
    for one in recorded:
        if isinstance(one.event, CaseAssigned):
            found |= {one.event.before, one.event.after}
    return found - {0}


def tell(recorded: Recorded, names: Mapping[int, Person]) -> Happening:
    """One event as a sentence."""
    event = recorded.event
    if isinstance(event, ContentMoved | MoveUndone):
        icon, text = moved_sentence(event, _actor(recorded, names))
    else:
        icon, text = _introduced(event.how) if isinstance(event, VisitorIntroduced) else _sentence(recorded, names)
    return Happening(id=str(recorded.id), at=recorded.at, icon=icon, text=text)


def _sentence(recorded: Recorded, names: Mapping[int, Person]) -> tuple[str, str]:
    event, who = recorded.event, _actor(recorded, names)
    if isinstance(event, CaseAssigned):
        return "user", _assigned(recorded, event, names)
    if isinstance(event, StatusChanged):
        return _STATUS_ICONS.get(event.after, "circle-dot"), _status(recorded, event, names)
    if isinstance(event, PriorityChanged):
        return "flag", _("%(who)s set the priority to %(priority)s.") % {"who": who, "priority": _priority(event.after)}
    if isinstance(event, TagsChanged):
        return "tag", _tags(who, event)
    if isinstance(event, MessageWithdrawn):
        return "undo-2", _("%(who)s took back a message before it left.") % {"who": who}
    return "circle-dot", _("A new message opened this again.")


def _assigned(recorded: Recorded, event: CaseAssigned, names: Mapping[int, Person]) -> str:
    words = {"who": _actor(recorded, names), "agent": _name(names, event.after)}
    if not event.after:
        return _("%(who)s put this back without an owner.") % words
    if recorded.actor_kind == "agent" and event.after == recorded.actor_id:
        return _("%(who)s took this.") % words
    return _("%(who)s assigned this to %(agent)s.") % words


def _status(recorded: Recorded, event: StatusChanged, names: Mapping[int, Person]) -> str:
    words = {"who": _actor(recorded, names), "until": short(event.until) if event.until else ""}
    if recorded.actor_kind != "agent" and event.before == "snoozed":
        return _("The time is up: this is open again.")
    if event.after == "snoozed":
        return _("%(who)s snoozed this until %(until)s.") % words
    return {
        "open": _("%(who)s opened this again."),
        "pending": _("%(who)s now waits for the customer."),
        "solved": _("%(who)s solved this."),
        "closed": _("%(who)s closed this."),
        "spam": _("%(who)s marked this as spam."),
    }[event.after] % words


def _tags(who: str, event: TagsChanged) -> str:
    added = ngettext("added the tag %(tags)s", "added the tags %(tags)s", len(event.added)) % {"tags": ", ".join(event.added)}
    removed = ngettext("removed the tag %(tags)s", "removed the tags %(tags)s", len(event.removed)) % {"tags": ", ".join(event.removed)}
    if event.added and event.removed:
        return _("%(who)s %(added)s and %(removed)s.") % {"who": who, "added": added, "removed": removed}
    return _("%(who)s %(deed)s.") % {"who": who, "deed": added if event.added else removed}


def _introduced(how: str) -> tuple[str, str]:
    if how == "sign-in":
        return "shield-check", _("The customer signed in on the web site, which says who this is.")
    if how == "code":
        return "shield-check", _("The customer proved by a code that the e-mail address is theirs.")
    return "at-sign", _("The customer gave an e-mail address.")


def _actor(recorded: Recorded, names: Mapping[int, Person]) -> str:
    return _name(names, recorded.actor_id) if recorded.actor_kind == "agent" else "Sluss"


def _name(names: Mapping[int, Person], agent_id: int) -> str:
    known = names.get(agent_id)
    return known.name if known else _("Somebody")


def _priority(priority: str) -> str:
    return {"low": _("low"), "normal": _("normal"), "high": _("high"), "urgent": _("urgent")}.get(priority, priority)


_STATUS_ICONS = {
    "open": "circle-dot",
    "pending": "hourglass",
    "snoozed": "alarm-clock",
    "solved": "circle-check",
    "closed": "archive",
    "spam": "ban",
}
