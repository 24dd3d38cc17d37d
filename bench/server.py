"""A Sluss of our own for a measurement: in a process of its own, on a fresh database, with one inbox that mail is handed to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

SECRET = "a-secret-of-the-measurement-only-0123456789"  # noqa: S105 - made for this process


class Running:
    """A started server: where it answers, where it takes mail, which inbox."""

    def __init__(self, process: subprocess.Popen[str], said: dict[str, Any]) -> None:
        self.process = process
        self.address: str = said["address"]
        self.lmtp_port: int = said["lmtp_port"]
        self.workspace_id: int = said["workspace_id"]
        self.inbox_id: int = said["inbox_id"]
        self.cookie: str = said["cookie"]
        self.chat_key: str = said["chat_key"]
        self.page_id: int = said["page_id"]

    def rss(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self) -> None:
        """End it as an administrator does."""
        stop(self.process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that may have ended already."""
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(15)
    process.kill()


@contextlib.contextmanager
def running(folder: Path, database: str = "", role: str = "all", port: int = 0) -> Generator[Running]:
    """Start, wait until it answers, and end it; a folder may be started again."""
    command = [sys.executable, "-m", "bench.server", str(folder), database, role, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                message = "the server did not start"
                raise RuntimeError(message)
            yield Running(process, json.loads(line))
        finally:
            stop(process)


def main() -> None:
    """The server's own process: set up, say where it is, serve."""
    folder, database, role = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    from bench.setting import set_up  # noqa: PLC0415 - only this process needs all of Sluss
    from sluss.config import load  # noqa: PLC0415
    from sluss.kernel.log import configure  # noqa: PLC0415
    from sluss.serving import Host, Work, open_host, run, serve  # noqa: PLC0415

    configure("error")
    given = {"data": str(folder), "database_url": database, "port": int(sys.argv[4]), "lmtp_listen": "127.0.0.1:0", "role": role}
    with open_host(load(given, environ={})) as host:
        said = set_up(host)

        async def tell(_host: Host, work: Work) -> None:
            while not (host_address and (role == "web" or work.ports.get("lmtp"))):  # noqa: ASYNC110 - a start, not a loop of the product
                await asyncio.sleep(0.02)
            print(json.dumps(said | {"address": host_address[0], "lmtp_port": work.ports.get("lmtp", 0)}), flush=True)
            await asyncio.Event().wait()

        host_address: list[str] = []
        run(serve(host, host_address.append, tell))


if __name__ == "__main__":
    main()
