"""Recording what came in, on whole sets.

In: understood messages of one workspace, in order of arrival. Out: threads, cases, messages and events.

A message joins a thread by the network's own key where that lasts, else by the token of our reply address, else by reference to a message
we know when its sender takes part there. A stranger who quotes one of our ids, and whoever only pretends to be the sender, gets a case of
his own that says what it claims to continue.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from sluss.cases.access import CaseRow
from sluss.cases.actions import preview_of
from sluss.cases.arrivals import Arrival, Recorded, StoredFile
from sluss.cases.copies import ANOTHER_COPY, COPY, dedupe_key, earlier_key, near_copy
from sluss.cases.elsewhere import Elsewhere
from sluss.cases.events import CaseChanged, CaseReopened, MessageReceived
from sluss.cases.floods import Floods
from sluss.cases.known import (
    Place,
    Reference,
    Twin,
    erased_before,
    known_messages,
    known_places,
    known_thread_keys,
    known_twins,
    messages_by_reference,
    own_places,
    threads_by_key,
    threads_by_token,
)
from sluss.cases.ledger import Ledger, Writer, first_words
from sluss.cases.scene import Scene
from sluss.cases.strands import Strand, Strands
from sluss.channels.addressing import plain_address
from sluss.channels.contract import Address, Inbound
from sluss.contacts.actions import Identity, call_as_said, find_or_make_identities
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.tx import Tx

__all__ = ["Arrival", "Recorded", "StoredFile", "dedupe_key", "record_arrivals"]

NEW_PARTICIPANT = "new-participant"
CLAIMS_TO_CONTINUE = "claims-to-continue"
OWN = "own"
GREETING = 16
"""Where a case is called by its first message and that is so short, the second one says what it is about."""


def record_arrivals(tx: Tx, who: Actor, arrivals: Sequence[Arrival]) -> list[Recorded]:
    """Record a set; each message once, however often it came."""
    keys = {id(one): {dedupe_key(one), earlier_key(one)} for one in arrivals}
    erased = erased_before(tx, who, {key for one in keys.values() for key in one})
    gone = {place for place, one in keys.items() if one & erased}
    recording = _Recording(tx, who, [one for one in arrivals if id(one) not in gone])
    outcomes = [Recorded(one.envelope_id, "erased", 0) if id(one) in gone else recording.record(one) for one in arrivals]
    recording.store()
    return outcomes


class _Recording:
    """Decides where each message of a set belongs; the ledger keeps what is to be written."""

    def __init__(self, tx: Tx, who: Actor, arrivals: Sequence[Arrival]) -> None:
        self.tx, self.who = tx, who
        self.own = own_places(tx, who)
        arrivals = [self._with_direction(one) for one in arrivals]
        inbounds = [one.inbound for one in arrivals]
        self.seen = known_messages(tx, who, [key for one in arrivals for key in (dedupe_key(one), earlier_key(one))])
        self.places = known_places(tx, who, self.seen.values())
        self.people = self._identities([one for one in arrivals if one.inbound.direction == "in"])
        self.by_token = threads_by_token(tx, who, [one.thread_token for one in inbounds])
        self.by_key = threads_by_key(tx, who, {(one.inbox_id, one.inbound.thread_key) for one in arrivals if one.inbound.thread_key})
        references = messages_by_reference(tx, who, inbounds)
        named = [found[-1].thread_id for found in references.values()]
        bearing = [key for one in inbounds for key in (one.external_id, one.echo_of) if key]
        twins = known_twins(tx, who, [found.message_id for key in bearing for found in references.get(key, ())])
        self.twins = {key: [twins[one.message_id] for one in found if one.message_id in twins] for key, found in references.items()}
        self.strands = Strands(tx, who, [*self.by_token.values(), *self.by_key.values(), *named], references)
        places = {one.inbox_id for one in arrivals} | {one.inbox_id for one in self.own.values()}
        self.ledger = Ledger(tx, who, self.strands.by_key, known_thread_keys(tx, who, places, inbounds))
        self.elsewhere = Elsewhere(self.ledger, arrivals, self.own)
        self.floods = Floods(tx, who, {one.contact_id for one in self.people.values()})
        self.called: dict[int, tuple[Identity, str]] = {}
        self.references = references
        self.scene = Scene(tx, who)

    def record(self, arrival: Arrival) -> Recorded:
        """Decide where a message belongs and prepare its rows."""
        known = self.seen.get(dedupe_key(arrival)) or self.seen.get(earlier_key(arrival))
        if known:
            return self._again(arrival, known)
        arrival = self._with_direction(arrival)
        echo = self._echo_of(arrival)
        if echo is not None:
            return Recorded(arrival.envelope_id, "ours", echo.message_id, echoed=arrival.is_networked)
        return self._send(arrival) if arrival.inbound.direction == "out" else self._receive(arrival)

    def store(self) -> None:
        """Write everything."""
        self.ledger.store()
        self.scene.store()
        self.floods.mark(self.tx, self.who)
        call_as_said(self.tx, self.who, {key: one for key, one in self.called.items() if one[1] != one[0].name})

    def _with_direction(self, arrival: Arrival) -> Arrival:
        """Only what proves to be from one of our addresses is ours; whoever merely writes it into From stays a stranger (T42)."""
        one = arrival.inbound
        from_us = one.direction == "in" and one.proof == "pass" and plain_address(one.sender.address) in self.own
        if from_us and self._leaves(arrival):
            automatic = "" if one.automatic == OWN else one.automatic
            return msgspec.structs.replace(arrival, inbound=msgspec.structs.replace(one, direction="out", origin=COPY, automatic=automatic))
        if one.direction == "out" and one.origin == COPY and not self._leaves(arrival):
            back = msgspec.structs.replace(one, direction="in", origin="", automatic=one.automatic or OWN)
            return msgspec.structs.replace(arrival, inbound=back)
        return arrival

    def _leaves(self, arrival: Arrival) -> bool:
        return any(plain_address(one.address) not in self.own for one in (*arrival.inbound.to, *arrival.inbound.cc))

    def _again(self, arrival: Arrival, message_id: int) -> Recorded:
        """A second copy: of another inbox, whose people see the case from now on, or simply a repeat."""
        place = self.places[message_id]
        if arrival.inbox_id in place.inbox_ids:
            return Recorded(arrival.envelope_id, "duplicate", message_id)
        place.inbox_ids.add(arrival.inbox_id)
        self.ledger.copy(message_id, arrival, place.case)
        if not arrival.history:
            self.tx.emit(self.who, CaseChanged(case_id=place.case.id))
        return Recorded(arrival.envelope_id, "copy", message_id)

    def _echo_of(self, arrival: Arrival) -> Twin | None:
        """The message of ours that has come back, or lies among the sent ones."""
        one = arrival.inbound
        ours = [twin for twin in self.twins.get(one.external_id, ()) if twin.direction == "out"]
        from_us = one.direction == "out" or plain_address(one.sender.address) in self.own
        if not ours and one.direction == "out" and one.echo_of:
            ours = [twin for twin in self.twins.get(one.echo_of, ()) if twin.direction == "out"]
            self._know_as(one.external_id, ours[:1], self.references.get(one.echo_of, ()))
        return ours[0] if ours and from_us else None

    def _know_as(self, external_id: str, ours: Sequence[Twin], references: Sequence[Reference]) -> None:
        """The network shows a message of ours under a key of its own: whoever answers it names that one."""
        for twin in ours if external_id else ():
            thread_id = next((one.thread_id for one in references if one.message_id == twin.message_id), 0)
            if thread_id:
                self.ledger.refer(external_id, twin.message_id, thread_id)
                self.twins[external_id] = [twin]

    def _send(self, arrival: Arrival) -> Recorded:
        """What one of us sent by another program."""
        if not self.elsewhere.goes_out(arrival):
            return Recorded(arrival.envelope_id, "nothing", 0)
        one = arrival.inbound
        strand = self.strands.of_thread(self.by_key.get((arrival.inbox_id, one.thread_key), 0), one.references) if one.thread_key else None
        strand = strand or next((found for key in one.references if (found := self.strands.named(key)) is not None), None)
        if strand is None:
            self.scene.stand_by(arrival)
            return self.elsewhere.begin(arrival)
        done = self.elsewhere.answer(arrival, strand, dedupe_key(arrival))
        self.scene.place(arrival, strand)
        self._remember(arrival, strand, done.message_id)
        return done

    def _receive(self, arrival: Arrival) -> Recorded:
        """What an outside person wrote."""
        arrival = self._marked(arrival)
        identity = self.people[arrival.network, arrival.inbound.sender.address]
        if arrival.inbound.thread_key and arrival.inbound.sender.name:
            self.called[identity.id] = identity, arrival.inbound.sender.name
        twin = near_copy(arrival.inbound, self.twins.get(arrival.inbound.external_id, ()))
        if twin is not None and (strand := self.strands.named(arrival.inbound.external_id)) is not None:
            arrival = _with(arrival, warnings=(ANOTHER_COPY,), automatic=arrival.inbound.automatic or COPY)
        else:
            twin = None
            arrival, strand = self._strand(arrival, identity)
        message_id = self.ledger.write(arrival, strand, dedupe_key(arrival), Writer(identity_id=identity.id))
        self._remember(arrival, strand, message_id)
        self.scene.place(arrival, strand, identity.id)
        if twin is None:
            self._move_case(arrival, strand)
        if not arrival.history:
            self.tx.emit(self.who, MessageReceived(case_id=strand.case.id, message_id=message_id, automatic=arrival.inbound.automatic))
        self.elsewhere.answers_before(arrival, strand)
        return Recorded(arrival.envelope_id, "message", message_id)

    def _marked(self, arrival: Arrival) -> Arrival:
        """Our own key on somebody else's message is a loop; one of our addresses without proof is a claim."""
        one = arrival.inbound
        looped = not one.automatic and any(twin.direction == "out" for twin in self.twins.get(one.external_id, ()))
        claims = plain_address(one.sender.address) in self.own and one.proof != "pass"
        return _with(arrival, warnings=("claims-our-address",) if claims else (), automatic=OWN if looped else one.automatic)

    def _remember(self, arrival: Arrival, strand: Strand, message_id: int) -> None:
        """What later messages of the set must know."""
        one = arrival.inbound
        self.seen[dedupe_key(arrival)] = message_id
        self.places[message_id] = Place(strand.case, {strand.inbox_id, arrival.inbox_id})
        if one.external_id:
            self.strands.remember(one.external_id, strand)
            sender = one.sender.address if one.direction == "in" else ""
            self.twins.setdefault(one.external_id, []).append(Twin(message_id, one.direction, sender, one.text, one.proof))

    def _identities(self, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Identity]:
        by_network: dict[str, list[Address]] = {}
        for one in arrivals:
            by_network.setdefault(one.network, []).append(_named(one.inbound))
        found = {network: find_or_make_identities(self.tx, self.who, network, senders) for network, senders in by_network.items()}
        return {(network, address): identity for network, people in found.items() for address, identity in people.items()}

    def _strand(self, arrival: Arrival, identity: Identity) -> tuple[Arrival, Strand]:
        """The thread and case that a message belongs to, opened where there is none; what is odd about that is noted with the message."""
        strand, claimed, oddity = self._find_strand(arrival)
        arrival = _with(arrival, warnings=oddity)
        if strand is None:
            return arrival, self._open(arrival, identity, claimed)
        strand.participants.add(identity.address)
        if not self._takes_more(strand.case, arrival):
            case = self._open_case(arrival, identity, strand.inbox_id, continues=strand.case.id)
            strand.case, strand.aside = case, False
            strand.conversation_id = self.ledger.open_conversation(strand.thread_id, case.id, strand.branch)
        return arrival, strand

    def _find_strand(self, arrival: Arrival) -> tuple[Strand | None, int, tuple[str, ...]]:
        """The strand a message may join, else the case that it merely claims to continue (0 for none), and what is odd about it."""
        one = arrival.inbound
        if one.thread_key:
            return self.strands.of_thread(self.by_key.get((arrival.inbox_id, one.thread_key), 0), one.references), 0, ()
        strand = self.strands.of_thread(self.by_token.get(one.thread_token, 0), one.references)
        if strand is not None:
            return strand, 0, () if one.sender.address in strand.participants else (NEW_PARTICIPANT,)
        for reference in one.references:
            strand = self.strands.named(reference)
            if strand is not None and one.proof != "fail" and _takes_part(one.sender, strand.participants):
                return strand, 0, ()
            if strand is not None:
                return None, strand.case.id, (CLAIMS_TO_CONTINUE,)
        return None, 0, ()

    def _takes_more(self, case: CaseRow, arrival: Arrival) -> bool:
        """Whether a case still takes messages: open ones, spam, and solved ones within the inbox's window."""
        if case.status == "closed":
            return arrival.history
        return case.status != "solved" or (case.solved_at or 0) > arrival.received_at - arrival.reopen_days * DAY

    def _open(self, arrival: Arrival, identity: Identity, claimed: int) -> Strand:
        """A new thread, in a case of its own unless it goes on with another of the same person, or its sender floods us."""
        home = self._home(arrival)
        case = self._continued_case(arrival, identity) or self._flooded_case(arrival, identity)
        if case is not None and case.inbox_id != home:
            self.ledger.shared.add((case.id, home))
        if case is None:
            case = self._open_case(arrival, identity, home, claimed)
        strand = self.ledger.open_thread(arrival, identity, case, home)
        if arrival.inbound.thread_key:
            self.by_key[home, arrival.inbound.thread_key] = strand.thread_id
            self.strands.begin(strand)
            self.elsewhere.talk_before(arrival, strand)
        begun = self.elsewhere.begun_for(arrival)
        if begun is not None:
            self.elsewhere.resume(begun, strand)
        return strand

    def _open_case(self, arrival: Arrival, identity: Identity, inbox_id: int, continues: int) -> CaseRow:
        case = self.ledger.open_case(arrival, identity.contact_id, inbox_id, continues)
        if not arrival.history:
            self.floods.note(case)
        return case

    def _continued_case(self, arrival: Arrival, identity: Identity) -> CaseRow | None:
        """The case of a message that a thread of the network's own refers to, if it is the same person's."""
        if not arrival.inbound.thread_key:
            return None
        for reference in arrival.inbound.references:
            strand = self.strands.named(reference)
            if strand is not None and not strand.aside and strand.case.contact_id == identity.contact_id:
                case = self.ledger.changed.get(strand.case.id, strand.case)
                return case if self._takes_more(case, arrival) else None
        return None

    def _flooded_case(self, arrival: Arrival, identity: Identity) -> CaseRow | None:
        """A form of a web site writes for many people from one address; they answer to different ones."""
        case = self.floods.case_of(identity.contact_id)
        if case is None or arrival.history or "reply-to-differs" in arrival.inbound.warnings:
            return None
        case = self.ledger.changed.get(case.id, case)
        if not self._takes_more(case, arrival):
            return None
        self.floods.flooded.add(case.id)
        return case

    def _home(self, arrival: Arrival) -> int:
        """Of several inboxes that a message went to, the one it names first; else the one that it came to."""
        if arrival.is_networked:
            return arrival.inbox_id
        for one in (*arrival.inbound.to, *arrival.inbound.cc):
            place = self.own.get(plain_address(one.address))
            if place is not None and place.enabled and place.channel == arrival.network:
                return place.inbox_id
        return arrival.inbox_id

    def _move_case(self, arrival: Arrival, strand: Strand) -> None:
        """The customer waits again, unless a machine wrote or the case is spam."""
        case, changes = strand.case, dict[str, Any]()
        if not arrival.history or arrival.received_at >= case.active_at:
            changes["preview"] = preview_of(arrival.inbound.fresh or arrival.inbound.text) or preview_of(arrival.inbound.subject)
        if arrival.inbound.thread_key and case.subject == case.preview and len(case.subject) <= GREETING:
            changes["subject"] = first_words(f"{case.subject} – {arrival.inbound.fresh or arrival.inbound.text}")
        changes["active_at"] = max(case.active_at, arrival.received_at)
        if not arrival.inbound.automatic and not arrival.history and case.status != "spam":
            if case.waiting_since is None and not strand.aside:
                changes["waiting_since"] = arrival.received_at
            if case.status != "open":
                changes |= {"status": "open", "snoozed_until": None, "solved_at": None}
                self.tx.emit(self.who, CaseReopened(case_id=case.id, before=case.status))
        self.ledger.change(case, **changes)


def _takes_part(sender: Address, participants: Iterable[str]) -> bool:
    """Addresses that could not be read all look alike and are nobody's."""
    return sender.address in participants and not sender.address.endswith(".invalid")


def _named(one: Inbound) -> Address:
    """Who tells no name is called by what the network calls them."""
    handle = one.profile.handle if one.profile is not None else ""
    return one.sender if one.sender.name or not handle else Address(one.sender.address, handle)


def _with(arrival: Arrival, warnings: tuple[str, ...] = (), automatic: str | None = None) -> Arrival:
    one = arrival.inbound
    automatic = one.automatic if automatic is None else automatic
    if not warnings and automatic == one.automatic:
        return arrival
    noted = msgspec.structs.replace(one, warnings=tuple(dict.fromkeys((*one.warnings, *warnings))), automatic=automatic)
    return msgspec.structs.replace(arrival, inbound=noted)
