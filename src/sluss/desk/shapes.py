"""The forms of the desk. In: fields as the templates name them. Out: structs; a field that is not named here is refused (T3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar.datastructures import UploadFile

from sluss.cases.access import Priority
from sluss.channels.contract import TemplateUse
from sluss.channels.deeds import DeedKind
from sluss.desk.deeds import Was
from sluss.kernel.errors import Invalid, Missing
from sluss.replies.drafts import Apart, Kind

LARGEST = (1 << 63) - 1

Number = Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]
Text = Annotated[str, msgspec.Meta(max_length=200_000)]
Line = Annotated[str, msgspec.Meta(max_length=20_000)]


class ReplyForm(msgspec.Struct, frozen=True):
    """An answer; `then` note makes a note of it. `upload` are files sent along by a browser without scripts.

    `described` are files that `alt` describes, one after the other; so `value` fills the `place` of a template (`name/language/place`).
    """

    body: Text = ""
    cc: Line = ""
    bcc: Line = ""
    file: tuple[Number, ...] = ()
    seen: Line = ""
    revision: Number = 0
    then: Literal["stay", "solve", "note"] = "stay"
    anyway: Literal["", "1"] = ""
    trust: Literal["", "1"] = ""
    crowd: Number = 0
    way: Number = 0
    upload: tuple[Any, ...] = ()
    conversation_id: Number = 0
    spoiler: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    described: tuple[Number, ...] = ()
    alt: tuple[Line, ...] = ()
    template: Annotated[str, msgspec.Meta(max_length=700)] = ""
    place: tuple[Annotated[str, msgspec.Meta(max_length=800)], ...] = ()
    value: tuple[Line, ...] = ()
    confirmed: Annotated[str, msgspec.Meta(max_length=64)] = ""


class WayForm(ReplyForm, frozen=True):
    """The same, on its way to another conversation of the case."""

    to: Number = 0


class PartsForm(msgspec.Struct, frozen=True):
    """What is to be shown as it would be sent."""

    body: Text = ""
    spoiler: Line = ""
    conversation_id: Number = 0


class SluiceShape(msgspec.Struct, frozen=True):
    """From public to private: by which way, what is said on both sides, whether the public words are hidden."""

    by: Literal["reply", "talk", "link", "mail"]
    public: Number = 0
    told: Text = ""
    said: Text = ""
    hide: Literal["", "1"] = ""
    seen: Line = ""
    confirmed: Annotated[str, msgspec.Meta(max_length=64)] = ""


class BackForm(msgspec.Struct, frozen=True):
    """A word in public afterwards; empty for the usual one."""

    said: Text = ""
    seen: Line = ""


class NoteForm(msgspec.Struct, frozen=True):
    """A note."""

    body: Text = ""
    file: tuple[Number, ...] = ()
    revision: Number = 0
    upload: tuple[Any, ...] = ()


class SideForm(msgspec.Struct, frozen=True):
    """A question beside the customer. `upload` as for an answer."""

    to: Line = ""
    about: Line = ""
    body: Text = ""
    thread: Number = 0
    quote: tuple[Number, ...] = ()
    passed: tuple[Number, ...] = ()
    file: tuple[Number, ...] = ()
    revision: Number = 0
    crowd: Number = 0
    seen: Line = ""
    upload: tuple[Any, ...] = ()


class DraftForm(msgspec.Struct, frozen=True):
    """What is being written."""

    kind: Kind
    body: Text = ""
    cc: Line = ""
    bcc: Line = ""
    file: tuple[Number, ...] = ()
    revision: Number = 0
    sheet: Annotated[str, msgspec.Meta(max_length=32)] = ""
    to: Line = ""
    about: Line = ""
    thread: Number = 0
    quote: tuple[Number, ...] = ()
    passed: tuple[Number, ...] = ()
    conversation_id: Number = 0


class ForwardForm(msgspec.Struct, frozen=True):
    """Passing on: one message (`m`), or the whole conversation."""

    to: Line = ""
    body: Text = ""
    m: Number = 0
    file: tuple[Number, ...] = ()
    crowd: Number = 0
    seen: Line = ""


class FileForm(msgspec.Struct, frozen=True):
    """One file."""

    file: Any


class UndoForm(msgspec.Struct, frozen=True):
    """One operation of the answer to take back."""

    operation: Number


class AssignForm(msgspec.Struct, frozen=True):
    """An agent's id, `me`, or nothing for nobody."""

    agent: Annotated[str, msgspec.Meta(max_length=20)] = ""


class StatusForm(msgspec.Struct, frozen=True):
    """Where the case goes; `until` belongs to a snooze."""

    status: Literal["open", "pending", "snoozed", "solved", "spam"]
    until: Annotated[str, msgspec.Meta(max_length=120)] = ""
    seen: Line = ""
    anyway: Literal["", "1"] = ""


class DeedShape(msgspec.Struct, frozen=True):
    """A deed on a message: the new text of an edit, the sign of a reaction, or why."""

    kind: DeedKind
    body: Text = ""
    emoji: Annotated[str, msgspec.Meta(max_length=40)] = ""
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class PriorityForm(msgspec.Struct, frozen=True):
    """How soon."""

    priority: Priority


class TagsForm(msgspec.Struct, frozen=True):
    """The whole new set, and new names separated by commas."""

    tag: tuple[Line, ...] = ()
    new: Line = ""


class RetryForm(msgspec.Struct, frozen=True):
    """Whether it may arrive twice."""

    anyway: Literal["", "1"] = ""


class Empty(msgspec.Struct, frozen=True):
    """A form that says all by being sent."""


def number(text: str) -> int:
    """A case number or an id of an address; what can be none is as missing as what does not exist."""
    if text.isascii() and text.isdigit() and int(text) <= LARGEST:
        return int(text)
    raise Missing


def apart_of(form: SideForm | DraftForm) -> Apart:
    """What a question beside the customer holds besides its words."""
    return Apart(to=form.to, subject=form.about, conversation_id=form.thread, quoted=form.quote, passed=form.passed)


def chosen_template(form: ReplyForm) -> TemplateUse | None:
    """The template that was chosen, with what was filled in for it; None where free words are sent."""
    name, slash, language = form.template.rpartition("/")
    if not slash:
        return None
    mine = f"{form.template}/"
    values = {place.removeprefix(mine): value for place, value in zip(form.place, form.value, strict=False) if place.startswith(mine)}
    return TemplateUse(name=name, language=language, values=values)


def uploads(form: ReplyForm | NoteForm | SideForm) -> list[UploadFile]:
    """The files that came with a form."""
    return [one for one in form.upload if isinstance(one, UploadFile) and one.filename]


def write_was(before: list[Was]) -> str:
    """What cases were, for the form that takes a deed back."""
    return msgspec.json.encode([msgspec.to_builtins(one) for one in before]).decode()


def read_was(text: str) -> list[Was]:
    """The same, read again; nothing in it is believed, the actions check it."""
    try:
        return msgspec.json.decode(text, type=list[Was])
    except msgspec.DecodeError:
        raise Invalid({"was": "Reload the page and try again."}) from None
