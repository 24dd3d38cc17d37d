"""The real application in a process of its own, as `serve` runs it. In: a database URL and a folder. Out: its port on standard output."""

import asyncio
import socket
import sys

from sluss.app import make_app, make_server
from sluss.config import Config
from sluss.kernel.db import open_database
from sluss.serving import raise_file_limit
from sluss.web.edge import Edge


async def main(url: str, folder: str) -> None:
    raise_file_limit()
    db = open_database(url)
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = make_server(make_app(Edge(Config(data=folder), db)))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve(sockets=[listening])
    db.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
