"""What the airline's own system knows of the demo's customers. In: an address. Out: bookings as cards; and the system connected to Sluss.

Two customers in three have booked something; the same one always the same.
"""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from typing import Any

from sluss.cards.sources import SourceFields, list_sources, save_source
from sluss.contacts.attributes import AttributeFields, list_attributes, save_attribute
from sluss.contacts.consents import add_purpose, list_purposes
from sluss.kernel.actors import Actor
from sluss.kernel.sealing import Sealer
from sluss.kernel.tx import Tx
from sluss.sandbox.cards.server import SECRET, booking

NAME = "Bookings"
ROUTES = ("ARN – GDN", "GOT – KRK", "CPH – WAW", "ARN – LHR", "MMX – GDN")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def bookings_of(address: str) -> list[dict[str, Any]]:
    """Bookings of an address."""
    dice = zlib.crc32(address.encode())
    if dice % 3 == 0:
        return []
    reference = "".join(LETTERS[(dice >> shift) % len(LETTERS)] for shift in (0, 5, 10, 15, 20, 25))
    leaves = date.today() + timedelta(days=dice % 40 + 1)  # noqa: DTZ011 - a made-up flight leaves on the local day
    return [
        booking(
            reference,
            ROUTES[dice % len(ROUTES)],
            leaves.isoformat(),
            seats=f"{dice % 30 + 1}{'ACDF'[dice % 4]}",
            paid=f"{dice % 4_000 + 490}.00",
            on_time=bool(dice % 4),
        )
    ]


def connect_bookings(tx: Tx, sealer: Sealer, who: Actor, url: str) -> None:
    """Tell Sluss where the system listens this time; at first also what agents note of customers."""
    known = {one.name: one.id for one in list_sources(tx, who)}
    save_source(tx, who, (sealer, True), known.get(NAME, 0), SourceFields(name=NAME, url=url, secret=SECRET))
    if NAME not in known and not list_attributes(tx, who):
        save_attribute(tx, who, 0, AttributeFields(label="Level", type="choice", choices="Gold\nSilver\nBlue", marks=True))
        save_attribute(tx, who, 0, AttributeFields(label="Customer number", type="number"))
        save_attribute(tx, who, 0, AttributeFields(label="Needs a wheelchair", type="yesno"))
    if NAME not in known and not list_purposes(tx, who):
        add_purpose(tx, who, "News by mail")
        add_purpose(tx, who, "Suggestions from earlier trips")
