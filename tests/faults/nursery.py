"""Whole servers, forked from a process that has loaded everything: one starts in a fraction of a second, and can be killed dozens of times.

In: one setting a line on standard input. Out: `begun`, `ready` and `ended` lines of the servers on standard output. When it ends, they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import msgspec

from sluss.commands.answering import Answering
from sluss.commands.house import House
from sluss.config import load
from sluss.control import listening
from sluss.kernel.clock import SECOND, system_clock
from sluss.kernel.log import configure
from sluss.serving import Host, Work, open_host, serve
from tests.faults.office import answer_customers, set_up

PDEATHSIG = 1


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How one server runs. `ahead`: seconds by which its clock is fast; `poisoned`: the word in a mail that ends the process reading it.

    `controlled`: it answers at its control socket.
    """

    number: int
    folder: str
    database: str
    http_port: int
    lmtp_port: int
    smtp_port: int
    fault: str = ""
    ahead: int = 0
    answering: bool = True
    poisoned: str = ""
    controlled: bool = False


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        setting = msgspec.json.decode(line, type=Setting)
        if os.fork() == 0:
            _live(setting)


def _live(setting: Setting) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PDEATHSIG, signal.SIGKILL)
    log = os.open(Path(setting.folder) / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ["SLUSS_FAULT"] = setting.fault
    code = 1
    try:
        say(setting, "begun", pid=os.getpid())
        run(setting, lambda known: say(setting, "ready", **known))
        code = 0
    except BaseException:  # noqa: BLE001 - a fork must never return into the nursery's own loop
        traceback.print_exc()
    say(setting, "ended", code=code)
    os._exit(code)


def say(setting: Setting, event: str, **more: Any) -> None:
    """One line in one write, so that lines of several servers never mix."""
    os.write(1, msgspec.json.encode({"number": setting.number, "event": event} | more) + b"\n")


def run(setting: Setting, ready: Callable[[dict[str, Any]], None]) -> None:
    """Serve until a signal."""
    configure("warning", "json")
    if setting.poisoned:
        _end_at(setting.poisoned)
    given = {"data": setting.folder, "database_url": setting.database, "port": setting.http_port, "lease_seconds": 3}
    config = load(given | {"lmtp_listen": f"127.0.0.1:{setting.lmtp_port}"}, environ={})
    with open_host(config, lambda: system_clock() + setting.ahead * SECOND) as host:
        known, johan = set_up(host, setting.smtp_port)

        async def beside(host: Host, work: Work) -> None:
            while "lmtp" not in work.ports:  # noqa: ASYNC110 - a start, not a loop of the product
                await asyncio.sleep(0.01)
            async with _controlled(host) if setting.controlled else contextlib.nullcontext():
                ready(known)
                await (answer_customers(host, johan) if setting.answering else asyncio.Event().wait())

        asyncio.run(serve(host, extra=beside))


def _controlled(host: Host) -> AbstractAsyncContextManager[None]:
    """The control socket, as commands find it beside a running server."""
    house = House(host.config, host.folder, host.db, host.files, host.sealer)
    return listening(host.folder.socket, Answering(house))


def _end_at(word: str) -> None:
    """A reader that takes the whole process with it when it meets the word."""
    from sluss.channels.email.channel import EmailChannel  # noqa: PLC0415 - only this server needs it

    understand = EmailChannel.understand

    def poisoned(self: EmailChannel, delivered: Any, connection: Any) -> Any:
        if word.encode() in delivered.raw:
            os._exit(70)
        return understand(self, delivered, connection)

    EmailChannel.understand = poisoned


if __name__ == "__main__":
    main()
