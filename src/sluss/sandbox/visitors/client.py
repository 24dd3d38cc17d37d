"""One visitor, as the page in the frame behaves. In: what they say, type and read. Out: what they see, after whatever befell the line.

What is said waits in an outbox and is said again, under the same key, until Sluss has stored it. What is seen is kept by its id: the
stream may begin anew at any time, and nothing is missed or seen twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Literal

import msgspec

from sluss.sandbox.visitors.faults import Faults
from sluss.sandbox.visitors.wire import Answer, Broken, Event, Line, Place, Stream, Upload, multipart, streamed

FINAL = frozenset({400, 403, 404, 413, 415, 422})
"""Answers that saying it again does not change."""

SOON = 0.001


class Page(msgspec.Struct, frozen=True):
    """Where on the web site somebody is."""

    url: str = "http://127.0.0.1/"
    title: str = ""
    referrer: str = ""
    zone: str = "Europe/Stockholm"
    lang: str = "en"


class File(msgspec.Struct, frozen=True):
    """A file of a message, to be fetched by its id."""

    id: str
    name: str = ""
    type: str = ""
    size: int = 0


class Item(msgspec.Struct, frozen=True, rename={"by": "from"}):
    """One message as the visitor sees it; `key` is the visitor's own for what they said."""

    id: str
    by: Literal["visitor", "agent", "system"]
    text: str
    at: int
    key: str = ""
    name: str = ""
    state: str = ""
    files: tuple[File, ...] = ()


class Start(msgspec.Struct, frozen=True):
    """What a stream begins with."""

    items: list[Item]
    more: bool = False
    seen_at: int = 0
    name: str = ""
    email: str = ""
    state: dict[str, Any] = {}


class Said(msgspec.Struct):
    """Something the visitor said; `refused` is why Sluss will not have it."""

    key: str
    text: str
    files: tuple[Upload, ...] = ()
    tries: int = 0
    stored: bool = False
    refused: str = ""


class Pace(msgspec.Struct, frozen=True):
    """Seconds between two tries, the first and the longest pause; `beats` is how long a stream may be silent."""

    first: float = 0.5
    longest: float = 15.0
    beats: float = 45.0


