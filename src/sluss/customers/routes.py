"""Routes of the customer pages and of the panel's forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from litestar import Response, get, post

from sluss.cards.answers import Asked as CardsAsked
from sluss.cards.answers import Shown, prepare, settle, show_source
from sluss.cards.asking import CardClient
from sluss.cases.access import CaseRow, access_case_no
from sluss.customers import routes_begin, routes_join
from sluss.customers.deeds import DEEDS, Belongs, Fields, make
from sluss.customers.listing import list_customers
from sluss.customers.reading import Beside, show_contact, show_source_view
from sluss.customers.screens import Contact, Person
from sluss.customers.words import piece_of, told
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.merging.contacts import lead_on_contact
from sluss.people.once import once
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.policy import AGENTS, READERS
from sluss.web.shell import Form, Toast

T = TypeVar("T")

_CASE = re.compile(r"/inbox/[^/?]+/([0-9]{1,15})(?:\?.*)?")
Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Line = Annotated[str, msgspec.Meta(max_length=2_000)]


class PanelForm(msgspec.Struct, frozen=True):
    """Every field that a form of the panel may have."""

    name: Line = ""
    language: Line = ""
    said: Literal["", "0", "1"] = "1"
    zone: Line = ""
    address: Line = ""
    identity: Number = 0
    note: Number = 0
    text: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    pinned: Literal["", "1"] = ""
    attribute: Number = 0
    value: Line = ""
    purpose: Number = 0
    state: Line = ""
    way: Line = "other"
    detail: Line = ""


class CardForm(msgspec.Struct, frozen=True):
    """Which system to ask; `again` from a person who wants it now."""

    source: Number
    again: Literal["", "1"] = ""


@get("/customers", may=READERS)
async def customers(edge: Edge, asked: Asked, who: Actor, *, q: str = "", after: str = "") -> Response[str]:
    """The list."""
    found = await edge.db.read(_speaking, _voice(asked), list_customers, who, q, after)
    return asked.answer("customers/list.html", asked.page(_("Customers"), "customers"), found=found)


@get("/customers/new", may=AGENTS)
async def new_customer(asked: Asked) -> Response[str]:
    """The form of one by hand."""
    return asked.answer("customers/new.html", asked.page(_("New customer"), "customers"), form_of=Form(), other=None)


@post("/customers/new", may=AGENTS)
async def make_customer(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Somebody whom we know before they write."""
    given = msgspec.convert(await asked.form(PanelForm), Fields, from_attributes=True)
    try:
        contact_id = await edge.db.write(once, who, await asked.op(), make, given)
    except Invalid as error:
        other = Person(str(error.contact_id), error.name) if isinstance(error, Belongs) and error.contact_id else None
        page = asked.page(_("New customer"), "customers")
        return asked.answer("customers/new.html", page, 422, form_of=_with_faults(given, error.fields), other=other)
    return asked.go(f"/customers/{contact_id}")


@get("/customers/{contact_id:int}", may=READERS, reads=("contact", "contact_id"))
async def customer(edge: Edge, asked: Asked, who: Actor, contact_id: int, *, after: str = "") -> Response[Any]:
    """One customer with everything that is known; who was merged leads on."""
    here = await edge.db.read(lead_on_contact, who, contact_id)
    if here != contact_id:
        return asked.go(f"/customers/{here}")
    cursor = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    contact = await edge.db.read(_speaking, _voice(asked), show_contact, who, contact_id, Beside(broad=True, after=cursor))
    return asked.answer("customers/page.html", asked.page(contact.person.name, "customers"), contact=contact)


@post("/customers/{contact_id:int}/cards", may=READERS, status_code=200)
async def cards(edge: Edge, asked: Asked, who: Actor, contact_id: int) -> Response[Any]:
    """Ask one outside system, unless a good answer is at hand."""
    form = await asked.form(CardForm)
    number = _case_in(await asked.field("back"))
    shown = await ask_source(edge, who, (contact_id, form.source), number, again=form.again == "1")
    if not asked.htmx:
        return await asked.back(f"/customers/{contact_id}")
    page = msgspec.structs.replace(asked.page("", "customers"), path=await asked.field("back"))
    with speaking(_voice(asked)):
        source = show_source_view(who, shown)
    return asked.answer("customers/source.html", page, source=source, contact_id=str(contact_id))


def _route(path: str) -> Any:
    """The handler of one form of the panel."""

    @post(f"/customers/{{contact_id:int}}/{path}", may=AGENTS, status_code=200)
    async def change(edge: Edge, asked: Asked, who: Actor, contact_id: int) -> Response[Any]:
        """One form of the panel."""
        return await _change(edge, asked, who, contact_id, path)

    return change


