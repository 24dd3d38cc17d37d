"""Full-text search over cases, newest first. In: folded texts of messages and notes. Out: ids of cases.

SQLite: an FTS5 table. PostgreSQL: a `tsvector` column with the `simple` configuration. Folding (`kernel/text.py`) is ours, so both find
the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from sluss.kernel.actors import Actor
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx

TERMS = 12
KEPT = 20_000
MERGED = 500
"""Pages of SQLite's index that are written anew at a time."""
_WORD = re.compile(r"[^\W_]{1,64}")

CREATE = {
    "sqlite": [
        "CREATE VIRTUAL TABLE search USING fts5(body, workspace_id UNINDEXED, case_id UNINDEXED, tokenize = 'unicode61', prefix = '2 3')",
    ],
    "postgresql": [
        (
            "CREATE TABLE search (workspace_id bigint NOT NULL REFERENCES workspaces (id), id bigint NOT NULL, case_id bigint NOT NULL,"
            " body tsvector NOT NULL, PRIMARY KEY (workspace_id, id))"
        ),
        "CREATE INDEX ix_search_body ON search USING gin (body)",
        "CREATE INDEX ix_search_case_id ON search (workspace_id, case_id)",
    ],
}

_INSERT = {
    "sqlite": sa.text("INSERT INTO search (rowid, workspace_id, case_id, body) VALUES (:id, :workspace_id, :case_id, :body)"),
    "postgresql": sa.text(
        "INSERT INTO search (workspace_id, id, case_id, body) VALUES (:workspace_id, :id, :case_id, to_tsvector('simple', :body))"
        " ON CONFLICT (workspace_id, id) DO UPDATE SET body = excluded.body, case_id = excluded.case_id"
    ),
}
_FIND = {
    "sqlite": sa.text(
        "SELECT rowid AS id, case_id FROM search WHERE search MATCH :query AND workspace_id = :workspace_id"
        " ORDER BY rowid DESC LIMIT :limit"
    ),
    "postgresql": sa.text(
        "SELECT id, case_id FROM search WHERE body @@ to_tsquery('simple', :query) AND workspace_id = :workspace_id"
        " ORDER BY id DESC LIMIT :limit"
    ),
}


def index_texts(tx: Tx, who: Actor, texts: Sequence[tuple[int, int, str]]) -> None:
    """Index `(document id, case id, text)`; the document id is that of the message or note, made once."""
    rows = [{"workspace_id": who.workspace_id, "id": doc, "case_id": case, "body": _body(text)} for doc, case, text in texts]
    if rows:
        tx.run(_INSERT[tx.conn.dialect.name], rows)


def move_texts(tx: Tx, who: Actor, documents: Sequence[int], case_id: int) -> None:
    """Let documents be found under another case."""
    key = "rowid" if tx.conn.dialect.name == "sqlite" else "id"
    change = sa.text(f"UPDATE search SET case_id = :case_id WHERE workspace_id = :workspace_id AND {key} = :id")  # noqa: S608 - one of two words
    tx.run(change, [{"workspace_id": who.workspace_id, "case_id": case_id, "id": one} for one in documents])


def remove_texts(tx: Tx, who: Actor, documents: Sequence[int]) -> None:
    """Let documents be found no more."""
    key = "rowid" if tx.conn.dialect.name == "sqlite" else "id"
    change = sa.text(f"DELETE FROM search WHERE workspace_id = :workspace_id AND {key} = :id")  # noqa: S608 - one of two words
    if documents:
        tx.run(change, [{"workspace_id": who.workspace_id, "id": one} for one in documents])


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
    """Ids of cases where every word of the query occurs as the start of a word, most recent mention first, without repeats."""
    return list(find_mentions(tx, who, query, limit))


def find_mentions(tx: Tx, who: Actor, query: str, limit: int = 200) -> dict[int, int]:
    """As `find_cases`, each with the document that mentions it most recently; `limit` counts documents."""
    words = words_of(query)
    if not words:
        return {}
    dialect = tx.conn.dialect.name
    spelled = " ".join(f'"{word}"*' for word in words) if dialect == "sqlite" else " & ".join(f"'{word}':*" for word in words)
    values: dict[str, Any] = {"query": spelled, "workspace_id": who.workspace_id, "limit": limit}
    found: dict[int, int] = {}
    for row in tx.run(_FIND[dialect], values).all():
        found.setdefault(int(row.case_id), int(row.id))
    return found


def words_of(query: str) -> list[str]:
    """At most a dozen words of letters and digits: nothing of the query language gets through."""
    return _WORD.findall(fold(query[:400]))[:TERMS]


def _body(text: str) -> str:
    """Words only: PostgreSQL would take an address or a link for one word, and find no part of it."""
    return " ".join(_WORD.findall(fold(text[:KEPT])))
