"""What it means when Telegram says no. In: status and body of an answer. Out: `Refused` or `ResultUnknown`, with what a person can do."""

from __future__ import annotations

from typing import Any

from sluss.channels.contract import Refused, ResultUnknown
from sluss.channels.telegram.updates import object_of
from sluss.kernel.clock import SECOND
from sluss.kernel.text import clean_line
from sluss.kernel.words import say

LONGEST_WAIT = 24 * 60 * 60

BLOCKED = say("The customer has blocked the bot. They must unblock it and write before an answer can reach them.")
NEVER = (
    ("bot was blocked by the user", BLOCKED),
    ("user is deactivated", say("The customer's Telegram account is deleted.")),
    ("can't initiate conversation", say("A bot may not write first. Send the customer a link to the bot; they must press Start there.")),
    ("bot was kicked", say("The bot was removed from this group. Somebody there must add it again.")),
    ("bot is not a member", say("The bot is not in this group. Somebody there must add it.")),
    ("not enough rights", say("The bot has no right to do this in the group. An administrator of the group must give it.")),
    ("have no rights to send", say("The bot may not write in this group. An administrator of the group must allow it.")),
    ("chat_write_forbidden", say("The bot may not write in this group. An administrator of the group must allow it.")),
    ("topic_closed", say("This topic of the group is closed.")),
    ("chat not found", say("Telegram does not know this chat. The customer must press Start in the bot first.")),
    (
        "business_peer",
        say("Telegram lets a business bot answer for 24 hours after the customer's last message. Answer in Telegram itself."),
    ),
    ("business_connection", say("The business account is no longer connected to the bot. Connect it again in Telegram's settings.")),
    ("message is too long", say("The text is longer than Telegram takes. Send it in parts.")),
    ("caption is too long", say("A text that goes with a file may have 1,024 characters. Send the two one after the other.")),
    ("message can't be deleted", say("Telegram does not delete this any more: a bot may do so for 48 hours.")),
    ("message can't be edited", say("Telegram does not change this message any more.")),
    ("file is too big", say("The file is larger than Telegram takes from a bot.")),
    ("request entity too large", say("The file is larger than Telegram takes from a bot.")),
)
"""Part of Telegram's own words in lower case, and what they mean for people."""


class Moved(Exception):
    """The group has become a supergroup, which has another number; nothing was done."""

    def __init__(self, chat: int) -> None:
        super().__init__(chat)
        self.chat = chat


def meant_by(status: int, said: dict[str, Any]) -> Exception:
    """What an answer without a result means."""
    code: Any = said.get("error_code")
    code = code if isinstance(code, int) else status
    words = clean_line(str(said.get("description") or ""))[:300]
    parameters = object_of(said.get("parameters"))
    if isinstance(parameters.get("migrate_to_chat_id"), int):
        return Moved(parameters["migrate_to_chat_id"])
    if code == 429:
        rest = parameters.get("retry_after")
        seconds = min(rest, LONGEST_WAIT) if isinstance(rest, int) and rest > 0 else 30
        sentence = say("Telegram wants no more messages for %(seconds)s seconds. Sluss goes on by itself then.", seconds=seconds)
        return Refused("429", sentence, permanent=False, wait=seconds * SECOND)
    if code in {401, 404} and said.get("ok") is False:
        sentence = say("Telegram does not take the bot's token any more. Get a new one from @BotFather, and paste it into the settings.")
        return Refused(str(code), sentence, permanent=False, reconnect=True, whole_inbox=True)
    if code >= 500 or said.get("ok") is not False:
        return ResultUnknown(say("Telegram answered with an error of its own (%(status)s).", status=status))
    known = next((sentence for part, sentence in NEVER if part in words.lower()), "")
    return Refused(str(code), known or say("Telegram says no: %(words)s", words=words or code), permanent=code != 409)
