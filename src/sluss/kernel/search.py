"""Full-text search, newest first. In: documents (what was said, noted, or is known of a contact) and questions. Out: which documents match.

The words are made here (`kernel/terms.py`) and not by the databases, so that both find the same. SQLite: an FTS5 table, walked from its
end. PostgreSQL: a `tsvector` with an index that knows no order; every document bears the week it is of, and weeks are asked from the newest
back, more of them each time, until enough is found. Each question names a workspace: the index itself holds what is whose.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.spelling import BLOCK, Document, Spelling, block, body, place_of, vector, week, week_of
from sluss.kernel.terms import MARK, Question, question_of
from sluss.kernel.tx import Tx

MERGED = 500
"""Pages of SQLite's index that are written anew at a time."""
MOST_BLOCKS = 64
END = (1 << 63) - 1

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE search USING fts5(body, tokenize = 'ascii', prefix = '2 3 4 5')",
        (
            "CREATE TABLE search_places (place INTEGER PRIMARY KEY, workspace_id INTEGER NOT NULL REFERENCES workspaces (id),"
            " id INTEGER NOT NULL, case_id INTEGER NOT NULL, UNIQUE (workspace_id, id)) STRICT"
        ),
        "CREATE INDEX ix_search_places_case ON search_places (workspace_id, case_id)",
    ],
    "postgresql": [
        (
            "CREATE TABLE search (workspace_id bigint NOT NULL REFERENCES workspaces (id), id bigint NOT NULL, case_id bigint NOT NULL,"
            " place bigint NOT NULL, body tsvector NOT NULL, PRIMARY KEY (workspace_id, id))"
        ),
        # What waits to be sorted into the index is read through by every question: little may wait.
        "CREATE INDEX ix_search_body ON search USING gin (body) WITH (gin_pending_list_limit = 256)",
        "CREATE INDEX ix_search_case ON search (workspace_id, case_id)",
        "CREATE INDEX ix_search_place ON search (workspace_id, place)",
    ],
}

_PUT = sa.text(
    "INSERT INTO search (workspace_id, id, case_id, place, body) VALUES (:workspace_id, :id, :case_id, :place, CAST(:body AS tsvector))"
    " ON CONFLICT (workspace_id, id) DO UPDATE SET body = excluded.body, case_id = excluded.case_id, place = excluded.place"
)
_PLACE = sa.text("INSERT INTO search_places (place, workspace_id, id, case_id) VALUES (:place, :workspace_id, :id, :case_id)")
_BODY = sa.text("INSERT INTO search (rowid, body) VALUES (:place, :body)")
_WALK = sa.text(
    "SELECT p.id, p.case_id, p.place FROM search s CROSS JOIN search_places p ON p.place = s.rowid"
    " WHERE s.search MATCH :question AND s.rowid >= :since AND s.rowid < :below AND p.workspace_id = :workspace_id"
    " ORDER BY s.rowid DESC LIMIT :limit"
)
# Inside stands only what the index answers, so that no other way is thought of.
_WEEKS = sa.text(
    "WITH found AS MATERIALIZED (SELECT workspace_id, id, case_id, place FROM search WHERE body @@ CAST(:question AS tsquery))"
    " SELECT id, case_id, place FROM found WHERE workspace_id = :workspace_id AND place >= :since AND place < :below"
    " ORDER BY place DESC LIMIT :limit"
)
_SPAN = sa.text(
    "SELECT (SELECT min(place) FROM search WHERE workspace_id = :workspace_id AND place >= :since) AS oldest,"
    " (SELECT max(place) FROM search WHERE workspace_id = :workspace_id AND place < :below) AS newest"
)
_AMONG = {
    "sqlite": sa.text(
        "SELECT p.id, p.case_id, p.place FROM search_places p CROSS JOIN search s ON s.rowid = p.place"
        " WHERE p.workspace_id = :workspace_id AND p.case_id IN :cases AND s.search MATCH :question"
    ).bindparams(sa.bindparam("cases", expanding=True)),
    "postgresql": sa.text(
        "SELECT id, case_id, place FROM search WHERE workspace_id = :workspace_id AND case_id = ANY(:cases)"
        " AND body @@ CAST(:question AS tsquery)"
    ),
}


