"""One update, understood. In: its bytes, and the bot that it came to. Out: messages, edits, reactions, buttons, news of the account.

Nothing is asked for here, and nothing is remembered: whose message it is can be seen from itself. In a private chat the chat has the number
of the customer, so whoever else writes there is the business account that the bot is connected to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sluss.channels.contract import Connection, Delivered, Inbound, Understood, Unparsable
from sluss.channels.happenings import AccountNews, Barred, Changed, Opened, Reacted, Renamed, Wanted
from sluss.channels.telegram.content import facts_of, group_of, person_of, place_in, said_in, wanted_of
from sluss.channels.telegram.groups import understand_in_group
from sluss.channels.telegram.keys import Place, bot_of, message_key, private_thread
from sluss.channels.telegram.refusals import BLOCKED
from sluss.channels.telegram.updates import (
    BusinessConnection,
    CallbackQuery,
    DeletedMessages,
    MemberChange,
    Message,
    MessageReaction,
    Update,
)
from sluss.channels.who import Address
from sluss.kernel.clock import SECOND
from sluss.kernel.text import clean_line, clean_text
from sluss.kernel.words import say

GROUPS = frozenset({"group", "supergroup"})
START = "/start"
TELEGRAM = 777_000
"""The number under which Telegram itself writes to people."""


def understand_update(delivered: Delivered, connection: Connection) -> list[Understood]:
    """All that an update says; of a kind that this release does not know nothing. Raises `Unparsable`."""
    try:
        raw: Any = msgspec.json.decode(delivered.raw)
        update = msgspec.convert(raw, Update)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise Unparsable(say("This is no update of Telegram's.")) from error
    return _Reading(delivered, connection, raw).read(update)


class _Reading:
    def __init__(self, delivered: Delivered, connection: Connection, raw: dict[str, Any]) -> None:
        self._delivered, self._connection, self._raw = delivered, connection, raw
        self._bot = bot_of(connection)

    def read(self, update: Update) -> list[Understood]:
        readers: list[tuple[Any, Callable[[Any], list[Understood]]]] = [
            (update.message or update.business_message, self._message),
            (update.edited_message or update.edited_business_message, self._edited),
            (update.deleted_business_messages, self._deleted),
            (update.callback_query, self._pressed),
            (update.message_reaction, self._reacted),
            (update.my_chat_member, self._membership),
            (update.business_connection, self._business),
        ]
        for news, read in readers:
            if news is not None:
                return read(news)
        return []

    def _message(self, message: Message) -> list[Understood]:
        raw = self._raw.get("message") or self._raw["business_message"]
        if message.migrate_to_chat_id:
            before, after = f"p:{message.chat.id}:", f"p:{message.migrate_to_chat_id}:"
            return [Renamed(what="thread", before=before, after=after)]
        if message.chat.type in GROUPS:
            return understand_in_group(message, raw, self._connection)
        if message.chat.type != "private" or message.author is None or message.author.id == TELEGRAM:
            return []
        if message.text == START:
            # Whoever only pressed Start has asked nothing yet; from now on the bot may write.
            return [Opened(thread_key=private_thread(place_in(message)), at=message.date * SECOND)]
        said = said_in(message, raw)
        if said is None:
            return []
        found = self._inbound(message, said.text, said.html, said.kind)
        return [self._ours(message, found) if message.author.id != message.chat.id else found]

    def _inbound(self, message: Message, text: str, html: str, kind: str) -> Inbound:
        place = place_in(message)
        key = message_key(self._bot, place, message.message_id)
        answered = message.reply_to_message
        parent = message_key(self._bot, place, answered.message_id) if answered is not None else ""
        customer, profile = person_of(message.author) if message.author is not None else (Address(str(message.chat.id)), None)
        facts = facts_of(message)
        if text.startswith(f"{START} "):
            kind, facts["start"] = "start", text.removeprefix(START).strip()[:64]
        return Inbound(
            external_id=key,
            dedupe_key=key,
            sender=customer,
            subject="",
            text=text,
            fresh=text,
            html=html,
            references=(parent,) if parent else (),
            sent_at=message.date * SECOND,
            thread_key=private_thread(place),
            visibility="private",
            kind=kind,
            parent_key=parent,
            facts=facts,
            wanted=wanted_of(message, key),
            profile=profile,
        )

    def _ours(self, message: Message, found: Inbound) -> Inbound:
        """Written by the business account: by a person in Telegram itself, by this bot, or by another program on the account's behalf."""
        bot = message.sender_business_bot
        author, _ = person_of(bot or message.author) if message.author is not None else (found.sender, None)
        customer = Address(str(message.chat.id), clean_line(f"{message.chat.first_name} {message.chat.last_name}")[:80])
        tool = bot is not None and bot.id != self._bot
        return msgspec.structs.replace(
            found,
            direction="out",
            origin="other tool" if tool else "native",
            sender=Address(self._connection.address, author.name),
            author=author,
            to=(customer,),
            opens=False,
            profile=None,
        )

    def _edited(self, message: Message) -> list[Understood]:
        live = message.location is not None and message.location.live_period
        said = said_in(message, {})
        if live or said is None or (message.author is not None and message.author.id == self._bot):
            return []
        key = message_key(self._bot, place_in(message), message.message_id)
        at = (message.edit_date or message.date) * SECOND
        whose = message.author is not None and message.chat.type == "private" and message.author.id != message.chat.id
        return [Changed(external_id=key, what="edited", at=at, text=said.text, html=said.html, by="us" if whose else "author")]

    def _deleted(self, gone: DeletedMessages) -> list[Understood]:
        """Who took them away is not told, nor when."""
        place = Place(chat=gone.chat.id, business=gone.business_connection_id)
        keys = [message_key(self._bot, place, one) for one in gone.message_ids[:1000]]
        return [Changed(external_id=one, what="removed", at=self._delivered.received_at) for one in keys]

    def _pressed(self, query: CallbackQuery) -> list[Understood]:
        """A button counts once, however often its press is told; Telegram shows a clock on it until it is answered."""
        answer = Wanted(kind="item", key=f"callback:{query.id}", ref={"callback": query.id})
        under, person = query.message, person_of(query.author)
        place = place_in(under) if under is not None else Place(chat=query.author.id)
        in_group = under is not None and under.chat.type in GROUPS
        parent = message_key(self._bot, place, under.message_id) if under is not None else ""
        text = clean_text(_label(query)).strip()[:4096]
        found = Inbound(
            external_id=f"callback:{self._bot}:{query.id}",
            dedupe_key=f"callback:{self._bot}:{query.id}",
            sender=person[0],
            subject="",
            text=text,
            fresh=text,
            references=(parent,) if parent else (),
            thread_key=private_thread(place),
            visibility="private",
            kind="button",
            parent_key=parent,
            facts={"data": clean_line(query.data)[:64], "chat": place.chat, "callback": query.id},
            wanted=(answer,),
            profile=person[1],
        )
        if in_group and under is not None:
            pressed = msgspec.structs.replace(under, author=query.author, sender_chat=None, reply_to_message=None)
            return understand_in_group(pressed, {}, self._connection, found)
        return [found]

    def _reacted(self, news: MessageReaction) -> list[Understood]:
        if news.user is not None:
            who = person_of(news.user)[0]
        elif news.actor_chat is not None:
            who = group_of(news.actor_chat)[0]
        else:
            return []
        key = message_key(self._bot, Place(chat=news.chat.id), news.message_id)
        shown = next(iter(news.new_reaction or news.old_reaction), None)
        emoji = (shown.emoji or "⭐") if shown is not None else "👍"
        thread = private_thread(Place(chat=news.chat.id)) if news.chat.type == "private" else ""
        return [Reacted(external_id=key, sender=who, emoji=emoji, at=news.date * SECOND, on=bool(news.new_reaction), thread_key=thread)]

    def _membership(self, news: MemberChange) -> list[Understood]:
        status = news.new_chat_member.status
        if news.chat.type == "private":
            sentence = "" if status == "member" else BLOCKED
            return [Barred(thread_key=f"dm:{news.chat.id}", at=news.date * SECOND, reason=sentence)]
        if status not in {"kicked", "left"}:
            return []
        title = clean_line(news.chat.title)[:80]
        return [_warned(say("The bot was removed from “%(chat)s”; nothing comes from there any more.", chat=title))]

    def _business(self, news: BusinessConnection) -> list[Understood]:
        owner = person_of(news.user)[0].name
        if not news.is_enabled:
            return [_warned(say("The business account “%(owner)s” is no longer connected to the bot.", owner=owner))]
        if not news.rights.can_reply:
            return [_warned(say("The bot may read for “%(owner)s” but not answer. Allow it in Telegram's settings.", owner=owner))]
        return [AccountNews(state="ok", reason=say("The business account “%(owner)s” is connected to the bot.", owner=owner))]


def _warned(sentence: str) -> AccountNews:
    return AccountNews(state="warn", reason=sentence)


def _label(query: CallbackQuery) -> str:
    """The words on the button that was pressed."""
    keyboard = query.message.reply_markup if query.message is not None else None
    rows = keyboard.inline_keyboard if keyboard is not None else ()
    return next((one.text for row in rows for one in row if one.callback_data == query.data and one.text), query.data)
