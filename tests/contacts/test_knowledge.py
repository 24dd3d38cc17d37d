"""What is known of a contact: certain or not, noted, agreed to, in whose sight; and nothing of it in the audit log."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa

from sluss.cases.contacts import access_contact, known_identities
from sluss.contacts.attributes import (
    AttributeFields,
    archive_attribute,
    list_attributes,
    move_attribute,
    save_attribute,
    set_value,
    values_of,
)
from sluss.contacts.consents import Said, add_purpose, archive_purpose, consent_log, list_purposes, note_consent
from sluss.contacts.models import contact_notes
from sluss.contacts.notes import forget_removed_notes, list_notes
from sluss.contacts.proof import level_of
from sluss.customers import deeds
from sluss.customers.deeds import Belongs, Fields
from sluss.customers.listing import list_customers
from sluss.customers.reading import Beside, show_contact
from sluss.kernel.actors import system
from sluss.kernel.audit import list_deeds
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.errors import Conflict, Forbidden, Invalid, Missing
from sluss.privacy.gathering import gather_person
from sluss.privacy.knowledge import KNOWLEDGE, forget_knowledge
from sluss.privacy.reach import Order
from tests.contacts.conftest import ASA, BO, People


def test_one_word_says_how_certain_an_address_is(people: People) -> None:
    """T7, proven by the newest message, verified by somebody, contradicted whatever was known before."""
    assert [level_of(*one) for one in (("claimed", ""), ("claimed", "pass"), ("verified", ""), ("verified", "fail"))] == [
        *("claimed", "proven", "verified", "contradicted")
    ]
    levels: list[str] = []
    for proof in ("", "pass", "fail", ""):
        asa, _ = people.mail(ASA, proof=proof)
        [known] = people.db.read_now(known_identities, people.who("johan"), [asa])
        levels.append(known.level)
    assert levels == ["claimed", "proven", "contradicted", "claimed"]
    fields = Fields(identity=known.id)
    people.db.write_now(deeds.verify, people.who("johan"), asa, fields)
    shown = people.db.read_now(show_contact, people.who("johan"), asa, Beside()).identities[0]
    assert (shown.level, shown.verified_by) == ("verified", "Johan Falk")
    people.db.write_now(deeds.doubt, people.who("johan"), asa, fields)
    assert people.db.read_now(show_contact, people.who("johan"), asa, Beside()).identities[0].level == "claimed"


def test_addresses_are_added_and_taken_away_but_never_from_somebody_else(people: People) -> None:
    """T7: no silent rebinding, and no name of a customer whom the agent may not see."""
    db, johan, petra = people.db, people.who("johan"), people.who("petra")
    asa, _ = people.mail(ASA)
    bo, _ = people.mail(BO, name="Bo Ek")
    hidden, _ = people.mail("ewa@kund.example", inbox="obsluga", name="Ewa Żak")
    db.write_now(deeds.add_address, johan, asa, Fields(address="+46 70-123 45 67"))
    with pytest.raises(Belongs) as caught:
        db.write_now(deeds.add_address, johan, asa, Fields(address=BO.upper()))
    assert (caught.value.contact_id, caught.value.name) == (bo, "Bo Ek")
    with pytest.raises(Belongs) as caught:
        db.write_now(deeds.add_address, johan, asa, Fields(address="ewa@kund.example"))
    assert (caught.value.contact_id, caught.value.name) == (0, "")
    for address in ("", "asa", "asa@", "a b@x.example", "12", "x" * 300 + "@x.example", ASA):
        with pytest.raises(Invalid):
            db.write_now(deeds.add_address, johan, asa, Fields(address=address))
    first, second = db.read_now(known_identities, johan, [asa])
    assert (second.network, second.address, second.level) == ("phone", "+46701234567", "claimed")
    with pytest.raises(Conflict):
        db.write_now(deeds.remove_address, johan, asa, Fields(identity=first.id))
    with pytest.raises(Missing):
        db.write_now(deeds.remove_address, johan, bo, Fields(identity=second.id))
    assert db.write_now(deeds.remove_address, johan, asa, Fields(identity=second.id)) == {"address": "+46701234567"}
    with pytest.raises(Missing):
        db.write_now(deeds.rename, petra, asa, Fields(name="X"))
    with pytest.raises(Forbidden):
        db.write_now(deeds.rename, people.who("karin"), asa, Fields(name="X"))
    assert db.read_now(access_contact, people.who("karin"), asa).id == asa
    for key in ("erik", "marek"):
        with pytest.raises(Missing):
            db.read_now(access_contact, people.who(key), hidden)


def test_whoever_is_made_by_hand_is_seen_by_its_maker(people: People) -> None:
    """T1, T5: and by others only once there is a case of theirs to see."""
    made = people.db.write_now(deeds.make, people.who("johan"), Fields(name="  Łukasz \u202eWójcik ", address="lukasz@kund.example"))
    assert people.db.read_now(access_contact, people.who("johan"), made).name == "Łukasz Wójcik"
    with pytest.raises(Missing):
        people.db.read_now(access_contact, people.who("petra"), made)
    contact, _ = people.mail("lukasz@kund.example", inbox="obsluga")
    assert contact == made
    assert people.db.read_now(access_contact, people.who("petra"), made)
    with pytest.raises(Missing):
        people.db.read_now(access_contact, people.who("johan"), made)


def test_the_past_and_the_list_tell_only_of_what_the_reader_may_see(people: People) -> None:
    """T1, T6: cases of other inboxes are neither shown nor counted; searched with folding."""
    db = people.db
    asa, first = people.mail(ASA, name="Åsa Żółć")
    asa, second = people.mail(ASA, inbox="obsluga")
    bo, _ = people.mail(BO, inbox="obsluga", name="Bo")
    seen = db.read_now(show_contact, people.who("johan"), asa, Beside(broad=True))
    assert ([one.no for one in seen.past], seen.past_total) == ([first], 1)
    assert [one.no for one in db.read_now(show_contact, people.who("maja"), asa, Beside()).past] == [second, first]
    for query, found in (("asa zolc", [asa]), ("ÅSA@KUND", [asa]), ("nobody", []), ("bo", [])):
        assert [int(one.person.id) for one in db.read_now(list_customers, people.who("johan"), query, "").lines] == found
    [line] = db.read_now(list_customers, people.who("johan"), "", "").lines
    assert (line.person.id, line.cases, line.addresses) == (str(asa), 1, (ASA,))
    everybody = db.read_now(list_customers, people.who("maja"), "", "").lines
    assert [int(one.person.id) for one in everybody] == [bo, asa]
    assert db.read_now(list_customers, people.who("marek"), "", "").lines == ()


def test_notes_are_pinned_changed_removed_and_brought_back(people: People, clock: TestClock) -> None:
    db, johan, maja, petra = people.db, people.who("johan"), people.who("maja"), people.who("petra")
    asa, _ = people.mail(ASA)
    people.mail(ASA, inbox="obsluga")
    note = int(db.write_now(deeds.write_note, johan, asa, Fields(text=" Sitter vid gången. "))["note"])
    later = int(db.write_now(deeds.write_note, petra, asa, Fields(text="Ring efter tio."))["note"])
    db.write_now(deeds.pin_note, petra, asa, Fields(note=note, pinned="1"))
    assert [(one.id, one.pinned) for one in db.read_now(list_notes, johan, asa)] == [(note, True), (later, False)]
    with pytest.raises(Forbidden):
        db.write_now(deeds.change_note, petra, asa, Fields(note=note, text="X"))
    assert db.write_now(deeds.change_note, maja, asa, Fields(note=note, text="Fönster."))["text"] == "Sitter vid gången."
    found = db.read_now(list_customers, johan, "fonster", "").lines
    assert [one.person.id for one in found] == [str(asa)]
    db.write_now(deeds.remove_note, johan, asa, Fields(note=note))
    assert [one.id for one in db.read_now(list_notes, johan, asa)] == [later]
    db.write_now(deeds.restore_note, johan, asa, Fields(note=note))
    db.write_now(deeds.remove_note, johan, asa, Fields(note=note))
    clock.move(2 * DAY)
    db.write_now(forget_removed_notes, johan)
    assert db.read_now(lambda tx: [row.id for row in tx.rows(sa.select(contact_notes.c.id))]) == [later]
    for text in ("", " \n", "x" * 5_001):
        with pytest.raises(Invalid):
            db.write_now(deeds.write_note, johan, asa, Fields(text=text))


def test_attributes_are_typed_ordered_and_changed_by_whom_the_company_says(people: People) -> None:
    """T3"""
    db, ewa, johan = people.db, people.who("ewa"), people.who("johan")
    asa, _ = people.mail(ASA)
    given = {"text": "", "number": "", "date": "", "choice": "Guld\nSilver\nGuld\n", "yesno": "", "link": ""}
    ids = {
        kind: db.write_now(
            save_attribute, ewa, 0, AttributeFields(label=f"Fält {kind}", type=kind, choices=choices, marks=kind in {"choice", "yesno"})
        )
        for kind, choices in given.items()
    }
    good = {"text": "Ja", "number": "1 234,50", "date": "2026-11-22", "choice": "Guld", "yesno": "yes", "link": "https://crm.example/7"}
    bad = {"text": "x" * 501, "number": "1e99", "date": "2026-02-30", "choice": "Brons", "yesno": "maybe", "link": "javascript:alert(1)"}
    for kind, value in bad.items():
        with pytest.raises(Invalid):
            db.write_now(set_value, johan, asa, ids[kind], value)
    for kind, value in good.items():
        assert db.write_now(deeds.set_attribute, johan, asa, Fields(attribute=ids[kind], value=value))["value"] == ""
    assert db.read_now(values_of, johan, asa)[ids["number"]] == "1234.50"
    assert db.read_now(show_contact, johan, asa, Beside()).marks == ("Guld", "Fält yesno")
    db.write_now(save_attribute, ewa, ids["text"], AttributeFields(label="Kundnummer", editors="leads"))
    with pytest.raises(Forbidden):
        db.write_now(set_value, johan, asa, ids["text"], "Nej")
    assert db.write_now(set_value, people.who("maja"), asa, ids["text"], "") == "Ja"
    db.write_now(move_attribute, ewa, ids["link"], True)
    db.write_now(archive_attribute, ewa, ids["date"], True)
    assert [one.name for one in db.read_now(list_attributes, johan)] == [
        "falt_text",
        "falt_number",
        "falt_choice",
        "falt_link",
        "falt_yesno",
    ]
    for fields in (AttributeFields(label=""), AttributeFields(label="FÄLT LINK"), AttributeFields(label="A", type="choice", choices="a")):
        with pytest.raises(Invalid):
            db.write_now(save_attribute, ewa, 0, fields)
    with pytest.raises(Forbidden):
        db.write_now(save_attribute, johan, 0, AttributeFields(label="A"))


def test_consent_is_a_log_that_only_grows(people: People) -> None:
    db, ewa, johan = people.db, people.who("ewa"), people.who("johan")
    asa, _ = people.mail(ASA)
    news = db.write_now(add_purpose, ewa, "Nyheter")
    given = Fields(purpose=news, state="given", way="phone", detail="#10482")
    assert db.write_now(deeds.consent, johan, asa, given)["state"] == "unknown"
    back = db.write_now(deeds.consent, johan, asa, Fields(purpose=news, state="withdrawn", way="mail"))
    assert back == {"purpose": str(news), "state": "given", "way": "correction"}
    assert [(one.state, one.way) for one in db.read_now(consent_log, johan, asa)] == [("withdrawn", "mail"), ("given", "phone")]
    for fault in (
        Said(purpose_id=news, state="maybe"),
        Said(purpose_id=news, state="given", way="x"),
        Said(purpose_id=news, state="given", detail="x" * 201),
    ):
        with pytest.raises(Invalid):
            db.write_now(note_consent, johan, asa, fault)
    with pytest.raises(Missing):
        db.write_now(note_consent, johan, asa, Said(purpose_id=7, state="given"))
    with pytest.raises(Invalid):
        db.write_now(add_purpose, ewa, "NYHETER")
    db.write_now(archive_purpose, ewa, news, True)
    assert db.read_now(list_purposes, johan) == []


def test_the_audit_log_says_what_was_done_and_nothing_of_the_person(people: People) -> None:
    """T110, and the rule of kernel/audit.py"""
    db, johan = people.db, people.who("johan")
    asa, _ = people.mail(ASA)
    deeds_done = (
        (deeds.rename, Fields(name="Zqname")),
        (deeds.speak, Fields(language="sv")),
        (deeds.place, Fields(zone="Europe/Warsaw")),
        (deeds.add_address, Fields(address="zqaddress@kund.example")),
        (deeds.write_note, Fields(text="Zqnote")),
    )
    for deed, fields in deeds_done:
        db.write_now(deed, johan, asa, fields)
    lines = [one for one in db.read_now(list_deeds, people.who("ewa")) if one.object_id == asa]
    assert {one.action for one in lines} == {"contact.rename", "contact.language", "contact.zone", "contact.identity_added", "contact.note"}
    assert "zq" not in repr(lines).lower()
    with pytest.raises(Invalid):
        db.write_now(deeds.speak, johan, asa, Fields(language="zq-zq-zq"))
    with pytest.raises(Invalid):
        db.write_now(deeds.place, johan, asa, Fields(zone="Europe/Atlantis"))


def test_what_is_known_is_in_an_export_with_the_notes_only_where_they_are_wanted(people: People) -> None:
    """T119"""
    db, ewa, johan = people.db, people.who("ewa"), people.who("johan")
    asa, _ = people.mail(ASA, proof="pass")
    level = db.write_now(save_attribute, ewa, 0, AttributeFields(label="Nivå"))
    news = db.write_now(add_purpose, ewa, "Nyheter")
    for deed, fields in (
        (deeds.write_note, Fields(text="Fönster")),
        (deeds.set_attribute, Fields(attribute=level, value="Guld")),
        (deeds.consent, Fields(purpose=news, state="given", way="mail")),
    ):
        db.write_now(deed, johan, asa, fields)
    told = db.read_now(gather_person, system(ewa.workspace_id), asa)
    assert (told["attributes"], told["proofs"], told["notes_about"][0]["text"]) == ({"Nivå": "Guld"}, {ASA: "proven"}, "Fönster")
    assert told["consents"][0]["state"] == "given"
    assert db.read_now(gather_person, system(ewa.workspace_id), asa, with_notes=False)["notes_about"] == []


def test_what_is_known_goes_with_an_erasure_also_where_the_nameless_contact_stays(people: People) -> None:
    """T119: every table of it, and nobody else's rows."""
    db, ewa, johan = people.db, people.who("ewa"), people.who("johan")
    level = db.write_now(save_attribute, ewa, 0, AttributeFields(label="Nivå"))
    news = db.write_now(add_purpose, ewa, "Nyheter")
    contacts = [people.mail(address)[0] for address in (ASA, BO)]
    for contact in contacts:
        db.write_now(deeds.write_note, johan, contact, Fields(text="Fönster"))
        db.write_now(deeds.set_attribute, johan, contact, Fields(attribute=level, value="Guld"))
        db.write_now(deeds.consent, johan, contact, Fields(purpose=news, state="given", way="mail"))
    order = Order(system(ewa.workspace_id), None, Counter())
    db.write_now(forget_knowledge, order, contacts[0])
    assert {name: number for name, number in order.tally.items() if number} == {"contact_notes": 1, "attribute_values": 1, "consents": 1}
    left = db.read_now(lambda tx: [(table.name, [row.contact_id for row in tx.rows(sa.select(table))]) for table in KNOWLEDGE[:3]])
    assert [ids for _, ids in left] == [[contacts[1]]] * 3
