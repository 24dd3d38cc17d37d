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
from sluss.people import bearer
from sluss.people.scopes import SCOPES
from sluss.people.sessions import Browser, find_session, open_session
from sluss.people.tokens import NewToken, create_token, hint_of, new_word
from tests.world import World, make_edge

# What a request of itself leaves behind, whatever it asked for.
TRACES = {"sessions", "sign_in_attempts", "api_tokens"}
SHOP = "https://shop.example"


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


@pytest.fixture(params=["session", "token"])
def service(
    request: pytest.FixtureRequest, db: Database, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Service]:
    """Asked by a browser that is signed in, and by a program with a token that may ask as often as it likes."""
    monkeypatch.setattr(bearer, "BURST", 1e6)
    config = Config(data=str(tmp_path / "data"), api_origins=SHOP)
    number = _first_case(db, world)
    headers = (_of_session if request.param == "session" else _of_token)(db, world, config)
    listening = socket.create_server(("127.0.0.1", 0))
    running, server = _serve(make_server(make_app(make_edge(db, config))), listening)
    yield Service(f"http://127.0.0.1:{listening.getsockname()[1]}", db, headers, number)
    server.should_exit = True
    running.join(20)


def _of_session(db: Database, world: World, config: Config) -> dict[str, str]:
    token = db.write_now(open_session, world.norrsken.id, world.who("maja").id, Browser(), config)
    session = db.read_now(find_session, hash_of(token), config)
    assert session
    return {"Cookie": f"sluss={token}", "X-CSRF-Token": session.csrf}


def _of_token(db: Database, world: World, _config: Config) -> dict[str, str]:
    word, maja = new_word(), world.who("maja")
    new = NewToken(token_hash=hash_of(word), hint=hint_of(word), name="Test", scopes=tuple(SCOPES), agent_id=maja.id)
    db.write_now(create_token, maja, new)
    return {"Authorization": f"Bearer {word}"}


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
