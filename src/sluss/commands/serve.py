"""`sluss serve`: run until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import errno
from collections.abc import Awaitable, Callable

from sluss import serving
from sluss.commands.answering import Answering
from sluss.commands.house import House, settings_of
from sluss.commands.outcome import CONFLICT, OK, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import Config
from sluss.control import listening
from sluss.kernel.clock import Clock, system_clock
from sluss.kernel.folder import FolderTaken
from sluss.kernel.log import configure
from sluss.serving import Host, Work, open_host, serve

Beside = Callable[[House], Awaitable[None]]
"""Runs in the server's loop, on its database, until it is cancelled."""


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `serve` takes."""
    parser.description = "Serve the screens and do the work behind them, until Ctrl-C or SIGTERM."
    parser.add_argument("--role", choices=("all", "web", "worker"), help="what this process does (SLUSS_ROLE; default: all)")
    parser.add_argument("--host", metavar="ADDRESS", help="address to listen on (SLUSS_HOST; default: 127.0.0.1)")
    parser.add_argument("--port", metavar="N", type=int, help="port to listen on, 0 for a free one (SLUSS_PORT; default: 8000)")
    parser.add_argument("--database", metavar="URL", help="PostgreSQL instead of SQLite (SLUSS_DATABASE_URL)")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """Serve."""
    config = settings_of(asked, role=asked.role, host=asked.host, port=asked.port, database_url=asked.database)
    serve_until_stopped(config, lambda address: terminal.say(f"Sluss serves {address or 'as a worker'}. Ctrl-C stops it."))
    return OK


def serve_until_stopped(config: Config, ready: Callable[[str], None], beside: Beside | None = None, clock: Clock = system_clock) -> None:
    """Open everything, serve, close. `beside` runs in the same loop with the server's own database, until it ends."""
    configure(config.log_level, "json" if config.log_format == "json" else "auto")
    try:
        with open_host(config, clock) as host:
            house = House(host.config, host.folder, host.db, host.files, host.sealer)
            serving.run(serve(host, _noting(house, ready), _extra(house, beside)))
    except FolderTaken as error:
        raise Stopped(str(error), CONFLICT) from error
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
            raise
        place = f"{config.host}:{config.port}"
        raise Stopped(
            f"Nobody can listen on {place}: {error.strerror}. Choose another port with --port, or 0 for a free one.", CONFLICT
        ) from error


def _noting(house: House, ready: Callable[[str], None]) -> Callable[[str], None]:
    def noting(address: str) -> None:
        house.address = address
        ready(address)

    return noting


def _extra(house: House, beside: Beside | None) -> Callable[[Host, Work | None], Awaitable[None]]:
    async def extra(_host: Host, _work: Work | None) -> None:
        async with listening(house.folder.socket, Answering(house)):
            if beside is not None:
                await beside(house)
            await asyncio.Event().wait()

    return extra
