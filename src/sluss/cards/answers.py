"""What outside systems said of a contact, and whether to ask them. In: a contact, a case, an actor. Out: what is shown, a question.

An answer counts for the addresses it was asked with: when one of them is no longer certain, or another is added, it is as if never given.
After five failures in a row a system is left alone for a minute.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from sluss.cards.asking import Asking, Outcome
from sluss.cards.contract import Card, Question, SentCase, SentContact, SentIdentity
from sluss.cards.models import card_answers, card_sources, pushed_cards
from sluss.cards.sources import Source, access_source, limits_of, list_sources, secret_of, teams_of
from sluss.cases.access import CaseRow, visible_to
from sluss.cases.contacts import KnownIdentity, access_contact, known_identities, sees_everybody
from sluss.cases.models import cases
from sluss.channels.handles import own_key
from sluss.channels.models import inboxes
from sluss.contacts.attributes import list_attributes, values_of
from sluss.contacts.proof import TRUSTED
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY, MINUTE, SECOND
from sluss.kernel.errors import Missing
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx

State = Literal["asking", "ok", "empty", "slow", "failed", "paused", "unproven"]
FAILURES = 5
PAUSE = MINUTE
AGAIN = 30 * SECOND
"""What failed is not asked again by itself so soon; a person may."""
KEPT = DAY


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One system beside a customer. `asks`: the page is to ask for it now. `stale` cards are shown until better ones come.

    `doubtful[n]`: the nth card was found by an address that nobody proved. `reason` is for administrators.
    """

    source_id: int
    name: str
    state: State
    cards: tuple[Card, ...] = ()
    doubtful: tuple[bool, ...] = ()
    asks: bool = False
    stale: bool = False
    answered_at: int | None = None
    reason: str = ""


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """Cards that a program put here. `doubtful` as for `Shown`, of all of them."""

    source: str
    cards: tuple[Card, ...]
    doubtful: bool
    at: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is ready to leave; `mark` is what it asks with."""

    source_id: int
    contact_id: int
    asking: Asking
    mark: bytes
    based: tuple[SentIdentity, ...]


def show_cards(tx: Tx, who: Actor, contact_id: int, case: CaseRow | None = None) -> list[Shown]:
    """Every system that the actor is shown for this contact, by name; whoever calls has accessed the contact and the case."""
    sources = _seen(tx, who, contact_id, case)
    known = known_identities(tx, who, [contact_id]) if sources else []
    c = card_answers.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & c.source_id.in_([one.id for one in sources])
    stored = {row.source_id: row for row in tx.rows(sa.select(card_answers).where(mine))} if sources else {}
    return [_shown(tx.now, one, _told_of(one, known), stored.get(one.id)) for one in sources]


def show_pushed(tx: Tx, who: Actor, contact_id: int) -> list[Pushed]:
    """What programs put here and is not over, by source."""
    c = pushed_cards.c
    mine = (c.workspace_id == who.workspace_id) & (c.contact_id == contact_id) & (c.expires_at > tx.now)
    rows = tx.rows(sa.select(pushed_cards).where(mine).order_by(c.source))
    levels = {one.id: one.level for one in known_identities(tx, who, [contact_id])} if rows else {}
    return [
        Pushed(source=row.source, cards=_cards(row.cards), doubtful=levels.get(row.identity_id, "claimed") not in TRUSTED, at=row.at)
        for row in rows
    ]


def show_source(tx: Tx, who: Actor, contact_id: int, source_id: int, case: CaseRow | None) -> Shown:
    """One of them. Raises `Missing`."""
    access_contact(tx, who, contact_id)
    found = next((one for one in show_cards(tx, who, contact_id, case) if one.source_id == source_id), None)
    if found is None:
        raise Missing
    return found


def prepare(tx: Tx, who: Actor, sealer: Sealer, about: tuple[int, int], case: CaseRow | None) -> Asked | None:
    """The question to ask now, `about` a contact and a source; None when there is no address to ask with, or in a pause."""
    contact_id, source_id = about
    contact = access_contact(tx, who, contact_id)
    source = next((one for one in _seen(tx, who, contact_id, case) if one.id == source_id), None)
    if source is None:
        raise Missing
    told = _told_of(source, known_identities(tx, who, [contact_id]))
    if not told or _is_paused(tx.now, source):
        return None
    values = values_of(tx, who, contact_id)
    named = {one.name: values[one.id] for one in list_attributes(tx, who) if one.id in values}
    sent = SentContact(str(contact.id), contact.name, contact.language, contact.zone, told, named)
    at = datetime.fromtimestamp(tx.now / 1_000_000, UTC)
    question = Question(str(tx.new_id()), at, sent, _sent_case(tx, who, case))
    asking = Asking(
        url=source.url,
        secret=secret_of(tx, who, sealer, source_id),
        body=msgspec.json.encode(question),
        patience=source.patience,
        sent_at=tx.now,
    )
    return Asked(source_id=source_id, contact_id=contact_id, asking=asking, mark=_mark(told), based=told)


def settle(tx: Tx, who: Actor, asked: Asked, outcome: Outcome) -> None:
    """Keep what was said, and how the system does."""
    access_source(tx, who, asked.source_id)
    access_contact(tx, who, asked.contact_id)
    c = card_answers.c
    this = (c.workspace_id == who.workspace_id) & (c.source_id == asked.source_id) & (c.contact_id == asked.contact_id)
    before = tx.row(sa.select(c.asked, c.cards, c.answered_at, c.based).where(this).with_for_update())
    kept = before if outcome.trouble and before is not None and before.asked == asked.mark else None
    row: dict[str, Any] = {"asked": asked.mark, "tried_at": tx.now, "trouble": outcome.trouble, "reason": outcome.reason}
    row |= {"cards": list(outcome.cards), "based": list(asked.based), "answered_at": None if outcome.trouble else tx.now}
    if kept is not None:
        row |= {"cards": kept.cards, "based": kept.based, "answered_at": kept.answered_at}
    tx.run(sa.delete(card_answers).where(this))
    key = {"workspace_id": who.workspace_id, "source_id": asked.source_id, "contact_id": asked.contact_id}
    tx.run(sa.insert(card_answers), key | row)
    note_health(tx, who, asked.source_id, outcome)


def note_health(tx: Tx, who: Actor, source_id: int, outcome: Outcome) -> None:
    """How a system does; it is left alone for a while after too many failures."""
    c = card_sources.c
    this = (c.workspace_id == who.workspace_id) & (c.id == source_id)
    if not outcome.trouble:
        tx.run(sa.update(card_sources).where(this).values(failures=0, paused_until=None, answered_at=tx.now, took=outcome.took))
        return
    until = sa.case((c.failures + 1 >= FAILURES, tx.now + PAUSE), else_=None)
    tx.run(sa.update(card_sources).where(this).values(failures=c.failures + 1, paused_until=until, failed_at=tx.now, error=outcome.reason))


def forget_old_cards(tx: Tx, who: Actor) -> None:  # noqa: ARG001 - recurring work is called so
    """Answers go after a day, pushed cards when their time is over."""
    tx.run(sa.delete(card_answers).where(card_answers.c.tried_at < tx.now - KEPT))
    tx.run(sa.delete(pushed_cards).where(pushed_cards.c.expires_at <= tx.now))


def _seen(tx: Tx, who: Actor, contact_id: int, case: CaseRow | None) -> list[Source]:
    """Systems that are switched on, for this inbox and this agent's teams."""
    sources = [one for one in list_sources(tx, who) if one.enabled]
    limits = limits_of(tx, who, [one.id for one in sources]) if sources else {}
    mine = teams_of(tx, who) if any(one.team_ids for one in limits.values()) else frozenset[int]()
    at = _inboxes_of(tx, who, contact_id, case) if any(one.inbox_ids for one in limits.values()) else frozenset[int]()
    return [
        one
        for one in sources
        if (not limits[one.id].team_ids or sees_everybody(who) or limits[one.id].team_ids & mine)
        and (not limits[one.id].inbox_ids or limits[one.id].inbox_ids & at)
    ]


