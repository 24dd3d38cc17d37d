"""Both databases find what a plain reading of the words finds, and never what is somebody else's. T6, T93; F56."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from sluss.kernel import search
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.kernel.search import Mention, Stretch, find_cases, find_contacts, find_mentions, index_documents, mentions_among, remove_texts
from sluss.kernel.spelling import Document, first_place, place_of
from sluss.kernel.terms import Question, Term, phones_in, question_of, words_in
from sluss.kernel.tx import Tx
from tests.world import World

DAY = 86_400 * SECOND
TEXTS = st.lists(
    st.sampled_from(
        ["röda", "Röd", "väska", "vaskan", "Łódź", "lodz", "straße", "STRASSE", "x", "xy", "1e5", "0x1F", "00123", "a", "日本", "ไทย"]
    ),
    max_size=6,
).map(" ".join)
DOCUMENTS = st.lists(
    st.tuples(st.lists(TEXTS, min_size=1, max_size=3), st.integers(0, 400), st.sets(st.sampled_from([7, 8, 9]), max_size=2)), max_size=8
)
QUERIES = st.sampled_from(
    [
        "röd",
        "roda vas",
        '"röda väska"',
        "lod -x",
        "strasse",
        "x",
        "xy",
        '-"röda väska" vask',
        "a",
        "1e5 0",
        "0x1f",
        "日",
        '"lodz" lodz',
        "ไ",
        "röda-väska",
    ]
)


def _documents(made: Sequence[tuple[list[str], int, set[int]]]) -> list[Document]:
    return [
        Document(id=number, at=day * DAY + number * SECOND, fields=tuple(fields), case_id=100 + number % 3, inbox_ids=tuple(inboxes))
        for number, (fields, day, inboxes) in enumerate(made, 1)
    ]


def _has(document: Document, term: Term) -> bool:
    size = len(term.words)
    for words in map(words_in, document.fields):
        for at in range(len(words) - size + 1):
            *before, last = words[at : at + size]
            if before == list(term.words[:-1]) and (last.startswith(term.words[-1]) if term.beginning else last == term.words[-1]):
                return True
    return False


def _expected(documents: Sequence[Document], question: Question, who: Actor, stretch: Stretch) -> list[int]:
    """What a reader with a pencil would find; whole words, where these are enough."""
    said = _read(documents, question.as_said, who, stretch)
    return said if len(said) == stretch.limit else _read(documents, question, who, stretch)


def _read(documents: Sequence[Document], question: Question, who: Actor, stretch: Stretch) -> list[int]:
    found = [
        one
        for one in documents
        if question.wanted
        and all(_has(one, term) for term in question.wanted)
        and not any(_has(one, term) for term in question.unwanted)
        and (who.inbox_ids is None or who.inbox_ids & set(one.inbox_ids))
        and first_place(one.at) >= stretch.since
    ]
    return [one.id for one in sorted(found, key=lambda one: -one.at)][: stretch.limit]


class _Undo(Exception):
    """Ends an example without a trace."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=DOCUMENTS, query=QUERIES, inboxes=st.sampled_from([None, {7}, {8, 9}, set()]), limit=st.integers(1, 9), since=st.integers(0, 300)
)
def test_both_find_what_is_there(db: Database, world: World, made, query, inboxes, limit, since) -> None:  # noqa: PLR0917 - what is drawn
    """Words, beginnings, phrases, exclusions, through inboxes, newest first, over years."""
    who = Actor(world.norrsken.id, "system", inbox_ids=None if inboxes is None else frozenset(inboxes))
    documents, question, stretch = _documents(made), question_of(query), Stretch(limit, since=first_place(since * DAY))

    def example(tx: Tx) -> None:
        index_documents(tx, who, documents)
        index_documents(tx, system(world.ferries.id), [Document(id=900 + one.id, at=one.at, fields=one.fields) for one in documents])
        assert [one.id for one in find_mentions(tx, who, question, stretch)] == _expected(documents, question, who, stretch)
        among = _expected([one for one in documents if one.case_id == 100], question, system(who.workspace_id), Stretch())
        assert [one.id for one in mentions_among(tx, who, question, [100])] == among
        raise _Undo

    with pytest.raises(_Undo):
        db.write_now(example)


