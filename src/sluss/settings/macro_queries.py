"""What the pages about macros show. In: who asks, what was typed. Out: the list, one macro's form, the steps that it means."""

from __future__ import annotations

from typing import Any

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.queries import list_assignable
from sluss.replies.canned.audience import KEEPERS, may_change
from sluss.replies.canned.queries import Use, list_answers
from sluss.replies.macros.queries import Macro, access_macro, list_macros, runs_of
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Step, Tag, Untag
from sluss.settings.answer_screens import MacroForm, MacroLine, Macros
from sluss.settings.audience_parts import audience_choices, audience_values, audience_words
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


def read_macros(tx: Tx, who: Actor, archived: bool) -> Macros:  # noqa: FBT001 - `db.read` passes by position
    """The list."""
    uses, told = runs_of(tx, who), audience_words(tx, who)
    answers = {one.id: one.name for one in list_answers(tx, who)}
    agents = {str(one.id): one.name for one in list_assignable(tx, who)}
    lines = tuple(
        MacroLine(
            id=str(one.id),
            name=one.name,
            does=tuple(_does(step, answers, agents) for step in one.deeds),
            whom=told(one),
            uses=uses.get(one.id, Use()).count,
            last_at=uses.get(one.id, Use()).last_at,
            mine=bool(one.holder),
        )
        for one in list_macros(tx, who, archived=archived)
    )
    return Macros(lines=lines, archived=archived)


def read_macro_form(tx: Tx, who: Actor, macro_id: int, form: Form | None) -> MacroForm:
    """The form of one macro, or of a new one; as it was typed, where something was wrong with it."""
    found = access_macro(tx, who, macro_id) if macro_id else None
    values = _values(found) if found else {"whom": "everybody" if who.role in KEEPERS else "owner"}
    agents = tuple((str(one.id), one.name) for one in list_assignable(tx, who))
    return MacroForm(
        id=str(macro_id or ""),
        form=form or Form(values=values),
        answers=(
            ("", _("None")),
            *((str(one.id), f"{one.folder} · {one.name}" if one.folder else one.name) for one in list_answers(tx, who)),
        ),
        agents=(("", _("As it is")), ("me", _("Whoever runs it")), ("nobody", _("Nobody")), *agents),
        times=tuple(_times().items()),
        revision=found.revision if found else 0,
        may_change=found is None or may_change(who, found),
        archived=found is not None and found.archived_at is not None,
        **audience_choices(tx, who),
    )


def typed_steps(typed: Form) -> tuple[Step, ...]:
    """What the fields of the form mean. Raises `Invalid` for what they do not offer."""
    steps: list[Step] = []
    if note := typed.value("note").strip():
        steps.append(Note(note))
    for name, kind in (("tags", Tag), ("untags", Untag)):
        if names := tuple(one.strip() for one in typed.value(name).split(",") if one.strip()):
            steps.append(kind(names))
    if priority := typed.value("priority"):
        steps.append(Rank(_one_of(priority, ("low", "normal", "high", "urgent"), "priority")))
    if to := typed.value("assign"):
        steps.append(Assign(to))
    if answer := typed.value("answer"):
        answer_id = int(answer) if answer.isdecimal() and len(answer) < 19 else 0
        steps.append(Send(answer_id) if typed.value("how") == "send" else Draft(answer_id))
    if status := typed.value("status"):
        moved: Any = _one_of(status, ("open", "pending", "snoozed", "solved", "spam"), "status")
        steps.append(Move(moved, typed.value("until") if moved == "snoozed" else ""))
    return tuple(steps)


def _one_of(value: str, choices: tuple[str, ...], field: str) -> Any:
    if value not in choices:
        raise Invalid({field: "Choose from the list."})
    return value


def _values(found: Macro) -> dict[str, str]:
    values = {"name": found.name, "onward": found.onward} | audience_values(found)
    for step in found.deeds:
        match step:
            case Note(text):
                values["note"] = text
            case Tag(names):
                values["tags"] = ", ".join(names)
            case Untag(names):
                values["untags"] = ", ".join(names)
            case Rank(priority):
                values["priority"] = priority
            case Assign(to):
                values["assign"] = to
            case Draft(answer_id) | Send(answer_id):
                values |= {"answer": str(answer_id), "how": "send" if isinstance(step, Send) else "draft"}
            case Move(status, until):
                values |= {"status": status, "until": until}
    return values


def _does(step: Step, answers: dict[int, str], agents: dict[str, str]) -> tuple[str, str]:  # noqa: PLR0911 - one line for each kind
    match step:
        case Note():
            return "lock", _("writes a note")
        case Tag(names):
            return "tag", ", ".join(names)
        case Untag(names):
            return "x", _("without %(names)s") % {"names": ", ".join(names)}
        case Rank(priority):
            return "flag", {"low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")}[priority]
        case Assign(to):
            return "user", {"me": _("to whoever runs it"), "nobody": _("to nobody")}.get(to) or agents.get(to, _("somebody who has left"))
        case Draft(answer_id):
            return "reply", _("drafts “%(name)s”") % {"name": answers.get(answer_id, _("an archived answer"))}
        case Send(answer_id):
            return "send", _("sends “%(name)s”") % {"name": answers.get(answer_id, _("an archived answer"))}
        case Move(status, until):
            words = {"open": _("Open"), "pending": _("Waiting"), "snoozed": _("Snoozed"), "solved": _("Solved"), "spam": _("Spam")}
            return "circle-dot", f"{words[status]} ({_times()[until]})" if until in _times() else words[status]


def _times() -> dict[str, str]:
    return {
        "1h": _("for an hour"),
        "3h": _("for three hours"),
        "evening": _("until this evening, 18:00"),
        "tomorrow": _("until tomorrow, 08:00"),
        "2d": _("for two days, until 08:00"),
        "monday": _("until Monday, 08:00"),
        "7d": _("for a week, until 08:00"),
        "14d": _("for two weeks, until 08:00"),
        "reply": _("until the customer answers"),
    }