class Stretch(msgspec.Struct, frozen=True):
    """How many mentions, and from which places: `since` one, `below` another."""

    limit: int = 200
    below: int = END
    since: int = 0


class Mention(msgspec.Struct, frozen=True):
    """A document that matches, and its place: a larger one is newer."""

    id: int
    case_id: int
    place: int


def index_documents(tx: Tx, who: Actor, documents: Sequence[Document]) -> None:
    """Let documents be found, as they are now."""
    if not documents:
        return
    if tx.conn.dialect.name == "postgresql":
        tx.run(_PUT, [_row(who, one, place_of(one.at, one.id)) | {"body": vector(one, who.workspace_id)} for one in documents])
        return
    remove_texts(tx, who, [one.id for one in documents])
    rows = [_row(who, one, place) for one, place in zip(documents, _free_places(tx, documents), strict=True)]
    tx.run(_PLACE, rows)
    tx.run(_BODY, [{"place": row["place"], "body": body(one, who.workspace_id)} for row, one in zip(rows, documents, strict=True)])


def remove_texts(tx: Tx, who: Actor, documents: Sequence[int]) -> None:
    """Let documents be found no more."""
    if not documents:
        return
    mine = [{"workspace_id": who.workspace_id, "id": one} for one in documents]
    if tx.conn.dialect.name == "postgresql":
        tx.run(sa.text("DELETE FROM search WHERE workspace_id = :workspace_id AND id = :id"), mine)
        return
    known = sa.text("SELECT place FROM search_places WHERE workspace_id = :w AND id IN :ids").bindparams(
        sa.bindparam("ids", expanding=True)
    )
    places = [{"place": row.place} for row in tx.run(known, {"w": who.workspace_id, "ids": list(documents)})]
    if places:
        tx.run(sa.text("DELETE FROM search WHERE rowid = :place"), places)
        tx.run(sa.text("DELETE FROM search_places WHERE place = :place"), places)


def forget_removed(tx: Tx, *, first: bool) -> bool:
    """Rewrite some of the index, so that words of removed documents are gone from the file as well. Returns whether more is to be done.

    SQLite: its index keeps them until its pieces are merged into one; `first` begins that. PostgreSQL needs only its own vacuum.
    """
    if tx.conn.dialect.name != "sqlite":
        return False
    before = tx.value(sa.text("SELECT total_changes()"))
    tx.run(sa.text("INSERT INTO search (search, rank) VALUES ('merge', :pages)"), {"pages": -MERGED if first else MERGED})
    return first or tx.value(sa.text("SELECT total_changes()")) - before >= 2


def find_cases(tx: Tx, who: Actor, query: str, limit: int = 200) -> list[int]:
    """Ids of cases that what was typed finds, most recent mention first, without repeats; `limit` counts mentions."""
    return list(dict.fromkeys(one.case_id for one in find_mentions(tx, who, question_of(query), Stretch(limit))))


def find_mentions(tx: Tx, who: Actor, question: Question, stretch: Stretch) -> list[Mention]:
    """Messages and notes in the inboxes of the actor, newest first.

    A last word that is itself said often enough is found as it stands; only else also what begins with it: that may be very much.
    """
    if not question.wanted or who.inbox_ids == frozenset():
        return []
    if question.begins:
        found = _find_mentions(tx, who, question.as_said, stretch)
        if len(found) == stretch.limit:
            return found
    return _find_mentions(tx, who, question, stretch)


