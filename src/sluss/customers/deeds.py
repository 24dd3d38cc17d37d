"""What is done to a contact from the panel and the page. In: a form's words. Out: what was so before, for the way back.

Each makes sure first that the actor may work on the contact, and lets it be found by what is known now.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cards.models import pushed_cards
from sluss.cases.contacts import access_contact, work_on_contact
from sluss.contacts.attributes import set_value
from sluss.contacts.consents import Said, note_consent
from sluss.contacts.identities import Taken, add_identity, doubt_identity, remove_identity, verify_identity
from sluss.contacts.indexing import index_contacts
from sluss.contacts.notes import (
    change_contact_note,
    pin_contact_note,
    remove_contact_note,
    restore_contact_note,
    write_contact_note,
)
from sluss.contacts.profile import call_contact, make_contact, set_language, set_zone
from sluss.kernel.actors import Actor
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.words import say


class Belongs(Invalid):
    """The address is another customer's. `contact_id` is 0 where the actor may not see whose."""

    def __init__(self, contact_id: int, name: str) -> None:
        hidden = say("This address belongs to a customer whose cases you cannot see. Ask a lead to look at it.")
        super().__init__({"address": "This address belongs to another customer." if contact_id else hidden})
        self.contact_id, self.name = contact_id, name


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """Every field that a form of the panel may have."""

    name: str = ""
    language: str = ""
    said: str = "1"
    zone: str = ""
    address: str = ""
    identity: int = 0
    note: int = 0
    text: str = ""
    pinned: str = ""
    attribute: int = 0
    value: str = ""
    purpose: int = 0
    state: str = ""
    way: str = "other"
    detail: str = ""


def make(tx: Tx, who: Actor, given: Fields) -> int:
    """A customer by hand, with an address if there is one. Returns the id."""
    if who.kind == "agent" and who.role not in {"admin", "lead", "agent"}:
        raise Forbidden("Your role may read this, but not change it.")
    contact_id = make_contact(tx, who, given.name)
    if given.address.strip():
        _add(tx, who, contact_id, given.address)
    index_contacts(tx, who, [contact_id])
    return contact_id


def rename(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """Another name."""
    work_on_contact(tx, who, contact_id)
    before = call_contact(tx, who, contact_id, given.name)
    index_contacts(tx, who, [contact_id])
    return {"name": before}


def speak(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """Another language."""
    work_on_contact(tx, who, contact_id)
    before = set_language(tx, who, contact_id, given.language, said=given.said == "1")
    return {"language": before.language, "said": "1" if before.language_said else "0"}


def place(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """Another time zone."""
    work_on_contact(tx, who, contact_id)
    return {"zone": set_zone(tx, who, contact_id, given.zone.strip()).zone}


def add_address(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """One more address. Raises `Belongs`."""
    work_on_contact(tx, who, contact_id)
    added = _add(tx, who, contact_id, given.address)
    index_contacts(tx, who, [contact_id])
    return {"identity": str(added)}


def remove_address(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """One address less; cards that were put here by it go with it."""
    work_on_contact(tx, who, contact_id)
    c = pushed_cards.c
    tx.run(sa.delete(pushed_cards).where(c.workspace_id == who.workspace_id, c.contact_id == contact_id, c.identity_id == given.identity))
    removed = remove_identity(tx, who, contact_id, given.identity)
    index_contacts(tx, who, [contact_id])
    return {"address": removed.address}


def verify(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """The agent is sure that the address is theirs."""
    work_on_contact(tx, who, contact_id)
    verify_identity(tx, who, contact_id, given.identity)
    return {"identity": str(given.identity)}


def doubt(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """The agent is not sure any more."""
    work_on_contact(tx, who, contact_id)
    doubt_identity(tx, who, contact_id, given.identity)
    return {"identity": str(given.identity)}


def write_note(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A note about the customer."""
    work_on_contact(tx, who, contact_id)
    note_id = write_contact_note(tx, who, contact_id, given.text)
    index_contacts(tx, who, [contact_id])
    return {"note": str(note_id)}


def change_note(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A note written anew."""
    work_on_contact(tx, who, contact_id)
    before = change_contact_note(tx, who, contact_id, given.note, given.text)
    index_contacts(tx, who, [contact_id])
    return {"note": str(given.note), "text": before}


def pin_note(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A note on top, or not."""
    work_on_contact(tx, who, contact_id)
    pin_contact_note(tx, who, contact_id, given.note, given.pinned == "1")
    return {"note": str(given.note), "pinned": "" if given.pinned else "1"}


def remove_note(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A note less."""
    work_on_contact(tx, who, contact_id)
    remove_contact_note(tx, who, contact_id, given.note)
    index_contacts(tx, who, [contact_id])
    return {"note": str(given.note)}


def restore_note(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A note brought back."""
    work_on_contact(tx, who, contact_id)
    restore_contact_note(tx, who, contact_id, given.note)
    index_contacts(tx, who, [contact_id])
    return {"note": str(given.note)}


def set_attribute(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """A value of an attribute."""
    work_on_contact(tx, who, contact_id)
    before = set_value(tx, who, contact_id, given.attribute, given.value)
    index_contacts(tx, who, [contact_id])
    return {"attribute": str(given.attribute), "value": before}


def consent(tx: Tx, who: Actor, contact_id: int, given: Fields) -> dict[str, str]:
    """What the customer said about a purpose."""
    work_on_contact(tx, who, contact_id)
    said = Said(purpose_id=given.purpose, state=given.state, way=given.way, detail=given.detail)
    before = note_consent(tx, who, contact_id, said)
    return {"purpose": str(given.purpose), "state": before, "way": "correction"}


def whose(tx: Tx, who: Actor, contact_id: int) -> tuple[int, str]:
    """A contact with its name if the actor may see it, else nobody."""
    try:
        found = access_contact(tx, who, contact_id)
    except Missing:
        return 0, ""
    return found.id, found.name


def _add(tx: Tx, who: Actor, contact_id: int, address: str) -> int:
    try:
        return add_identity(tx, who, contact_id, address)
    except Taken as error:
        raise Belongs(*whose(tx, who, error.contact_id)) from None


DEEDS: dict[str, Any] = {
    "name": rename,
    "language": speak,
    "zone": place,
    "identities": add_address,
    "identities/remove": remove_address,
    "identities/verify": verify,
    "identities/doubt": doubt,
    "notes": write_note,
    "notes/change": change_note,
    "notes/pin": pin_note,
    "notes/remove": remove_note,
    "notes/restore": restore_note,
    "attributes": set_attribute,
    "consents": consent,
}
"""By what stands behind the contact in the address."""
