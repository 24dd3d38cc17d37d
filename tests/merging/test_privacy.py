"""Erasing after a merge: all of the one, nothing of anybody else. T7."""

from __future__ import annotations

from collections import Counter

import pytest

from sluss.cases.models import cases
from sluss.contacts.models import contacts
from sluss.kernel.actors import system
from sluss.kernel.errors import Conflict, Missing
from sluss.kernel.tx import Tx
from sluss.merging.contacts import Choice, merge_contacts, undo_contact_move
from sluss.merging.strangers import part_strangers
from sluss.privacy.gathering import gather_person
from sluss.privacy.orders import access_person
from sluss.privacy.reach import Order, remove
from tests.merging.conftest import Desk
from tests.merging.test_contacts import BO, contact_of


def test_an_export_of_a_merged_customer_covers_every_address(desk: Desk) -> None:
    asa, bo = contact_of(desk, desk.arrives()), contact_of(desk, desk.arrives(BO))
    desk.db.write_now(merge_contacts, desk.maja, asa, bo, Choice())
    told = desk.db.read_now(gather_person, desk.world.who("ewa"), asa)
    assert {one["address"] for one in told["identities"]} == {"asa@kund.example", BO}
    with pytest.raises(Conflict, match="merged into another"):
        desk.db.read_now(access_person, desk.world.who("ewa"), bo)


def test_before_one_of_two_customers_is_erased_their_cases_part(desk: Desk) -> None:
    """What Bo wrote in Åsa's case is Bo's again before hers goes."""
    of_asa, of_bo = desk.arrives(), desk.arrives(BO)
    a, b = desk.case_of(of_asa), desk.case_of(of_bo)
    desk.merge(a, b)
    later = desk.arrives(BO, answers=of_bo)
    assert desk.db.write_now(part_strangers, system(desk.workspace_id), contact_of(desk, of_asa)) == 1
    assert [desk.case_of(one) for one in (of_asa, of_bo, later)] == [a, b, b]


def test_what_was_erased_cannot_be_brought_back(desk: Desk) -> None:
    """The log goes with the case, and the way back is refused with a sentence."""
    a, b = desk.case_of(desk.arrives()), desk.case_of(desk.arrives(BO))
    move = desk.merge(a, b)
    contact_id = desk.case(a).contact_id
    other = desk.case(b).contact_id
    merged = desk.db.write_now(merge_contacts, desk.maja, contact_id, other, Choice())

    def erase(tx: Tx) -> None:
        order = Order(system(desk.workspace_id), None, Counter())
        remove(tx, order, cases, [a])
        remove(tx, order, contacts, [contact_id])

    desk.db.write_now(erase)
    with pytest.raises(Missing, match="nothing to take back"):
        desk.undo(move)
    with pytest.raises(Missing, match="nothing to take back"):
        desk.db.write_now(undo_contact_move, desk.maja, merged)
