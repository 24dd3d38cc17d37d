"""A network with a public and a private side that does as it is told: people comment, we answer, hide and like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import conversations, message_faces, messages, threads
from sluss.cases.recording import Arrival, record_arrivals
from sluss.channels.contract import Address, Capabilities, Connection, Inbound, Outbound, Refused, Sent
from sluss.channels.deeds import Deed
from sluss.channels.happenings import Post
from sluss.channels.models import inboxes
from sluss.replies.sending import SendReply, send_reply
from tests.outbox.scene import PaperPost, Scene, numbers

AUTHOR = Address("4711", "Åsa Lindqvist")
LOUD = Capabilities(
    icon="square",
    label="Square",
    visibility="public",
    can_attach=True,
    max_length=100,
    undo_seconds=10,
    deeds=frozenset({"hide", "unhide", "delete", "like", "unlike", "block", "unblock", "edit", "react"}),
    can_reply_privately=True,
    private_reply_hours=168,
    splits=True,
    max_files=2,
    max_file_bytes=50,
    has_alt=True,
    has_spoiler=True,
)
QUIET = Capabilities(
    icon="mail",
    label="Square",
    visibility="private",
    can_attach=True,
    max_length=1_000,
    undo_seconds=10,
    files_alone=True,
    max_files=1,
    window_hours=24,
    late_hours=168,
    deeds=frozenset({"react"}),
)
steps = count(1)


class Square(PaperPost):
    """Answers with keys of its own; `does` is what it says to a deed, one step each, "done" when there is none."""

    capabilities = QUIET
    public_capabilities = LOUD

    def __init__(self) -> None:
        super().__init__()
        self.deeds: list[Deed] = []
        self.does: list[Exception] = []
        self.answers: list[Sent] = []

    async def send(self, connection: Connection, outbound: Outbound, hand_over: Callable[[], Awaitable[None]]) -> Sent:
        sent = await super().send(connection, outbound, hand_over)
        return self.answers.pop(0) if self.answers else msgspec.structs.replace(sent, external_ids=(f"n{next(steps)}",))

    async def perform(self, connection: Connection, deed: Deed, hand_over: Callable[[], Awaitable[None]]) -> str:
        await hand_over()
        self.deeds.append(deed)
        if self.does:
            raise self.does.pop(0)
        return "done"


NO = Refused("190", "This account has to be connected again.", permanent=True, reconnect=True)


def comment(scene: Scene, text: str = "Var är min väska?", key: str = "c1", **given: Any) -> int:
    """Åsa comments under our post. Returns the message's id."""
    values: dict[str, Any] = {"thread_key": f"p:post1:{key}:4711", "visibility": "public", "kind": "comment"}
    values |= {"post": Post(key="post1", ours=True, text="Nya linjer!"), "url": f"https://square.example/{key}"}
    return say_it(scene, text, key, **values | given)


def write_privately(scene: Scene, text: str = "Hej!", key: str = "d1", **given: Any) -> int:
    """Åsa writes a direct message."""
    return say_it(scene, text, key, **{"thread_key": "dm:4711", "visibility": "private"} | given)


def say_it(scene: Scene, text: str, key: str, **given: Any) -> int:
    n = next(numbers)
    values: dict[str, Any] = {"external_id": key, "dedupe_key": key, "sender": AUTHOR, "subject": "", "text": text, "fresh": text}
    arrival = Arrival(
        envelope_id=n,
        inbox_id=scene.inbox_id,
        network="paper",
        visibility=given["visibility"],
        reopen_days=14,
        received_at=scene.db.clock(),
        windowed=given["visibility"] == "private",
        inbound=Inbound(**values | given),
    )
    return scene.db.write_now(record_arrivals, scene.system, [arrival])[0].message_id


def reply_to(scene: Scene, message_id: int, text: str = "Vi letar.", **given: Any) -> Any:
    """Maja answers where a message stands, whatever she has seen."""
    place = place_of(scene, message_id)
    values: dict[str, Any] = {"op": f"sq{next(numbers)}", "case_id": place.case_id, "conversation_id": place.id, "text": text}
    values["anyway"] = True
    return scene.db.write_now(send_reply, scene.maja, SendReply(**values | given))


def place_of(scene: Scene, message_id: int) -> Any:
    """The conversation of a message, with its thread."""
    v, t, m = conversations.c, threads.c, messages.c
    joined = conversations.join(threads, t.id == v.thread_id).join(messages, m.conversation_id == v.id)
    wanted = sa.select(v.id, v.case_id, v.thread_id, t.external_key, t.visibility, t.identity_id).select_from(joined)
    return scene.db.read_now(lambda tx: tx.row(wanted.where(m.id == message_id)))


def face(scene: Scene, message_id: int) -> Any:
    """How a message stands at its network."""
    return scene.db.read_now(lambda tx: tx.row(sa.select(message_faces).where(message_faces.c.message_id == message_id)))


def set_inbox(scene: Scene, **values: Any) -> None:
    """Change the inbox's own row."""
    scene.db.write_now(lambda tx: tx.run(sa.update(inboxes).where(inboxes.c.id == scene.inbox_id).values(**values)))
