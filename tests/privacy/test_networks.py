"""What networks told of a person: handed out with the rest, and gone with the rest, also from under other people's posts."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from sluss.cases.arrivals import Arrival
from sluss.cases.models import bystanders, message_faces, message_reactions, message_versions, posts, thread_standings
from sluss.cases.news import News, apply_news
from sluss.cases.recording import record_arrivals
from sluss.channels.contract import Inbound
from sluss.channels.happenings import Bystander, Changed, Post, Reacted, Wanted
from sluss.channels.who import Address, Profile
from sluss.contacts.models import identity_profiles
from sluss.contacts.profiles import keep_picture
from sluss.intake.models import fetches
from sluss.intake.wants import Want, note_wants
from sluss.kernel.schema import metadata
from sluss.privacy.gathering import gather_case, gather_person
from tests.privacy.conftest import Scene

ANNA, BO = Address("770011220099", "Anna"), Address("880022330011", "Bo")
HERS, OURS = Post(key="v1", author=ANNA, text="zqpost"), Post(key="o1", ours=True, text="Ny linje")


@pytest.fixture
async def square(scene: Scene) -> Scene:
    """Anna has posted, commented, reacted and stood around; Bo has, too. The inbox stands for one of a network."""
    ours = scene.connection.inbox_id

    def arrive(who: Address, key: str, post: Post, text: str) -> Arrival:
        said = Inbound(
            external_id=key,
            dedupe_key=key,
            sender=who,
            subject="",
            text=text,
            fresh=text,
            visibility="public",
            thread_key=f"p:{post.key}:{key}:{who.address}",
            post=post,
            profile=Profile(handle="@zqanna" if who == ANNA else "@bo"),
        )
        known: dict[str, Any] = {
            "envelope_id": int(key[1:]),
            "inbox_id": ours,
            "network": "email",
            "visibility": "public",
            "windowed": True,
        }
        return Arrival(reopen_days=14, received_at=scene.db.clock(), inbound=said, **known)

    told = [arrive(ANNA, "c1", HERS, "zqord"), arrive(BO, "c2", HERS, "Bos ord"), arrive(BO, "c3", OURS, "Bo här")]
    done = scene.db.write_now(record_arrivals, scene.who, told)
    values = (
        Changed(external_id="c1", what="edited", at=5, text="zqord igen"),
        Reacted(external_id="c3", sender=ANNA, emoji="👍", at=6),
        Reacted(external_id="c3", sender=BO, emoji="👍", at=6),
        Bystander(post=OURS, external_id="b1", author=ANNA, text="zqkring", at=scene.db.clock()),
        Bystander(post=OURS, external_id="b2", author=BO, text="Bo kring", at=scene.db.clock()),
        Reacted(external_id="nothing", sender=ANNA, emoji="👍", at=6),
    )
    scene.db.write_now(apply_news, scene.who, [News(inbox_id=ours, network="email", value=one) for one in values])
    wants = [
        Want(inbox_id=ours, wanted=Wanted(kind=kind, key=kind, ref={"url": "zqurl"}), message_id=done[0].message_id)
        for kind in ("media", "person")
    ]
    scene.db.write_now(note_wants, scene.who, wants)
    (anna,) = scene.rows(sa.select(identity_profiles.c.identity_id).where(identity_profiles.c.handle == "@zqanna"))
    scene.db.write_now(keep_picture, scene.who, anna.identity_id, scene.files.put(b"zqface"))
    return scene


def test_all_of_it_is_handed_out(square: Scene) -> None:
    """T119: profiles, posts, reactions and what was said around others, and how each message stood."""
    contact_id = square.contact_of(ANNA.address)
    person = square.db.read_now(gather_person, square.who, contact_id)
    assert [one["handle"] for one in person["profiles"]] == ["@zqanna"]
    assert [one["text"] for one in person["posts"]] == ["zqpost"]
    assert [one["text"] for one in person["said_around"]] == ["zqkring"]
    assert len(person["reacted"]) == 1
    (case,) = square.cases_of(contact_id)
    about = square.db.read_now(gather_case, square.who, case.id, with_notes=True).about
    assert ([one["text"] for one in about["versions"]], len(about["faces"])) == (["zqord"], 1)
    assert "Bo" not in msgspec.json.encode([person, about]).decode()


@pytest.mark.parametrize("mode", ["erase", "pseudonymise"])
def test_nothing_of_it_is_left_and_what_is_others_stays(square: Scene, mode: str) -> None:
    """T119: the post that others answered stays as an empty place; her reaction, profile, picture and words go."""
    square.erase(square.contact_of(ANNA.address), mode)
    left = {table.name: square.rows(sa.select(table)) for table in metadata.sorted_tables}
    # Tokens are letters by chance; once in fifty times one of them would be taken for her word.
    told = {name: [str({**row._mapping, "token": ""}) for row in rows] for name, rows in left.items()}
    holding = [name for name, rows in told.items() if any("zq" in row or ANNA.address in row for row in rows)]
    assert holding == []
    assert sorted((row.text, row.author) for row in left[posts.name]) == [("", ""), ("Ny linje", "")]
    assert [row.text for row in left[bystanders.name]] == ["Bo kring"]
    assert [row.address for row in left[message_reactions.name]] == [BO.address]
    assert (left[message_versions.name], left[fetches.name], len(left[message_faces.name])) == ([], [], 2)
    assert [row.handle for row in left[identity_profiles.name]] == ["@bo"]
    assert len(left[thread_standings.name]) >= 2
