"""What a company wants to know of its customers: attributes of its own making, typed, in its own order.

In: an administrator's list, agents' values. Out: rows; the audit log has ids only. Whoever sets a value has made sure that the actor may
see the contact.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from sluss.contacts.models import attribute_values, attributes
from sluss.kernel.actors import Actor
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line, fold
from sluss.kernel.tx import Tx

Type = Literal["text", "number", "date", "choice", "yesno", "link"]
Editors = Literal["agents", "leads", "admins"]
TYPES: tuple[Type, ...] = get_args(Type)
MAY: Mapping[Editors, frozenset[str]] = {
    "agents": frozenset({"admin", "lead", "agent"}),
    "leads": frozenset({"admin", "lead"}),
    "admins": frozenset({"admin"}),
}
LABEL, VALUE, MOST, CHOICES = 60, 500, 40, 50
_NAME = re.compile(r"[^a-z0-9]+")


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute. `name` is what programs call it, for ever. `marks`: its value stands beside the customer's name."""

    id: int
    name: str
    label: str
    type: Type
    choices: tuple[str, ...] = ()
    editors: Editors = "agents"
    marks: bool = False
    place: int = 0


class AttributeFields(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of one. `choices` one a line; `type` counts for a new one only."""

    label: str
    type: str = "text"
    choices: str = ""
    editors: str = "agents"
    marks: bool = False


def list_attributes(tx: Tx, who: Actor) -> list[Attribute]:
    """Those in use, in their order."""
    c = attributes.c
    mine = (c.workspace_id == who.workspace_id) & c.archived_at.is_(None)
    rows = tx.rows(sa.select(*fields(Attribute, attributes)).where(mine).order_by(c.place, c.id).limit(MOST))
    return [msgspec.convert(dict(zip(Attribute.__struct_fields__, row, strict=True)), Attribute) for row in rows]


def values_of(tx: Tx, who: Actor, contact_id: int) -> dict[int, str]:
    """A contact's values by the attribute's id."""
    c = attribute_values.c
    rows = tx.rows(sa.select(c.attribute_id, c.value).where(c.workspace_id == who.workspace_id, c.contact_id == contact_id))
    return {row.attribute_id: row.value for row in rows}


def save_attribute(tx: Tx, who: Actor, attribute_id: int, given: AttributeFields) -> int:
    """Make an attribute (id 0), or change one; its type stays. Returns its id."""
    _require_admin(who)
    known = list_attributes(tx, who)
    before = next((one for one in known if one.id == attribute_id), None)
    if attribute_id and before is None:
        raise Missing
    row = _checked(given, before, [one for one in known if one.id != attribute_id])
    if before is None:
        if len(known) >= MOST:
            raise Conflict("There are 40 attributes already. Remove one first.")
        key = {"workspace_id": who.workspace_id, "id": tx.new_id(), "name": _free_name(tx, who, row["label"])}
        tx.run(sa.insert(attributes), key | row | {"place": max((one.place for one in known), default=0) + 1, "archived_at": None})
        attribute_id = int(key["id"])
    else:
        _change(tx, who, attribute_id, **row)
    note_deed(tx, who, "attribute.save", ("attribute", attribute_id), label=row["label"], type=row["type"])
    return attribute_id


def move_attribute(tx: Tx, who: Actor, attribute_id: int, up: bool) -> None:  # noqa: FBT001 - a form passes it by position
    """One place up or down."""
    _require_admin(who)
    known = list_attributes(tx, who)
    at = next((index for index, one in enumerate(known) if one.id == attribute_id), None)
    if at is None:
        raise Missing
    to = at - 1 if up else at + 1
    if 0 <= to < len(known):
        known[at], known[to] = known[to], known[at]
        for place, one in enumerate(known, 1):
            _change(tx, who, one.id, place=place)
        note_deed(tx, who, "attribute.move", ("attribute", attribute_id))


def archive_attribute(tx: Tx, who: Actor, attribute_id: int, gone: bool) -> None:  # noqa: FBT001 - a form passes it by position
    """Ask for it no more, or again; what was answered stays with the customers until they go."""
    _require_admin(who)
    c = attributes.c
    if tx.value(sa.select(c.id).where(c.workspace_id == who.workspace_id, c.id == attribute_id)) is None:
        raise Missing
    _change(tx, who, attribute_id, archived_at=tx.now if gone else None)
    note_deed(tx, who, "attribute.archive" if gone else "attribute.restore", ("attribute", attribute_id))


def set_value(tx: Tx, who: Actor, contact_id: int, attribute_id: int, typed: str) -> str:
    """A contact's value; empty takes it away. Returns the one before. Raises `Invalid` for `value`."""
    one = next((each for each in list_attributes(tx, who) if each.id == attribute_id), None)
    if one is None:
        raise Missing
    if who.kind == "agent" and who.role not in MAY[one.editors]:
        raise Forbidden("Your role may read this, but not change it.")
    value = read_value(one, typed)
    c = attribute_values.c
    this = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.attribute_id == attribute_id)
    before = tx.value(sa.select(c.value).where(this)) or ""
    tx.run(sa.delete(attribute_values).where(this))
    if value:
        row = {"workspace_id": who.workspace_id, "contact_id": contact_id, "attribute_id": attribute_id, "value": value}
        tx.run(sa.insert(attribute_values), row | {"at": tx.now, "agent_id": who.id})
    note_deed(tx, who, "contact.attribute", ("contact", contact_id), attribute=str(attribute_id))
    return str(before)


