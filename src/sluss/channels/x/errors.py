"""What X's refusals mean. In: status, headers and body of an answer. Out: an exception, with a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from sluss.channels.contract import Refused, ResultUnknown, Unreachable
from sluss.channels.said import a_text, objects, whole
from sluss.kernel.clock import HOUR, MINUTE, SECOND
from sluss.kernel.words import say

LONGEST_WAIT = 24 * HOUR
LIMIT = say("X's limit for this account is used up. Sluss goes on by itself when X allows it again.")
CREDITS = say("The credits of your app at X are used up. Add some in the developer console of X; Sluss then goes on by itself.")
TOKEN = say("X does not accept the access any more. Connect the account again.")
GONE = say("What this answers is not there any more, or X does not show it to this account.")
UNASKED = say("X takes an answer of programs only to those who mention or quote your account. Open the post on X and answer it there.")
CLOSED = say("This person takes no direct messages from your account. Ask them in public to write to you: %(link)s")
TWICE = say("X has taken the same words from this account before. Change a word, and send it again.")
FORBIDDEN = say("X does not allow that to this account: %(detail)s")
WRONG = say("X does not take this: %(detail)s")
TROUBLE = say("X answered with an error of its own (%(status)s).")
_ASKED = re.compile(r"summon|mentioned|quoted|not (?:been )?engaged", re.IGNORECASE)
_TWICE = re.compile(r"duplicate", re.IGNORECASE)
_CREDITS = re.compile(r"credit|usage.?cap|spend", re.IGNORECASE)
_DIRECT = re.compile(r"\bdms?\b|direct message|send messages|recipient", re.IGNORECASE)


def raise_for(status: int, headers: Mapping[str, str], said: Mapping[str, Any], now: int) -> NoReturn:
    """Raise what an answer of 400 and above, or one that holds errors alone, means; `now` in microseconds UTC."""
    detail = detail_of(said)
    if status == 402 or (status in {403, 429} and _CREDITS.search(f"{said.get('type', '')} {said.get('title', '')} {detail}")):
        raise Refused("credits", CREDITS, permanent=False, wait=HOUR, whole_inbox=True)
    if status == 429:
        raise Refused("429", LIMIT, permanent=False, wait=wait_of(headers, now), whole_inbox=True)
    if status >= 500:
        raise ResultUnknown(say(TROUBLE, status=status))
    if status == 401:
        raise Refused("401", TOKEN, permanent=False, whole_inbox=True, reconnect=True)
    if status == 403:
        raise _forbidden(detail)
    if status in {404, 410}:
        raise Refused(str(status), GONE, permanent=True)
    if status >= 400 or said.get("errors"):
        raise Refused(str(status), say(WRONG, detail=detail or status), permanent=True)
    raise Unreachable(say("What answered does not speak as X does (%(status)s). Check the base address.", status=status))


def detail_of(said: Mapping[str, Any]) -> str:
    """X's own words on what is wrong, in any of the forms in which it says so."""
    errors = objects(said.get("errors"))
    told = [a_text(one.get(name)) for one in (said, *errors) for name in ("detail", "message", "error_description", "title")]
    return next((one for one in told if one), "")[:300]


def wait_of(headers: Mapping[str, str], now: int) -> int:
    """For how long X wants to be left alone, in microseconds: it names the second at which the limit begins anew."""
    reset = whole(headers.get("x-rate-limit-reset", "")) * SECOND
    return min(max(reset - now, SECOND), LONGEST_WAIT) if reset else 15 * MINUTE


def _forbidden(detail: str) -> Refused:
    if _TWICE.search(detail):
        return Refused("duplicate", TWICE, permanent=True)
    if _ASKED.search(detail):
        return Refused("unasked", UNASKED, permanent=True)
    if _DIRECT.search(detail):
        return Refused("closed", detail, permanent=True)
    return Refused("403", say(FORBIDDEN, detail=detail or "403"), permanent=True)
