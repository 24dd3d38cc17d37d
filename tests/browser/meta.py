"""Meta beside a running Sluss: a page of Norrsken Air with people on it. In: a Place whose host knows the port. Out: verbs, waited for."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from sluss.sandbox.graph.page import PageDouble
from sluss.sandbox.graph.server import GraphDouble
from tests.browser.place import Place
from tests.servers.program import free_port

T = TypeVar("T")


class Meta:
    """The double, living on a thread of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.graph = GraphDouble()
        self.page = PageDouble(self.graph)
        self.post = self.page.post("Vi flyger igen!")
        self.do(self.graph.start(port=self.port))

    def do(self, deed: Coroutine[Any, Any, T]) -> T:
        """Somebody does something there."""
        return asyncio.run_coroutine_threadsafe(deed, self._loop).result(30)

    def connect(self, place: Place) -> None:
        """Meta posts to the inbox from now on."""
        with sqlite3.connect(f"file:{place.folder / 'data' / 'sluss.sqlite3'}?mode=ro", uri=True) as data:
            [[workspace_id, inbox_id]] = data.execute("SELECT workspace_id, id FROM inboxes WHERE channel = 'facebook'")
        self.graph.hook(self.page.id, f"{place.url}/hooks/{workspace_id}/{inbox_id}")

    def until_sent(self, *texts: str) -> None:
        """Wait until Meta has taken exactly these, in whatever order."""
        ends = time.monotonic() + 20
        while sorted(self.graph.sent) != sorted(texts):
            assert time.monotonic() < ends, self.graph.sent

    def stop(self) -> None:
        self.do(self.graph.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
