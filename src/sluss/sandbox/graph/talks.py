"""Private talks: Messenger and Instagram Direct, with their windows, files, reactions and other programs.

In: what people do, and what is sent by the interface. Out: messages that stay, events for hooks, answers. It is as strict as Meta: the
window, the tag of a person, one private answer to a comment within seven days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from sluss.channels.said import an_object, objects
from sluss.kernel.clock import DAY, HOUR
from sluss.sandbox.graph.people import Person
from sluss.sandbox.graph.server import INBOX_APP, GraphDouble, Refusal
from sluss.sandbox.wire import Answer, Asked, told

WINDOW, LATE, PRIVATE = 24 * HOUR, 7 * DAY, 7 * DAY


class Talk(msgspec.Struct):
    """What one person and one account have said; `opened_at` is when the person last opened the window, `owner` whose program answers."""

    person: Person
    messages: list[dict[str, Any]] = []
    opened_at: int = 0
    owner: str = ""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whose talks: `kind` is Meta's object, `most` how long a text may be, in bytes where `in_bytes`; `nodes` by which it is spoken to."""

    id: str
    kind: str
    nodes: frozenset[str]
    most: int
    in_bytes: bool = False
    tells_app: bool = True


class Talks:
    """The private side of one account. `target` finds what a private answer is given to: who wrote it, and when."""

    def __init__(self, double: GraphDouble, account: Account, target: Callable[[str], tuple[Person, int] | None]) -> None:
        self._double, self.account, self._target = double, account, target
        self._talks = dict[str, Talk]()
        self._files = dict[str, tuple[str, bytes]]()
        self._answered = set[str]()
        self.away = set[str]()
        self.standby = False
        for node in sorted(account.nodes):
            double.at("POST", f"{node}/messages", self._send)
            double.at("GET", f"{node}/conversations", self._conversations)
            double.at("POST", f"{node}/message_attachments", self._bring)
            double.at("POST", f"{node}/take_thread_control", self._take)
        double.node(self._person)

    async def say(self, person: Person, text: str = "", *, files: list[dict[str, Any]] | None = None, **more: Any) -> str:
        """A person writes; returns the message's key."""
        message = {"text": text, **({"attachments": files} if files else {}), **more}
        return await self._told(person, {"message": message})

    async def send_file(self, person: Person, name: str, data: bytes, media_type: str) -> str:
        """A person sends a file."""
        kind = media_type.partition("/")[0]
        link = self._double.media.put(name, data, media_type)
        return await self.say(person, files=[{"type": kind if kind in {"image", "video", "audio"} else "file", "payload": {"url": link}}])

    async def press(self, person: Person, title: str, payload: str) -> str:
        """A person presses a button."""
        return await self._told(person, {"postback": {"title": title, "payload": payload}})

    async def react(self, person: Person, mid: str, emoji: str = "❤", *, on: bool = True) -> None:
        """A person reacts to a message."""
        self.talk(person).opened_at = self._double.now()
        reaction = {"mid": mid, "action": "react" if on else "unreact"} | ({"emoji": emoji, "reaction": "other"} if on else {})
        await self._event(person, {"reaction": reaction})

    async def edit(self, person: Person, mid: str, text: str) -> None:
        """A person changes what they wrote."""
        self._message(mid)["message"] = text
        await self._event(person, {"message_edit": {"mid": mid, "text": text, "num_edit": 1}})

    async def unsend(self, person: Person, mid: str) -> None:
        """A person takes back what they wrote."""
        self.talk(person).messages = [one for one in self.talk(person).messages if one["id"] != mid]
        await self._event(person, {"message": {"mid": mid, "is_deleted": True}})

    async def receive_everything(self, person: Person) -> None:
        """All that was sent has come to the person's device."""
        await self._event(person, {"delivery": {"watermark": self._double.now() // 1000}})

    async def read_everything(self, person: Person) -> None:
        """The person has seen all that was sent."""
        ours = [one["id"] for one in self.talk(person).messages if one["from"]["id"] == self.account.id]
        by_key = self.account.kind == "instagram"
        if ours or not by_key:
            await self._event(person, {"read": {"mid": ours[-1]} if by_key else {"watermark": self._double.now() // 1000}})

    async def native_reply(self, person: Person, text: str, *, app: str = INBOX_APP) -> str:
        """Somebody of the company answers in Meta's own inbox, or by another tool."""
        mid = self._keep(person, text, own=True)
        await self._echo(person, mid, {"text": text}, app)
        return mid

    def talk(self, person: Person) -> Talk:
        """The talk with a person."""
        return self._talks.setdefault(person.id, Talk(person, [], owner=self._double.app_id))

    def said(self, person: Person) -> list[str]:
        """What the account has said to a person, files by their kind."""
        return [one["message"] or one["files"] for one in self.talk(person).messages if one["from"]["id"] == self.account.id]

    async def _told(self, person: Person, item: dict[str, Any]) -> str:
        told_of = item.get("message") or item["postback"]
        mid = self._keep(person, told_of.get("text", ""), own=False, files=told_of.get("attachments", []))
        self.talk(person).opened_at = self._double.now()
        name = next(iter(item))
        await self._event(person, {name: {"mid": mid, **{key: value for key, value in item[name].items() if value}}})
        return mid

    def _keep(self, person: Person, text: str, *, own: bool, files: Any = ()) -> str:
        mid = f"m_{self._double.number()}"
        ends = ({"id": person.id, "name": person.name}, {"id": self.account.id})
        sender, receiver = reversed(ends) if own else ends
        kept = {"id": mid, "from": sender, "to": {"data": [receiver]}, "message": text, "at": self._double.now(), "files": files}
        self.talk(person).messages.append(kept)
        return mid

    async def _event(self, person: Person, item: dict[str, Any]) -> None:
        where = "standby" if self.standby else "messaging"
        ends = {"sender": {"id": person.id}, "recipient": {"id": self.account.id}}
        await self._double.tell(self.account.kind, self.account.id, where, {**ends, "timestamp": self._double.now() // 1000, **item})

    async def _echo(self, person: Person, mid: str, message: dict[str, Any], app: str) -> None:
        said = {"mid": mid, "is_echo": True, **message} | ({"app_id": int(app)} if self.account.tells_app else {})
        ends = {"sender": {"id": self.account.id}, "recipient": {"id": person.id}}
        item = {**ends, "timestamp": self._double.now() // 1000, "message": said}
        await self._double.tell(self.account.kind, self.account.id, "messaging", item)

    async def _send(self, asked: Asked) -> Answer:
        said = asked.json
        person = self._recipient(said["recipient"])
        if said.get("sender_action"):
            return told({"recipient_id": person.id})
        self._check(person, said)
        message = said["message"]
        text, attachment = message.get("text", ""), message.get("attachment")
        mid = self._keep(person, text, own=True, files=attachment["type"] if attachment else "")
        if "id" not in said["recipient"]:
            self._answered.add(next(iter(said["recipient"].values())))
        shown = {"text": text} if text else {"attachments": [{"type": attachment["type"], "payload": {"url": "https://cdn.test/ours"}}]}
        shown |= {"metadata": message["metadata"]} if message.get("metadata") and self.account.tells_app else {}
        answer = told({"recipient_id": person.id, "message_id": mid})
        await self._double.echoing(text or attachment["type"], lambda: self._echo(person, mid, shown, self._double.app_id))
        return answer

    def _recipient(self, recipient: dict[str, str]) -> Person:
        if person := recipient.get("id"):
            if person not in self._talks and self._double.lenient:
                self.talk(Person(person, "Somebody")).opened_at = self._double.now()
            if person not in self._talks:
                raise Refusal(100, 2018001, "No matching user found")
            return self._talks[person].person
        key = recipient.get("comment_id") or recipient.get("post_id", "")
        found = self._target(key)
        if found is None:
            raise Refusal(100, 33, "Object does not exist")
        if key in self._answered:
            raise Refusal(10900, 0, "Activity already replied to")
        if self._double.now() - found[1] > PRIVATE:
            raise Refusal(10903, 0, "This user cant reply to this activity")
        self.talk(found[0])
        return found[0]

    def _check(self, person: Person, said: dict[str, Any]) -> None:
        text, talk = said["message"].get("text", ""), self.talk(person)
        if person.id in self.away:
            raise Refusal(551, 1545041, "This person isn't available right now.")
        if (len(text.encode()) if self.account.in_bytes else len(text)) > self.account.most:
            raise Refusal(100, 2018109, "Length of param message[text] must be less than or equal to the limit")
        if "id" not in said["recipient"]:
            return
        if talk.owner != self._double.app_id:
            raise Refusal(10, 2018300, "Message failed to send because another app is controlling this thread now.")
        age = self._double.now() - talk.opened_at
        if age > (LATE if said.get("tag") == "HUMAN_AGENT" else WINDOW):
            raise Refusal(10, 2534022 if self.account.in_bytes else 2018278, "This message is sent outside of allowed window.")

    async def _take(self, asked: Asked) -> Answer:
        self._talks[asked.json["recipient"]["id"]].owner = self._double.app_id
        return told({"success": True})

    async def _bring(self, asked: Asked) -> Answer:
        data = next(one for one in asked.parts if one.name == "filedata")
        key = self._double.number()
        self._files[key] = (data.media_type, data.data)
        return told({"attachment_id": key})

    async def _conversations(self, asked: Asked) -> Answer:
        wanted = asked.query.get("user_id")
        talks = [one for one in self._talks.values() if one.messages and wanted in {None, one.person.id}]
        talks.sort(key=lambda one: one.messages[-1]["at"], reverse=True)
        return told({"data": [self._shown(one) for one in talks]})

    def _shown(self, talk: Talk) -> dict[str, Any]:
        messages = [_public(one) for one in reversed(talk.messages)]
        participants = [{"id": talk.person.id, "name": talk.person.name}, {"id": self.account.id}]
        updated = written(talk.messages[-1]["at"])
        return {
            "id": f"t_{talk.person.id}",
            "updated_time": updated,
            "participants": {"data": participants},
            "messages": {"data": messages},
        }

    async def _person(self, asked: Asked, key: str) -> Answer | None:
        talk = self._talks.get(key)
        if talk is None or asked.method != "GET":
            return None
        person = talk.person
        if person.shy:
            raise Refusal(230 if self.account.in_bytes else 100, 0 if self.account.in_bytes else 33, "Insufficient permission")
        if not self.account.in_bytes:
            first, _, last = person.name.partition(" ")
            return told({"id": key, "name": person.name, "first_name": first, "last_name": last})
        known = {"username": person.handle, "follower_count": person.followers, "is_verified_user": person.verified}
        return told({"id": key, "name": person.name, **known})

    def _message(self, mid: str) -> dict[str, Any]:
        return next(one for talk in self._talks.values() for one in talk.messages if one["id"] == mid)


def written(at: int) -> str:
    """An instant as Meta writes it."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _public(one: dict[str, Any]) -> dict[str, Any]:
    links = [an_object(file.get("payload")).get("url") for file in objects(one["files"])]
    data = [{"id": one["id"], "image_data": {"url": link}} for link in links if link]
    shown = {name: one[name] for name in ("id", "from", "to", "message")} | {"created_time": written(one["at"])}
    return shown | ({"attachments": {"data": data}} if data else {})
