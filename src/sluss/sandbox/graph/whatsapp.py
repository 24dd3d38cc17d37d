"""A number on WhatsApp. In: what people do on their telephones, and calls of the interface. Out: events for hooks, statuses, answers.

It is as strict as the real one where that matters: a closed window is told of later by a status, media links need the token and live for
five minutes, and one person is not written to too fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.said import an_object, objects
from sluss.kernel.clock import HOUR, MINUTE, SECOND
from sluss.sandbox.graph.server import GraphDouble, Refusal
from sluss.sandbox.wire import Answer, Asked, told

KIND = "whatsapp_business_account"
WABA, PHONE, DISPLAY = "131470230291794", "590968830767958", "46812345678"
WINDOW, LINK = 24 * HOUR, 5 * MINUTE


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody on WhatsApp: with a number, with an id for this business, or with both; `username` is what they let themselves be called."""

    name: str
    number: str = ""
    scoped: str = ""
    username: str = ""

    @property
    def key(self) -> str:
        return self.scoped or self.number

    @property
    def contact(self) -> dict[str, Any]:
        """As events tell of them."""
        ids = {"wa_id": self.number, "user_id": self.scoped}
        profile = {"name": self.name} | ({"username": self.username} if self.username else {})
        return {"profile": profile, **{name: value for name, value in ids.items() if value}}

    @property
    def author(self) -> dict[str, str]:
        ids = {"from": self.number, "from_user_id": self.scoped}
        return {name: value for name, value in ids.items() if value}


CALLER_ANNA = Caller(name="Anna Berg", number="46701234567", scoped="SE.13491208655302741918")
CALLER_PAWEL = Caller(name="Paweł", scoped="PL.77712345678900001111", username="pawel.z")


