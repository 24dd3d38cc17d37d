"""What `/` offers in the composer, and `m` in a case. In: a case, what was typed. Out: the screens' values, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from babel import Locale, UnknownLocaleError

from sluss.cases.access import WORKERS, access_case_no
from sluss.desk.ready_screens import Macros, Piece, Ready, ReadyAnswer, ReadyMacro
from sluss.kernel.actors import Actor
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.replies.canned.audience import WRITERS
from sluss.replies.canned.filling import Filled
from sluss.replies.canned.using import Offer, offer, offers
from sluss.replies.macros.planning import Candidate, Deed, Plan, candidates
from sluss.replies.macros.steps import Assign, Draft, Move, Note, Rank, Send, Tag, Untag
from sluss.replies.news import mark_of
from sluss.web.formats import short
from sluss.web.locale import Voice, speaking, voice
from sluss.web.locale import gettext as _

ANSWERS, MACROS, LISTED = 8, 4, 40


def read_ready(tx: Tx, who: Actor, told: Voice, no: int, words: str) -> Ready:
    """Answers, and macros for those who may run them."""
    case = access_case_no(tx, who, no)
    with speaking(told):
        found = tuple(_answer(one) for one in offers(tx, who, case.id, words, ANSWERS))
        macros = candidates(tx, who, case.id, words, MACROS) if who.role in WORKERS else ()
        named = any(fold(words) in fold(f"{one.shortcut} {one.name}") for one in found)
        first = bool(words.strip() and macros) and not named
        return Ready(no=no, query=words, answers=found, macros=_macros(macros), macros_first=first, may_keep=who.role in WRITERS)


def read_answer(tx: Tx, who: Actor, told: Voice, where: tuple[int, int], language: str) -> Ready:
    """One answer in another language."""
    case = access_case_no(tx, who, where[0])
    with speaking(told):
        return Ready(no=case.number, query="", answers=(_answer(offer(tx, who, case.id, where[1], language)),))


def read_macros(tx: Tx, who: Actor, told: Voice, no: int, seen: str) -> Macros:
    """Every macro for a case."""
    case = access_case_no(tx, who, no)
    with speaking(told):
        found = _macros(candidates(tx, who, case.id, "", LISTED))
        return Macros(no=case.number, seen=seen or mark_of(tx, who, case.id), macros=found, may_keep=who.role in WRITERS)


def spoken_name(language: str) -> str:
    """A language's name in the language of the reader; its code where nobody knows one."""
    try:
        found = Locale.parse(language, sep="-").get_display_name(voice().locale)
    except (UnknownLocaleError, ValueError):
        return language
    return found[:1].upper() + found[1:] if found else language


def pieces_of(filled: Filled) -> tuple[Piece, ...]:
    """The text, cut where something is still open."""
    pieces: list[Piece] = []
    at = 0
    for gap in filled.gaps:
        pieces += [Piece(filled.text[at : gap.start]), Piece(filled.text[gap.start : gap.end], gap=True)]
        at = gap.end
    return tuple(one for one in [*pieces, Piece(filled.text[at:])] if one.text)


def effects_of(plan: Plan) -> tuple[tuple[str, str], ...]:
    """What a macro does, one line each, by icon and words."""
    return tuple(_effect(one) for one in plan.deeds)


def _answer(one: Offer) -> ReadyAnswer:
    answer = one.answer
    return ReadyAnswer(
        id=str(answer.id),
        name=answer.name,
        shortcut=answer.shortcut or "",
        folder=answer.folder,
        language=one.language,
        spoken=spoken_name(one.language),
        text=one.filled.text,
        pieces=pieces_of(one.filled),
        others=tuple((language, spoken_name(language)) for language in one.languages if language != one.language),
        files=tuple(file.name for file in one.files),
        mine=bool(answer.holder),
        foreign=not one.theirs,
    )


def _macros(found: Sequence[Candidate]) -> tuple[ReadyMacro, ...]:
    return tuple(
        ReadyMacro(
            id=str(one.macro.id),
            name=one.macro.name,
            onward=one.macro.onward,
            effects=effects_of(one.plan) if one.plan else (),
            problem=_(one.problem) if one.problem else "",
        )
        for one in found
    )


def _effect(deed: Deed) -> tuple[str, str]:  # noqa: PLR0911 - one line for each kind
    match deed.step:
        case Note():
            return "lock", _("Note: %(text)s") % {"text": deed.text}
        case Tag(names):
            return "tag", _("Tag: %(names)s") % {"names": ", ".join(names)}
        case Untag(names):
            return "x", _("Take away the tag: %(names)s") % {"names": ", ".join(names)}
        case Rank(priority):
            return "flag", _priority(priority)
        case Assign():
            return "user", _("Give to %(name)s") % {"name": deed.name} if deed.agent_id else _("Give to nobody")
        case Draft():
            return "reply", _("Into the draft: %(name)s") % {"name": deed.offer.answer.name if deed.offer else ""}
        case Send():
            return "send", _("Send to %(to)s: %(name)s") % {"to": deed.to, "name": deed.offer.answer.name if deed.offer else ""}
        case Move(status):
            return "circle-dot", _status(status, deed.until)


def _priority(priority: str) -> str:
    return {"urgent": _("Priority: urgent"), "high": _("Priority: high"), "normal": _("Priority: normal"), "low": _("Priority: low")}[
        priority
    ]


def _status(status: str, until: int | None) -> str:
    if status == "snoozed":
        return _("Snooze until %(until)s") % {"until": short(until)} if until else _("Wait for the customer")
    words = {"open": _("Open again"), "pending": _("Wait for the customer"), "solved": _("Solve"), "spam": _("Mark as spam")}
    return words[status]
