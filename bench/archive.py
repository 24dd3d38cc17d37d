"""Years of work for a measurement: contacts, cases, messages and events, written past the actions, in minutes.

In: an empty database that is migrated, how many cases. Out: a company with 130 agents and 12 inboxes, as its tables would be; but for
the search, which bench/many.py fills.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import case_tags, cases, conversations, message_references, messages, tags, threads
from sluss.channels.models import inboxes
from sluss.contacts.models import contacts, identities
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import DAY, MINUTE, system_clock
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, create_workspace, the_brand
from sluss.people.actions import NewAgent, create_agent
from sluss.people.passwords import hash_now
from sluss.people.teams import TeamChange, change_team, create_team

AGENTS, INBOXES, MESSAGES = 130, 12, 5
PER_CONTACT = 4
YEARS = 2 * 365 * DAY
BATCH = 5_000
EPOCH_MS = 1_735_689_600_000
FIRST_NUMBER = 1_000_000
UNFINISHED = (("open", 0.015), ("pending", 0.01), ("snoozed", 0.005))
"""Of 200,000 cases 6,000 are unfinished: a busy company's desk."""
STEMS = ("bok", "väsk", "res", "flyg", "plats", "bilj", "fakt", "konto", "łącz", "zwrot", "pay", "seat")
ENDS = ("ning", "an", "et", "ad", "erna", "ur", "a", "en", "ing", "or", "ów", "ę", "ed", "s", "ar", "iga", "ande", "heter", "nik", "ka")
WORDS = [stem + end for stem in STEMS for end in ENDS]


class Company(msgspec.Struct, frozen=True):
    """Who is in it; ids."""

    workspace_id: int
    inbox_ids: tuple[int, ...]
    agent_ids: tuple[int, ...]
    admin_id: int
    numbers: tuple[int, ...]
    """Of cases, oldest first."""


def fill(db: Database, number_of_cases: int) -> Company:
    """Write it all, with the planner's statistics as a database in service has them."""
    company = db.write_now(_people)
    rows = _Rows(company, number_of_cases)
    for table, batch in _batched(rows.all()):
        db.with_connection(lambda conn, table=table, batch=batch: _put(conn, table, batch))
    db.with_connection(lambda conn: conn.exec_driver_sql("ANALYZE"))
    return msgspec.structs.replace(company, numbers=tuple(range(FIRST_NUMBER, FIRST_NUMBER + number_of_cases)))


