"""Approved texts in place of free ones, where a network wants that. In: a name and values. Out: the text as the customer reads it."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from sluss.channels.contract import TemplateUse
from sluss.channels.models import templates
from sluss.channels.templating import Template
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.schema import fields
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say

APPROVED = frozenset({"approved", "active"})
VALUE = 1_000
_PLACE = re.compile(r"\{\{\s{0,9}([a-z0-9_]{1,60})\s{0,9}\}\}", re.IGNORECASE)


def approved_templates(tx: Tx, who: Actor, inbox_id: int) -> list[Template]:
    """Those that may be sent by an inbox, by name."""
    t = templates.c
    mine = (t.workspace_id == who.workspace_id) & (t.inbox_id == inbox_id) & sa.func.lower(t.status).in_(APPROVED)
    rows = tx.rows(sa.select(*fields(Template, templates)).where(mine).order_by(t.name, t.language))
    return [_template(row) for row in rows]


def fill_template(tx: Tx, who: Actor, inbox_id: int, use: TemplateUse) -> str:
    """What the customer will read. Raises `Conflict` where it is not approved any more, `Invalid` for values that are missing."""
    found = next((one for one in approved_templates(tx, who, inbox_id) if (one.name, one.language) == (use.name, use.language)), None)
    if found is None:
        raise Conflict("The network does not allow this template any more. Choose another one.")
    whole = "\n\n".join(part for part in (found.header, found.body, found.footer) if part)
    values = {name: clean_line(value) for name, value in use.values.items()}
    wanted = places_of(found)
    if missing := [name for name in wanted if not values.get(name)]:
        raise Invalid({"template": say("Fill in %(fields)s of the template first.", fields=", ".join(missing))})
    if any(len(value) > VALUE for value in values.values()):
        raise Invalid({"template": say("This is too long: at most %(most)s characters can be sent here.", most=VALUE)})
    return _PLACE.sub(lambda place: values.get(place.group(1), place.group()), whole)


def places_of(template: Template) -> tuple[str, ...]:
    """What is to be filled in, each once, in the order in which it stands."""
    whole = f"{template.header}\n{template.body}\n{template.footer}"
    return tuple(dict.fromkeys(place.group(1) for place in _PLACE.finditer(whole)))


def _template(row: sa.Row[Any]) -> Template:
    values: dict[str, Any] = {name: getattr(row, name) for name in Template.__struct_fields__}
    values["variables"] = tuple(row.variables)
    return Template(**values)
