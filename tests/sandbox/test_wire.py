"""The hand and the doors that every double of a network has: a double that fails in another way than was ordered proves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from sluss.kernel.http import GuardedClient, NoAnswer, Policy, TooMuch
from sluss.sandbox.wire import Answer, Asked, Double, told


class Letters(Double):
    """Counts what was really done."""

    def __init__(self) -> None:
        super().__init__()
        self.done, self.refuse = list[str](), 0
        self.door("POST", "/(?P<name>[a-z]+)/letters", self.take)
        self.door("GET", "/stream", self.stream)
        self.door("POST", "/hook", self.hook)

    async def take(self, asked: Asked, name: str) -> Answer:
        self.done.append(name)
        return told({"name": name, "q": asked.query.get("q"), "files": [[one.filename, len(one.data)] for one in asked.parts]}, x_limit="9")

    async def stream(self, _asked: Asked) -> Answer:
        async def pieces() -> AsyncIterator[bytes]:
            for one in (b"a", b"b"):
                yield one

        return Answer(stream=pieces(), media_type="text/event-stream")

    async def hook(self, _asked: Asked) -> Answer:
        self.refuse -= 1
        return told({}, 500 if self.refuse >= 0 else 202)


async def test_a_double_answers_and_fails_as_ordered() -> None:
    letters, client = Letters(), GuardedClient(Policy(allow_http=True, allow_private=True, ports=None, seconds=0.3))
    await letters.start()
    form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    try:
        answer = await client.request("POST", f"{letters.url}/anna/letters?q=%C3%A5", headers=headers, content=form)
        assert (answer.body, answer.headers["x-limit"]) == ('{"name":"anna","q":"å","files":[["a.png",4]]}'.encode(), "9")
        letters.trouble("cut", path="anna")
        letters.trouble("cut-after", path="ola")
        letters.trouble("slow", path="per")
        letters.trouble("status", path="eva", times=2, answer=told({"wait": 3}, 429, retry_after="3"))
        for name in ("anna", "ola", "per"):
            with pytest.raises((NoAnswer, TooMuch)):
                await client.request("POST", f"{letters.url}/{name}/letters")
        seen = [(await client.request("POST", f"{letters.url}/eva/letters")).status for _ in range(3)]
        assert (seen, letters.done) == ([429, 429, 200], ["anna", "ola", "eva"])
        assert (await client.request("GET", f"{letters.url}/stream")).body == b"ab"
        assert [one.method for one in letters.calls("letters", "POST")] == ["POST"] * 7
    finally:
        await client.aclose()
        await letters.stop()


async def test_a_double_posts_until_it_is_acknowledged() -> None:
    letters = Letters()
    await letters.start()
    letters.refuse = 2
    try:
        assert await asyncio.wait_for(letters.post(f"{letters.url}/hook", b"{}", {}), 5) == 202
        assert len(letters.calls("/hook")) == 3
    finally:
        await letters.stop()
