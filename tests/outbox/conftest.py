"""The scene of sending, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from sluss.channels import registry
from sluss.kernel.db import Database
from sluss.kernel.events import events
from sluss.outbox import runner
from sluss.replies.attaching import NewFile, attach_file
from tests.outbox.scene import PaperPost, Scene, set_scene
from tests.outbox.square import Square


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> PaperPost:
    made = PaperPost()
    monkeypatch.setitem(registry._made, "paper", made)
    return made


@pytest.fixture
def scene(db: Database, tmp_path: Path, post: PaperPost) -> Scene:
    return set_scene(db, tmp_path, post)


@pytest.fixture
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way gets no time when the outbox is stopped."""
    monkeypatch.setattr(runner, "GRACE_SECONDS", 0.01)


@pytest.fixture
def kinds(scene: Scene) -> Callable[[], list[str]]:
    """The kinds of all events so far."""
    return lambda: [row.kind for row in scene.db.read_now(lambda tx: tx.rows(sa.select(events.c.kind).order_by(events.c.id)))]


@pytest.fixture
def attach(scene: Scene) -> Callable[[str], int]:
    """Maja attaches a file in the scene's case; its content is its name."""

    def upload(name: str) -> int:
        digest = scene.files.put(name.encode())
        return scene.db.write_now(attach_file, scene.maja, scene.case_id, NewFile(name, "application/pdf", len(name), digest))

    return upload


@pytest.fixture
def square(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Square:
    """The scene's inbox is an account on a network with two sides."""
    made = Square()
    monkeypatch.setitem(registry._made, "paper", made)
    msgspec.structs.force_setattr(scene, "post", made)
    return made