def find_contacts(tx: Tx, who: Actor, question: Question, stretch: Stretch) -> list[Mention]:
    """Contacts of the workspace by what is known of them, newest first; whether the actor may see them is not asked here."""
    if not question.wanted:
        return []
    asked = Spelling(tx.conn.dialect.name, question).text([f"{MARK}k{who.workspace_id}"])
    statement = _WALK if tx.conn.dialect.name == "sqlite" else _WEEKS
    _go_by_index(tx)
    return _mentions(tx, statement, {"question": asked, "workspace_id": who.workspace_id} | msgspec.structs.asdict(stretch))


def mentions_among(tx: Tx, who: Actor, question: Question, case_ids: Sequence[int]) -> list[Mention]:
    """Every mention in a few cases, newest first; the caller may see them."""
    if not question.wanted or not case_ids:
        return []
    asked = Spelling(tx.conn.dialect.name, question).text()
    values = {"question": asked, "workspace_id": who.workspace_id, "cases": list(case_ids)}
    return sorted(_mentions(tx, _AMONG[tx.conn.dialect.name], values), key=lambda one: -one.place)


def _find_mentions(tx: Tx, who: Actor, question: Question, stretch: Stretch) -> list[Mention]:
    seen = [f"{MARK}i{one}" for one in sorted(who.inbox_ids)] if who.inbox_ids is not None else []
    spelling = Spelling(tx.conn.dialect.name, question)
    values: dict[str, Any] = {"workspace_id": who.workspace_id} | msgspec.structs.asdict(stretch)
    if tx.conn.dialect.name == "sqlite":
        return _mentions(tx, _WALK, values | {"question": spelling.text([f"{MARK}w{who.workspace_id}"], seen)})
    found: list[Mention] = []
    _go_by_index(tx)
    for times in _spans(tx.run(_SPAN, values).one()):
        these = [f"{MARK}w{who.workspace_id}{MARK}{time}" for time in times]
        if not these:
            continue
        found += _mentions(tx, _WEEKS, values | {"question": spelling.text(these, seen), "limit": stretch.limit - len(found)})
        if len(found) >= stretch.limit:
            break
    return found


def _mentions(tx: Tx, statement: sa.TextClause, values: dict[str, Any]) -> list[Mention]:
    return [Mention(row.id, row.case_id, row.place) for row in tx.run(statement, values)]


def _go_by_index(tx: Tx) -> None:
    """PostgreSQL's planner knows little of these words, and would rather read all of a table that looks small."""
    if tx.conn.dialect.name == "postgresql":
        tx.run(sa.text("SELECT set_config('enable_seqscan', 'off', true)"))


def _spans(span: sa.Row[Any]) -> Iterator[list[str]]:
    """The newest week, the others of its block, then blocks of weeks: four times as many each time."""
    if span.newest is None or span.oldest is None:
        return
    newest, oldest = week_of(span.newest), week_of(span.oldest)
    yield [week(newest)]
    end, last, size = newest // BLOCK, oldest // BLOCK, 1
    yield [week(one) for one in range(max(oldest, end * BLOCK), newest)]
    while end > last:
        yield [block(one) for one in range(max(last, end - size), end)]
        end, size = end - size, min(size * 4, MOST_BLOCKS)


def _row(who: Actor, one: Document, place: int) -> dict[str, Any]:
    return {"workspace_id": who.workspace_id, "id": one.id, "case_id": one.case_id, "place": place}


def _free_places(tx: Tx, documents: Sequence[Document]) -> list[int]:
    """A place of its own for each; those of one second that fall together move apart."""
    statement = sa.text("SELECT place FROM search_places WHERE place IN :places").bindparams(sa.bindparam("places", expanding=True))
    places = [place_of(one.at, one.id) for one in documents]
    taken: set[int] = set()
    while True:
        places = _apart(places, taken)
        found = {row.place for row in tx.run(statement, {"places": places})}
        if not found:
            return places
        taken |= found


def _apart(places: Sequence[int], taken: set[int]) -> list[int]:
    free: dict[int, None] = {}
    for place in places:
        while place in taken or place in free:
            place += 1  # noqa: PLW2901 - until it is free
        free[place] = None
    return list(free)