class WhatsappDouble:
    """One number with its account. `statuses` are those that each message gets by itself; `sent` is what was taken, oldest first."""

    def __init__(self, double: GraphDouble, waba: str = WABA, phone: str = PHONE) -> None:
        self.double, self.waba, self.phone = double, waba, phone
        self.sent = list[dict[str, Any]]()
        self.read, self.blocked, self.unknown = set[str](), set[str](), set[str]()
        self.statuses: tuple[str, ...] = ("sent", "delivered")
        self.templates = [TEMPLATE]
        self.quality, self.state = "GREEN", "CONNECTED"
        self._opened, self._links, self._media = dict[str, int](), dict[str, int](), dict[str, tuple[bytes, str]]()
        self._people = dict[str, Caller]()
        double.at("POST", f"{phone}/messages", self._send)
        double.at("POST", f"{phone}/media", self._bring)
        double.at("POST", f"{phone}/block_users", self._block)
        double.at("DELETE", f"{phone}/block_users", self._block)
        double.at("GET", f"{waba}/message_templates", self._list)
        double.door("GET", "/wa-media/(?P<key>[0-9]+)", self._give)
        double.node(self._node)

    async def say(self, person: Caller, text: str, *, answers: str = "", **more: Any) -> str:
        """Write something; returns its key."""
        context = {"context": {"from": DISPLAY, "id": answers}} if answers else {}
        return await self._said(person, {"type": "text", "text": {"body": text}, **context, **more})

    async def show(self, person: Caller, data: bytes, caption: str = "", *, kind: str = "image", media_type: str = "image/png") -> str:
        """A picture or another file."""
        part = {"id": self.keep(data, media_type), "mime_type": media_type, "sha256": hashlib.sha256(data).hexdigest()}
        part |= {"caption": caption} if caption else {}
        return await self._said(person, {"type": kind, kind: part})

    async def album(self, person: Caller, pictures: Sequence[bytes], caption: str = "") -> list[str]:
        """Several pictures, each a message of its own."""
        return [await self.show(person, one, caption if not number else "") for number, one in enumerate(pictures)]

    async def speak(self, person: Caller, recording: bytes, *, media_type: str = "audio/ogg") -> str:
        """A voice note."""
        codec = "; codecs=opus" if media_type == "audio/ogg" else ""
        part = {"id": self.keep(recording, media_type), "mime_type": f"{media_type}{codec}", "voice": True}
        return await self._said(person, {"type": "audio", "audio": part})

    async def stand_at(self, person: Caller, latitude: float, longitude: float, name: str = "") -> str:
        """Where they are."""
        place = {"latitude": latitude, "longitude": longitude} | ({"name": name} if name else {})
        return await self._said(person, {"type": "location", "location": place})

    async def press(self, person: Caller, title: str, payload: str, *, answers: str = "") -> str:
        """Press a button under a template."""
        return await self._said(person, {"type": "button", "button": {"payload": payload, "text": title}, "context": {"id": answers}})

    async def react(self, person: Caller, key: str, emoji: str = "👍") -> None:
        """React to a message; an empty emoji takes it back."""
        await self._said(person, {"type": "reaction", "reaction": {"message_id": key, "emoji": emoji}}, opens=False)

    async def edit(self, person: Caller, key: str, text: str) -> None:
        """Change what was said."""
        message = {"type": "text", "text": {"body": text}}
        await self._said(person, {"type": "edit", "edit": {"original_message_id": key, "message": message}}, opens=False)

    async def revoke(self, person: Caller, key: str) -> None:
        """Take back what was said."""
        await self._said(person, {"type": "revoke", "revoke": {"original_message_id": key}}, opens=False)

    async def native_reply(self, person: Caller, text: str) -> str:
        """Somebody of the company answers in the WhatsApp Business app."""
        key = self._key("ECHO")
        to = {"to": person.number} if person.number else {"to_user_id": person.scoped}
        echo = {"from": DISPLAY, **to, "id": key, "timestamp": self._at(), "type": "text", "text": {"body": text}}
        await self._tell("smb_message_echoes", {"contacts": [person.contact], "message_echoes": [echo]})
        return key

    async def foreign(self, person: Caller, state: str = "delivered") -> str:
        """Another program of the company has sent something: only its status is told."""
        key = self._key("OTHER")
        await self._status(person, key, state, "")
        return key

    async def change_number(self, person: Caller, number: str) -> Caller:
        """Take another number."""
        system = {"body": "User changed number", "wa_id": number, "type": "user_changed_number"}
        message = {"from": person.number, "id": self._key("SYS"), "timestamp": self._at(), "type": "system", "system": system}
        await self._tell("messages", {"messages": [message]})
        return Caller(name=person.name, number=number, scoped=person.scoped)

    async def tell_status(self, key: str, state: str, **more: Any) -> None:
        """One status of something that was sent, whenever one likes."""
        message = next(one for one in self.sent if one["id"] == key)
        await self._status(message["person"], key, state, message.get("biz_opaque_callback_data", ""), **more)

    async def read_everything(self) -> None:
        """Everybody reads what they were sent."""
        for one in self.sent:
            await self.tell_status(one["id"], "read")

    async def news(self, field: str, value: dict[str, Any]) -> None:
        """Something about the account itself."""
        await self.double.tell(KIND, self.waba, "changes", {"field": field, "value": value})

    def keep(self, data: bytes, media_type: str) -> str:
        """A file that lies at Meta; returns its number."""
        key = self.double.number(1_000_000_000_000_000)
        self._media[key] = data, media_type
        return key

    def close_window(self, person: Caller) -> None:
        """A day has passed since they last wrote."""
        self._opened[person.key] = self.double.now() - WINDOW - SECOND

    async def _said(self, person: Caller, message: dict[str, Any], *, opens: bool = True) -> str:
        self._people[person.key] = self._people[person.number or person.key] = person
        if opens:
            self._opened[person.key] = self.double.now()
        key = self._key("IN")
        whole = {**person.author, "id": key, "timestamp": self._at(), **message}
        await self._tell("messages", {"contacts": [person.contact], "messages": [whole]})
        return key

    async def _tell(self, field: str, value: dict[str, Any]) -> None:
        head = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": DISPLAY, "phone_number_id": self.phone}}
        await self.double.tell(KIND, self.waba, "changes", {"field": field, "value": {**head, **value}})

    async def _status(self, person: Caller, key: str, state: str, ours: str, **more: Any) -> None:
        who = {name: value for name, value in (("recipient_id", person.number), ("recipient_user_id", person.scoped)) if value}
        status = {"id": key, "status": state, "timestamp": self._at(), **who, **more}
        status |= {"biz_opaque_callback_data": ours} if ours else {}
        await self._tell("messages", {"statuses": [status]})

    async def _send(self, asked: Asked) -> Answer:
        said = asked.json
        if said.get("status") == "read":
            self.read.add(said["message_id"])
            return told({"success": True})
        person = self._recipient(said)
        if said["type"] == "text" and len(said["text"]["body"]) > 4096:
            raise Refusal(100, 0, "Param text['body'] must be at most 4096 characters long.")
        if said["type"] == "template" and not self._is_approved(said["template"]):
            raise Refusal(132001, 0, "Template name does not exist in the translation")
        message = {**said, "id": self._key("OUT"), "person": person}
        if said["type"] == "reaction":
            return told({"messaging_product": "whatsapp", "messages": [{"id": message["id"]}]})
        self.sent.append(message)
        contact = {"input": said.get("to") or said.get("recipient"), **{k: v for k, v in person.contact.items() if k != "profile"}}
        await self.double.echoing(_words(said), lambda: self._fare(message))
        return told(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message["id"], "message_status": "accepted"}]}
        )

    async def _fare(self, message: dict[str, Any]) -> None:
        """What becomes of a message: a closed window shows only now."""
        person: Caller = message["person"]
        ours = str(message.get("biz_opaque_callback_data", ""))
        if message["type"] != "template" and self._opened_at(person) < self.double.now() - WINDOW:
            details = {"details": "Message failed to send because more than 24 hours have passed since the customer last replied"}
            await self._status(
                person, message["id"], "failed", ours, errors=[{"code": 131047, "title": "Re-engagement", "error_data": details}]
            )
            return
        for state in self.statuses:
            await self._status(person, message["id"], state, ours)

    async def _bring(self, asked: Asked) -> Answer:
        part = next(one for one in asked.parts if one.name == "file")
        return told({"id": self.keep(part.data, part.media_type)})

    async def _block(self, asked: Asked) -> Answer:
        listed = asked.json["block_users"] if asked.body else msgspec.json.decode(asked.query["block_users"])
        users = {str(one["user"]) for one in listed}
        (self.blocked.update if asked.method == "POST" else self.blocked.difference_update)(users)
        return told({"messaging_product": "whatsapp", "block_users": {"added_users": [{"input": one} for one in users]}})

    async def _list(self, _asked: Asked) -> Answer:
        return told({"data": self.templates, "paging": {}})

    async def _node(self, _asked: Asked, key: str) -> Answer | None:
        if key == self.phone:
            shown = {"id": key, "display_phone_number": f"+{DISPLAY}", "verified_name": "Norrsken Air"}
            return told({**shown, "quality_rating": self.quality, "status": self.state})
        if key not in self._media:
            return None
        data, media_type = self._media[key]
        self._links[key] = self.double.now()
        digest = hashlib.sha256(data).hexdigest()
        found = {
            "url": f"{self.double.url}/wa-media/{key}",
            "mime_type": media_type,
            "sha256": digest,
            "file_size": str(len(data)),
            "id": key,
        }
        return told({"messaging_product": "whatsapp", **found})

    async def _give(self, asked: Asked, key: str) -> Answer:
        """Only with the token, and not long after the link was made."""
        fresh = self._links.get(key, 0) > self.double.now() - LINK
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.double.tokens or not fresh:
            return Answer(404 if fresh else 410, b"")
        return Answer(body=self._media[key][0], media_type=self._media[key][1])

    def _recipient(self, said: dict[str, Any]) -> Caller:
        key = str(said.get("to") or said.get("recipient") or "")
        if key in self.unknown:
            raise Refusal(131026, 0, "Message undeliverable")
        return self._people.get(key) or (Caller(name="", scoped=key) if "." in key else Caller(name="", number=key))

    def _opened_at(self, person: Caller) -> int:
        """When they last wrote; a lenient double lets those be answered whom only its forerunner knew."""
        return self._opened.get(person.key, self.double.now() if self.double.lenient else 0)

    def _is_approved(self, template: dict[str, Any]) -> bool:
        wanted = template["name"], an_object(template["language"])["code"]
        return any((one["name"], one["language"]) == wanted and one["status"] == "APPROVED" for one in self.templates)

    def _key(self, mark: str) -> str:
        return f"wamid.{mark}{self.double.number(0)}"

    def _at(self) -> str:
        return str(self.double.now() // SECOND)


TEMPLATE: dict[str, Any] = {
    "name": "baggage_found",
    "language": "sv",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [
        {"type": "HEADER", "format": "TEXT", "text": "Din väska, {{1}}", "example": {"header_text": ["Anna"]}},
        {"type": "BODY", "text": "Vi har hittat din väska {{1}}. Den kommer {{2}}.", "example": {"body_text": [["SK-123", "i morgon"]]}},
        {"type": "FOOTER", "text": "Norrsken Air"},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "QUICK_REPLY", "text": "Tack"}, {"type": "URL", "text": "Följ", "url": "https://n.example/{{1}}"}],
        },
    ],
}


def _words(said: dict[str, Any]) -> str:
    part = an_object(said.get(str(said["type"])))
    parameters = [str(one.get("text")) for component in objects(part.get("components")) for one in objects(component.get("parameters"))]
    return str(part.get("body") or part.get("caption") or " ".join([str(part.get("name", said["type"])), *parameters]))
