"""What Telegram tells, as far as Sluss reads it. In: the bytes of one update. Out: typed values; unknown fields and kinds do no harm.

Chats, people and messages have numbers beyond 32 bits. Places in a text are counted in UTF-16 units.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person or a bot."""

    id: int
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """`private` has the number of the person in it; a group's is negative."""

    id: int
    type: str = "private"
    title: str = ""
    username: str = ""
    first_name: str = ""
    last_name: str = ""


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """Form of a part of a text."""

    type: str
    offset: int
    length: int
    url: str = ""
    user: User | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """Any kind of file; of a picture there are several sizes."""

    file_id: str
    file_unique_id: str = ""
    file_size: int = 0
    file_name: str = ""
    mime_type: str = ""
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A place; with `live_period` one that moves."""

    latitude: float
    longitude: float
    live_period: int = 0


class Venue(msgspec.Struct, frozen=True, kw_only=True):
    """A place with a name."""

    location: Location
    title: str = ""
    address: str = ""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's card, as it is passed on."""

    phone_number: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: int = 0


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that a poll offers."""

    text: str = ""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A question with answers to choose from."""

    question: str = ""
    options: tuple[Option, ...] = ()


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A button under a message."""

    text: str = ""
    callback_data: str = ""


class Keyboard(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of buttons."""

    inline_keyboard: tuple[tuple[Button, ...], ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message, whoever wrote it. A changed one bears the number of the first."""

    message_id: int
    chat: Chat
    date: int = 0
    author: User | None = msgspec.field(default=None, name="from")
    sender_chat: Chat | None = None
    sender_business_bot: User | None = None
    business_connection_id: str = ""
    message_thread_id: int = 0
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    edit_date: int = 0
    media_group_id: str = ""
    reply_to_message: Message | None = None
    text: str = ""
    caption: str = ""
    entities: tuple[Entity, ...] = ()
    caption_entities: tuple[Entity, ...] = ()
    photo: tuple[File, ...] = ()
    document: File | None = None
    animation: File | None = None
    video: File | None = None
    video_note: File | None = None
    voice: File | None = None
    audio: File | None = None
    sticker: File | None = None
    location: Location | None = None
    venue: Venue | None = None
    contact: Card | None = None
    poll: Poll | None = None
    reply_markup: Keyboard | None = None
    migrate_to_chat_id: int = 0


class CallbackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody pressed a button."""

    id: str
    author: User = msgspec.field(name="from")
    message: Message | None = None
    data: str = ""


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """`type` is `emoji`, `custom_emoji` or `paid`."""

    type: str = ""
    emoji: str = ""


class MessageReaction(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody's reactions to a message were and are."""

    chat: Chat
    message_id: int
    date: int
    user: User | None = None
    actor_chat: Chat | None = None
    old_reaction: tuple[Reaction, ...] = ()
    new_reaction: tuple[Reaction, ...] = ()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody stands in a chat."""

    status: str = ""


class MemberChange(msgspec.Struct, frozen=True, kw_only=True):
    """How the bot itself stands in a chat, before and now; who blocks it is `kicked` it."""

    chat: Chat
    author: User = msgspec.field(name="from")
    date: int = 0
    old_chat_member: Member = Member()
    new_chat_member: Member = Member()


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot may do in the chats of a business account."""

    can_reply: bool = False


class BusinessConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A business account that is connected to the bot, or no longer."""

    id: str
    user: User
    date: int = 0
    rights: Rights = Rights()
    is_enabled: bool = True


class DeletedMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that were taken away in a chat of a business account."""

    business_connection_id: str
    chat: Chat
    message_ids: tuple[int, ...] = ()


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of news, of exactly one kind."""

    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    business_message: Message | None = None
    edited_business_message: Message | None = None
    deleted_business_messages: DeletedMessages | None = None
    business_connection: BusinessConnection | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReaction | None = None
    my_chat_member: MemberChange | None = None


ALLOWED = tuple(one.encode_name for one in msgspec.structs.fields(Update) if one.encode_name != "update_id")
"""The kinds that are asked for by name: reactions do not come otherwise."""

_OURS = frozenset(one.encode_name for one in msgspec.structs.fields(Message))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_QUIET = _words(
    "sender_boost_count sender_tag via_bot author_signature is_from_offline has_protected_content has_media_spoiler effect_id quote "
    "show_caption_above_media link_preview_options paid_star_count is_paid_post external_reply reply_to_story forward_origin "
    "forward_from forward_date forward_from_chat forward_from_message_id forward_sender_name forward_signature direct_messages_topic "
    "reply_to_checklist_task_id new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant "
    "new_chat_title new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created "
    "message_auto_delete_timer_changed migrate_from_chat_id pinned_message connected_website write_access_allowed users_shared "
    "user_shared chat_shared proximity_alert_triggered boost_added chat_background_set forum_topic_created forum_topic_edited "
    "forum_topic_closed forum_topic_reopened general_forum_topic_hidden general_forum_topic_unhidden giveaway_created "
    "giveaway_completed giveaway_winners video_chat_scheduled video_chat_started video_chat_ended video_chat_participants_invited "
    "web_app_data successful_payment refunded_payment paid_message_price_changed direct_message_price_changed checklist_tasks_done "
    "checklist_tasks_added suggested_post_approved suggested_post_approval_failed suggested_post_declined suggested_post_paid "
    "suggested_post_refunded"
)
"""Fields beside those that say something themselves, and what the chat tells of itself."""


def object_of(value: object) -> dict[str, Any]:
    """A value of JSON as an object; empty when it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def unknown_content(message: dict[str, Any]) -> str:
    """The name of what a message carries that Sluss cannot show (`dice`, `story`, …); empty when there is nothing of the kind."""
    return next((name for name in message if name not in _OURS and name not in _QUIET), "")
