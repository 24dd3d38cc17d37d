"""What an agent feels: from a mail's acknowledgement to its painted row, from a key to the painted answer, and what a day does to a tab.

130 agents are signed in, one of them in Chromium; mails come at fifty a second. All of it on the same machine.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from playwright.sync_api import Page

from bench.figures import Figure
from bench.load import mail, send_by_lmtp
from bench.server import Running, running
from sluss.config import Config
from sluss.kernel.actors import system
from sluss.kernel.db import Database, open_database
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, create_workspace
from sluss.migrations import bring_up_to_date
from sluss.people.actions import NewAgent, create_agent
from sluss.people.passwords import hash_now
from sluss.people.sessions import Browser, open_session
from tests.servers.chromium import NewPage, run_chromium

AGENTS = 129
PACE = 50
MAILS = 1_500
WARM = 100
LATEST = 30
"""Seconds after the last mail in which every row must have come."""
CASES_A_DAY = 240
HALF, WHOLE, FULL = 150, 1_000, 50
GROWTH = 1.15
WATCH = """() => {
  window.painted = {};
  const seen = (node) => {
    const subject = node.querySelector?.(".gist")?.textContent.match(/Bokning (\\d+) syns/);
    if (subject && !(subject[1] in painted))
      requestAnimationFrame(() => setTimeout(() => { painted[subject[1]] ??= performance.timeOrigin + performance.now(); }));
  };
  new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach(seen)))
    .observe(document.querySelector("#rows"), { childList: true });
}"""
TIMING = """() => {
  window.keys = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => one.name === "keydown" && keys.push(one.duration)))
    .observe({ type: "event", durationThreshold: 16, buffered: false });
}"""


def measure(divide: int) -> list[Figure]:
    """One server on the embedded default."""
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{folder}/sluss.sqlite3")
        db.with_connection(bring_up_to_date)
        cookies = _sign_in_all(db, Path(folder))
        db.close()
        with running(Path(folder)) as server:
            asyncio.run(send_by_lmtp(server.lmtp_port, [mail(n) for n in range(WARM)], 4))
            return _in_chromium(server, cookies, divide)


def _in_chromium(server: Running, cookies: Sequence[str], divide: int) -> list[Figure]:
    with run_chromium() as chromium:
        page = _open(NewPage(chromium), server)
        return [*_rows(page, server, cookies, MAILS // divide), *_keys(page, server), *_day(page, server, CASES_A_DAY // divide)]


def _sign_in_all(db: Database, folder: Path) -> list[str]:
    """Leads, who see every inbox: each mail concerns them all."""

    def make(tx: Tx) -> list[str]:
        workspace_id, secret = create_workspace(tx, NewWorkspace("Norrsken Air")), hash_now("a long enough word")
        people = [NewAgent(name=f"Agent {n}", email=f"agent{n}@norrsken.example", role="lead") for n in range(AGENTS)]
        ids = [create_agent(tx, system(workspace_id), one, secret) for one in people]
        return [open_session(tx, workspace_id, one, Browser("bench", "127.0.0.1"), Config(data=str(folder))) for one in ids]

    return db.write_now(make)


def _open(pages: NewPage, server: Running) -> Page:
    page = pages()
    page.context.add_cookies([{"name": "sluss", "value": server.cookie, "url": server.address}])
    page.goto(f"{server.address}/inbox/unassigned?sort=newest")
    page.wait_for_selector("#rows li")
    return page


def _rows(page: Page, server: Running, cookies: Sequence[str], number: int) -> list[Figure]:
    load, painted = _Load(server, cookies, number), dict[str, float]()
    page.evaluate(WATCH)
    load.start()
    while load.is_alive():
        page.wait_for_timeout(200)
    for _ in range(LATEST):
        page.wait_for_timeout(1_000)
        painted = page.evaluate("() => painted")
        if len(painted) >= number:
            break
    waits = sorted(painted[str(n)] - at * 1000 for n, at in load.accepted.items() if str(n) in painted)
    if len(waits) < number * 0.95:
        message = f"{len(waits)} of {number} mails were painted"
        raise RuntimeError(message)
    half, whole = statistics.median(waits), statistics.quantiles(waits, n=100)[-1]
    return [
        Figure(f"Mail accepted to row painted, p50, {PACE}/s, 130 agents", half, "ms", bound=f"<= {HALF} ms", fits=half <= HALF),
        Figure("The same, p99", whole, "ms", bound=f"<= {WHOLE} ms", fits=whole <= WHOLE),
    ]


class _Load(threading.Thread):
    """Streams of all the others, and mails at an even pace; `accepted` are the instants of acknowledgement, in seconds."""

    def __init__(self, server: Running, cookies: Sequence[str], number: int) -> None:
        super().__init__()
        self.server, self.cookies, self.number = server, cookies, number
        self.accepted: dict[int, float] = {}

    def run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        streams = [asyncio.create_task(self._listen(one)) for one in self.cookies]
        await asyncio.sleep(2)
        started = time.perf_counter()
        sending: list[asyncio.Task[None]] = []
        for n in range(WARM, WARM + self.number):
            await asyncio.sleep(max(0, started + (n - WARM) / PACE - time.perf_counter()))
            sending.append(asyncio.create_task(self._send(n)))
        await asyncio.gather(*sending)
        await asyncio.sleep(2)
        for one in streams:
            one.cancel()

    async def _send(self, n: int) -> None:
        await send_by_lmtp(self.server.lmtp_port, [mail(n)], 1)
        self.accepted[n] = time.time()

    async def _listen(self, cookie: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(self.server.address).port)
        writer.write(
            f"GET /live?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sluss={cookie}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        while await reader.read(65_536):
            pass


def _keys(page: Page, server: Running) -> list[Figure]:
    """Every key that took a frame or more is told by the browser, to eight milliseconds; the others count as sixteen."""
    page.goto(f"{server.address}/inbox/unassigned?sort=newest")
    page.wait_for_selector("#rows li")
    moving = _pressed(page, ["j", "k"] * 30)
    page.keyboard.press("Enter")
    page.wait_for_selector("#pane[data-case] textarea")
    page.keyboard.press("r")
    typing = _pressed(page, list("hej vi ser din bokning nu ") * 4)
    return [
        Figure("Key to painted row (j, k), median", moving, "ms", bound=f"<= {FULL} ms", fits=moving <= FULL),
        Figure("Key to painted letter in the composer, median", typing, "ms", bound=f"<= {FULL} ms", fits=typing <= FULL),
    ]


def _pressed(page: Page, keys: Sequence[str]) -> float:
    page.evaluate(TIMING)
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(30)
    page.wait_for_timeout(300)
    slow: list[float] = page.evaluate("() => keys")
    return statistics.median([*slow, *[16.0] * (len(keys) - len(slow))])


def _day(page: Page, server: Running, number: int) -> list[Figure]:
    """Cases opened one after the other, as in eight hours, while mails come in."""
    devtools = page.context.new_cdp_session(page)
    page.goto(f"{server.address}/inbox/unassigned?sort=newest")
    _work(page, server, number // 4, 10_000)
    early = _heap(devtools)
    _work(page, server, number, 20_000)
    late = _heap(devtools)
    name = f"Memory of the tab after {number} cases more, of {early[0] / 1e6:.1f} MB"
    grown = late[0] / early[0]
    return [
        Figure(name, grown, "times", bound=f"<= {GROWTH}", fits=grown <= GROWTH),
        Figure("Nodes of its document, likewise", late[1] / early[1], "times", bound=f"<= {GROWTH}", fits=late[1] / early[1] <= GROWTH),
    ]


def _work(page: Page, server: Running, number: int, first: int) -> None:
    for n in range(number):
        if n % 4 == 0:
            _receive_one(server, first + n)
        page.wait_for_selector("#rows a.row")
        rows = page.locator("#rows a.row")
        rows.nth(n % min(rows.count(), 40)).click()
        page.wait_for_selector("#pane[data-case] textarea")
        page.keyboard.press("Escape")


def _receive_one(server: Running, n: int) -> None:
    """One mail; Playwright holds this thread's event loop."""
    one = threading.Thread(target=lambda: asyncio.run(send_by_lmtp(server.lmtp_port, [mail(n)], 1)))
    one.start()
    one.join()


class _Metric(msgspec.Struct):
    name: str
    value: float


def _heap(devtools: Any) -> tuple[float, float]:
    """Bytes of the script heap and nodes, after what is garbage has gone."""
    devtools.send("Performance.enable")
    for _ in range(3):
        devtools.send("HeapProfiler.collectGarbage")
    told: Any = devtools.send("Performance.getMetrics")
    found = {one.name: one.value for one in msgspec.convert(told["metrics"], list[_Metric])}
    return found["JSHeapUsedSize"], found["Nodes"]