@pytest.mark.parametrize(
    "spelled", ["070-123 45 67", "+46 70 123 45 67", "0046701234567", "+46 (0)70-1234567", "0701234567", "070.123.45.67"]
)
def test_a_number_is_found_however_it_is_spelled(spelled: str) -> None:
    asked = question_of(f"asa {spelled}").wanted
    assert phones_in(f"Ring {spelled} tack") == phones_in("0701234567") == [asked[1].phone]
    assert asked[0].words == ("asa",)


def test_numbers_of_cases_side_by_side_are_still_words(db: Database, world: World) -> None:
    who = system(world.norrsken.id)
    db.write_now(index_documents, who, [Document(id=5, at=DAY, fields=("om 10483 och 10484",), case_id=3)])
    assert db.read_now(find_cases, who, "10483 10484") == [3]


def test_no_question_goes_without_a_workspace(db: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """T6: what is asked of the index itself names the workspace (PostgreSQL has no second wall here), and its rows once more."""
    who, asked = system(world.norrsken.id), list[tuple[str, dict[str, object]]]()
    monkeypatch.setattr(search, "_mentions", lambda _tx, statement, values: asked.append((str(statement), values)) or [])
    db.write_now(index_documents, who, [Document(id=5, at=DAY, fields=("väska",), case_id=3)])
    for query in ("väska", "a", '"a b"', "väska -röd", "070-123 45 67", "'; DROP TABLE search", "w1 | x", "¤w2"):
        question = question_of(query)
        db.read_now(find_mentions, who, question, Stretch())
        db.read_now(find_contacts, who, question, Stretch())
        db.read_now(mentions_among, who, question, [3])
    assert len(asked) >= 20
    for statement, values in asked:
        assert "workspace_id = :workspace_id" in statement
        assert values["workspace_id"] == who.workspace_id
        marks = str(values["question"]).count(f"¤w{who.workspace_id}") + str(values["question"]).count(f"¤k{who.workspace_id}")
        assert marks >= 1 or "case_id" in statement.partition("WHERE")[2]


def test_what_is_indexed_again_or_removed_is_found_only_as_it_is(db: Database, world: World) -> None:
    who = system(world.norrsken.id)
    old = Document(id=5, at=DAY, fields=("gammal",), case_id=3)
    db.write_now(index_documents, who, [old])
    db.write_now(index_documents, who, [Document(id=5, at=2 * DAY, fields=("ny",), case_id=4, inbox_ids=(7,))])
    assert [db.read_now(find_cases, who, query) for query in ("gammal", "ny")] == [[], [4]]
    db.write_now(remove_texts, who, [5])
    assert db.read_now(find_cases, who, "ny") == []


def test_two_of_one_second_each_keep_a_place(db: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "place_of", lambda at, _id: first_place(at))
    who = system(world.norrsken.id)
    for first in (1, 4):
        db.write_now(index_documents, who, [Document(id=first + n, at=DAY, fields=("ord",), case_id=first + n) for n in range(3)])
    assert sorted(db.read_now(find_cases, who, "ord")) == [1, 2, 3, 4, 5, 6]


def test_common_words_are_walked_from_the_end(db: Database, world: World) -> None:
    """F20: whatever is asked, the plan goes by an index; on PostgreSQL by the weeks, newest first, until enough is found."""
    who = system(world.norrsken.id)
    db.write_now(index_documents, who, [Document(id=n, at=n * DAY, fields=("ord",), case_id=n) for n in range(1, 600)])
    seen: list[str] = []
    event.listen(db._reading, "before_cursor_execute", lambda _c, _k, statement, *_more: seen.append(statement))
    assert db.read_now(find_mentions, who, question_of("ord"), Stretch(5))[0] == Mention(599, 599, place_of(599 * DAY, 599))
    assert sum("search" in one for one in seen) == (1 if db.kind == "sqlite" else 2)
    with db._reading.connect() as conn:
        explain = "EXPLAIN QUERY PLAN " if db.kind == "sqlite" else "EXPLAIN "
        conn.execute(sa.text("SET enable_seqscan = off")) if db.kind == "postgresql" else None
        values = {
            "question": "'ord'" if db.kind == "postgresql" else '"ord"',
            "workspace_id": 1,
            "below": search.END,
            "since": 0,
            "limit": 5,
        }
        plan = "\n".join(
            str(row) for row in conn.execute(sa.text(f"{explain}{search._WALK if db.kind == 'sqlite' else search._WEEKS}"), values)
        )
    assert ("VIRTUAL TABLE INDEX" in plan and "TEMP B-TREE" not in plan) if db.kind == "sqlite" else "ix_search_body" in plan