async def ask_source(edge: Edge, who: Actor, about: tuple[int, int], number: int, *, again: bool) -> Shown:
    """How one system stands with a contact, `about` both, after it was asked if need be. Nothing waits in a transaction."""
    shown = await edge.db.read(_shown, who, about, number)
    if not (shown.asks or again):
        return shown
    question = await edge.db.read(_prepared, who, edge.keyring, about, number)
    if question is None:
        return shown
    outcome = await client_of(edge).ask(question.asking, (who.workspace_id, *about, question.mark))
    await edge.db.write(settle, who, question, outcome)
    return await edge.db.read(_shown, who, about, number)


def client_of(edge: Edge) -> CardClient:
    """The one client of this process."""
    if edge.cards is None:
        edge.cards = CardClient(private=edge.config.private_servers)
    return edge.cards


async def _change(edge: Edge, asked: Asked, who: Actor, contact_id: int, path: str) -> Response[Any]:
    given = msgspec.convert(await asked.form(PanelForm), Fields, from_attributes=True)
    try:
        before: dict[str, str] = await edge.db.write(once, who, await asked.op(), DEEDS[path], contact_id, given)
    except Invalid as error:
        return await _refused(edge, asked, who, contact_id, (piece_of(path, given), given, error))
    if not asked.htmx:
        return await asked.back(f"/customers/{contact_id}")
    toast = told(path, contact_id, given, before)
    return await _again(edge, asked, who, contact_id, toasts=(toast,))


async def _refused(edge: Edge, asked: Asked, who: Actor, contact_id: int, what: tuple[str, Fields, Invalid]) -> Response[Any]:
    """The panel, or without scripts the page, with the form open and what is wrong with it."""
    piece, given, error = what
    other = Person(str(error.contact_id), error.name) if isinstance(error, Belongs) and error.contact_id else None
    shown = {"piece": piece, "form": _with_faults(given, error.fields), "other": other}
    if asked.htmx:
        return await _again(edge, asked, who, contact_id, status=422, shown=shown)
    contact = await edge.db.read(_speaking, _voice(asked), show_contact, who, contact_id, Beside(broad=True))
    page = asked.page(contact.person.name, "customers")
    return asked.answer("customers/page.html", page, 422, contact=msgspec.structs.replace(contact, **shown))


async def _again(
    edge: Edge, asked: Asked, who: Actor, contact_id: int, *, status: int = 200, toasts: Sequence[Toast] = (), shown: Any = None
) -> Response[Any]:
    back = await asked.field("back")
    contact = await edge.db.read(_speaking, _voice(asked), _beside, who, contact_id, _case_in(back))
    contact = msgspec.structs.replace(contact, **(shown or {}))
    page = asked.page(contact.person.name, "customers", toasts=tuple(toasts))
    return asked.answer("customers/done.html", msgspec.structs.replace(page, path=back or page.path), status, contact=contact)


def _beside(tx: Tx, who: Actor, contact_id: int, number: int) -> Contact:
    """Beside its case, if the form stood there and the case is still this contact's."""
    case = access_case_no(tx, who, number) if number else None
    if case is not None and case.contact_id != contact_id:
        case = None
    return show_contact(tx, who, contact_id, Beside(case=case, broad=case is None))


def _shown(tx: Tx, who: Actor, about: tuple[int, int], number: int) -> Shown:
    return show_source(tx, who, *about, _case_of(tx, who, about[0], number))


def _prepared(tx: Tx, who: Actor, sealer: Sealer, about: tuple[int, int], number: int) -> CardsAsked | None:
    return prepare(tx, who, sealer, about, _case_of(tx, who, about[0], number))


def _case_of(tx: Tx, who: Actor, contact_id: int, number: int) -> CaseRow | None:
    if not number:
        return None
    case = access_case_no(tx, who, number)
    if case.contact_id != contact_id:
        raise Conflict("The case belongs to another customer now. Reload the page.")
    return case


def _speaking(tx: Tx, voice: Voice, read: Callable[..., T], *args: Any) -> T:
    with speaking(voice):
        return read(tx, *args)


def _voice(asked: Asked) -> Voice:
    return Voice(asked.reader.locale, asked.reader.zone)


def _case_in(back: str) -> int:
    """The case that a form stood beside; 0 on the customer's own page."""
    found = _CASE.fullmatch(back)
    return int(found[1]) if found else 0


def _with_faults(given: Fields, faults: dict[str, str]) -> Form:
    values = {name: str(value) for name, value in msgspec.structs.asdict(given).items()}
    return Form(values=values, errors={name: _(sentence) for name, sentence in faults.items()})


ROUTES: list[Any] = [
    customers,
    new_customer,
    make_customer,
    customer,
    cards,
    *map(_route, DEEDS),
    *routes_join.ROUTES,
    *routes_begin.ROUTES,
]
