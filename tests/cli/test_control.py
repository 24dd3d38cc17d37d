"""The control socket: who may speak, what is said to nonsense, and what happens when one side goes."""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from sluss.commands.agents import ListAgents
from sluss.commands.house import House
from sluss.control import LONGEST_LINE, NotAnswered, NotRunning, Reply, ask, is_running, listening
from tests.cli.conftest import Cli

Serving = Callable[[], AbstractContextManager[House]]


async def echo(line: bytes) -> Reply:
    return Reply(value=msgspec.json.decode(line))


async def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    async with listening(path, echo):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(path.stat().st_mode)
    assert not path.exists()


async def test_an_answer_comes_back(tmp_path: Path) -> None:
    async with listening(tmp_path / "control.sock", echo):
        assert (await asyncio.to_thread(ask, tmp_path / "control.sock", {"do": "å"})).value == {"do": "å"}


async def test_a_folder_deep_down_works_too(tmp_path: Path) -> None:
    """The system allows 107 bytes for the name of a socket."""
    deep = tmp_path / ("d" * 80) / ("e" * 80)
    deep.mkdir(parents=True)
    async with listening(deep / "control.sock", echo):
        assert (await asyncio.to_thread(ask, deep / "control.sock", [1])).value == [1]
        assert stat.S_IMODE((deep / "control.sock").stat().st_mode) == 0o600


async def test_a_socket_left_by_a_killed_process_is_replaced(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "control.sock"))
    left.close()
    assert not is_running(tmp_path / "control.sock")
    async with listening(tmp_path / "control.sock", echo):
        assert await asyncio.to_thread(is_running, tmp_path / "control.sock")


def test_nobody_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        ask(tmp_path / "control.sock", {})


async def test_a_server_that_falls_silent_is_not_taken_for_success(tmp_path: Path) -> None:
    async def vanish(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_unix_server(vanish, tmp_path / "control.sock")
    with pytest.raises((NotAnswered, OSError)):
        await asyncio.to_thread(ask, tmp_path / "control.sock", {})
    server.close()


async def test_an_endless_line_is_refused(tmp_path: Path) -> None:
    async with listening(tmp_path / "control.sock", echo):
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"))
        writer.write(b"x" * (LONGEST_LINE + 100_000))
        answer = msgspec.json.decode(await reader.readline(), type=Reply)
        assert answer.fault is not None
        assert "at most" in answer.fault.sentence
        writer.close()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"\xff\xfe\n",
        b'{"do":"rm -rf"}\n',
        b'{"do":"agent list","extra":1}\n',
        b'{"do":"agent add"}\n',
        b"[1,2]\n",
        b"null\n",
    ],
)
def test_nonsense_is_answered_and_the_server_goes_on(set_up: Cli, serving: Serving, line: bytes) -> None:
    with serving() as house:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(house.folder.socket))
            client.sendall(line)
            with client.makefile("rb") as answers:
                reply = msgspec.json.decode(answers.readline(), type=Reply)
        assert reply.fault is not None
        assert reply.fault.kind == "invalid"
        assert ask(house.folder.socket, ListAgents()).value[0]["name"] == "Ewa Nowak"


def test_a_command_is_carried_out_by_the_running_server(set_up: Cli, serving: Serving) -> None:
    with serving():
        said = set_up("agent", "add", "johan@norrsken.example", "--name", "Johan Falk")
        assert said.code == 0
        assert "/invitation/" in said.out
        assert "Johan Falk" in set_up("agent", "list").out


def test_faults_cross_the_socket_with_their_exit_codes(set_up: Cli, serving: Serving) -> None:
    with serving():
        assert set_up("agent", "disable", "nobody@norrsken.example").code == 3
        assert set_up("agent", "disable", "ewa@norrsken.example").code == 5
        assert set_up("agent", "add", "no address", "--name", "X").code == 2


def test_a_folder_in_use_without_a_socket_is_worth_another_try(set_up: Cli, serving: Serving) -> None:
    """F12: while the owner starts, or is stuck."""
    with serving() as house:
        house.folder.socket.unlink()
        said = set_up("agent", "list")
    assert said.code == 75
    assert "in use by a running Sluss" in said.err
