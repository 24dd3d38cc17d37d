"""Finding a person for privacy. T4, T13: nobody of another workspace is found."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sluss.contacts.models import contacts
from sluss.kernel.db import Database
from tests.world import Web, World


def keep_contacts(db: Database, world: World) -> None:
    """Two people here, and a namesake elsewhere."""
    rows = [(world.norrsken.id, "Åsa Łukasik"), (world.norrsken.id, "Ewald Berg"), (world.ferries.id, "Åsa Baltvind")]
    for number, (workspace_id, name) in enumerate(rows, 9001):
        made = {"id": number, "workspace_id": workspace_id, "name": name, "language": "", "created_at": db.clock()}
        db.write_now(lambda tx, made=made: tx.run(contacts.insert().values(made)))


@pytest.mark.parametrize("typed", ["Åsa", "åsa", "ÅSA", "Łukasik", "łuk", "åsa łukasik"])
async def test_a_person_is_found_by_any_word_of_the_name(web: Web, db: Database, world: World, typed: str) -> None:
    keep_contacts(db, world)
    ewa = await web.sign_in("ewa")
    text = (await ewa.get(f"/settings/privacy?q={quote(typed)}")).text
    assert "Åsa Łukasik" in text
    assert "Ewald Berg" not in text
    assert "Baltvind" not in text


async def test_a_name_is_not_found_from_within_a_word(web: Web, db: Database, world: World) -> None:
    keep_contacts(db, world)
    ewa = await web.sign_in("ewa")
    assert "Åsa Łukasik" not in (await ewa.get("/settings/privacy?q=ukasik")).text