def read_value(one: Attribute, typed: str) -> str:
    """A value as it is stored: text on one line, `1234.5`, `2026-11-22`, a choice, `yes` or `no`, an http(s) address."""
    text = clean_line(typed)
    if not text:
        return ""
    if len(text) > VALUE:
        raise Invalid({"value": "This holds at most 500 characters."})
    if one.type == "number":
        return _number(text)
    if one.type == "date":
        return _date(text)
    if one.type == "choice" and text not in one.choices:
        raise Invalid({"value": "Choose one of the list."})
    if one.type == "yesno" and text not in {"yes", "no"}:
        raise Invalid({"value": "Choose yes or no."})
    if one.type == "link" and not _is_link(text):
        raise Invalid({"value": "Write an address that begins with https://."})
    return text


def _number(text: str) -> str:
    plain = "".join(text.split()).replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(plain) > 30 or abs(value.adjusted()) > 20:
        raise Invalid({"value": "Write a number, such as 12.5."})
    return format(value, "f")


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid({"value": "Write a date as 2026-11-22."}) from None


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.hostname) and parts.username is None and " " not in text


def _checked(given: AttributeFields, before: Attribute | None, others: Sequence[Attribute]) -> dict[str, object]:
    label, choices = clean_line(given.label), _choices(given.choices)
    kind = before.type if before is not None else given.type
    faults: dict[str, str] = {}
    if not label or len(label) > LABEL:
        faults["label"] = "Write a name of at most 60 characters."
    elif fold(label) in {fold(one.label) for one in others}:
        faults["label"] = "There is an attribute of this name already."
    if kind not in TYPES:
        faults["type"] = "Choose what kind of value it holds."
    if given.editors not in MAY:
        faults["editors"] = "Choose who may change it."
    if kind == "choice" and not 2 <= len(choices) <= CHOICES:
        faults["choices"] = "Write between two and fifty choices, one a line."
    if faults:
        raise Invalid(faults)
    kept = list(choices) if kind == "choice" else []
    return {"label": label, "type": kind, "choices": kept, "editors": given.editors, "marks": given.marks}


def _choices(typed: str) -> list[str]:
    lines = [clean_line(line)[:100] for line in typed.split("\n")]
    return list(dict.fromkeys(line for line in lines if line))


def _free_name(tx: Tx, who: Actor, label: object) -> str:
    """A name for programs, made of the label and never given twice."""
    plain = unicodedata.normalize("NFKD", fold(str(label))).encode("ascii", "ignore").decode()
    stem = _NAME.sub("_", plain).strip("_")[:40] or "attribute"
    c = attributes.c
    taken = {
        row.name for row in tx.rows(sa.select(c.name).where(c.workspace_id == who.workspace_id, c.name.startswith(stem, autoescape=True)))
    }
    return next(name for name in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if name not in taken)


def _change(tx: Tx, who: Actor, attribute_id: int, **values: object) -> None:
    c = attributes.c
    tx.run(sa.update(attributes).where(c.workspace_id == who.workspace_id, c.id == attribute_id).values(**values))


def _require_admin(who: Actor) -> None:
    if who.kind == "agent" and who.role != "admin":
        raise Forbidden("Only administrators do this.")
