"""A company's own web site on a port of its own. In: where Sluss is. Out: pages that any path opens, with the chat on them."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sluss.channels.webchat.snippet import snippet
from tests.browser.host import CHAT
from tests.servers.program import free_port

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Norrsken Air – baggage</title>
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width, initial-scale=1">
%s</head><body><h1>Norrsken Air</h1><p>Bags of up to 8 kg travel in the cabin.</p></body></html>"""


class CompanySite:
    """`start`, then `url`, then `stop`. `body` is what every path answers with, `headers` go along (a strict CSP)."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.headers: dict[str, str] = {}
        self.body = ""
        self._server: ThreadingHTTPServer | None = None

    def start(self, sluss: str, key: str = CHAT) -> None:
        """Open the door, with the chat of the Sluss at an address on every page."""
        self.body = self.body or PAGE % snippet(sluss, key)
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **site.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(site.body.encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                """Nothing to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
