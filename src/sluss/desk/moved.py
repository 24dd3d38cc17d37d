"""What was merged, split or moved, as sentences with the way back. In: events of a case and of those merged into it. Out: happenings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sluss.cases.events import ContentMoved, MoveUndone
from sluss.desk.item_screens import Happening
from sluss.kernel.actors import Actor
from sluss.kernel.events import Recorded
from sluss.kernel.tx import Tx
from sluss.merging.queries import undoable
from sluss.web.locale import gettext as _

ICONS = {"merge": "git-merge", "split": "split", "link": "link-2"}


def without_echoes(found: Iterable[Recorded], case_id: int) -> list[Recorded]:
    """Events of a case and its parts; that a part moved here is told once, by this case."""
    return [one for one in found if one.event.case_id == case_id or not _tells_of_itself(one)]


def ways_back(tx: Tx, who: Actor, found: Sequence[Recorded]) -> Mapping[int, str]:
    """By event, where a form takes the move back."""
    moves = {one.id: one.event.move_id for one in found if isinstance(one.event, ContentMoved)}
    open_ones = undoable(tx, who, set(moves.values()))
    return {event_id: f"/moves/{move_id}/undo" for event_id, move_id in moves.items() if move_id in open_ones}


def with_way_back(happening: Happening, ways: Mapping[int, str]) -> Happening:
    """The same, perhaps with the address that takes it back."""
    way = ways.get(int(happening.id))
    return msgspec.structs.replace(happening, undo=way) if way else happening


def moved_sentence(event: ContentMoved | MoveUndone, who: str) -> tuple[str, str]:
    """Icon and sentence."""
    words = {"who": who, "number": event.number}
    if isinstance(event, ContentMoved):
        return ICONS[event.deed], _told(event) % words
    return "undo-2", " ".join([_back(event) % words, *([kept_sentence(event.kept)] if event.kept else [])])


def kept_sentence(kept: Sequence[str]) -> str:
    """What stays as it is now, since somebody changed it after the move."""
    names = {"status": _("the status"), "owner": _("the owner"), "priority": _("the priority")}
    return _("Kept as they are now, since they were changed: %(what)s.") % {"what": ", ".join(names[one] for one in kept if one in names)}


def _told(event: ContentMoved) -> str:
    if event.inward:
        return {
            "merge": _("%(who)s merged #%(number)s into this."),
            "split": _("%(who)s made this case of a part of #%(number)s."),
            "link": _("%(who)s moved a part of #%(number)s here."),
        }[event.deed]
    return {
        "merge": _("%(who)s merged this into #%(number)s."),
        "split": _("%(who)s moved a part of this to the new case #%(number)s."),
        "link": _("%(who)s moved a part of this to #%(number)s."),
    }[event.deed]


def _back(event: MoveUndone) -> str:
    if event.deed == "merge":
        return _("%(who)s took back the merge with #%(number)s.")
    if event.inward:
        return _("%(who)s gave back to #%(number)s what had been moved from there.")
    return _("%(who)s fetched back from #%(number)s what had been moved there.")


def _tells_of_itself(recorded: Recorded) -> bool:
    return isinstance(recorded.event, ContentMoved | MoveUndone) and not recorded.event.inward
