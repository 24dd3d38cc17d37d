"""What is known of a contact, for the panel and the page. In: a contact, perhaps the case beside it. Out: `Contact`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cards.answers import Shown, show_cards, show_pushed
from sluss.cards.contract import Card
from sluss.cases.access import WORKERS, CaseRow, visible_to
from sluss.cases.contacts import KnownIdentity, access_contact, known_identities
from sluss.cases.models import cases, conversations, messages
from sluss.channels.handles import is_handle
from sluss.channels.models import inboxes
from sluss.channels.registry import UnknownChannel, capabilities_of
from sluss.contacts.attributes import MAY, Attribute, list_attributes, values_of
from sluss.contacts.consents import consent_log, list_purposes
from sluss.contacts.identities import PHONE
from sluss.contacts.models import identity_profiles
from sluss.contacts.notes import list_notes
from sluss.contacts.profile import zones
from sluss.customers.screens import (
    CardView,
    Consent,
    ConsentLine,
    Contact,
    ContactNote,
    Detail,
    Identity,
    Past,
    Person,
    PushedView,
    SourceView,
)
from sluss.customers.telling import show_field, shown_value, tongues
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx
from sluss.people.models import agents
from sluss.web.locale import gettext as _

BESIDE, ON_PAGE, COUNTED = 5, 25, 1_000
NO_PHONE = 16
"""So many digits no telephone number has."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds the contact: the case beside it, or on its own page (`broad`) the older cases after an id."""

    case: CaseRow | None = None
    broad: bool = False
    after: int | None = None


def show_contact(tx: Tx, who: Actor, contact_id: int, beside: Beside) -> Contact:
    """The customer. Raises `Missing`; whoever sees the case beside it sees its customer."""
    row = access_contact(tx, who, contact_id)
    known = known_identities(tx, who, [contact_id])
    notes, log = list_notes(tx, who, contact_id), consent_log(tx, who, contact_id)
    wanted = [*(one.verified_by for one in known), *(one.agent_id for one in notes), *(one.agent_id for one in log)]
    names = _names(tx, who, wanted)
    details = _details(tx, who, contact_id)
    marks = marks_of(tx, who, [contact_id]).get(contact_id, ())
    past, total, after = _past(tx, who, contact_id, beside)
    may, profiles = who.role in WORKERS, _profiles(tx, who, [one.id for one in known])
    return Contact(
        person=Person(str(row.id), row.name),
        marks=marks,
        identities=tuple(_identity(one, names, profiles.get(one.id)) for one in known),
        language=row.language,
        language_said=row.language_said,
        zone=row.zone,
        first_seen=row.created_at if any(one.said_at for one in known) else None,
        sources=tuple(show_source_view(who, one) for one in show_cards(tx, who, contact_id, beside.case)),
        pushed=tuple(_pushed(one) for one in show_pushed(tx, who, contact_id)),
        notes=tuple(
            ContactNote(
                id=str(one.id),
                text=one.text,
                author=Person(str(one.agent_id), names.get(one.agent_id, "")),
                at=one.at,
                changed_at=one.changed_at,
                pinned=one.pinned,
                mine=one.agent_id == who.id or who.role in {"admin", "lead"},
            )
            for one in notes
        ),
        details=details,
        consents=_consents(tx, who, log, names),
        past=past,
        past_total=total,
        after=after,
        case_no=beside.case.number if beside.case is not None else 0,
        broad=beside.broad,
        may_change=may,
        zones=tuple(sorted(zones())) if may and beside.broad else (),
        languages=tongues() if may else (),
    )


def show_source_view(who: Actor, shown: Shown) -> SourceView:
    """One outside system, its cards told in the reader's language."""
    return SourceView(
        id=str(shown.source_id),
        name=shown.name,
        state=shown.state,
        cards=tuple(_card(card, doubtful=doubtful) for card, doubtful in zip(shown.cards, shown.doubtful, strict=True)),
        asks=shown.asks,
        stale=shown.stale,
        answered_at=shown.answered_at,
        reason=_(shown.reason) if shown.reason and who.role == "admin" else "",
    )


