"""The double with its doors open. In: HTTP as programs speak it. Out: what a server of version 4.6 answers, and streams of events."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from sluss.kernel.tokens import new_token
from sluss.sandbox.mastodon.world import HOST, US, Medium, Member, Said, World
from sluss.sandbox.wire import Answer, Asked, Double, Handler, told

TOKEN = "mastodon-token"  # noqa: S105 - of an account that exists in this process only
THUMP = 0.5
CHARACTERS = 500


class MastodonServer(Double):
    """One server: `world` is what was said. `taken` what programs sent, `works` how often a file is looked at before it is done."""

    def __init__(self, now: Callable[[], int] = lambda: time.time_ns() // 1_000) -> None:
        super().__init__()
        self.world, self.works = World(now), 1
        self.tokens = {TOKEN}
        self.codes: dict[str, dict[str, str]] = {}
        self.applications: dict[str, dict[str, str]] = {}
        self.streams: set[asyncio.Queue[bytes]] = set()
        self.streaming, self._opened = True, asyncio.Condition()
        self.kept: dict[str, Said] = {}
        self.taken, self.echoes = list[Said](), True
        self._open_doors()

    @property
    def us(self) -> Member:
        return self.world.members[US]

    def send_event(self, event: str, payload: Any) -> None:
        """To every open stream; who is not there never hears of it."""
        data = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
        for one in self.streams:
            one.put_nowait(f"event: {event}\ndata: {data}\n\n".encode())

    async def streamed(self, number: int = 1) -> None:
        """Wait until so many streams are open."""
        async with self._opened:
            await self._opened.wait_for(lambda: len(self.streams) >= number)

    async def cut_streams(self) -> None:
        """Every stream ends in mid-air."""
        for one in list(self.streams):
            one.put_nowait(b"")

    def _open_doors(self) -> None:
        post = "/api/v1/statuses/(?P<post>[0-9]+)"
        self.door("POST", "/api/v1/apps", self._app)
        self.door("GET", "/oauth/authorize", self._authorize)
        self.door("POST", "/oauth/token", self._token)
        self.door("GET", "/api/v2/instance", self._instance)
        self.door("GET", "/media/(?P<key>[0-9]+)", self._file)
        for method, path, handler in (
            ("GET", "/api/v1/accounts/verify_credentials", self._me),
            ("GET", "/api/v1/accounts/lookup", self._lookup),
            ("GET", f"/api/v1/accounts/{US}/statuses", self._own),
            ("GET", "/api/v1/notifications", self._notifications),
            ("GET", "/api/v1/statuses", self._several),
            ("POST", "/api/v1/statuses", self._post),
            ("GET", post, self._one),
            ("PUT", post, self._edit),
            ("DELETE", post, self._delete),
            ("GET", f"{post}/context", self._context),
            ("GET", f"{post}/source", self._source),
            ("POST", f"{post}/(?P<mark>favourite|unfavourite)", self._mark),
            ("POST", "/api/v2/media", self._bring),
            ("GET", "/api/v1/media/(?P<key>[0-9]+)", self._look),
            ("POST", "/api/v1/accounts/(?P<person>[0-9]+)/(?P<deed>block|unblock)", self._block),
            ("POST", "/api/v1/reports", self._report),
            ("GET", "/api/v1/streaming/user", self._stream),
        ):
            self.door(method, path, self._signed_in(handler))

    def _signed_in(self, handler: Handler) -> Handler:
        async def guarded(asked: Asked, **found: str) -> Answer:
            if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                return told({"error": "The access token is invalid"}, 401)
            return await handler(asked, **found)

        return guarded

    async def _app(self, asked: Asked) -> Answer:
        client = f"client-{len(self.applications)}"
        self.applications[client] = {"secret": f"secret-{client}", "redirect_uri": asked.form["redirect_uris"]}
        return told({"id": client, "name": asked.form["client_name"], "client_id": client, "client_secret": f"secret-{client}"})

    async def _authorize(self, asked: Asked) -> Answer:
        code = f"code-{len(self.codes)}"
        self.codes[code] = dict(asked.query)
        return Answer(
            302, headers={"Location": f"{asked.query['redirect_uri']}?{urlencode({'code': code, 'state': asked.query['state']})}"}
        )

    async def _token(self, asked: Asked) -> Answer:
        form, known = asked.form, self.codes.pop(asked.form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        app = self.applications.get(form.get("client_id", ""))
        if known is None or app is None or known.get("code_challenge") != challenge or form.get("client_secret") != app["secret"]:
            return told({"error": "invalid_grant", "error_description": "The provided authorization grant is invalid."}, 400)
        token = f"token-{new_token()[:12]}"
        self.tokens.add(token)
        return told({"access_token": token, "token_type": "Bearer", "scope": known.get("scope", ""), "created_at": int(time.time())})

    async def _instance(self, _asked: Asked) -> Answer:
        statuses = {"max_characters": CHARACTERS, "max_media_attachments": 4, "characters_reserved_per_url": 23}
        configured = {"urls": {"streaming": self.url.replace("http", "ws", 1)}, "statuses": statuses}
        known = {"domain": HOST, "title": "Norrsken Social", "version": "4.6.0", "api_versions": {"mastodon": 10}}
        return told(known | {"configuration": configured})

    async def _me(self, _asked: Asked) -> Answer:
        return told(self.us.told | {"source": {"privacy": "public"}})

    async def _lookup(self, asked: Asked) -> Answer:
        found = next((one for one in self.world.members.values() if asked.query["acct"] in {one.acct, one.whole}), None)
        return told(found.told) if found else missing()

    async def _own(self, asked: Asked) -> Answer:
        return self._page(asked, [self.world.tell(one) for one in self.world.posts.values() if one.author.id == US])

    async def _notifications(self, asked: Asked) -> Answer:
        kinds = {value for name, value in asked.pairs if name == "types[]"}
        wanted = [one for one in self.world.notifications if not kinds or one["type"] in kinds]
        posts = self.world.posts
        there = [one | {"status": self.world.tell(posts[one["status_id"]])} for one in wanted if one["status_id"] in posts]
        return self._page(asked, there)

    async def _several(self, asked: Asked) -> Answer:
        wanted = [value for name, value in asked.pairs if name == "id[]"]
        return told([self.world.tell(self.world.posts[one]) for one in wanted if one in self.world.posts])

    async def _one(self, _asked: Asked, post: str) -> Answer:
        """What was said before the double began is not gone, it is only not here."""
        found = self.world.posts.get(post)
        if found is None and int(post) < self.world.first:
            return told({"error": "Service unavailable"}, 503)
        return told(self.world.tell(found)) if found else missing()

    async def _context(self, _asked: Asked, post: str) -> Answer:
        found = self.world.posts.get(post)
        if found is None:
            return missing()
        before, after = self.world.ancestors(found), self.world.descendants(found)
        return told({"ancestors": [self.world.tell(one) for one in before], "descendants": [self.world.tell(one) for one in after]})

    async def _source(self, _asked: Asked, post: str) -> Answer:
        found = self.world.posts.get(post)
        return told({"id": post, "text": found.text, "spoiler_text": found.spoiler}) if found else missing()

    async def _post(self, asked: Asked) -> Answer:
        fields, key = asked.json, asked.headers.get("idempotency-key", "")
        if key in self.kept:
            return told(self.world.tell(self.kept[key]))
        text = fields.get("status", "")
        if len(text) > CHARACTERS + 200:
            return told({"error": "Validation failed: Text character limit of 500 exceeded"}, 422)
        answers = fields.get("in_reply_to_id") or ""
        if answers and answers not in self.world.posts:
            return told({"error": "Record not found"}, 404)
        more = {"visibility": fields.get("visibility", "public"), "spoiler": fields.get("spoiler_text", "")}
        more |= {"language": fields.get("language") or "", "media": fields.get("media_ids", []), "program": "Sluss"}
        said = self.world.say(self.us, text, answers=answers, **more)
        if key:
            self.kept[key] = said
        self.taken.append(said)
        if self.echoes:
            self.send_event("update", self.world.tell(said))
        return told(self.world.tell(said))

    async def _edit(self, asked: Asked, post: str) -> Answer:
        said = self.world.posts.get(post)
        if said is None or said.author.id != US:
            return missing()
        said.text, said.edited_at, said.spoiler = asked.json["status"], self.world.now(), asked.json.get("spoiler_text", "")
        self.send_event("status.update", self.world.tell(said))
        return told(self.world.tell(said))

    async def _delete(self, _asked: Asked, post: str) -> Answer:
        said = self.world.posts.pop(post, None)
        if said is None:
            return missing()
        self.send_event("delete", post)
        return told(self.world.tell(said))

    async def _mark(self, _asked: Asked, post: str, mark: str) -> Answer:
        said = self.world.posts[post]
        said.favourites = said.favourites | {US} if mark == "favourite" else said.favourites - {US}
        return told(self.world.tell(said))

    async def _bring(self, asked: Asked) -> Answer:
        parts = {one.name: one for one in asked.parts}
        key, alt = self.world.new_id(), parts["description"].data.decode() if "description" in parts else ""
        url, file = f"{self.url}/media/{key}", parts["file"]
        medium = Medium(id=key, media_type=file.media_type, data=file.data, url=url, alt=alt, looks=self.works)
        self.world.media[key] = medium
        return told(medium.told, 202 if medium.looks else 200)

    async def _look(self, _asked: Asked, key: str) -> Answer:
        medium = self.world.media[key]
        medium.looks = max(medium.looks - 1, 0)
        return told(medium.told, 206 if medium.looks else 200)

    async def _file(self, _asked: Asked, key: str) -> Answer:
        found = self.world.media.get(key)
        return Answer(200, found.data, media_type=found.media_type) if found else missing()

    async def _block(self, _asked: Asked, person: str, deed: str) -> Answer:
        self.world.members[person].blocked = deed == "block"
        return told({"id": person, "blocking": deed == "block"})

    async def _report(self, asked: Asked) -> Answer:
        self.world.members[asked.json["account_id"]].reported = True
        return told({"id": self.world.new_id(), "comment": asked.json.get("comment", "")})

    async def _stream(self, _asked: Asked) -> Answer:
        if not self.streaming:
            return told({"error": "Not found"}, 404)
        return Answer(200, media_type="text/event-stream", stream=self._events())

    async def _events(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        async with self._opened:
            self.streams.add(queue)
            self._opened.notify_all()
        try:
            yield b":)\n"
            while True:
                try:
                    async with asyncio.timeout(THUMP):
                        piece = await queue.get()
                except TimeoutError:
                    piece = b":thump\n"
                if not piece:
                    return
                yield piece
        finally:
            self.streams.discard(queue)

    def _page(self, asked: Asked, all_of_it: Sequence[dict[str, Any]]) -> Answer:
        """With `min_id` what follows directly upon it, else the newest; always the newest first."""
        least, limit = int(asked.query.get("min_id") or 0), int(asked.query.get("limit") or 40)
        newer = sorted((one for one in all_of_it if int(one["id"]) > least), key=lambda one: int(one["id"]))
        page = newer[:limit] if "min_id" in asked.query else newer[-limit:]
        return told(page[::-1])


def missing() -> Answer:
    """What the server says of things that are not there, or not for us."""
    return told({"error": "Record not found"}, 404)
