"""What the pages about canned answers show. In: who asks, what was typed. Out: the list, one answer's form, how a text will read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from babel import Locale, UnknownLocaleError

from sluss.kernel.actors import Actor
from sluss.kernel.clock import SECOND
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import get_workspace
from sluss.people.queries import names_of
from sluss.replies.canned.actions import LANGUAGE, Content
from sluss.replies.canned.audience import KEEPERS, may_change
from sluss.replies.canned.facts import Facts, sample_facts
from sluss.replies.canned.filling import FIELDS, fill_text
from sluss.replies.canned.queries import (
    Answer,
    Use,
    access_answer,
    files_of,
    list_answers,
    similar_answers,
    texts_of,
    uses_of,
    versions_of,
)
from sluss.settings.answer_screens import AnswerForm, AnswerLine, Answers, FileLine, Sort, TextBox, VersionLine
from sluss.settings.audience_parts import audience_choices, audience_values, audience_words, owner_choices
from sluss.web.locale import LOCALES, voice
from sluss.web.locale import gettext as _
from sluss.web.shell import Form


def read_answers(tx: Tx, who: Actor, query: str, sort: Sort, archived: bool) -> Answers:  # noqa: FBT001 - `db.read` passes by position
    """The list, as far as it says what is sought."""
    found = list_answers(tx, who, archived=archived)
    texts, uses, told = texts_of(tx, who, [one.id for one in found]), uses_of(tx, who), audience_words(tx, who)
    names = names_of(tx, who, [one.owner_id for one in found if one.owner_id])
    sought = fold(query[:200]).split()
    lines = [
        _line(tx, one, (texts[one.id], uses.get(one.id, Use()), told(one), names.get(one.owner_id or 0, "")))
        for one in found
        if all(word in fold(" ".join([one.name, one.folder, one.shortcut or "", *texts[one.id].values()])) for word in sought)
    ]
    ordered = tuple(sorted(lines, key=_orders(sort)))
    overdue = sum(line.overdue for line in lines)
    return Answers(
        lines=ordered, query=query, sort=sort, archived=archived, total=len(found), overdue=overdue, keeps_shared=who.role in KEEPERS
    )


def read_answer_form(tx: Tx, who: Actor, answer_id: int, form: Form | None) -> AnswerForm:
    """The form of one answer, or of a new one; as it was typed, where something was wrong with it."""
    found = access_answer(tx, who, answer_id) if answer_id else None
    stored = texts_of(tx, who, [answer_id])[answer_id] if found else {}
    shown = form or (_stored(found) if found else Form(values={"whom": "everybody" if who.role in KEEPERS else "owner"}))
    given = typed_texts(form) if form else stored
    usual = get_workspace(tx, who.workspace_id).language
    languages: dict[str, None] = dict.fromkeys(
        [*([found.original] if found else []), *stored, *given, *([] if stored else [usual]), *LOCALES]
    )
    facts = sample_facts(tx, who)
    boxes = tuple(_box(facts, one, given.get(one, "")) for one in languages if LANGUAGE.fullmatch(one))
    opened = next((name.removeprefix("text-") for name in shown.errors if name.startswith("text-")), "")
    return AnswerForm(
        id=str(answer_id or ""),
        form=shown,
        texts=boxes,
        originals=tuple((one.language, one.spoken) for one in boxes if one.text),
        open=opened or (found.original if found else usual),
        owners=owner_choices(tx, who),
        folders=tuple(sorted({one.folder for one in list_answers(tx, who) if one.folder})),
        fields=tuple((name, _(label)) for name, label in FIELDS.items()),
        similar=_similar(tx, who, (given, answer_id)) if form else (),
        **audience_choices(tx, who),
        **(_of_stored(tx, who, found) if found else {}),
    )


def read_preview(tx: Tx, who: Actor, text: str, language: str) -> TextBox:
    """How a text will read for a made-up customer."""
    return _box(sample_facts(tx, who), language, text[:20_000])


def typed_texts(typed: Form) -> dict[str, str]:
    """Texts by language, as typed; one more by its own code."""
    texts = {name.removeprefix("text-"): value.replace("\r\n", "\n") for name, value in typed.values.items() if name.startswith("text-")}
    if typed.value("text").strip():
        texts[typed.value("language").strip() or "?"] = typed.value("text").replace("\r\n", "\n")
    return {language: text for language, text in texts.items() if text.strip()}


def spoken_name(language: str) -> str:
    """A language's name for the reader; its code where nobody knows one."""
    try:
        name = Locale.parse(language, sep="-").get_display_name(voice().locale)
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:] if name else language


def _line(tx: Tx, one: Answer, told: tuple[Mapping[str, str], Use, str, str]) -> AnswerLine:
    texts, use, whom, owner = told
    return AnswerLine(
        id=str(one.id),
        name=one.name,
        shortcut=one.shortcut or "",
        folder=one.folder,
        languages=tuple(sorted(texts, key=lambda language: (language != one.original, language))),
        whom=whom,
        owner=owner,
        uses=use.count,
        last_at=use.last_at,
        review_due_at=one.review_due_at,
        overdue=one.review_due_at is not None and one.review_due_at < tx.now,
        mine=bool(one.holder),
    )


def _orders(sort: Sort) -> Callable[[AnswerLine], tuple[Any, ...]]:
    orders: dict[Sort, Callable[[AnswerLine], tuple[Any, ...]]] = {
        "name": lambda line: (fold(line.folder), fold(line.name)),
        "used": lambda line: (-line.uses, fold(line.name)),
        "unused": lambda line: (line.last_at, fold(line.name)),
        "review": lambda line: (line.review_due_at or 1 << 62, fold(line.name)),
    }
    return orders[sort]


def _stored(found: Answer) -> Form:
    due = datetime.fromtimestamp(found.review_due_at / SECOND, UTC).strftime("%Y-%m-%d") if found.review_due_at else ""
    values = {"name": found.name, "shortcut": found.shortcut or "", "folder": found.folder, "original": found.original, "due": due}
    return Form(values=values | audience_values(found))


def _of_stored(tx: Tx, who: Actor, found: Answer) -> dict[str, Any]:
    use = uses_of(tx, who).get(found.id, Use())
    return {
        "revision": found.revision,
        "may_change": may_change(who, found),
        "archived": found.archived_at is not None,
        "uses": use.count,
        "last_at": use.last_at,
        "reviewed_at": found.reviewed_at,
        "review_due_at": found.review_due_at,
        "files": tuple(FileLine(str(one.id), one.name, one.size) for one in files_of(tx, who, [found.id])[found.id]),
        "versions": tuple(_version(one) for one in versions_of(tx, who, found.id)),
    }


def _version(one: Any) -> VersionLine:
    then = msgspec.convert(one.content, Content)
    texts = tuple((spoken_name(language), text) for language, text in then.texts.items())
    return VersionLine(revision=one.revision, at=one.at, by=one.by or "Sluss", name=then.name, texts=texts)


def _box(facts: Facts, language: str, text: str) -> TextBox:
    filled = fill_text(text, facts.values(language))
    reads: list[tuple[str, bool]] = []
    at = 0
    for gap in filled.gaps:
        reads += [(filled.text[at : gap.start], False), (filled.text[gap.start : gap.end], True)]
        at = gap.end
    return TextBox(language=language, spoken=spoken_name(language), text=text, reads=(*reads, (filled.text[at:], False)))


def _similar(tx: Tx, who: Actor, what: tuple[Mapping[str, str], int]) -> tuple[tuple[str, str], ...]:
    return tuple((str(one.id), one.name) for one in similar_answers(tx, who, *what))