class Visitor:
    """`async with visitor.present():` is the chat open in a browser; `until` waits for what the visitor should come to see."""

    def __init__(self, place: Place, *, token: str = "", page: Page | None = None, pace: Pace | None = None) -> None:
        self.place, self.page, self.pace = place, page or Page(), pace or Pace()
        self.token, self.browser = token or secrets.token_urlsafe(32), ""
        self.name = self.email = self.typing = ""
        self.said: list[Said] = []
        self.items: dict[str, Item] = {}
        self.state: dict[str, Any] = {}
        self.starts = self.seen_at = 0
        self.looks = True
        self.heard: Callable[[Event], None] = lambda _: None
        self.faults = Faults()
        self.line = Line(place)
        self._changed, self._to_say, self._to_tell, self._known = (asyncio.Event() for _ in range(4))
        self._told: dict[str, str] = {}
        self._stream: Stream | None = None

    @contextlib.asynccontextmanager
    async def present(self) -> AsyncGenerator[Visitor]:
        """The chat is open: it listens, says what waits, and tells what was read."""
        loops = [asyncio.create_task(one) for one in (self.listen(), self._say_all(), self._tell_receipts())]
        try:
            yield self
        finally:
            for one in loops:
                one.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            self.line.cut()

    def say(self, text: str, files: Sequence[Upload] = ()) -> Said:
        """Put something into the outbox."""
        said = Said(secrets.token_urlsafe(18), text, tuple(files))
        self.said.append(said)
        self._to_say.set()
        return said

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds of what the visitor sees."""
        while not holds():
            self._changed.clear()
            await self._changed.wait()

    @property
    def answers(self) -> list[Item]:
        """What the company said, in the order it was said."""
        return sorted((one for one in self.items.values() if one.by == "agent"), key=lambda one: (one.at, int(one.id)))

    async def type(self, text: str, *, on: bool = True) -> Answer:
        """Tell that the visitor types, or stopped."""
        return await self.post("typing", {"on": on, "text": text})

    async def go(self, page: Page) -> Answer:
        """Tell that the visitor looks at another page."""
        self.page = page
        return await self.post("page", page)

    async def introduce(self, name: str, email: str) -> Answer:
        """Give name and address."""
        self.name, self.email = name, email
        return await self.post("profile", {"name": name, "email": email})

    async def identify(self, jwt: str) -> Answer:
        """Be proven by the company's own sign-in; from then on the stream is the person's."""
        answer = await self.post("identify", {"jwt": jwt})
        if answer.is_done:
            self.token = answer.json["token"]
            self.items.clear()
            self.hang_up()
        return answer

    def hang_up(self) -> None:
        """The line breaks, both ways."""
        self.line.cut()
        if self._stream is not None:
            self._stream.cut()

    async def older(self) -> list[Item]:
        """The messages before those that are known, as when somebody scrolls up."""
        before = min(self.items, key=int, default="")
        answer = await self.line.ask("GET", f"{self.place.path}/messages?before={before}", self._headers())
        found = msgspec.convert(answer.json["items"], list[Item]) if answer.is_done else []
        self._upsert(found)
        return found

    async def fetch(self, file: File) -> Answer:
        """The bytes of a file."""
        return await self.line.ask("GET", f"{self.place.path}/files/{file.id}", self._headers())

    async def post(self, what: str, told: Any) -> Answer:
        """One post with JSON. Raises `Broken`."""
        if self.faults.offline:
            raise Broken("offline")
        raw = msgspec.json.encode(told)
        return await self.line.ask("POST", f"{self.place.path}/{what}", self._headers("application/json"), raw)

    async def post_message(self, said: Said) -> Answer:
        """Say something once, or as the faults have it. Raises `Broken`."""
        if self.faults.offline:
            raise Broken("offline")
        page = msgspec.json.encode(self.page).decode()
        known = {"key": said.key, "text": said.text, "page": page, "name": self.name, "email": self.email}
        body, media_type = multipart({name: value for name, value in known.items() if value}, said.files)
        token = secrets.token_urlsafe(32) if self.faults.take("wrong_token") else self.token
        headers = self._headers(media_type) | {"Authorization": f"Visitor {token}"}
        path, half = f"{self.place.path}/messages", self.faults.take("stall")
        sent = secrets.token_bytes(len(body)) if self.faults.take("junk") else body
        answer = await self.line.ask("POST", path, headers, sent, half=half)
        if self.faults.take("repeat"):
            answer = await self.line.ask("POST", path, headers, body)
        if self.faults.take("lose_answers"):
            self.line.cut()
            raise Broken("lost")
        return answer

    async def listen(self) -> None:
        """Hold the stream, reconnecting with growing pauses."""
        pause = self.pace.first
        while True:
            started, wait = self.starts, 0.0
            with contextlib.suppress(Broken):
                wait = await self._hear_stream()
            pause = self.pace.first if self.starts > started else min(2 * pause, self.pace.longest)
            self._set_typing("")
            await self._stay_away(wait or pause)

    async def _stay_away(self, seconds: float) -> None:
        """For as long, or until Sluss has learnt to know the visitor by a first message."""
        self._known.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._known.wait()

    async def _hear_stream(self) -> float:
        """One stream to its end. Returns how long the server wishes us to stay away."""
        if self.faults.offline:
            raise Broken("offline")
        async with streamed(self.place, f"{self.place.path}/live", self._headers()) as opened:
            if isinstance(opened, Answer):
                return float(opened.headers.get("retry-after", "0") or 0)
            self._stream = opened
            return await self._hear_events(opened)

    async def _hear_events(self, stream: Stream) -> float:
        while True:
            async with asyncio.timeout(self.pace.beats):
                event = await anext(stream.events, None)
            if event is None or self.faults.take_cut():
                return SOON
            if event.name == "bye":
                return max(SOON, event.data.get("wait", 0) / 1000)
            self._take(event)
            if self.faults.slow_reader:
                await asyncio.sleep(self.faults.slow_reader)

    def _take(self, event: Event) -> None:
        match event.name:
            case "start":
                start = msgspec.convert(event.data, Start)
                self.starts += 1
                self.seen_at, self.state = start.seen_at, start.state
                self.name, self.email = start.name or self.name, start.email or self.email
                self._upsert(start.items)
            case "item":
                self._upsert([msgspec.convert(event.data, Item)])
            case "gone":
                self.items.pop(event.data["id"], None)
            case "typing":
                self.typing = event.data["name"]
            case "seen":
                self.seen_at = event.data["at"]
            case "state":
                self.state = event.data
            case _:
                pass
        self.heard(event)
        self._changed.set()

    def _upsert(self, items: Sequence[Item]) -> None:
        self.items.update({one.id: one for one in items})
        mine = {one.key for one in items if one.key}
        for said in self.said:
            said.stored |= said.key in mine
        self._to_tell.set()
        self._changed.set()

    def _set_typing(self, name: str) -> None:
        self.typing = name
        self._changed.set()

    async def _say_all(self) -> None:
        """What waits, one after the other, until it is stored or refused."""
        while True:
            self._to_say.clear()
            for said in [one for one in self.said if not one.stored and not one.refused]:
                await self._say_one(said)
            await self._to_say.wait()

    async def _say_one(self, said: Said) -> None:
        pause = self.pace.first
        while not said.stored and not said.refused:
            said.tries += 1
            self._changed.set()
            wait = pause = min(2 * pause, self.pace.longest)
            with contextlib.suppress(Broken):
                answer = await self.post_message(said)
                self._note_stored(said, answer)
                said.refused = answer.body.decode() if answer.status in FINAL else ""
                wait = float(answer.headers.get("retry-after") or pause)
            if not said.stored and not said.refused:
                await asyncio.sleep(wait)
        self._changed.set()

    def _note_stored(self, said: Said, answer: Answer) -> None:
        said.stored |= answer.status == 202
        if said.stored and not self.starts:
            self._known.set()

    async def _tell_receipts(self) -> None:
        """What has come, and where somebody looks what has been read."""
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            wanted = "read" if self.looks else "delivered"
            news = [one for one in self.answers if one.state != "read" and self._told.get(one.id) not in {wanted, "read"}]
            if news and await self._tell(news):
                self._told.update({one.id: wanted for one in news})

    async def _tell(self, news: Sequence[Item]) -> bool:
        told: dict[str, Any] = {"delivered": [one.id for one in news]} | ({"read": news[-1].id} if self.looks else {})
        try:
            return (await self.post("receipts", told)).is_done
        except Broken:
            return False

    def _headers(self, media_type: str = "") -> dict[str, str]:
        said = {"User-Agent": self.browser, "Content-Type": media_type, "Accept-Language": self.page.lang}
        return {"Authorization": f"Visitor {self.token}"} | {name: value for name, value in said.items() if value}
