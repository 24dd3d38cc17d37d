"""Every channel that has a subject, each in a room of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import pytest

from sluss.channels import registry
from sluss.kernel.clock import TestClock
from sluss.kernel.db import Database
from tests.channels.contract.room import Room
from tests.channels.contract.subject import Subject
from tests.world import World

ON_TRIAL = [name for name in registry.channel_names() if (Path(__file__).parents[1] / name / "subject.py").exists()]


@pytest.fixture(params=ON_TRIAL)
async def subject(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    """A channel and its double, which is answering."""
    made: Subject = import_module(f"tests.channels.{request.param}.subject").SUBJECT()
    monkeypatch.setitem(registry._made, made.name, made.channel)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def room(db: Database, world: World, clock: TestClock, tmp_path: Path, subject: Subject) -> Room:
    room = Room(db, world, clock, tmp_path, subject)
    await room.open()
    return room
