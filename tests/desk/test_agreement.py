"""A filter means the same to the database as to one case in hand, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluss.cases.access import CaseRow, Priority, visible_to
from sluss.cases.actions import add_note, assign_case, set_priority, set_status, set_tags
from sluss.cases.filtering.conditions import Reader, condition
from sluss.cases.filtering.facts import facts_of
from sluss.cases.filtering.holding import holds
from sluss.cases.filtering.names import read_names
from sluss.cases.filtering.reading import read_filter
from sluss.cases.filtering.terms import All, Not, Part, Some, Wrong, joined
from sluss.cases.models import cases, tags
from sluss.contacts.models import contacts
from sluss.kernel.clock import DAY, HOUR
from sluss.kernel.db import Database
from sluss.kernel.schema import fields
from sluss.kernel.tx import Tx
from sluss.replies.drafts import DraftFields, save_draft
from tests.desk.conftest import ASA, LUKASZ, MALGORZATA, Customers
from tests.world import World

TERMS = [
    *(
        "is:open",
        "is:pending,snoozed",
        "is:waiting",
        "is:mine",
        "is:unassigned",
        "is:done",
        "is:spam",
        "is:unfinished",
        "is:assigned,solved",
    ),
    *("assignee:me", "assignee:nobody", "assignee:nobody,petra", "assignee:maja", "team:stockholm", "team:gdansk", "inbox:kundtjanst"),
    *("inbox:obsluga", "channel:email", "tag:vip", "tag:vip,bagage", "tag:zolc", "priority:high,urgent", "lang:sv", "lang:pl,pt"),
    *("from:asa@kund.example", "from:Lukasz@Poczta.example", "from:@poczta.example", "from:@oczta.example,nobody@x.example"),
    *("has:draft", "has:note", "has:file", "has:tag", "has:file,note", "number:10003", "number:10001,10004,1"),
    *("waiting:>2h", "waiting:<3h", "opened:today", "opened:<today", "active:>1h", "solved:today", "snoozed:<1d", "snoozed:>1h"),
]


@pytest.fixture
def many(db: Database, world: World, customers: Customers) -> None:
    """Sixteen cases in every state that a filter asks about."""
    maja, johan = world.who("maja"), world.who("johan")
    senders = (ASA, LUKASZ, MALGORZATA)
    for n in range(16):
        if n in {5, 11}:
            customers.clock.move(HOUR)
        if n == 13:
            customers.clock.move(DAY)
        customers.write(f"Sak {n}", sender=senders[n % 3], inbox="obsluga" if n % 4 == 3 else "kundtjanst")
    numbers = db.read_now(lambda tx: [row.number for row in tx.rows(sa.select(cases.c.number).order_by(cases.c.number))])
    priorities: tuple[Priority, ...] = ("normal", "high", "urgent", "low")
    changes: list[Any] = ["open", "open", "pending", "snoozed", "solved", "open", "spam", "closed"]
    for n, no in enumerate(numbers):
        case = customers.case(no)
        status = changes[n % 8]
        db.write_now(set_status, maja, case.id, status, customers.clock() + (n + 1) * HOUR if status == "snoozed" else None)
        db.write_now(set_tags, maja, case.id, [["VIP"], [], ["Bagage", "Żółć"], []][n % 4])
        db.write_now(set_priority, maja, case.id, priorities[n % 4])
        db.write_now(assign_case, maja, case.id, [None, johan.id, maja.id, world.who("petra").id, None][n % 5])
        if n % 5 == 2:
            db.write_now(add_note, maja, case.id, "Ring!")
    db.write_now(save_draft, johan, customers.case(numbers[0]).id, DraftFields(text="Hej"))
    db.write_now(lambda tx: tx.run(sa.update(contacts).where(contacts.c.name.startswith("Ł")).values(language="pt-BR")).rowcount)
    db.write_now(lambda tx: tx.run(sa.update(contacts).where(contacts.c.name.startswith("Å")).values(language="sv")).rowcount)


def groups(inner: st.SearchStrategy[Part]) -> st.SearchStrategy[Part]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(inner.map(Not), several.map(lambda some: joined(All, some)), several.map(lambda some: joined(Some, some)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_the_database_and_a_case_in_hand_agree(db: Database, world: World, many: None, data: st.DataObject) -> None:
    """T108: for every case and any filter, for readers who see much or little."""
    who = world.who(data.draw(st.sampled_from(["johan", "maja", "petra", "marek"])))

    def compared(tx: Tx) -> None:
        reader = Reader(who=who, names=read_names(tx, who), now=tx.now, zone="Europe/Stockholm")
        known = [part for part in (_read(text, reader) for text in TERMS) if part is not None]
        leaf = st.sampled_from(known)
        everything = tx.structs(CaseRow, sa.select(*fields(CaseRow, cases)).where(visible_to(who)))
        facts = facts_of(tx, who, everything)
        for tree in [*known, *data.draw(st.lists(st.recursive(leaf, groups, max_leaves=6), min_size=4, max_size=4))]:
            found = {row.number for row in tx.rows(sa.select(cases.c.number).where(visible_to(who), condition(tree, reader)))}
            assert {one.case.number for one in facts.values() if holds(tree, one, reader)} == found, tree

    db.read_now(compared)


def test_every_term_tells_cases_apart(db: Database, world: World, many: None, customers: Customers) -> None:
    """The agreement above would mean nothing of filters that hold all or none."""

    def sizes(tx: Tx) -> dict[str, int]:
        who = world.who("johan")
        reader = Reader(who=world.who("maja"), names=read_names(tx, world.who("maja")), now=tx.now)
        mine = Reader(who=who, names=reader.names, now=tx.now)
        trees = {text: read_filter(text, reader.names).tree for text in TERMS}
        return {
            text: len(tx.rows(sa.select(cases.c.id).where(visible_to(reader.who), condition(tree, mine)))) for text, tree in trees.items()
        }

    found = db.read_now(sizes)
    alike = {text for text, size in found.items() if not 0 < size < 16}
    assert alike <= {"channel:email", "has:file", "from:@oczta.example,nobody@x.example"}, found


@pytest.mark.parametrize("text", ["inbox:obsluga", "team:gdansk", "inbox:rejsy", "team:port", "assignee:ania", "tag:prom"])
def test_names_of_others_are_not_found(db: Database, world: World, text: str) -> None:
    """T1: an inbox, team, agent or tag that is not Johan's to know of is as unknown as one that does not exist."""

    def read(tx: Tx) -> Part | str:
        set_tags_of_ferries(tx, world)
        return read_filter(text, read_names(tx, world.who("johan"))).tree

    with pytest.raises(Wrong, match="marked") as found:
        db.write_now(read)
    assert found.value.fields["f"].startswith("There is no ")
    assert not found.value.suggestions


def set_tags_of_ferries(tx: Tx, world: World) -> None:
    tx.run(sa.insert(tags), {"workspace_id": world.ferries.id, "id": tx.new_id(), "name": "Prom"})


def _read(text: str, reader: Reader) -> Part | None:
    try:
        return read_filter(text, reader.names).tree
    except Wrong:
        return None
