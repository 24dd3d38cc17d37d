"""Commands, run in this process: `cli("agent", "list")` answers what a person would see and the exit code."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest

from sluss.cli import main
from sluss.commands import running
from sluss.commands.answering import Answering
from sluss.commands.house import House, open_house
from sluss.config import Config, load
from sluss.control import listening
from sluss.kernel.actors import system
from sluss.kernel.db import Database
from sluss.kernel.files import FileStore
from sluss.kernel.folder import DataFolder
from sluss.kernel.sealing import Sealer
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.people.actions import NewAgent, create_agent
from sluss.people.teams import create_team


class Said(msgspec.Struct, frozen=True):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def cli(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs one command on the test's data folder, as a script would: nobody sits at a terminal."""
    for name in ("SLUSS_DATA", "SLUSS_PORT", "SLUSS_DATABASE_URL", "SLUSS_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(running, "configure", lambda _level: None)

    def call(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main([words[0], "--data", str(data), *words[1:]])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def set_up(cli: Cli, data: Path) -> Cli:
    """A folder with Norrsken Air, its administrator Ewa Nowak and the team Bokning in it."""
    assert cli("init").code == 0
    with open_house(load({"data": str(data)})) as house:
        found(house.db)
    return cli


def found(db: Database) -> int:
    workspace_id = db.write_now(create_workspace, NewWorkspace(name="Norrsken Air", host="norrsken"))
    who = system(workspace_id)
    db.write_now(create_team, who, "Bokning")
    db.write_now(create_agent, who, NewAgent(name="Ewa Nowak", email="ewa@norrsken.example"), "a hash")
    return workspace_id


@pytest.fixture
def house(db: Database, tmp_path: Path) -> House:
    """What deeds work with, on either database, Norrsken Air already founded."""
    folder = DataFolder(tmp_path / "house")
    folder.make()
    found(db)
    return House(Config(data=str(folder.path)), folder, db, FileStore(folder.files, reserve=0), Sealer.of(folder.path))


@pytest.fixture
def serving(data: Path) -> Callable[[], AbstractContextManager[House]]:
    """`with serving() as house:` a process that owns the folder and answers at its control socket."""

    @contextmanager
    def serve() -> Generator[House]:
        with open_house(load({"data": str(data)})) as house:
            loop = asyncio.new_event_loop()
            ready, over = threading.Event(), asyncio.Event()

            async def answer() -> None:
                async with listening(house.folder.socket, Answering(house)):
                    ready.set()
                    await over.wait()

            thread = threading.Thread(target=loop.run_until_complete, args=(answer(),))
            thread.start()
            assert ready.wait(10)
            try:
                yield house
            finally:
                loop.call_soon_threadsafe(over.set)
                thread.join(10)
                loop.close()

    return serve
