"""The door of Meta's Graph. In: requests with a token, and orders of trouble. Out: answers as Meta gives them, and signed posts to hooks.

Networks hang themselves in: each has its own module with its state, its doors and the verbs of people.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from sluss.kernel.clock import SECOND, system_clock
from sluss.sandbox.graph.media import MediaHost
from sluss.sandbox.wire import Answer, Asked, Double, told

VERSION = r"(?:/v[0-9]+\.[0-9]+)?"
APP_ID = "998877665544332"
APP_SECRET = "meta-app-secret"  # noqa: S105 - everybody may know the secret of a double
VERIFY = "sluss-verify"
TOKEN = "page-token"  # noqa: S105 - the same
RATE = 613
INBOX_APP = "263902037430900"

Handler = Callable[..., Awaitable[Answer]]


class Refusal(Exception):
    """Meta says no: `code`, `subcode` and its words."""

    def __init__(self, code: int, subcode: int = 0, message: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.answer = error(code, subcode, message, status)


def error(code: int, subcode: int = 0, message: str = "", status: int = 400, **headers: str) -> Answer:
    """An error body as Meta writes it."""
    said: dict[str, Any] = {"message": f"(#{code}) {message or 'No.'}", "type": "OAuthException", "code": code, "fbtrace_id": "Adouble"}
    return told({"error": said | ({"error_subcode": subcode} if subcode else {})}, status, **headers)


def limited(minutes: int = 3) -> Answer:
    """The limit is used up, and for how long."""
    usage = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
    return error(RATE, 0, "Calls to this api have exceeded the rate limit.", X_Business_Use_Case_Usage=json.dumps(usage))


class GraphDouble(Double):
    """One app with all that it is connected to. `echo` says when Meta tells of what was sent: `after` the answer, `before` it, `none`.

    `sent` are the texts that were taken from the interface, oldest first. New ids begin after `first`, so that a double that is made anew
    repeats none; a `lenient` one takes answers to what only its forerunner knew.
    """

    def __init__(self, *, now: Callable[[], int] = system_clock, first: int = 0, lenient: bool = False) -> None:
        super().__init__()
        self.now = now
        self.app_id, self.app_secret, self.verify = APP_ID, APP_SECRET, VERIFY
        self.tokens = {TOKEN}
        self.hooks = dict[str, str]()
        self.heard = dict[str, list[str]]()
        self.overrides = dict[str, str]()
        self.callbacks = dict[str, dict[str, Any]]()
        self.echo, self.lenient = "after", lenient
        self.silent, self.lag = False, 0.05
        self.sent = list[str]()
        self.last: Callable[[], Coroutine[Any, Any, None]] | None = None
        self._telling = set[asyncio.Task[None]]()
        self.usage = 0
        self.media = MediaHost(self)
        self._held: list[tuple[str, dict[str, Any]]] | None = None
        self._numbers = itertools.count(first + 1)
        self._nodes: list[Callable[[Asked, str], Awaitable[Answer | None]]] = []
        self.at("GET", "(?P<node>[0-9]+)/subscribed_apps", self._subscribed)
        self.at("POST", "(?P<node>[0-9]+)/subscribed_apps", self._subscribe)
        self.at("GET", f"{APP_ID}/subscriptions", self._callbacks)
        self.at("POST", f"{APP_ID}/subscriptions", self._call_back)
        self.at("GET", "debug_token", self._debug)

    def at(self, method: str, path: str, handler: Handler) -> None:
        """Answer at a path of any version, for whoever has a token."""

        async def guarded(asked: Asked, **groups: str) -> Answer:
            try:
                self._check(asked)
                answer = await handler(asked, **groups)
            except Refusal as refusal:
                return refusal.answer
            return answer

        self.door(method, f"{VERSION}/{path}", guarded)

    def node(self, handler: Callable[[Asked, str], Awaitable[Answer | None]]) -> None:
        """Answer for the ids that a network knows as its own: None leaves them to the next."""
        if not self._nodes:
            for method in ("GET", "POST", "DELETE"):
                self.at(method, "(?P<key>[A-Za-z0-9_.-]+)", self._node)
        self._nodes.append(handler)

    def hook(self, account: str, url: str) -> None:
        """Where Meta posts what happens to an account."""
        self.hooks[account] = url

    async def greet(self, account: str) -> tuple[int, bytes]:
        """Ask a hook whether it is the right one."""
        asked = {"hub.mode": "subscribe", "hub.verify_token": self.verify, "hub.challenge": "1158201444"}
        return await self.get(f"{self.hooks[account]}?{urlencode(asked)}")

    def number(self, start: int = 900_000_000_000_000) -> str:
        """A new id."""
        return str(start + next(self._numbers))

    async def tell(self, kind: str, account: str, where: str, item: Mapping[str, Any]) -> int:
        """Post one event of an account; returns the hook's answer, 0 where nothing was posted."""
        milliseconds = where != "changes"
        at = self.now() // (1000 if milliseconds else SECOND)
        entry = {"id": account, "time": at, where: [dict(item)]}
        if self.silent or account not in self.hooks:
            return 0
        if self._held is not None:
            self._held.append((kind, entry))
            return 0
        return await self.deliver(self.hooks[account], kind, [entry])

    def hold(self) -> None:
        """Keep what happens, to be posted in one batch."""
        self._held = []

    async def release(self, *, twice: bool = False, disorder: bool = False, together: bool = True) -> list[int]:
        """Post what was held: in one body or each alone, in another order, all of it twice."""
        held, self._held = self._held or [], None
        if disorder:
            random.Random(7).shuffle(held)  # noqa: S311 - the same disorder each time
        bodies = [(kind, [entry for other, entry in held if other == kind]) for kind in dict.fromkeys(kind for kind, _ in held)]
        bodies = bodies if together else [(kind, [entry]) for kind, entry in held]
        answers: list[int] = []
        for kind, entries in bodies * (2 if twice else 1):
            answers.append(await self.deliver(self.hooks[entries[0]["id"]], kind, entries))
        return answers

    async def deliver(self, url: str, kind: str, entries: list[dict[str, Any]]) -> int:
        """Post entries as they are, signed as Meta signs: letters beyond ASCII and slashes are escaped."""
        body = self.body(kind, entries)
        return await self.post(url, body, self.signed(body))

    def body(self, kind: str, entries: list[dict[str, Any]]) -> bytes:
        return json.dumps({"object": kind, "entry": entries}, separators=(",", ":")).replace("/", "\\/").encode()

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that go with a body."""
        new, old = (hmac.new(self.app_secret.encode(), body, way).hexdigest() for way in (hashlib.sha256, hashlib.sha1))
        return {"content-type": "application/json", "x-hub-signature-256": f"sha256={new}", "x-hub-signature": f"sha1={old}"}

    async def echoing(self, text: str, tell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Tell of what was just sent, in the order that was asked for; `last` tells it again."""
        self.sent.append(text)
        self.last = tell
        if self.echo == "before":
            await tell()
        elif self.echo == "after":
            task = asyncio.create_task(self._after(tell))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def settled(self) -> None:
        """When all that was to be told has been told."""
        while self._telling:
            await asyncio.gather(*self._telling)

    async def stop(self) -> None:
        """Close the doors; what was still to be told is not."""
        for task in list(self._telling):
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        await super().stop()

    async def _after(self, tell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await asyncio.sleep(self.lag)
        await tell()

    def expire(self) -> None:
        """No token is good any more."""
        self.tokens.clear()

    async def _answer(self, asked: Asked) -> Answer:
        answer = await super()._answer(asked)
        if self.usage:
            answer.headers["X-App-Usage"] = json.dumps({"call_count": self.usage, "total_time": 1, "total_cputime": 1})
        return answer

    def _check(self, asked: Asked) -> None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ") or asked.query.get("access_token", "")
        if token not in self.tokens and token != f"{self.app_id}|{self.app_secret}":
            raise Refusal(190, 463, "Error validating access token: Session has expired.")
        proof = asked.query.get("appsecret_proof")
        if proof is not None and proof != hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest():
            raise Refusal(100, 0, "Invalid appsecret_proof provided in the API argument")

    async def _node(self, asked: Asked, key: str) -> Answer:
        for handler in self._nodes:
            answer = await handler(asked, key)
            if answer is not None:
                return answer
        raise Refusal(100, 33, f"Unsupported request. Object with ID '{key}' does not exist.")

    async def _subscribed(self, _asked: Asked, node: str) -> Answer:
        heard = self.heard.get(node)
        override = {"override_callback_uri": self.overrides[node]} if node in self.overrides else {}
        return told({"data": [{"id": self.app_id, "name": "Sluss", "subscribed_fields": heard, **override}] if heard else []})

    async def _subscribe(self, asked: Asked, node: str) -> Answer:
        said = asked.json
        self.heard[node] = str(said.get("subscribed_fields") or "messages").split(",")
        if said.get("override_callback_uri"):
            self.overrides[node] = self.hooks[node] = str(said["override_callback_uri"])
        return told({"success": True})

    async def _callbacks(self, _asked: Asked) -> Answer:
        return told({"data": list(self.callbacks.values())})

    async def _call_back(self, asked: Asked) -> Answer:
        said = asked.json
        fields = [{"name": one, "version": "v26.0"} for one in said["fields"].split(",")]
        self.callbacks[said["object"]] = {"object": said["object"], "callback_url": said["callback_url"], "active": True, "fields": fields}
        return told({"success": True})

    async def _debug(self, asked: Asked) -> Answer:
        scopes = ["pages_show_list", "pages_manage_metadata", "pages_read_engagement", "pages_read_user_content"]
        scopes += [
            "pages_manage_engagement",
            "pages_messaging",
            "instagram_basic",
            "instagram_manage_comments",
            "instagram_manage_messages",
        ]
        valid = asked.query.get("input_token") in self.tokens
        return told({"data": {"app_id": self.app_id, "is_valid": valid, "expires_at": 0, "scopes": scopes if valid else []}})
