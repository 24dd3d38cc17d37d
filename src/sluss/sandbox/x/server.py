"""The double with its doors open. In: HTTP as programs speak it. Out: what X answers, the rules of self-serve plans among it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from sluss.kernel.tokens import new_token
from sluss.sandbox.wire import Answer, Asked, Double, Handler, told
from sluss.sandbox.x.world import US, Letter, Medium, Member, Said, World

CLIENT_ID, CLIENT_SECRET, CONSUMER_SECRET, BEARER = "sluss-app", "sluss-secret", "x-consumer-secret", "app-bearer"
LASTS = 7200


class XServer(Double):
    """X: `world` is what was said, `taken` what programs sent; `enterprise` ends the rule of who may be answered."""

    def __init__(self, now: Callable[[], int] = lambda: time.time_ns() // 1_000) -> None:
        super().__init__()
        self.world = World(now)
        self.hook, self.consumer_secret, self.enterprise = "", CONSUMER_SECRET, False
        self.echoes = "after"
        self.hooks: dict[str, dict[str, Any]] = {}
        self.subscriptions: list[dict[str, Any]] = []
        self.refresh_tokens = {"refresh-0": True}
        self.access_tokens = {"access-0": float("inf")}
        self.codes: dict[str, dict[str, str]] = {}
        self.renewals, self.taken = 0, list[str]()
        self._open_doors()

    @property
    def us(self) -> Member:
        return self.world.members[US]

    def sign(self, body: bytes) -> str:
        """As X proves what it posts."""
        return "sha256=" + base64.b64encode(hmac.new(self.consumer_secret.encode(), body, hashlib.sha256).digest()).decode()

    def expire(self) -> None:
        """Every access token ends now; what renews them stays good."""
        self.access_tokens.clear()

    def revoke(self) -> None:
        """Somebody took the access away at X."""
        self.access_tokens.clear()
        self.refresh_tokens.clear()

    async def tell(self, kind: str, payload: dict[str, Any], includes: dict[str, Any] | None = None) -> None:
        """Something happened that subscribers are told of; `hooks.py` says how."""

    def _open_doors(self) -> None:
        self.door("GET", "/i/oauth2/authorize", self._authorize)
        self.door("POST", "/2/oauth2/token", self._token)
        self._open_reading()
        self.door("POST", "/2/tweets", self._as_user(self._post))
        self.door("DELETE", "/2/tweets/(?P<post>[0-9]+)", self._as_user(self._delete))
        self.door("PUT", "/2/tweets/(?P<post>[0-9]+)/hidden", self._as_user(self._hide))
        self.door("POST", "/2/dm_conversations/with/(?P<person>[0-9]+)/messages", self._as_user(self._write))
        self.door("POST", "/2/users/(?P<person>[0-9]+)/dm/(?P<deed>block|unblock)", self._as_user(self._block))
        self.door("POST", "/2/media/upload/initialize", self._as_user(self._begin_medium))
        self.door("POST", "/2/media/upload/(?P<key>[0-9]+)/append", self._as_user(self._append))
        self.door("POST", "/2/media/upload/(?P<key>[0-9]+)/finalize", self._as_user(self._finalize))
        self.door("POST", "/2/media/metadata", self._as_user(self._describe))
        self.door("GET", "/media/(?P<key>[^/]+)", self._file)
        self.door("GET", "/2/webhooks", self._as_app(self._list_hooks))
        self.door("POST", "/2/webhooks", self._as_app(self._enter_hook))
        self.door("PUT", "/2/webhooks/(?P<hook>[0-9]+)", self._as_app(self._check_hook))
        self.door("GET", "/2/activity/subscriptions", self._as_app(self._list_subscriptions))
        self.door("POST", "/2/activity/subscriptions", self._as_app(self._subscribe))

    def _open_reading(self) -> None:
        self.door("GET", "/2/users/me", self._as_user(self._me))
        self.door("GET", "/2/users/(?P<person>[0-9]+)", self._as_user(self._person))
        self.door("GET", f"/2/users/{US}/mentions", self._as_user(self._mentions))
        self.door("GET", f"/2/users/{US}/tweets", self._as_user(self._own))
        self.door("GET", "/2/tweets", self._as_user(self._several))
        self.door("GET", "/2/tweets/search/recent", self._as_user(self._search))
        self.door("GET", "/2/tweets/(?P<post>[0-9]+)", self._as_user(self._one))
        self.door("GET", "/2/dm_events", self._as_user(self._letters))
        self.door("GET", "/2/dm_conversations/with/(?P<person>[0-9]+)/dm_events", self._as_user(self._letters))

    def _as_user(self, handler: Handler) -> Handler:
        async def guarded(asked: Asked, **found: str) -> Answer:
            if self.access_tokens.get(_token_of(asked), 0) <= time.time():
                return problem(401, "Unauthorized", "Unauthorized")
            return await handler(asked, **found)

        return guarded

    def _as_app(self, handler: Handler) -> Handler:
        by_user = self._as_user(handler)

        async def guarded(asked: Asked, **found: str) -> Answer:
            return await (handler if _token_of(asked) == BEARER else by_user)(asked, **found)

        return guarded

    async def _authorize(self, asked: Asked) -> Answer:
        code = f"code-{len(self.codes)}"
        self.codes[code] = dict(asked.query)
        back = urlencode({"code": code, "state": asked.query.get("state", "")})
        return Answer(302, headers={"Location": f"{asked.query['redirect_uri']}?{back}"})

    async def _token(self, asked: Asked) -> Answer:
        form = asked.form
        expected = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("authorization") != expected:
            return told({"error": "unauthorized_client", "error_description": "Missing valid authorization header"}, 401)
        if form.get("grant_type") == "authorization_code":
            known = self.codes.pop(form.get("code", ""), None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
            if known is None or known.get("code_challenge") != challenge or known.get("redirect_uri") != form.get("redirect_uri"):
                return told({"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}, 400)
        elif not self.refresh_tokens.pop(form.get("refresh_token", ""), False):
            return told({"error": "invalid_request", "error_description": "Value passed for the token was invalid."}, 400)
        self.renewals += 1
        access, refresh = f"access-{new_token()[:12]}", f"refresh-{new_token()[:12]}"
        self.access_tokens[access], self.refresh_tokens[refresh] = time.time() + LASTS, True
        return told({"token_type": "bearer", "expires_in": LASTS, "access_token": access, "refresh_token": refresh, "scope": "tweet.read"})

    async def _me(self, _asked: Asked) -> Answer:
        return told({"data": self.us.told})

    async def _person(self, _asked: Asked, person: str) -> Answer:
        found = self.world.members.get(person)
        return told({"data": found.told}) if found else problem(404, "Not Found", "Could not find user")

    async def _mentions(self, asked: Asked) -> Answer:
        concerned = [one for one in self._posts() if one.author != US and self._concerns_us(one)]
        return self._page(asked, concerned)

    async def _own(self, asked: Asked) -> Answer:
        return self._page(asked, [one for one in self._posts() if one.author == US])

    async def _several(self, asked: Asked) -> Answer:
        wanted = asked.query.get("ids", "").split(",")
        found = [self.world.posts[one] for one in wanted if one in self.world.posts]
        missing = [{"resource_id": one, "title": "Not Found Error"} for one in wanted if one not in self.world.posts]
        said = {"data": [self.world.tell(one) for one in found], "includes": self.world.includes(*found)}
        return told(said | ({"errors": missing} if missing else {}))

    async def _search(self, asked: Asked) -> Answer:
        conversation = asked.query.get("query", "").removeprefix("conversation_id:")
        return self._page(asked, [one for one in self._posts() if one.conversation == conversation])

    async def _one(self, _asked: Asked, post: str) -> Answer:
        found = self.world.posts.get(post)
        if found is None:
            return problem(404, "Not Found Error", "Could not find tweet")
        return told({"data": self.world.tell(found), "includes": self.world.includes(found)})

    async def _letters(self, asked: Asked, person: str = "") -> Answer:
        mine = [one for one in self.world.letters if person in {"", one.sender, one.recipient}][::-1]
        start, size = int(asked.query.get("pagination_token") or 0), int(asked.query.get("max_results") or 100)
        page = mine[start : start + size]
        meta = {"result_count": len(page)} | ({"next_token": str(start + size)} if start + size < len(mine) else {})
        people = [self.world.members[one].told for one in dict.fromkeys(one.sender for one in page)]
        media = [self.world.media[key].told for one in page for key in one.media]
        includes = {"users": people, "media": media}
        return told({"data": [self.world.tell_letter(one) for one in page], "includes": includes, "meta": meta})

    async def _post(self, asked: Asked) -> Answer:
        fields = asked.json
        answers = fields.get("reply", {}).get("in_reply_to_tweet_id", "")
        refused = self._may_post(fields.get("text", ""), answers)
        if refused is not None:
            return refused
        said = self.world.say(US, fields.get("text", ""), answers=answers, source="Sluss")
        said.media = fields.get("media", {}).get("media_ids", [])
        self.taken.append(said.text)
        await self._echo("post.create", self.world.tell(said), self.world.includes(said))
        return told({"data": {"id": said.id, "text": said.text, "edit_history_tweet_ids": said.history}}, 201)

    def _may_post(self, text: str, answers: str) -> Answer | None:
        parent = self.world.posts.get(answers)
        if answers and parent is None:
            return problem(404, "Not Found Error", "The post that this answers does not exist")
        if parent is not None and parent.author != US and not self.enterprise and not self._asks_us(parent):
            return problem(403, "Forbidden", "You can only reply to posts whose author has mentioned or quoted your account.")
        if any(one.author == US and one.text == text and one.answers == answers for one in self._posts()):
            return problem(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
        return None

    async def _delete(self, _asked: Asked, post: str) -> Answer:
        if post not in self.world.posts:
            return problem(404, "Not Found Error", "Could not find tweet")
        self.forget(self.world.posts[post])
        await self._echo("post.delete", {"id": post, "author_id": US}, None)
        return told({"data": {"deleted": True}})

    def forget(self, said: Said) -> None:
        """Nobody sees it any more."""
        for key in said.history:
            self.world.posts.pop(key, None)

    async def _hide(self, asked: Asked, post: str) -> Answer:
        found = self.world.posts.get(post)
        if found is None:
            return problem(404, "Not Found Error", "Could not find tweet")
        root = self.world.posts.get(found.conversation)
        if root is None or root.author != US:
            return problem(403, "Forbidden", "You are not permitted to perform this action.")
        found.hidden = asked.json["hidden"]
        return told({"data": {"hidden": found.hidden}})

    async def _write(self, asked: Asked, person: str) -> Answer:
        member = self.world.members.get(person)
        if member is None or member.closed:
            return problem(403, "Forbidden", "You cannot send messages to this user.")
        letter = self.world.write(US, person, asked.json.get("text", ""))
        letter.media = [one["media_id"] for one in asked.json.get("attachments", [])]
        self.taken.append(letter.text)
        await self._echo("dm.sent", self.world.tell_letter_in_hook(letter), {})
        return told({"data": {"dm_conversation_id": letter.conversation, "dm_event_id": letter.id}}, 201)

    async def _block(self, _asked: Asked, person: str, deed: str) -> Answer:
        self.world.members[person].blocked = deed == "block"
        return told({"data": {deed: True}})

    async def _begin_medium(self, asked: Asked) -> Answer:
        key = self.world.new_id()
        self.world.media[key] = Medium(key=key, media_type=asked.json["media_type"], data=b"", url=f"{self.url}/media/{key}")
        return told({"data": {"id": key, "media_key": key}})

    async def _append(self, asked: Asked, key: str) -> Answer:
        self.world.media[key].data += next(one.data for one in asked.parts if one.name == "media")
        return Answer(204)

    async def _finalize(self, _asked: Asked, key: str) -> Answer:
        return told({"data": {"id": key}})

    async def _describe(self, asked: Asked) -> Answer:
        self.world.media[asked.json["id"]].alt = asked.json["metadata"]["alt_text"]["text"]
        return told({"data": {}})

    async def _file(self, _asked: Asked, key: str) -> Answer:
        found = self.world.media.get(key)
        return Answer(200, found.data, media_type=found.media_type) if found else told({}, 404)

    async def _list_hooks(self, _asked: Asked) -> Answer:
        return told({"data": list(self.hooks.values())})

    async def _enter_hook(self, asked: Asked) -> Answer:
        url = asked.json["url"]
        if not await self.greet(url):
            return told({"errors": [{"message": "CrcValidationFailed"}], "title": "CrcValidationFailed"}, 400)
        key = self.world.new_id()
        hook = self.hooks[key] = {"id": key, "url": url, "valid": True}
        self.hook = url
        return told({"data": hook}, 201)

    async def _check_hook(self, _asked: Asked, hook: str) -> Answer:
        self.hooks[hook]["valid"] = await self.greet(self.hooks[hook]["url"])
        return told({"data": {"valid": self.hooks[hook]["valid"]}})

    async def greet(self, url: str) -> bool:
        """X's question whether an address is the right one (CRC)."""
        token = new_token()
        status, body = await self.get(f"{url}?{urlencode({'crc_token': token})}")
        expected = {"response_token": self.sign(token.encode())}
        return status == 200 and msgspec.json.decode(body) == expected

    async def _list_subscriptions(self, _asked: Asked) -> Answer:
        return told({"data": self.subscriptions})

    async def _subscribe(self, asked: Asked) -> Answer:
        self.subscriptions.append(asked.json)
        return told({"data": {"subscription": asked.json}}, 201)

    async def _echo(self, kind: str, payload: dict[str, Any], includes: dict[str, Any] | None) -> None:
        """What we did comes back; the verbs say when."""
        await self.tell(kind, payload, includes)

    def _posts(self) -> list[Said]:
        return list({id(one): one for one in self.world.posts.values()}.values())

    def _asks_us(self, said: Said) -> bool:
        quoted = self.world.posts.get(said.quotes)
        return US in {one.id for one in self.world.mentioned(said)} or (quoted is not None and quoted.author == US)

    def _concerns_us(self, said: Said) -> bool:
        parent = self.world.posts.get(said.answers)
        return US in {one.id for one in self.world.mentioned(said)} or (parent is not None and parent.author == US)

    def _page(self, asked: Asked, posts: list[Said]) -> Answer:
        since, size = int(asked.query.get("since_id") or 0), int(asked.query.get("max_results") or 100)
        start = int(asked.query.get("pagination_token") or 0)
        newer = [one for one in sorted(posts, key=lambda one: -int(one.id)) if int(one.id) > since]
        page = newer[start : start + size]
        meta = {"result_count": len(page)} | ({"next_token": str(start + size)} if start + size < len(newer) else {})
        return told({"data": [self.world.tell(one) for one in page], "includes": self.world.includes(*page), "meta": meta})


def _token_of(asked: Asked) -> str:
    return asked.headers.get("authorization", "").removeprefix("Bearer ")


def problem(status: int, title: str, detail: str) -> Answer:
    """X's form of a refusal."""
    return told({"title": title, "detail": detail, "type": "about:blank", "status": status}, status)


__all__ = ["BEARER", "CLIENT_ID", "CLIENT_SECRET", "CONSUMER_SECRET", "Letter", "XServer", "problem"]
