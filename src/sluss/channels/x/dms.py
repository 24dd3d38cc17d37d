"""Direct messages as news for the core. In: a message. Out: `Inbound`, from them or from us."""

from __future__ import annotations

from sluss.channels.contract import Inbound, Understood
from sluss.channels.who import Address
from sluss.channels.x.messages import XMessage, is_group
from sluss.channels.x.posts import is_native
from sluss.channels.x.settings import SITE, Mine
from sluss.channels.x.wanting import wanted_media, wanted_person
from sluss.kernel.words import say

ENCRYPTED = say("An encrypted message, which X shows in its own programs alone. Open it on X.")
ENCRYPTED_ANSWER = say("An encrypted message of ours, written on X. Only X shows what it says.")
ONLY_THERE = say("X encrypts this conversation, so it can be answered on X alone.")


def direct_news(message: XMessage, mine: Mine, received_at: int) -> list[Understood]:
    """A message of theirs, or one of ours that was written somewhere else or comes back."""
    ours = message.sender.id == mine.user_id
    return [_out(message, mine, received_at) if ours else _in(message, mine, received_at)]


def _in(message: XMessage, mine: Mine, received_at: int) -> Inbound:
    text = ENCRYPTED if message.is_encrypted else message.text
    person = () if message.sender.handle else wanted_person(message.sender.id)
    return Inbound(
        external_id=message.id,
        dedupe_key=f"x:dm:{message.id}",
        sender=message.sender.address,
        subject="",
        text=text,
        fresh=text,
        to=(Address(mine.address),),
        sent_at=message.at or received_at,
        thread_key=f"dm:{message.conversation}",
        visibility="private",
        kind="encrypted" if message.is_encrypted else "message",
        url=_url(message),
        unanswerable=ONLY_THERE if message.is_encrypted else "",
        facts={"conversation": message.conversation},
        wanted=(*wanted_media(message.id, message.media, "message"), *person),
        profile=message.sender.profile,
    )


def _out(message: XMessage, mine: Mine, received_at: int) -> Inbound:
    text = ENCRYPTED_ANSWER if message.is_encrypted else message.text
    native = is_native(message.program)
    return Inbound(
        external_id=message.id,
        dedupe_key=f"x:dm:{message.id}",
        sender=Address(mine.address),
        subject="",
        text=text,
        fresh=text,
        to=(Address(message.recipient),) if message.recipient else (),
        sent_at=message.at or received_at,
        direction="out",
        origin="native" if native else "other tool",
        author=None if native else Address("", message.program),
        thread_key=f"dm:{message.conversation}",
        visibility="private",
        kind="encrypted" if message.is_encrypted else "message",
        url=_url(message),
        facts={"conversation": message.conversation},
        wanted=wanted_media(message.id, message.media, "message"),
    )


def _url(message: XMessage) -> str:
    return f"{SITE}/messages/{message.conversation}" if is_group(message.conversation) else f"{SITE}/messages"