def _inboxes_of(tx: Tx, who: Actor, contact_id: int, case: CaseRow | None) -> frozenset[int]:
    if case is not None:
        return frozenset({case.inbox_id})
    theirs = sa.select(cases.c.inbox_id).where(visible_to(who), cases.c.contact_id == contact_id).distinct()
    return frozenset(row.inbox_id for row in tx.rows(theirs))


def _told_of(source: Source, known: Sequence[KnownIdentity]) -> tuple[SentIdentity, ...]:
    """Addresses that a system is told of. One that was contradicted is told to nobody."""
    fit = [one for one in known if one.level in TRUSTED or (source.claimed_too and one.level == "claimed")]
    return tuple(SentIdentity(one.network, own_key(one.address), one.level) for one in fit[:50])


def _mark(told: Sequence[SentIdentity]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(sorted((one.network, one.address, one.proof) for one in told))).digest()


def _shown(now: int, source: Source, told: tuple[SentIdentity, ...], row: Any) -> Shown:
    shown = Shown(source_id=source.id, name=source.name, state="asking", asks=True)
    if not told:
        return msgspec.structs.replace(shown, state="unproven", asks=False)
    if row is not None and row.asked == _mark(told):
        shown = _with_answer(now, source, row, shown)
    if shown.state in {"asking", "slow", "failed"} and _is_paused(now, source):
        return msgspec.structs.replace(shown, state="paused", asks=False, reason=source.error)
    return shown


def _is_paused(now: int, source: Source) -> bool:
    return source.paused_until is not None and source.paused_until > now


def _with_answer(now: int, source: Source, row: Any, shown: Shown) -> Shown:
    cards = _cards(row.cards) if row.answered_at is not None and row.answered_at > now - KEPT else ()
    based = msgspec.convert(row.based, tuple[SentIdentity, ...])
    found = {"cards": cards, "doubtful": tuple(_is_doubtful(card, based) for card in cards), "answered_at": row.answered_at}
    if row.trouble:
        waits = row.tried_at > now - AGAIN
        told = {"state": row.trouble if waits else "asking", "asks": not waits, "stale": bool(cards), "reason": row.reason}
        return msgspec.structs.replace(shown, **found, **told)
    if row.answered_at is not None and row.answered_at > now - source.fresh_for:
        return msgspec.structs.replace(shown, **found, state="ok" if cards else "empty", asks=False)
    return msgspec.structs.replace(shown, **found, stale=bool(cards))


def _is_doubtful(card: Card, based: Sequence[SentIdentity]) -> bool:
    """Found by an address that nobody proved; where the card does not say by which, by the least certain of them."""
    by = [one for one in based if one.address.lower() == card.identity.strip().lower()] or list(based)
    return any(one.proof not in TRUSTED for one in by)


def _cards(stored: Any) -> tuple[Card, ...]:
    return msgspec.convert(stored, tuple[Card, ...])


def _sent_case(tx: Tx, who: Actor, case: CaseRow | None) -> SentCase | None:
    if case is None:
        return None
    address = tx.value(sa.select(inboxes.c.address).where(inboxes.c.workspace_id == who.workspace_id, inboxes.c.id == case.inbox_id))
    return SentCase(case.number, str(address))
