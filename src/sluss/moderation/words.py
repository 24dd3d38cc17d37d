"""Names of rules, steps and ends in the reader's language. In: their keys. Out: words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sluss.web.locale import gettext as _

STEP_ICONS: Mapping[str, str] = {
    "flag": "flag",
    "ask": "message-circle",
    "hide": "eye-off",
    "unhide": "eye",
    "delete": "trash-2",
    "undelete": "undo-2",
    "block": "user-x",
    "unblock": "user-check",
    "leave": "check",
    "reopen": "undo-2",
    "answer": "reply",
    "edited": "pencil",
    "removed": "check-check",
    "over": "hourglass",
    "stop": "pause",
    "confirm": "check-check",
    "refuse": "x",
    "expire": "clock",
    "failed": "triangle-alert",
    **dict.fromkeys(("propose ask", "propose hide", "propose delete", "propose block"), "users"),
}
_STEPS: Mapping[str, Callable[[], str]] = {
    "flag": lambda: _("Flagged"),
    "ask": lambda: _("Author asked"),
    "hide": lambda: _("Hidden"),
    "unhide": lambda: _("Shown again"),
    "delete": lambda: _("Deleted"),
    "undelete": lambda: _("Deletion called back"),
    "block": lambda: _("Author blocked"),
    "unblock": lambda: _("Author unblocked"),
    "leave": lambda: _("Left standing"),
    "reopen": lambda: _("Opened again"),
    "answer": lambda: _("Author answered"),
    "edited": lambda: _("Author changed it"),
    "removed": lambda: _("Gone at the network"),
    "over": lambda: _("Time over"),
    "stop": lambda: _("Waiting stopped"),
    "confirm": lambda: _("Confirmed by a second person"),
    "refuse": lambda: _("Proposal refused"),
    "expire": lambda: _("Proposal expired"),
    "failed": lambda: _("The network refused"),
    "propose ask": lambda: _("Asking proposed"),
    "propose hide": lambda: _("Hiding proposed"),
    "propose delete": lambda: _("Deletion proposed"),
    "propose block": lambda: _("Block proposed"),
}
_TO_DO: Mapping[str, Callable[[], str]] = {
    "ask": lambda: _("Ask the author first"),
    "hide": lambda: _("Hide it"),
    "delete": lambda: _("Delete it"),
    "block": lambda: _("Block the author"),
    "leave": lambda: _("Leave it"),
}
_ENDS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("Left standing"),
    "removed": lambda: _("Removed by its author"),
    "softened": lambda: _("Changed by its author"),
    "hidden": lambda: _("Hidden"),
    "deleted": lambda: _("Deleted"),
    "blocked": lambda: _("Author blocked"),
}


def step_word(step: str) -> str:
    """What happened, in a word or two."""
    return _STEPS[step]() if step in _STEPS else step


def to_do_word(step: str) -> str:
    """What a button does."""
    return _TO_DO[step]()


def end_word(outcome: str) -> str:
    """How a matter ended; empty while it has not."""
    return _ENDS[outcome]() if outcome in _ENDS else ""


def step_keys() -> tuple[str, ...]:
    """All that can stand in a log."""
    return tuple(_STEPS)
