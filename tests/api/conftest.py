"""The API as programs meet it: over a socket, with a session."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from sluss.app import Server, make_app, make_server
from sluss.cases.models import cases
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Inbound
from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.schema import metadata
from sluss.kernel.tokens import hash_of
from sluss.kernel.tx import Tx
from sluss.people.sessions import Browser, find_session, open_session
from tests.world import World, make_edge

# What a request of itself leaves behind, whatever it asked for.
TRACES = {"sessions", "sign_in_attempts"}


class Service(msgspec.Struct, frozen=True):
    """Where the API answers, and what Maja, who leads, sends with each request."""

    url: str
    db: Database
    headers: dict[str, str]
    number: int

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        return httpx.request(method, f"{self.url}{path}", headers=headers, **more)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables."""
        return self.db.read_now(_everything)


@pytest.fixture
def service(db: Database, world: World, tmp_path: Path) -> Iterator[Service]:
    config = Config(data=str(tmp_path / "data"))
    number = _first_case(db, world)
    token = db.write_now(open_session, world.norrsken.id, world.who("maja").id, Browser(), config)
    session = db.read_now(find_session, hash_of(token), config)
    assert session
    headers = {"Cookie": f"sluss={token}", "X-CSRF-Token": session.csrf}
    listening = socket.create_server(("127.0.0.1", 0))
    running, server = _serve(make_server(make_app(make_edge(db, config))), listening)
    yield Service(f"http://127.0.0.1:{listening.getsockname()[1]}", db, headers, number)
    server.should_exit = True
    running.join(20)


def _serve(server: Server, listening: socket.socket) -> tuple[threading.Thread, Server]:
    running = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    running.start()
    return running, server


def _first_case(db: Database, world: World) -> int:
    """Åsa's first mail; returns the number of her case."""
    asa = Address("asa@kund.example", "Åsa Lindqvist")
    inbound = Inbound(external_id="a@kund.example", dedupe_key="a", sender=asa, subject="Hej", text="Hej!", fresh="Hej!")
    arrival = Arrival(
        envelope_id=1,
        inbox_id=world.norrsken.inboxes["kundtjanst"].id,
        network="email",
        visibility="private",
        reopen_days=14,
        received_at=db.clock(),
        inbound=inbound,
    )
    db.write_now(record_arrivals, system(world.norrsken.id), [arrival])
    return db.read_now(lambda tx: tx.value(sa.select(cases.c.number)))


def _everything(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
    kept = [table for table in metadata.sorted_tables if table.name not in TRACES]
    return {table.name: sorted((tuple(row) for row in tx.rows(sa.select(table))), key=repr) for table in kept}