def _people(tx: Tx) -> Company:
    workspace_id = create_workspace(tx, NewWorkspace("Norrsken Air"))
    who, secret = system(workspace_id), hash_now("a long enough word")
    admin_id = create_agent(tx, who, NewAgent(name="Ewa Nowak", email="ewa@norrsken.example", role="admin"), secret)
    agents = [NewAgent(name=f"Agent {n}", email=f"agent{n}@norrsken.example", role="agent") for n in range(AGENTS - 1)]
    agent_ids = [create_agent(tx, who, one, secret) for one in agents]
    inbox_ids = [_inbox(tx, who, n) for n in range(INBOXES)]
    for n in range(INBOXES // 2):
        team_id = create_team(tx, who, f"Team {n}")
        members = tuple(agent_ids[n :: INBOXES // 2])
        change_team(tx, who, team_id, TeamChange(name=f"Team {n}", agent_ids=members, inbox_ids=tuple(inbox_ids[2 * n : 2 * n + 2])))
    return Company(workspace_id, tuple(inbox_ids), tuple(agent_ids), admin_id, ())


def _inbox(tx: Tx, who: Actor, n: int) -> int:
    row: dict[str, Any] = {"workspace_id": who.workspace_id, "id": tx.new_id(), "brand_id": the_brand(tx, who), "channel": "email"}
    row |= {"name": f"Inbox {n}", "address": f"inbox{n}@norrsken.example", "settings": {}, "sealed": b"", "enabled": True}
    row |= {"created_at": tx.now, "changed_at": tx.now, "receiving": "ok", "receiving_error": "", "receiving_since": tx.now}
    tx.run(sa.insert(inboxes), row | {"send_failures": 0, "paused_reason": ""})
    return int(row["id"])


Row = dict[str, Any]
Made = tuple[sa.Table, Row]


class _Rows:
    """All rows, each batch after those it refers to. The same for everybody who asks for as many."""

    def __init__(self, company: Company, number_of_cases: int) -> None:
        self.company, self.many = company, number_of_cases
        self.random = random.Random(7)  # noqa: S311 - the same archive each time
        self.key = {"workspace_id": company.workspace_id}
        self.now = system_clock()
        self._made = self._position = self._case_id = 0

    def all(self) -> Iterator[Made]:
        people = list(self._contacts())
        for contact, identity in people:
            yield contacts, contact
            yield identities, identity
        labels = [self._row(tags, id=self._id(self.now), name=f"tag {n}") for n in range(30)]
        yield from labels
        for n in range(self.many):
            at = self.now - YEARS + (YEARS - MINUTE) * n // self.many
            _, identity = people[self.random.randrange(len(people))]
            yield from self._case(n, at, identity)
            for _, label in self.random.sample(labels, self.random.choice((0, 0, 1, 2))):
                yield self._row(case_tags, case_id=self._case_id, tag_id=label["id"])

    def _contacts(self) -> Iterator[tuple[Row, Row]]:
        born = self.now - YEARS
        for n in range(max(self.many // PER_CONTACT, 1)):
            name = f"{self._word().title()} {self._word().title()}son"
            _, contact = self._row(contacts, id=self._id(born), name=name, language="", created_at=born)
            known = {"network": "email", "address": f"kund{n}@kund.example", "name": name, "proof": "claimed", "created_at": born}
            _, identity = self._row(identities, id=self._id(born), contact_id=contact["id"], **known)
            yield contact, identity

    def _case(self, n: int, at: int, identity: Row) -> Iterator[Made]:
        inbox_id = self.company.inbox_ids[self.random.randrange(INBOXES) if self.random.random() < 0.7 else 0]
        thread_id, conversation_id = self._id(at), self._id(at)
        self._case_id = case_id = self._id(at)
        says = {"token": f"t{n}", "visibility": "private", "identity_id": identity["id"], "created_at": at}
        yield self._row(threads, id=thread_id, inbox_id=inbox_id, external_key=f"k{n}", **says)
        case = self._of_case(n, at) | {"id": case_id, "number": FIRST_NUMBER + n, "inbox_id": inbox_id}
        yield self._row(cases, contact_id=identity["contact_id"], **case)
        yield self._row(conversations, id=conversation_id, thread_id=thread_id, case_id=case_id, opened_at=at)
        yield self._event(at, "case_opened", 0, inbox_id=inbox_id)
        for m in range(MESSAGES):
            writer = {"identity_id": identity["id"], "agent_id": None} if m % 2 == 0 else {"identity_id": None, "agent_id": self._agent()}
            letter = {"conversation_id": conversation_id, "external_id": f"{n}.{m}@kund.example", "subject": case["subject"]}
            yield from self._message(at + m * 7 * MINUTE, thread_id, letter | writer)

    def _of_case(self, n: int, at: int) -> Row:
        status, last = self._status(n), at + MESSAGES * 7 * MINUTE
        return {
            "subject": f"{self._text(4)} {n}",
            "preview": self._text(12),
            "status": status,
            "priority": self.random.choice(("normal",) * 8 + ("high", "low")),
            "assignee_id": self._agent() if status != "open" or self.random.random() < 0.6 else None,
            "opened_at": at,
            "active_at": last,
            "waiting_since": last if status == "open" else None,
            "snoozed_until": self.now + DAY if status == "snoozed" else None,
            "solved_at": at + DAY if status in {"solved", "closed"} else None,
        }

    def _message(self, at: int, thread_id: int, letter: Row) -> Iterator[Made]:
        theirs, message_id, text = letter["agent_id"] is None, self._id(at), self._text(self.random.randrange(12, 60))
        said = {"text": text, "fresh": text, "html": "", "to": "[]", "cc": "[]", "automatic": "", "at": at, "sent_at": at, "files": 0}
        yield self._row(messages, id=message_id, direction="in" if theirs else "out", **said, **letter)
        yield self._row(message_references, external_id=letter["external_id"], message_id=message_id, thread_id=thread_id)
        yield self._event(at, "message_received" if theirs else "message_sent", letter["agent_id"] or 0, message_id=message_id)

    def _event(self, at: int, kind: str, actor_id: int, **of: int) -> Made:
        self._position += 1
        actor = {"actor_kind": "agent" if actor_id else "system", "actor_id": actor_id}
        data = msgspec.json.encode({"kind": kind, "case_id": self._case_id} | of).decode()
        place = {"id": self._id(at), "position": self._position, "case_id": self._case_id}
        return self._row(events, kind=kind, at=at, data=data, **place, **actor)

    def _row(self, table: sa.Table, **values: Any) -> Made:
        return table, self.key | values

    def _agent(self) -> int:
        return self.random.choice(self.company.agent_ids)

    def _status(self, n: int) -> str:
        """What is unfinished is of the last weeks, but for a little that was forgotten."""
        recent = n > self.many * 0.9
        chance = self.random.random() / (9 if recent else 0.3)
        for status, share in UNFINISHED:
            if chance < share:
                return status
            chance -= share
        return "solved" if recent else "closed"

    def _id(self, at: int) -> int:
        """As `kernel/ids.py` makes them: by time, and what follows the time counts on."""
        self._made += 1
        return ((at // 1_000 - EPOCH_MS) << 22) | (self._made & 0x3FFFFF)

    def _word(self) -> str:
        """A few words are everywhere, most are seldom."""
        return WORDS[min(int(self.random.paretovariate(0.6)) - 1, len(WORDS) - 1)]

    def _text(self, words: int) -> str:
        return " ".join(self._word() for _ in range(words))


def _batched(rows: Iterator[Made]) -> Iterator[tuple[sa.Table, list[Row]]]:
    """Batches of one table, never one before those that it may refer to."""
    waiting: dict[sa.Table, list[Row]] = {}
    for table, row in rows:
        waiting.setdefault(table, []).append(row)
        if len(waiting[table]) >= BATCH and table is not conversations:
            for one in [one for one in messages.metadata.sorted_tables if waiting.get(one)]:
                yield one, waiting.pop(one)
    for one in [one for one in messages.metadata.sorted_tables if waiting.get(one)]:
        yield one, waiting.pop(one)


def _put(conn: sa.Connection, table: sa.Table, rows: list[Row]) -> None:
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    raw: Any = conn.connection.driver_connection
    if conn.dialect.name == "sqlite":
        raw.execute("BEGIN")
        raw.executemany(
            f'INSERT INTO "{table.name}" ({columns}) VALUES ({", ".join("?" * len(names))})',  # noqa: S608 - names of our tables
            [tuple(row.values()) for row in rows],
        )
        raw.execute("COMMIT")
        return
    copy: AbstractContextManager[Any] = raw.cursor().copy(f'COPY "{table.name}" ({columns}) FROM STDIN')
    with copy as written:
        for row in rows:
            written.write_row(tuple(row.values()))
