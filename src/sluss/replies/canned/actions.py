"""Keeping canned answers. In: what they say, for whom. Out: rows, the version before each change, an audit line.

An answer has one source: it is written here (`source` is null), or, once there is an FAQ, `{"article": "<id>"}` names the article whose
text it follows, and then it is changed there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.models import agents
from sluss.replies.canned.audience import Audience, audience_of, fit_audience
from sluss.replies.canned.filling import MOST_FIELDS, wrong_fields
from sluss.replies.canned.models import canned_answers, canned_texts, canned_versions
from sluss.replies.canned.queries import MOST, Answer, hold_answer, texts_of

NAME, FOLDER, TEXT, LANGUAGES = 100, 60, 20_000, 20
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_SHORTCUT = re.compile(r"[^\W_][\w-]{0,29}")


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """All that a person decides about an answer. `texts` by language; `review_due_at` in microseconds UTC."""

    name: str
    texts: dict[str, str]
    shortcut: str = ""
    folder: str = ""
    original: str = ""
    audience: Audience = Audience()
    review_due_at: int | None = None


class Outdated(Conflict):
    """Somebody changed it meanwhile; nothing was saved. `by` is who, empty for Sluss itself."""

    def __init__(self, by: str) -> None:
        super().__init__(
            say("Not saved: %(name)s has changed this meanwhile. Look at what it says now, then save again.", name=by or "Sluss")
        )
        self.by = by


def create_answer(tx: Tx, who: Actor, content: Content) -> int:
    """A new answer. Returns its id."""
    values, texts = _fit(tx, who, content)
    _require_room(tx, who)
    answer_id = tx.new_id()
    made = {"workspace_id": who.workspace_id, "id": answer_id, "created_at": tx.now, "source": None, "archived_at": None}
    _write(tx, lambda: tx.run(sa.insert(canned_answers), values | made | {"revision": 1, "reviewed_at": tx.now} | _by(tx, who)))
    _write_texts(tx, who, answer_id, texts)
    _remember(tx, who, answer_id, (1, content))
    note_deed(tx, who, "canned.create", ("canned answer", answer_id), name=values["name"])
    return answer_id


def change_answer(tx: Tx, who: Actor, answer_id: int, content: Content, revision: int) -> int:
    """Make an answer what it shall be. `revision` is the one it was read at. Raises `Outdated`. Returns the new revision."""
    found = hold_answer(tx, who, answer_id)
    values, texts = _fit(tx, who, content)
    if found.revision != revision:
        raise Outdated(_name(tx, who, found.changed_by))
    if values["holder"] != found.holder and found.holder not in {0, who.id}:
        raise Missing
    _put(tx, who, found, values | {"reviewed_at": tx.now})
    _write_texts(tx, who, found.id, texts)
    _remember(tx, who, found.id, (found.revision + 1, content))
    note_deed(tx, who, "canned.change", ("canned answer", found.id), name=values["name"])
    return found.revision + 1


def archive_answer(tx: Tx, who: Actor, answer_id: int) -> str:
    """Put an answer away; nothing offers it any more. Returns its name."""
    found = hold_answer(tx, who, answer_id)
    if found.archived_at is None:
        _put(tx, who, found, {"archived_at": tx.now}, step=0)
        note_deed(tx, who, "canned.archive", ("canned answer", found.id), name=found.name)
    return found.name


def unarchive_answer(tx: Tx, who: Actor, answer_id: int) -> str:
    """Take an answer out of the archive. Returns its name."""
    found = hold_answer(tx, who, answer_id)
    if found.archived_at is not None:
        _put(tx, who, found, {"archived_at": None}, step=0)
        note_deed(tx, who, "canned.unarchive", ("canned answer", found.id), name=found.name)
    return found.name


def restore_answer(tx: Tx, who: Actor, answer_id: int, revision: int) -> int:
    """Say again what an earlier version said, as a new version; for whom it is stays. Returns the new revision."""
    found = hold_answer(tx, who, answer_id)
    c = canned_versions.c
    kept = tx.value(sa.select(c.content).where(c.workspace_id == who.workspace_id, c.answer_id == found.id, c.revision == revision))
    if kept is None:
        raise Missing
    then = msgspec.convert(kept, Content)
    return change_answer(tx, who, found.id, msgspec.structs.replace(then, audience=audience_of(found)), found.revision)


def confirm_review(tx: Tx, who: Actor, answer_id: int, due_at: int | None) -> None:
    """Looked at and still right; look again at `due_at`."""
    found = hold_answer(tx, who, answer_id)
    _put(tx, who, found, {"reviewed_at": tx.now, "review_due_at": due_at}, step=0)
    note_deed(tx, who, "canned.review", ("canned answer", found.id), name=found.name)


def content_of(tx: Tx, who: Actor, found: Answer) -> Content:
    """What an answer is now, as it can be written again."""
    return Content(
        name=found.name,
        texts=texts_of(tx, who, [found.id])[found.id],
        shortcut=found.shortcut or "",
        folder=found.folder,
        original=found.original,
        audience=audience_of(found),
        review_due_at=found.review_due_at,
    )


def _fit(tx: Tx, who: Actor, content: Content) -> tuple[dict[str, Any], dict[str, str]]:
    faults: dict[str, str] = {}
    name, folder = clean_line(content.name), clean_line(content.folder)
    shortcut = clean_line(content.shortcut).lstrip("/").lower()
    if not 0 < len(name) <= NAME:
        faults["name"] = "Please give a name of at most 100 characters."
    if len(folder) > FOLDER:
        faults["folder"] = "A topic has at most 60 characters."
    if shortcut and not _SHORTCUT.fullmatch(shortcut):
        faults["shortcut"] = "A shortcut is one word of at most 30 letters, digits and hyphens."
    texts = _fit_texts(content.texts, faults)
    original = content.original if content.original in texts else next(iter(texts), "")
    if faults:
        raise Invalid(faults)
    values = {"name": name, "folder": folder, "shortcut": shortcut or None, "original": original, "review_due_at": content.review_due_at}
    return values | fit_audience(tx, who, content.audience), texts


def _fit_texts(given: Mapping[str, str], faults: dict[str, str]) -> dict[str, str]:
    texts = {language: clean_text(text).strip("\n") for language, text in given.items() if text.strip()}
    if not texts:
        faults["text"] = "Write the answer in at least one language."
    if len(texts) > LANGUAGES:
        faults["text"] = "At most 20 languages go into one answer."
    for language, text in texts.items():
        if not LANGUAGE.fullmatch(language):
            faults["language"] = "Give a language as its code: sv, en, pl, pt-BR."
        elif len(text) > TEXT or text.count("{{") > MOST_FIELDS:
            faults[f"text-{language}"] = "This is too long: at most 20,000 characters and 100 fields."
        elif wrong := wrong_fields(text):
            faults[f"text-{language}"] = say("There is no field %(fields)s.", fields=", ".join(wrong[:3]))
    return texts


def _require_room(tx: Tx, who: Actor) -> None:
    c = canned_answers.c
    if int(tx.value(sa.select(sa.func.count()).select_from(canned_answers).where(c.workspace_id == who.workspace_id))) >= MOST:
        raise Invalid({"": "There are too many canned answers already. Change one that nobody uses instead."})


def _put(tx: Tx, who: Actor, found: Answer, values: dict[str, Any], step: int = 1) -> None:
    c = canned_answers.c
    this = (c.workspace_id == who.workspace_id) & (c.id == found.id)
    _write(tx, lambda: tx.run(sa.update(canned_answers).where(this).values(**values, **_by(tx, who), revision=found.revision + step)))


def _write(tx: Tx, write: Any) -> None:
    try:
        with tx.attempt():
            write()
    except IntegrityError:
        raise Invalid({"shortcut": "Another answer has this shortcut, perhaps an archived one. Choose another."}) from None


def _write_texts(tx: Tx, who: Actor, answer_id: int, texts: Mapping[str, str]) -> None:
    c = canned_texts.c
    tx.run(sa.delete(canned_texts).where(c.workspace_id == who.workspace_id, c.answer_id == answer_id))
    rows = [{"workspace_id": who.workspace_id, "answer_id": answer_id, "language": one, "text": text} for one, text in texts.items()]
    tx.run(sa.insert(canned_texts), rows)


def _remember(tx: Tx, who: Actor, answer_id: int, version: tuple[int, Content]) -> None:
    row = {"workspace_id": who.workspace_id, "answer_id": answer_id, "revision": version[0], "at": tx.now, "content": version[1]}
    tx.run(sa.insert(canned_versions), row | {"agent_id": who.id if who.kind == "agent" else None})


def _by(tx: Tx, who: Actor) -> dict[str, Any]:
    return {"changed_at": tx.now, "changed_by": who.id if who.kind == "agent" else None}


def _name(tx: Tx, who: Actor, agent_id: int | None) -> str:
    return str(tx.value(sa.select(agents.c.name).where(agents.c.workspace_id == who.workspace_id, agents.c.id == agent_id)) or "")
