"""Canned answers: for whom they are, what is filled in, what never leaves, how use is counted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR, TestClock
from sluss.kernel.db import Database
from sluss.kernel.errors import Forbidden, Invalid, Missing
from sluss.people.once import once
from sluss.replies.attaching import NewFile
from sluss.replies.canned.actions import (
    Content,
    Outdated,
    archive_answer,
    change_answer,
    content_of,
    create_answer,
    restore_answer,
    unarchive_answer,
)
from sluss.replies.canned.audience import Audience
from sluss.replies.canned.files import add_file
from sluss.replies.canned.filling import FIELDS, fill_text, first_name, open_fields, wrong_fields
from sluss.replies.canned.queries import Use, access_answer, fitting, list_answers, similar_answers, texts_of, uses_of, versions_of
from sluss.replies.canned.using import offer, offers, use_answer
from tests.outbox.scene import Scene
from tests.world import World

SV, EN = "Hej {{contact.first_name|du}}! Väskan är på väg.", "Hello {{contact.first_name|there}}! Your bag is on its way."


def content(name: str = "Väska på väg", **more: Any) -> Content:
    values: dict[str, Any] = {"name": name, "texts": {"sv": SV, "en": EN}, "original": "sv"}
    return Content(**values | more)


def names(db: Database, who: Actor) -> list[str]:
    return [one.name for one in db.read_now(list_answers, who)]


def test_answers_exist_only_for_those_they_are_for(db: Database, world: World) -> None:
    """T1, T2, T5"""
    who, at = world.who, world.norrsken
    chosen = Audience(whom="chosen", team_ids=(at.teams["stockholm"],))
    by_inbox = Audience(whom="chosen", inbox_ids=(at.inboxes["obsluga"].id,))
    everybody = db.write_now(create_answer, who("maja"), content("Alla"))
    stockholm = db.write_now(create_answer, who("ewa"), content("Stockholm", audience=chosen))
    gdansk = db.write_now(create_answer, who("ewa"), content("Gdańsk", audience=by_inbox))
    private = db.write_now(create_answer, who("johan"), content("Min egen", audience=Audience(whom="owner")))
    assert names(db, who("johan")) == ["Alla", "Min egen", "Stockholm"]
    assert (names(db, who("petra")), names(db, who("karin"))) == (["Alla", "Gdańsk"], ["Alla", "Stockholm"])
    assert (names(db, who("maja")), names(db, who("erik")), names(db, who("ania"))) == (["Alla", "Gdańsk", "Stockholm"], [], [])
    hidden = [("petra", stockholm), ("johan", gdansk), ("maja", private), ("ewa", private), ("marek", everybody), ("erik", everybody)]
    seeing: list[tuple[Any, ...]] = [(access_answer,), (archive_answer,), (change_answer, content(), 1), (versions_of,)]
    for key, answer_id in hidden:
        for action, *rest in seeing:
            with pytest.raises(Missing):
                db.write_now(action, who(key), answer_id, *rest)
    keeping: list[tuple[Any, ...]] = [(archive_answer,), (change_answer, content(), 1), (restore_answer, 1)]
    for action, *rest in keeping:
        with pytest.raises(Forbidden):
            db.write_now(action, who("johan"), everybody, *rest)
    with pytest.raises(Forbidden):
        db.write_now(create_answer, who("johan"), content())
    with pytest.raises(Forbidden):
        db.write_now(create_answer, who("karin"), content(audience=Audience(whom="owner")))
    with pytest.raises(Invalid, match="marked"):
        db.write_now(create_answer, who("ewa"), content(audience=Audience(whom="chosen", team_ids=(world.ferries.teams["port"],))))


def test_of_two_who_change_one_the_second_is_told_who_was_first(db: Database, world: World) -> None:
    maja, ewa = world.who("maja"), world.who("ewa")
    answer_id = db.write_now(create_answer, maja, content(shortcut="/Väska"))
    assert db.write_now(change_answer, maja, answer_id, content(texts={"sv": "Den är framme."}), 1) == 2
    with pytest.raises(Outdated, match="Maja Ek has changed") as refused:
        db.write_now(change_answer, ewa, answer_id, content(texts={"sv": "Nej."}), 1)
    assert refused.value.by == "Maja Ek"
    assert db.read_now(texts_of, maja, [answer_id]) == {answer_id: {"sv": "Den är framme."}}
    db.write_now(restore_answer, ewa, answer_id, 1)
    now = db.read_now(access_answer, maja, answer_id)
    assert (now.revision, now.shortcut, db.read_now(content_of, maja, now).texts) == (3, "väska", {"sv": SV, "en": EN})
    assert [(one.revision, one.by) for one in db.read_now(versions_of, maja, answer_id)] == [
        (3, "Ewa Nowak"),
        (2, "Maja Ek"),
        (1, "Maja Ek"),
    ]
    db.write_now(archive_answer, maja, answer_id)
    assert names(db, maja) == []
    db.write_now(unarchive_answer, maja, answer_id)
    assert names(db, maja) == ["Väska på väg"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"texts": {"sv": "  "}}, "text"),
        ({"texts": {"svenska": "Hej"}}, "language"),
        ({"texts": {"sv": "Hej {{contact.secret}}"}}, "text-sv"),
        ({"texts": {"sv": "{{ ''.__class__ }}"}}, "text-sv"),
        ({"texts": {"sv": "x" * 20_001}}, "text-sv"),
        ({"shortcut": "två ord"}, "shortcut"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(db: Database, world: World, wrong: dict[str, Any], field: str) -> None:
    """T94: unknown fields and expressions are refused when they are written."""
    with pytest.raises(Invalid) as refused:
        db.write_now(create_answer, world.who("maja"), content(**wrong))
    assert set(refused.value.fields) == {field}


def test_shortcuts_are_unique_and_copies_are_noticed(db: Database, world: World) -> None:
    maja = world.who("maja")
    first = db.write_now(create_answer, maja, content(shortcut="bag"))
    with pytest.raises(Invalid) as refused:
        db.write_now(create_answer, maja, content("Annan", shortcut="bag"))
    assert set(refused.value.fields) == {"shortcut"}
    near = {"sv": SV.replace("Väskan", "VÄSKAN").replace("!", ".")}
    assert [one.id for one in db.read_now(similar_answers, maja, near)] == [first]
    assert db.read_now(similar_answers, maja, {"sv": "Något helt annat som ingen skrev förut"}) == []


def test_a_case_chooses_language_and_values(scene: Scene) -> None:
    answer_id = scene.db.write_now(
        create_answer, scene.system, content(texts={"sv": SV, "en": EN, "pl": "Numer {{case.number}} {{contact.email}}"})
    )
    found = scene.db.read_now(offer, scene.maja, scene.case_id, answer_id)
    assert (found.language, found.filled.text, found.filled.gaps) == ("sv", "Hej Åsa! Väskan är på väg.", ())
    polish = scene.db.read_now(offer, scene.maja, scene.case_id, answer_id, "pl").filled.text
    assert re.fullmatch(r"Numer \d+ asa@kund\.example", polish)
    [typed] = scene.db.read_now(offers, scene.maja, scene.case_id, "en väska")
    assert (typed.language, typed.theirs, typed.languages) == ("en", False, ("en", "pl", "sv"))


def test_what_fits_best_and_is_used_most_comes_first(scene: Scene) -> None:
    db, maja = scene.db, scene.maja
    made = {
        name: db.write_now(create_answer, scene.system, content(name, texts={"sv": text}))
        for name, text in {"Återbetalning": "Pengarna kommer.", "Adress": "Vi bor i Umeå.", "Öppettider": "Vi öppnar kl 8."}.items()
    }

    def found(words: str = "") -> list[str]:
        return [one.answer.name for one in db.read_now(offers, maja, scene.case_id, words)]

    assert (found("ater"), found("UMEA"), found("aterbt"), found("zzz")) == (["Återbetalning"], ["Adress"], ["Återbetalning"], [])
    assert found() == ["Adress", "Återbetalning", "Öppettider"]
    for turn in range(3):
        db.write_now(use_answer, maja, scene.case_id, made["Öppettider"])
        db.write_now(once, maja, f"{turn % 2}", use_answer, scene.case_id, made["Adress"])
    assert found() == ["Öppettider", "Adress", "Återbetalning"]
    assert {one: use.count for one, use in db.read_now(uses_of, maja).items()} == {made["Öppettider"]: 3, made["Adress"]: 2}


def test_use_is_counted_by_agent_and_day(scene: Scene, clock: TestClock) -> None:
    db = scene.db
    answer_id = db.write_now(create_answer, scene.system, content())
    db.write_now(use_answer, scene.maja, scene.case_id, answer_id)
    clock.move(30 * HOUR)
    last = clock.now
    db.write_now(use_answer, scene.johan, scene.case_id, answer_id)
    assert db.read_now(uses_of, scene.maja) == {answer_id: Use(2, last)}
    assert db.read_now(uses_of, scene.johan, by_me=True, since=clock.now) == {answer_id: Use(1, last)}
    db.write_now(archive_answer, scene.system, answer_id)
    with pytest.raises(Missing):
        db.write_now(use_answer, scene.maja, scene.case_id, answer_id)


@pytest.mark.parametrize("left", ["Hej {{contact.name}}", "Hej {{ okänt }}!", "{{contact.first_name|}}"])
def test_a_field_that_is_still_open_stops_the_send(scene: Scene, left: str) -> None:
    """T94: nothing in double braces ever leaves."""
    with pytest.raises(Invalid) as refused:
        scene.answer(left)
    assert re.search(r"Fill in \{\{.+\}\} first\. Nothing was sent\.", refused.value.fields["body"])
    assert scene.operations() == []


_FIELDS = st.sampled_from([*FIELDS, "agent.password", "contact.__class__", "x"])
_PIECES = st.one_of(
    st.text(max_size=20),
    st.builds("{{{{{}|{}}}}}".format, _FIELDS, st.text("abc {}|", max_size=5)),
    st.builds("{{{{ {} }}}}".format, _FIELDS),
)
_VALUES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=30))


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=6).map("".join), _VALUES)
def test_filling_is_one_pass_and_tells_every_gap(text: str, values: dict[str, str]) -> None:
    """T94: a value is never read as a field; what is not filled in is told by its place, and nothing else is left."""
    filled = fill_text(text, values)
    for gap in filled.gaps:
        assert filled.text[gap.start : gap.end].startswith("{{")
        assert gap.field in filled.text[gap.start : gap.end]
    assert fill_text(text, {}).text.count("{{") <= text.count("{{")
    assert all("{{" not in value or "{{" in text for value in [filled.text]) or filled.gaps
    assert set(wrong_fields(text)) <= set(open_fields(text))


def test_a_value_is_never_a_field() -> None:
    """T94"""
    filled = fill_text("{{contact.name}} {{agent.name}}", {"contact.name": "{{agent.name}}\r\nBcc: x", "agent.name": "Maja"})
    assert (filled.text, open_fields(filled.text)) == ("(agent.name) Bcc: x Maja", [])
    assert [fill_text(f"Hej {{{{contact.first_name{one}}}}}!", {}).text for one in ("|", "|du")] == ["Hej!", "Hej du!"]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Åsa Lindqvist", "Åsa"),
        ("Wójcik, Łukasz", "Łukasz"),
        ("info@firma.pl", ""),
        ("24h Service", ""),
        ("", ""),
        ('"Ewa"', "Ewa"),
        ("李 明", "李"),
    ],
)
def test_first_names(name: str, first: str) -> None:
    assert first_name(name) == first


def test_languages_that_are_near() -> None:
    texts = {"sv": "", "pt-BR": "", "en": ""}
    assert [fitting(texts, "sv", (one,)) for one in ("pt", "en-GB", "de", "")] == ["pt-BR", "en", "sv", "sv"]


def test_files_go_along(scene: Scene) -> None:
    """T9: what an answer brings is the agent's own copy in this case."""
    answer_id = scene.db.write_now(create_answer, scene.system, content())
    digest = scene.files.put(b"karta")
    scene.db.write_now(add_file, scene.system, answer_id, NewFile("karta.pdf", "application/pdf", 5, digest))
    ids = scene.db.write_now(use_answer, scene.johan, scene.case_id, answer_id)
    with pytest.raises(Invalid):
        scene.answer("Hej", attachment_ids=ids)
