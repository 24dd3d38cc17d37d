"""Telegram itself. In: what people do, and calls of the bot interface. Out: updates by webhook or by asking, answers, and what was sent.

It is as strict as the real one where that matters: a bot may not write first, long texts are refused, one program reads at a time.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sluss.sandbox.telegram.people import Bot, Business, Group, Person
from sluss.sandbox.wire import Answer, Asked, Double, told

HEADER = "X-Telegram-Bot-Api-Secret-Token"
REPEATS = 3
TEXT, CAPTION = 4096, 1024


class Fail(Exception):
    """The interface says no."""

    def __init__(self, code: int, words: str, **parameters: int) -> None:
        super().__init__(words)
        self.code, self.words, self.parameters = code, words, parameters


class Telegram(Double):
    """The network: `start`, then `url` is its base address. Verbs are what people do; `sent` is what bots said, the oldest first."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self.bots: dict[str, Bot] = {}
        self.sent = list[dict[str, Any]]()
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.answered_presses = list[str]()
        self.started: set[tuple[int, int]] = set()
        self.blocked: set[tuple[int, int]] = set()
        self.banned: set[tuple[int, int]] = set()
        self.moved: dict[int, int] = {}
        self.held: list[tuple[Bot, dict[str, Any]]] | None = None
        self._now, self._first = now, 10
        self.lenient = False
        self._numbers = itertools.count(500_001)
        self._keys = itertools.count(1)
        self._news = asyncio.Condition()
        self._links: dict[str, Business] = {}
        self.door("POST", r"/bot(?P<token>[^/]+)/(?P<method>[A-Za-z]+)", self._call)
        self.door("GET", r"/bot(?P<token>[^/]+)/(?P<method>[A-Za-z]+)", self._call)
        self.door("GET", r"/file/bot(?P<token>[^/]+)/(?P<path>.+)", self._file)

    def count_from(self, number: int) -> None:
        """Begin all numbers there, and let those be answered whom only an earlier start knew."""
        self.lenient = True
        self._first, self._numbers = max(number, 10), itertools.count(number + 500_001)

    def add_bot(self, token: str, username: str, name: str = "") -> Bot:
        """A bot; its number stands before the colon of the token."""
        self.bots[token] = Bot(token=token, username=username, name=name or username)
        return self.bots[token]

    def connect_business(self, bot: Bot, owner: Person, link: str = "bc_1") -> Business:
        """A business account whose chats the bot sees from now on."""
        self._links[link] = Business(id=link, owner=owner, bot_token=bot.token)
        return self._links[link]

    async def tell(self, bot: Bot, **news: Any) -> dict[str, Any]:
        """One update for a bot, posted or kept until it asks."""
        update = {"update_id": next(self._numbers), **news}
        if bot.allowed and next(iter(news)) not in bot.allowed:
            return update
        if self.held is not None:
            self.held.append((bot, update))
        else:
            await self._bring(bot, update)
        return update

    def hold(self) -> None:
        """Keep updates back until `release`."""
        self.held = []

    async def release(self, order: Callable[[Sequence[Any]], list[Any]] = list) -> None:
        """Bring what was kept back, in an order of one's own and as often as one likes."""
        kept, self.held = self.held or [], None
        for bot, update in order(kept):
            await self._bring(bot, update)

    def keep(self, chat: dict[str, Any], author: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
        """A new message in a chat."""
        number = max((number for place, number in self.messages if place == chat["id"]), default=self._first - 1) + 1
        message = {"message_id": number, "chat": chat, "date": int(self._now()), **fields}
        message |= {"from": author} if author is not None else {}
        self.messages[chat["id"], number] = message
        return message

    def keep_file(self, data: bytes, **fields: Any) -> dict[str, Any]:
        """A file that lies at Telegram, as messages tell of it."""
        number = next(self._keys)
        self.files[f"file-{number}"] = data
        return {"file_id": f"file-{number}", "file_unique_id": f"u{number}", "file_size": len(data), **fields}

    async def _bring(self, bot: Bot, update: dict[str, Any]) -> None:
        if bot.hook:
            status = await self.post(
                bot.hook, msgspec.json.encode(update), {HEADER: bot.secret, "content-type": "application/json"}, tries=REPEATS
            )
            if 200 <= status < 300:
                return
            bot.failed_at, bot.failed = int(self._now()), f"Wrong response from the webhook: {status}"
        async with self._news:
            bot.waiting.append(update)
            self._news.notify_all()

    async def _file(self, asked: Asked, token: str, path: str) -> Answer:
        del asked
        data = self.files.get(path.rpartition("/")[2]) if token in self.bots else None
        return Answer(body=data, media_type="application/octet-stream") if data is not None else Answer(404)

    async def _call(self, asked: Asked, token: str, method: str) -> Answer:
        bot = self.bots.get(token)
        if bot is None:
            return _no(Fail(401, "Unauthorized"))
        fields, files = _fields(asked)
        handler = getattr(self, f"_do_{method.lower()}", None)
        if handler is None:
            return _no(Fail(404, "Not Found"))
        try:
            return told({"ok": True, "result": await handler(bot, fields, files)})
        except Fail as fail:
            return _no(fail)

    async def _do_getme(self, bot: Bot, *_: Any) -> Any:
        return {**bot.user, "can_join_groups": True, "can_read_all_group_messages": bot.hears_all}

    async def _do_setwebhook(self, bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        bot.hook, bot.secret = str(fields.get("url") or ""), str(fields.get("secret_token") or "")
        bot.allowed = tuple(fields.get("allowed_updates") or ())
        waiting, bot.waiting = bot.waiting, []
        for update in waiting:
            await self._bring(bot, update)
        return True

    async def _do_deletewebhook(self, bot: Bot, *_: Any) -> Any:
        bot.hook = ""
        return True

    async def _do_getwebhookinfo(self, bot: Bot, *_: Any) -> Any:
        failed = {"last_error_date": bot.failed_at, "last_error_message": bot.failed} if bot.failed_at else {}
        return {"url": bot.hook, "has_custom_certificate": False, "pending_update_count": len(bot.waiting), **failed}

    async def _do_getupdates(self, bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        if bot.hook:
            raise Fail(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
        if bot.reads:
            raise Fail(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        bot.allowed = tuple(fields.get("allowed_updates") or bot.allowed)
        offset = int(fields.get("offset") or 0)
        bot.waiting = [one for one in bot.waiting if one["update_id"] >= offset]
        bot.reads += 1
        try:
            async with self._news:
                async with asyncio.timeout(float(fields.get("timeout") or 0.001)):
                    await self._news.wait_for(lambda: bool(bot.waiting))
        except TimeoutError:
            return []
        finally:
            bot.reads -= 1
        return bot.waiting[: int(fields.get("limit") or 100)]

    async def _do_getfile(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        key = str(fields.get("file_id"))
        if key not in self.files:
            raise Fail(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(self.files[key]) > 20_000_000:
            raise Fail(400, "Bad Request: file is too big")
        return {"file_id": key, "file_size": len(self.files[key]), "file_path": f"photos/{key}"}

    async def _do_answercallbackquery(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        query = str(fields.get("callback_query_id"))
        if query in self.answered_presses:
            raise Fail(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered_presses.append(query)
        return True

    async def _do_sendmessage(self, bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        text = str(fields.get("text") or "")
        if len(text.encode("utf-16-le")) // 2 > TEXT:
            raise Fail(400, "Bad Request: message is too long")
        if not text.strip():
            raise Fail(400, "Bad Request: message text is empty")
        return self._say(bot, fields, {"text": text})

    async def _do_sendphoto(self, bot: Bot, fields: dict[str, Any], files: dict[str, bytes]) -> Any:
        return self._say(bot, fields, {"photo": [self.keep_file(files["photo"], width=800, height=600)], **self._caption(fields)})

    async def _do_senddocument(self, bot: Bot, fields: dict[str, Any], files: dict[str, bytes]) -> Any:
        return self._say(bot, fields, {"document": self.keep_file(files["document"], file_name="file"), **self._caption(fields)})

    async def _do_editmessagetext(self, bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        message = self._own(bot, fields)
        if "text" not in message:
            raise Fail(400, "Bad Request: there is no text in the message to edit")
        return self._changed(message, "text", str(fields["text"]))

    async def _do_editmessagecaption(self, bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        return self._changed(self._own(bot, fields), "caption", str(fields.get("caption") or ""))

    async def _do_deletemessage(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        if self.messages.pop((int(fields["chat_id"]), int(fields["message_id"])), None) is None:
            raise Fail(400, "Bad Request: message to delete not found")
        return True

    async def _do_deletebusinessmessages(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        for key in [key for key in self.messages if key[1] in fields["message_ids"]]:
            del self.messages[key]
        return True

    async def _do_setmessagereaction(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        self.messages[int(fields["chat_id"]), int(fields["message_id"])]["reaction"] = fields.get("reaction")
        return True

    async def _do_banchatmember(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        self.banned.add((int(fields["chat_id"]), int(fields["user_id"])))
        return True

    async def _do_unbanchatmember(self, _bot: Bot, fields: dict[str, Any], *_: Any) -> Any:
        self.banned.discard((int(fields["chat_id"]), int(fields["user_id"])))
        return True

    def _say(self, bot: Bot, fields: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        chat_id, link = int(fields["chat_id"]), str(fields.get("business_connection_id") or "")
        if chat_id in self.moved:
            raise Fail(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=self.moved[chat_id])
        if (bot.id, chat_id) in self.blocked:
            raise Fail(403, "Forbidden: bot was blocked by the user")
        if chat_id > 0 and not link and (bot.id, chat_id) not in self.started and not self.lenient:
            raise Fail(403, "Forbidden: bot can't initiate conversation with a user")
        chat = next((one["chat"] for (place, _), one in self.messages.items() if place == chat_id), {"id": chat_id, "type": "private"})
        author = bot.user
        extra: dict[str, Any] = {}
        if link:
            author, extra = self._links[link].owner.user, {"business_connection_id": link, "sender_business_bot": bot.user}
        message = self.keep(chat, author, **extra, **content)
        message |= {name: fields[name] for name in ("reply_parameters", "message_thread_id") if name in fields}
        self.sent.append(message)
        return message

    def _caption(self, fields: dict[str, Any]) -> dict[str, Any]:
        caption = str(fields.get("caption") or "")
        if len(caption.encode("utf-16-le")) // 2 > CAPTION:
            raise Fail(400, "Bad Request: message caption is too long")
        return {"caption": caption} if caption else {}

    def _own(self, bot: Bot, fields: dict[str, Any]) -> dict[str, Any]:
        message = self.messages.get((int(fields["chat_id"]), int(fields["message_id"])))
        if message is None:
            raise Fail(400, "Bad Request: message to edit not found")
        if message["from"]["id"] != bot.id and message.get("sender_business_bot", {}).get("id") != bot.id:
            raise Fail(400, "Bad Request: message can't be edited")
        return message

    def _changed(self, message: dict[str, Any], name: str, text: str) -> dict[str, Any]:
        if message.get(name) == text:
            raise Fail(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same")
        message |= {name: text, "edit_date": int(self._now())}
        return message


def _no(fail: Fail) -> Answer:
    parameters = {"parameters": fail.parameters} if fail.parameters else {}
    return told({"ok": False, "error_code": fail.code, "description": fail.words, **parameters}, fail.code)


def _fields(asked: Asked) -> tuple[dict[str, Any], dict[str, bytes]]:
    if "multipart" not in asked.headers.get("content-type", ""):
        return (asked.json if asked.body else dict(asked.query)), {}
    fields: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    for part in asked.parts:
        if part.filename:
            files[part.name] = part.data
        else:
            text = part.data.decode()
            fields[part.name] = msgspec.json.decode(text) if text[:1] in {"{", "["} else text
    return fields, files


def flood(seconds: int) -> Answer:
    """What the interface answers when it was asked too often."""
    return _no(Fail(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds))


__all__ = ["Bot", "Business", "Fail", "Group", "Person", "Telegram", "flood"]
