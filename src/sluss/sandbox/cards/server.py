"""The double with its door open. In: Sluss's questions over HTTP. Out: cards of a small airline, or trouble that was ordered.

It checks signatures as docs/context-cards.md says, and tells of a booking only for addresses that it has heard of.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

SECRET = "a shared secret of the double"  # noqa: S105 - the secret of a double
LINE = 65_536
TOLERANCE = 300

Faults = Mapping[str, Any]


class Asked(msgspec.Struct, frozen=True):
    """One question that came, and whether its signature is good."""

    question: dict[str, Any]
    signed: bool
    headers: dict[str, str]


class CardServer:
    """One system: `start`, then `url`, then `stop`. `fault` orders trouble until it is taken back.

    Faults: `slow` (never answers), `down` (500), `garbage`, `huge`, `redirect` (to a private address), `cut`, `refuse`, `unknown` (a field
    that nobody knows). `now` in seconds since 1970. `find` may know more than `bookings`.
    """

    def __init__(
        self,
        bookings: Mapping[str, list[dict[str, Any]]] | None = None,
        *,
        now: Callable[[], float] = time.time,
        find: Callable[[str], list[dict[str, Any]]] | None = None,
    ) -> None:
        self.bookings = dict(bookings or {})
        self._find = find or self._look_up
        self.fault, self.asked, self.port = "", list[Asked](), 0
        self._now = now
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/sluss"

    async def start(self, *, port: int = 0) -> None:
        """Opens the door; port 0 takes a free one."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", port or self.port, limit=LINE)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Closes the door and ends every conversation."""
        if self._server is not None:
            self._server.close()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        self._server = None

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """The cards of a question: those of each address that is known."""
        addresses = [one["address"] for one in question["contact"]["identities"]]
        cards = [card | {"identity": address} for address in addresses for card in self._find(address)]
        return {"cards": cards[:5]}

    def _look_up(self, address: str) -> list[dict[str, Any]]:
        return self.bookings.get(address, [])

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        if talk is not None:
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
        try:
            headers, body = await _read(reader)
            writer.write(await self._reply(headers, body))
            await writer.drain()
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _reply(self, headers: dict[str, str], body: bytes) -> bytes:
        signed = is_signed(SECRET, headers, body, self._now())
        self.asked.append(Asked(msgspec.json.decode(body), signed, headers))
        if self.fault == "slow":
            await asyncio.Event().wait()
        if self.fault == "refuse" or not signed:
            return _raw(401)
        told = msgspec.json.encode(self.answer(self.asked[-1].question))
        if self.fault == "cut":
            return _raw(200, told)[:-10]
        answers = {
            "down": _raw(500),
            "garbage": _raw(200, b"<!doctype html><title>Maintenance</title>"),
            "huge": _raw(200, b'{"cards": [' + b" " * 70_000 + b"]}"),
            "redirect": _raw(307, headers=(("Location", "http://169.254.169.254/latest/meta-data"),)),
            "unknown": _raw(200, b'{"cards": [{"title": "A", "colour": "red"}]}'),
        }
        return answers.get(self.fault, _raw(200, told))


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether a question is Sluss's own and not an old one sent again."""
    seconds = headers.get("sluss-timestamp", "")
    if not seconds.isdecimal() or abs(now - int(seconds)) > TOLERANCE:
        return False
    wanted = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v1={wanted}", headers.get("sluss-signature", ""))


def booking(reference: str, route: str, day: str, *, seats: str = "12A", paid: str = "1240.00", on_time: bool = True) -> dict[str, Any]:
    """One booking as a card."""
    return {
        "title": f"Booking {reference}",
        "fields": [
            {"type": "text", "label": "Route", "value": route},
            {"type": "date", "label": "Departure", "value": day},
            {"type": "text", "label": "Seats", "value": seats},
            {"type": "money", "label": "Paid", "value": paid, "currency": "SEK"},
            {"type": "status", "label": "Flight", "value": "On time" if on_time else "Delayed", "tone": "ok" if on_time else "warn"},
        ],
        "actions": [{"label": "Open booking", "url": f"https://bookings.norrsken.example/{reference}"}],
    }


async def _read(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
    await reader.readline()
    headers: dict[str, str] = {}
    while (line := (await reader.readline()).decode("latin-1").strip()) and ":" in line:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return headers, await reader.readexactly(int(headers.get("content-length", "0")))


def _raw(status: int, body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close"]) + "\r\n\r\n").encode() + body
