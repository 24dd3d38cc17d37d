"""Many cases with what was said in them, made in minutes: rows as recording leaves them, put in by the thousand.

In: an empty migrated database, how many cases. Out: the inboxes they are at; the last has one in a hundred.
"""

from __future__ import annotations

import random
from typing import Any

import sqlalchemy as sa

from sluss.kernel.clock import SECOND, system_clock
from sluss.kernel.ids import first_id_at
from sluss.kernel.spelling import Document, body, place_of, vector

SAID = 5
INBOXES = 20
WORDS = 60_000
LENGTH = 45
LONG = 600 * 86_400 * SECOND
AT_ONCE = 2_000
_SYLLABLES = [first + second for first in "bdfghklmnprstv" for second in "aeio"]

_FILLED = ("inboxes", "contacts", "identities", "threads", "cases", "conversations", "messages")
_BEFORE = {
    "sqlite": ["COMMIT", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000", "BEGIN"],
    "postgresql": ["DROP INDEX ix_search_body", *(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY" for name in _FILLED)],
}
_AFTER = {
    "sqlite": [],
    "postgresql": [
        "SET statement_timeout = 0",
        "SET maintenance_work_mem = '512MB'",
        "CREATE INDEX ix_search_body ON search USING gin (body) WITH (gin_pending_list_limit = 256)",
        *(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY" for name in _FILLED),
        "ANALYZE",
    ],
}


def vocabulary() -> list[str]:
    """Words, the commonest first."""
    chance = random.Random(1)  # noqa: S311 - the same words each time
    found: dict[str, None] = {"a": None}
    while len(found) < WORDS:
        found["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))] = None
        if len(found) < WORDS and len(found) % 3 == 0:
            found["".join(chance.choices(_SYLLABLES, k=5))] = None
    return list(found)


def fill(conn: sa.Connection, workspace_id: int, count: int) -> list[int]:
    """Contacts, cases and messages over twenty months, all of them indexed."""
    start = system_clock() - LONG
    for statement in _BEFORE[conn.dialect.name]:
        conn.exec_driver_sql(statement)
    conn.commit()
    making = _Making(conn, workspace_id, vocabulary(), count)
    for begin in range(0, count, AT_ONCE):
        making.stretch(range(begin, min(begin + AT_ONCE, count)), start, LONG // count)
        conn.commit()
    for statement in _AFTER[conn.dialect.name]:
        conn.exec_driver_sql(statement)
    conn.commit()
    return making.inbox_ids


class _Making:
    """Rows of one workspace, made of words by chance; common ones are common."""

    def __init__(self, conn: sa.Connection, workspace_id: int, words: list[str], count: int) -> None:
        self.count = count
        self.conn, self.ws = conn, workspace_id
        self.postgres = conn.dialect.name == "postgresql"
        self.chance = random.Random(4711)  # noqa: S311 - the same set each time
        self.said = self.chance.choices(words, [1 / (rank + 3) for rank in range(len(words))], k=3_000_000)
        self.rare = words
        self.inbox_ids = [10 + number for number in range(INBOXES)]
        now = system_clock()
        shared = {"workspace_id": workspace_id, "channel": "email", "settings": "{}", "sealed": b"", "enabled": True, "created_at": now}
        shared |= {"brand_id": conn.execute(sa.text("SELECT id FROM brands")).scalar(), "changed_at": now, "receiving": "ok"}
        shared |= {"receiving_error": "", "receiving_since": now, "send_failures": 0, "paused_reason": ""}
        self.put("inboxes", [shared | {"id": one, "name": f"Inbox {one}", "address": f"i{one}@n.example"} for one in self.inbox_ids])

    def stretch(self, numbers: range, start: int, apart: int) -> None:
        """The next cases."""
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("contacts", "identities", "threads", "cases", "conversations", "messages")
        }
        documents: list[Document] = []
        for number in numbers:
            self._case(number, start + number * apart, rows, documents)
        for table, found in rows.items():
            self.put(table, found)
        self._index(documents)

    def put(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Rows in, the shortest way that each database has."""
        columns = list(rows[0]) if rows else []
        raw: Any = self.conn.connection.driver_connection
        names = ", ".join(f'"{name}"' for name in columns)
        values = [tuple(row.values()) for row in rows]
        if not self.postgres:
            raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", values)  # noqa: S608 - our own names
            return
        with raw.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)

    def _case(self, number: int, at: int, rows: dict[str, list[dict[str, Any]]], documents: list[Document]) -> None:
        key, first = {"workspace_id": self.ws}, first_id_at(at)
        contact, name = first + 1, f"{self.word().title()} {self.word().title()}"
        address = f"kund{number}@kund.example"
        inbox = self.inbox_ids[-1] if number % 100 == 0 else self.inbox_ids[number % (INBOXES - 1)]
        subject = self.words(5)
        unsolved = number > self.count * 0.98
        status = "open" if unsolved and number % 2 else "pending" if unsolved and number % 3 else "solved"
        rows["contacts"].append(key | {"id": contact, "name": name, "language": "", "created_at": at})
        identity = {"id": first + 2, "contact_id": contact, "network": "email", "address": address, "name": name, "proof": "claimed"}
        rows["identities"].append(key | identity | {"created_at": at})
        thread = {"id": first + 3, "inbox_id": inbox, "external_key": f"t{number}", "token": f"t{number}", "visibility": "private"}
        rows["threads"].append(key | thread | {"identity_id": first + 2, "created_at": at})
        case = {
            "id": first + 4,
            "number": 10_000 + number,
            "contact_id": contact,
            "inbox_id": inbox,
            "subject": subject,
            "preview": subject,
        }
        case |= {"status": status, "priority": "normal", "opened_at": at, "active_at": at}
        rows["cases"].append(key | case)
        rows["conversations"].append(key | {"id": first + 5, "thread_id": first + 3, "case_id": first + 4, "opened_at": at})
        heading = (str(10_000 + number), subject, name, address)
        for turn in range(SAID):
            text, message_id, when = self.words(LENGTH), first + 6 + turn, at + turn * 3_600 * SECOND
            text += f" {self.chance.choice(self.rare)}" + (" 070-555 01 23" if number % 5_000 == 7 else "")
            message: dict[str, Any] = {"id": message_id, "conversation_id": first + 5, "external_id": "", "subject": subject, "text": text}
            message |= {"direction": "out" if turn % 2 else "in", "identity_id": None if turn % 2 else first + 2, "fresh": text, "html": ""}
            rows["messages"].append(key | message | {"to": "[]", "cc": "[]", "automatic": "", "at": when, "files": 0})
            documents.append(Document(id=message_id, at=when, fields=(*heading, text), case_id=first + 4, inbox_ids=(inbox,)))
        documents.append(Document(id=contact, kind="contact", at=at, fields=(name, address)))

    def words(self, count: int) -> str:
        """So many words, some of them together often."""
        start = self.chance.randrange(len(self.said) - count)
        return " ".join(self.said[start : start + count])

    def word(self) -> str:
        """One word."""
        return self.said[self.chance.randrange(len(self.said))]

    def _index(self, documents: list[Document]) -> None:
        rows = [{"workspace_id": self.ws, "id": one.id, "case_id": one.case_id, "place": place_of(one.at, one.id)} for one in documents]
        if self.postgres:
            self.put("search", [row | {"body": vector(one, self.ws)} for row, one in zip(rows, documents, strict=True)])
            return
        self.put("search_places", rows)
        self.put("search", [{"rowid": row["place"], "body": body(one, self.ws)} for row, one in zip(rows, documents, strict=True)])