def marks_of(tx: Tx, who: Actor, contact_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """What stands beside names: values of the attributes that mark, and the label of one that is simply so."""
    ids = list(contact_ids)
    marking = [one for one in list_attributes(tx, who) if one.marks]
    found: dict[int, tuple[str, ...]] = {}
    for contact_id in ids if marking else ():
        values = values_of(tx, who, contact_id)
        told = tuple(_mark(one, values[one.id]) for one in marking if one.id in values)
        found[contact_id] = tuple(one for one in told if one)
    return found


def network_icon(network: str) -> str:
    """The picture of a network."""
    try:
        return capabilities_of(network, "public").icon
    except UnknownChannel:
        return "phone" if network == PHONE else "user"


def network_label(network: str) -> str:
    """The name of a network."""
    try:
        return _(capabilities_of(network, "public").label)
    except UnknownChannel:
        return _("Phone") if network == PHONE else network


def _mark(one: Attribute, value: str) -> str:
    if one.type == "yesno":
        return one.label if value == "yes" else ""
    return shown_value(one.type, value)


def _profiles(tx: Tx, who: Actor, identity_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    c = identity_profiles.c
    wanted = sa.select(c.identity_id, c.url, c.followers, c.verified)
    return {row.identity_id: row for row in tx.rows(wanted.where(c.workspace_id == who.workspace_id, c.identity_id.in_(identity_ids)))}


def _identity(one: KnownIdentity, names: dict[int, str], profile: sa.Row[Any] | None) -> Identity:
    return Identity(
        id=str(one.id),
        icon=network_icon(one.network),
        label=network_label(one.network),
        address=_readable(one),
        made=is_handle(one.address),
        level=one.level,
        verified_by=names.get(one.verified_by or 0, ""),
        verified_at=one.verified_at,
        said_at=one.said_at,
        loose=one.said_at is None,
        href=profile.url if profile is not None else "",
        followers=profile.followers if profile is not None else None,
        known=profile is not None and profile.verified,
    )


def _readable(one: KnownIdentity) -> str:
    """What a network calls somebody by is no telephone number where it is longer than those are: a name and its end say more."""
    if one.handle or not one.address.isdecimal() or len(one.address) < NO_PHONE:
        return one.shown
    return f"{one.name or network_label(one.network)} · {one.address[-4:]}"


def _details(tx: Tx, who: Actor, contact_id: int) -> tuple[Detail, ...]:
    values = values_of(tx, who, contact_id)
    return tuple(
        Detail(
            id=str(one.id),
            label=one.label,
            type=one.type,
            value=values.get(one.id, ""),
            shown=shown_value(one.type, values.get(one.id, "")),
            href=values.get(one.id, "") if one.type == "link" else "",
            choices=one.choices,
            may_change=who.role in MAY[one.editors],
        )
        for one in list_attributes(tx, who)
    )


def _consents(tx: Tx, who: Actor, log: Iterable[Any], names: dict[int, str]) -> tuple[Consent, ...]:
    lines: dict[int, list[ConsentLine]] = {}
    for one in log:
        told = ConsentLine(state=one.state, way=one.way, detail=one.detail, at=one.at, by=names.get(one.agent_id, ""))
        lines.setdefault(one.purpose_id, []).append(told)
    return tuple(
        Consent(
            id=str(one.id),
            label=one.label,
            state=lines[one.id][0].state if one.id in lines else "unknown",
            log=tuple(lines.get(one.id, ())),
        )
        for one in list_purposes(tx, who)
    )


def _past(tx: Tx, who: Actor, contact_id: int, beside: Beside) -> tuple[tuple[Past, ...], int, str]:
    """The newest cases by every inbox that the reader may see, and how many there are of those; others are not even counted."""
    c, i, m, v = cases.c, inboxes.c, messages.c, conversations.c
    theirs = visible_to(who) & (c.contact_id == contact_id) & c.merged_into_id.is_(None)
    if beside.case is not None:
        theirs &= c.id != beside.case.id
    spoken = sa.select(v.id).where(v.workspace_id == c.workspace_id, v.case_id == c.id, ~v.aside).correlate(cases)
    ours = sa.select(sa.func.max(m.at)).where(m.workspace_id == c.workspace_id, m.conversation_id.in_(spoken), m.direction == "out")
    joined = cases.join(inboxes, (i.workspace_id == c.workspace_id) & (i.id == c.inbox_id))
    chosen = sa.select(c.id, c.number, c.subject, c.status, c.active_at, c.preview, i.channel, i.name)
    chosen = chosen.add_columns(ours.correlate(cases).scalar_subquery().label("answered_at")).select_from(joined).where(theirs)
    most = ON_PAGE if beside.broad else BESIDE
    shown = chosen if beside.after is None else chosen.where(c.id < beside.after)
    rows = tx.rows(shown.order_by(c.id.desc()).limit(most + 1))
    some = sa.select(c.id).where(theirs).limit(COUNTED).subquery()
    total = len(rows) if len(rows) <= most and beside.after is None else int(tx.value(sa.select(sa.func.count()).select_from(some)))
    return tuple(_case(row) for row in rows[:most]), total, str(rows[most - 1].id) if len(rows) > most else ""


def _case(row: Any) -> Past:
    return Past(
        no=row.number,
        subject=row.subject,
        status=row.status,
        at=row.active_at,
        channel_icon=network_icon(row.channel),
        channel_label=network_label(row.channel),
        inbox=row.name,
        preview=row.preview,
        answered_at=row.answered_at,
    )


def _pushed(one: Any) -> PushedView:
    return PushedView(name=one.source, cards=tuple(_card(card, doubtful=one.doubtful) for card in one.cards), at=one.at)


def _card(card: Card, *, doubtful: bool) -> CardView:
    return CardView(
        title=card.title,
        fields=tuple(show_field(one) for one in card.fields),
        actions=tuple((one.label, one.url) for one in card.actions),
        as_of=int(card.as_of.timestamp() * 1_000_000) if card.as_of is not None else None,
        doubtful=doubtful,
    )


def _names(tx: Tx, who: Actor, agent_ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {one for one in agent_ids if one}
    c = agents.c
    rows = tx.rows(sa.select(c.id, c.name).where(c.workspace_id == who.workspace_id, c.id.in_(wanted))) if wanted else ()
    return {row.id: row.name for row in rows}
