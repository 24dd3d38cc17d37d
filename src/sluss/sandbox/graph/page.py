"""A Facebook Page: posts, comments, visitors' posts, mentions, recommendations, and its Messenger.

In: what people do there, and calls of the interface. Out: state that stays, events for hooks, answers.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sluss.kernel.clock import SECOND
from sluss.sandbox.graph.people import Person
from sluss.sandbox.graph.server import INBOX_APP, GraphDouble, Refusal
from sluss.sandbox.graph.talks import Account, Talks, written
from sluss.sandbox.wire import Answer, Asked, told

SITE = "https://www.facebook.com"


class Item(msgspec.Struct, kw_only=True):
    """A post or a comment. `post` is empty for posts, `app` the program that wrote it for the page, `person` None for the page itself."""

    id: str
    person: Person | None
    text: str
    at: int
    post: str = ""
    parent: str = ""
    edge: str = "feed"
    updated: int = 0
    hidden: bool = False
    app: str = ""
    anonymous: bool = False
    dark: bool = False
    photo: str = ""
    positive: bool = True
    likes: set[str] = set()


class PageDouble:
    """One page of a double, with verbs for everybody."""

    def __init__(self, double: GraphDouble, page_id: str = "104512345678901", name: str = "Norrsken Air") -> None:
        self.double, self.id, self.name = double, page_id, name
        self.items = dict[str, Item]()
        self.blocked = set[str]()
        self.photos = set[str]()
        account = Account(id=page_id, kind="page", nodes=frozenset({page_id}), most=2000)
        for edge in ("feed", "visitor_posts", "tagged", "ratings"):
            double.at("GET", f"{page_id}/(?P<edge>{edge})", self._list)
        double.at("POST", f"{page_id}/feed", self._publish)
        double.at("POST", f"{page_id}/photos", self._photo)
        for method in ("POST", "DELETE"):
            double.at(method, f"{page_id}/blocked", self._block)
            double.at(method, "(?P<key>[0-9]+_[0-9]+)/likes", self._like)
        double.at("GET", "(?P<key>[0-9]+_[0-9]+)/comments", self._comments)
        double.at("POST", "(?P<key>[0-9]+_[0-9]+)/comments", self._comment)
        double.node(self._node)
        self.talks = Talks(double, account, self._author)

    def post(self, text: str, *, dark: bool = False, ago: int = 0) -> str:
        """The page posts something, or did so `ago` (microseconds); returns its key."""
        item = self._keep(f"{self.id}_{self.double.number()}", None, text, dark=dark)
        item.at = item.updated = item.at - ago
        return item.id

    def said_before(self, person: Person, post: str, text: str, ago: int) -> None:
        """What stood under a post before anybody looked."""
        updated = self.items[post].updated
        item = self._under(post, person, text)
        item.at, self.items[post].updated = item.at - ago, updated

    async def visit(self, person: Person, text: str, **more: Any) -> str:
        """A visitor posts on the page's wall."""
        item = self._keep(f"{self.id}_{self.double.number()}", person, text, edge="visitor_posts", **more)
        await self._tell(item, "add")
        return item.id

    async def comment(self, person: Person, post: str, text: str, *, parent: str = "", **more: Any) -> str:
        """A person comments a post, or replies to a comment."""
        item = self._under(post, person, text, parent=parent, **more)
        await self._tell(item, "add")
        return item.id

    async def mention(self, person: Person, text: str) -> str:
        """A person names the page in a post of their own."""
        item = self._keep(f"{person.id}_{self.double.number()}", person, text, edge="tagged")
        who = {"sender_id": person.id, "sender_name": person.name}
        value = {"item": "post", "verb": "add", "post_id": item.id, "message": text, "created_time": item.at // SECOND, **who}
        await self._change("mention", value)
        return item.id

    async def recommend(self, person: Person, text: str, *, positive: bool = True) -> str:
        """A person recommends the page, or does not."""
        item = self._keep(f"{person.id}_{self.double.number()}", person, text, edge="ratings", positive=positive)
        value = {"item": "rating", "verb": "add", **_rating(item), "reviewer_id": person.id, "reviewer_name": person.name}
        await self._change("ratings", {**value, "open_graph_story_id": item.id, "created_time": item.at // SECOND})
        return item.id

    async def edit(self, key: str, text: str) -> None:
        """Its author changes something."""
        self.items[key].text = text
        await self._tell(self.items[key], "edited")

    async def remove(self, key: str) -> None:
        """Something is taken away."""
        item = self.items.pop(key)
        await self._tell(item, "remove", words=False)

    async def hide(self, key: str, *, on: bool = True) -> None:
        """Somebody of the company hides something on the page itself."""
        self.items[key].hidden = on
        await self._tell(self.items[key], "hide" if on else "unhide", words=False)

    async def native_reply(self, key: str, text: str, *, app: str = INBOX_APP) -> str:
        """Somebody of the company answers on the page itself, or by another tool (`app` is its number)."""
        item = self._reply(key, text, "" if app == INBOX_APP else app)
        await self._tell(item, "add")
        return item.id

    async def react(self, person: Person, key: str, kind: str = "love") -> None:
        """A person reacts to a comment."""
        item = self.items[key]
        value = {
            "item": "reaction",
            "verb": "add",
            "reaction_type": kind,
            "from": person.as_author,
            "created_time": self.double.now() // SECOND,
        }
        await self._change("feed", {**value, "post_id": item.post, "comment_id": key})

    def replies(self, key: str) -> list[str]:
        """What the page has answered under a post or a comment."""
        return [one.text for one in self.items.values() if one.person is None and key in {one.parent, one.post if not one.parent else ""}]

    def _keep(self, key: str, person: Person | None, text: str, **more: Any) -> Item:
        now = self.double.now()
        self.items[key] = Item(id=key, person=person, text=text, at=now, updated=now, **more)
        return self.items[key]

    def _under(self, post: str, person: Person | None, text: str, *, parent: str = "", **more: Any) -> Item:
        """Two levels only: what replies to a reply lands under the same comment."""
        above = self.items[parent].parent or parent if parent else ""
        item = self._keep(f"{post.partition('_')[2]}_{self.double.number()}", person, text, post=post, parent=above, **more)
        self.items[post].updated = item.at
        return item

    def _reply(self, key: str, text: str, app: str) -> Item:
        above = self.items[key]
        return self._under(above.post or key, None, text, parent=key if above.post else "", app=app)

    async def _tell(self, item: Item, verb: str, *, words: bool = True) -> None:
        now = self.double.now() // SECOND
        value: dict[str, Any] = {"verb": verb, "created_time": item.at // SECOND if verb == "add" else now}
        value |= {"item": "comment" if item.post else "post", "post_id": item.post or item.id}
        value |= {} if item.anonymous else {"from": item.person.as_author if item.person else {"id": self.id, "name": self.name}}
        value |= {"comment_id": item.id, "parent_id": item.parent or item.post} if item.post else {}
        value |= {"message": item.text} if words else {}
        value |= {"photo": item.photo} if item.photo else {}
        if item.post in self.items:
            post = self.items[item.post]
            value["post"] = {"id": post.id, "permalink_url": f"{SITE}/{post.id}", "status_type": _type(post), "is_published": not post.dark}
        await self._change("feed", value)

    async def _change(self, field: str, value: dict[str, Any]) -> None:
        await self.double.tell("page", self.id, "changes", {"field": field, "value": value})

    def _author(self, key: str) -> tuple[Person, int] | None:
        item = self.items.get(key)
        return (item.person, item.at) if item is not None and item.person is not None else None

    async def _list(self, asked: Asked, edge: str) -> Answer:
        edges = {edge, "visitor_posts"} if edge == "feed" else {edge}
        found = [one for one in self.items.values() if one.edge in edges and not one.post]
        found.sort(key=lambda one: one.at, reverse=True)
        return paged(asked, [self._rating(one) if edge == "ratings" else self._shown(one) for one in found])

    async def _comments(self, asked: Asked, key: str) -> Answer:
        since = int(asked.query.get("since", "0")) * SECOND
        found = [one for one in self.items.values() if key in {one.post, one.parent} and one.at >= since]
        newest = asked.query.get("order") == "reverse_chronological"
        return paged(asked, [self._shown(one) for one in sorted(found, key=lambda one: one.at, reverse=newest)])

    async def _publish(self, asked: Asked) -> Answer:
        if not asked.json.get("message"):
            raise Refusal(100, 0, "The status you are trying to publish is empty")
        item = self._keep(f"{self.id}_{self.double.number()}", None, asked.json["message"], app=self.double.app_id)
        await self.double.echoing(item.text, lambda: self._tell(item, "add"))
        return told({"id": item.id})

    async def _comment(self, asked: Asked, key: str) -> Answer:
        said = asked.json
        if key not in self.items and self.double.lenient:
            return told({"id": f"{key.partition('_')[0]}_{self.double.number()}"})
        if key not in self.items:
            raise Refusal(100, 33, "Object does not exist")
        if said.get("attachment_id") and said["attachment_id"] not in self.photos:
            raise Refusal(100, 0, "Invalid attachment_id")
        item = self._reply(key, said.get("message", ""), self.double.app_id)
        await self.double.echoing(item.text, lambda: self._tell(item, "add"))
        return told({"id": item.id})

    async def _node(self, asked: Asked, key: str) -> Answer | None:
        if key == self.id and asked.method == "GET":
            return told({"id": self.id, "name": self.name})
        item = self.items.get(key)
        if item is None:
            return None
        if asked.method == "GET":
            return told(self._shown(item))
        if asked.method == "DELETE":
            await self.remove(key)
        elif "is_hidden" in asked.json:
            if item.person is None:
                raise Refusal(100, 0, "A page's own comment cannot be hidden")
            await self.hide(key, on=asked.json["is_hidden"])
        else:
            await self.edit(key, asked.json["message"])
        return told({"success": True})

    async def _like(self, asked: Asked, key: str) -> Answer:
        if key not in self.items:
            raise Refusal(100, 33, "Object does not exist")
        likes = self.items[key].likes
        self.items[key].likes = likes | {self.id} if asked.method == "POST" else likes - {self.id}
        return told({"success": True})

    async def _block(self, asked: Asked) -> Answer:
        people = msgspec.json.decode(asked.query["psid"]) if asked.method == "DELETE" else asked.json["psid"]
        self.blocked = self.blocked | set(people) if asked.method == "POST" else self.blocked - set(people)
        return told(dict.fromkeys(people, True))

    async def _photo(self, asked: Asked) -> Answer:
        if not any(one.name == "source" for one in asked.parts):
            raise Refusal(324, 0, "Requires upload file")
        key = self.double.number()
        self.photos.add(key)
        return told({"id": key})

    def _shown(self, item: Item) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": item.id,
            "message": item.text,
            "created_time": written(item.at),
            "permalink_url": f"{SITE}/{item.id}",
        }
        shown |= {} if item.anonymous else {"from": item.person.as_author if item.person else {"id": self.id, "name": self.name}}
        if item.post:
            shown |= {"parent": {"id": item.parent}} if item.parent else {}
            shown |= {"is_hidden": item.hidden}
            return shown | ({"application": {"id": item.app, "name": _app_name(item.app, self.double)}} if item.app else {})
        return shown | {"updated_time": written(item.updated), "status_type": _type(item), "is_published": not item.dark}

    def _rating(self, item: Item) -> dict[str, Any]:
        who = item.person.as_author if item.person else {}
        return {"reviewer": who, "created_time": written(item.at), "open_graph_story": {"id": item.id}, **_rating(item)}


def paged(asked: Asked, items: list[dict[str, Any]]) -> Answer:
    """A page of a list, and how it goes on."""
    start, most = int(asked.query.get("after") or "0"), int(asked.query.get("limit", "25"))
    end = start + most
    paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
    return told({"data": items[start:end], "paging": paging | ({"next": "https://graph.test/next"} if end < len(items) else {})})


def _rating(item: Item) -> dict[str, str]:
    return {"recommendation_type": "positive" if item.positive else "negative", "review_text": item.text}


def _type(item: Item) -> str:
    return "wall_post" if item.person else "added_photos"


def _app_name(app: str, double: GraphDouble) -> str:
    return "Sluss" if app == double.app_id else "Other Desk"
