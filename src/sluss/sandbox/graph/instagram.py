"""A professional Instagram account: media, comments, mentions, stories, and its direct messages.

In: what people do there, and calls of the interface. Out: state that stays, events for hooks, answers.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from sluss.sandbox.graph.page import paged
from sluss.sandbox.graph.people import Person
from sluss.sandbox.graph.server import GraphDouble, Refusal
from sluss.sandbox.graph.talks import Account, Talks, written
from sluss.sandbox.wire import Answer, Asked, told

COMMENT = 2200


class Item(msgspec.Struct, kw_only=True):
    """A medium or a comment. `media` is empty for media, `person` None for the account itself."""

    id: str
    person: Person | None
    text: str
    at: int
    media: str = ""
    parent: str = ""
    hidden: bool = False
    foreign: bool = False


class InstagramDouble:
    """One account of a double, with verbs for everybody."""

    def __init__(self, double: GraphDouble, ig_id: str = "17841400000000001", handle: str = "norrsken.air") -> None:
        self.double, self.id, self.handle = double, ig_id, handle
        self.items = dict[str, Item]()
        account = Account(id=ig_id, kind="instagram", nodes=frozenset({ig_id}), most=1000, in_bytes=True, tells_app=False)
        double.at("GET", f"{ig_id}/media", self._media)
        double.at("POST", f"{ig_id}/mentions", self._answer_mention)
        double.at("GET", "(?P<key>1[78][0-9]{9,})/(?:comments|replies)", self._comments)
        double.at("POST", "(?P<key>1[78][0-9]{9,})/(?:comments|replies)", self._comment)
        double.node(self._node)
        self.talks = Talks(double, account, self._author)

    def post(self, caption: str, *, ago: int = 0) -> str:
        """The account posts a picture, or did so `ago` (microseconds); returns its key."""
        item = self._keep(None, caption)
        item.at -= ago
        return item.id

    def said_before(self, person: Person, media: str, text: str, ago: int) -> None:
        """What stood under a medium before anybody looked."""
        self._keep(person, text, media=media).at -= ago

    async def comment(self, person: Person, media: str, text: str, *, parent: str = "", ad: str = "") -> str:
        """A person comments a medium, or replies to a comment; `ad` is the advertisement by which they saw it."""
        item = self._keep(person, text, media=media, parent=parent)
        await self._tell(item, ad)
        return item.id

    async def tell_again(self, key: str, ad: str) -> None:
        """Meta tells of a comment once more, by another advertisement."""
        await self._tell(self.items[key], ad)

    async def mention(self, person: Person, text: str, *, caption: str = "") -> str:
        """A person names the account under somebody's picture."""
        media = self._keep(person, caption or "A picture", foreign=True)
        item = self._keep(person, text, media=media.id, foreign=True)
        await self._change("mentions", {"media_id": media.id, "comment_id": item.id})
        return item.id

    async def tell_a_story(
        self, person: Person, name: str = "story.jpg", data: bytes = b"\xff\xd8\xff\xe0 a story", media_type: str = "image/jpeg"
    ) -> str:
        """A person names the account in a story, which Meta keeps for a day."""
        link = self.double.media.put(name, data, media_type)
        return await self.talks.say(person, files=[{"type": "story_mention", "payload": {"url": link}}])

    async def answer_story(self, person: Person, text: str, story: str = "18000000000000003") -> str:
        """A person answers a story of the account."""
        link = self.double.media.put("own-story.jpg", b"\xff\xd8\xff\xe0 our story", "image/jpeg")
        return await self.talks.say(person, text, reply_to={"story": {"id": story, "url": link}})

    async def native_reply(self, key: str, text: str) -> str:
        """Somebody of the company answers in the app."""
        item = self._keep(None, text, media=self.items[key].media, parent=self.items[key].parent or key)
        await self._tell(item, "")
        return item.id

    def replies(self, key: str) -> list[str]:
        """What the account has answered under a comment."""
        return [one.text for one in self.items.values() if one.person is None and one.parent == key]

    def _keep(self, person: Person | None, text: str, **more: Any) -> Item:
        key = self.double.number(17_900_000_000_000_000)
        self.items[key] = Item(id=key, person=person, text=text, at=self.double.now(), **more)
        return self.items[key]

    async def _tell(self, item: Item, ad: str) -> None:
        media: dict[str, Any] = {"id": item.media, "media_product_type": "FEED"}
        if ad:
            media = {
                "id": self.double.number(),
                "media_product_type": "AD",
                "ad_id": ad,
                "ad_title": "Autumn",
                "original_media_id": item.media,
            }
        who = {"id": item.person.id, "username": item.person.handle} if item.person else {"id": self.id, "username": self.handle}
        value = {"id": item.id, "from": who, "media": media, "text": item.text}
        await self._change("comments", value | ({"parent_id": item.parent} if item.parent else {}))

    async def _change(self, field: str, value: dict[str, Any]) -> None:
        await self.double.tell("instagram", self.id, "changes", {"field": field, "value": value})

    def _author(self, key: str) -> tuple[Person, int] | None:
        item = self.items.get(key)
        return (item.person, item.at) if item is not None and item.person is not None else None

    async def _media(self, asked: Asked) -> Answer:
        media = [one for one in self.items.values() if not one.media and not one.foreign]
        media.sort(key=lambda one: one.at, reverse=True)
        return paged(asked, [self._shown(one) for one in media])

    async def _comments(self, asked: Asked, key: str) -> Answer:
        found = [one for one in self.items.values() if (one.media == key and not one.parent) or one.parent == key]
        found.sort(key=lambda one: one.at, reverse=True)
        return paged(asked, [self._shown(one) for one in found])

    async def _comment(self, asked: Asked, key: str) -> Answer:
        if key not in self.items:
            if not self.double.lenient:
                raise Refusal(100, 33, "Object does not exist")
            return told({"id": self._keep(None, asked.json["message"], foreign=True).id})
        above = self.items[key]
        return await self._write(asked.json["message"], above.media or key, key if above.media else "")

    async def _answer_mention(self, asked: Asked) -> Answer:
        said = asked.json
        return await self._write(said["message"], said["media_id"], said.get("comment_id", ""))

    async def _write(self, text: str, media: str, parent: str) -> Answer:
        if len(text) > COMMENT:
            raise Refusal(100, 0, "Comment text is too long")
        item = self._keep(None, text, media=media, parent=parent, foreign=self.items[media].foreign)
        if item.foreign:
            self.double.sent.append(text)
        else:
            await self.double.echoing(text, lambda: self._tell(item, ""))
        return told({"id": item.id})

    async def _node(self, asked: Asked, key: str) -> Answer | None:
        if key == self.id and asked.method == "GET":
            return self._own(asked.query.get("fields", ""))
        item = self.items.get(key)
        if item is None:
            return None
        if asked.method == "GET":
            return told(self._shown(item))
        if asked.method == "DELETE":
            del self.items[key]
        elif "hide" in asked.json:
            item.hidden = asked.json["hide"]
        return told({"success": True})

    def _own(self, fields: str) -> Answer:
        """The account itself, or what somebody said who named it."""
        for name, way in (("mentioned_comment", "comment_id"), ("mentioned_media", "media_id")):
            found = re.search(rf"{name}\.{way}\((\d+)\)", fields)
            if found is not None:
                item = self.items.get(found[1])
                return told({"id": self.id} | ({name: self._shown(item)} if item is not None else {}))
        return told({"id": self.id, "username": self.handle})

    def _shown(self, item: Item) -> dict[str, Any]:
        handle = item.person.handle if item.person else self.handle
        shown: dict[str, Any] = {"id": item.id, "username": handle, "timestamp": written(item.at)}
        if not item.media:
            count = sum(one.media == item.id for one in self.items.values())
            link = f"https://www.instagram.com/p/{item.id}/"
            return shown | {"caption": item.text, "permalink": link, "media_product_type": "FEED", "comments_count": count}
        shown |= {"text": item.text, "hidden": item.hidden}
        if item.foreign:
            return shown | {"media": self._shown(self.items[item.media])}
        shown |= {"from": {"id": item.person.id if item.person else self.id, "username": handle}}
        if item.parent:
            return shown | {"parent_id": item.parent}
        replies = [self._shown(one) for one in self.items.values() if one.parent == item.id]
        return shown | ({"replies": {"data": replies}} if replies else {})
