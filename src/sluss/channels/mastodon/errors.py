"""What a Mastodon server's refusals mean. In: status, headers and body of an answer. Out: an exception that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from sluss.channels.contract import Refused, ResultUnknown, Unreachable
from sluss.channels.said import a_text, instant, whole
from sluss.kernel.clock import HOUR, MINUTE, SECOND
from sluss.kernel.words import say

LONGEST_WAIT = HOUR
TOKEN = say("The server does not accept the access any more. Connect the account again.")
SCOPE = say("The server does not allow that to this application: %(detail)s. Connect the account again with all scopes.")
FORBIDDEN = say("The server does not allow that: %(detail)s")
GONE = say("What this answers is not there any more, or the server does not show it to this account.")
WRONG = say("The server does not take this: %(detail)s")
LIMIT = say("The server's limit for this account is used up. Sluss goes on by itself when it is over.")
STRANGE = say("What answered does not speak as Mastodon does (%(status)s). Check the server's name.")
TROUBLE = say("The server answered with an error of its own (%(status)s).")


def raise_for(status: int, headers: Mapping[str, str], said: Mapping[str, Any], now: int) -> NoReturn:
    """Raise what an answer of 400 and above means; `now` in microseconds UTC."""
    detail = (a_text(said.get("error")) or a_text(said.get("error_description")) or str(status))[:300]
    match status:
        case 401:
            raise Refused("401", TOKEN, permanent=False, whole_inbox=True, reconnect=True)
        case 403 if "scope" in detail.lower():
            raise Refused("scope", say(SCOPE, detail=detail), permanent=True)
        case 403:
            raise Refused("403", say(FORBIDDEN, detail=detail), permanent=True)
        case 404 | 410:
            raise Refused(str(status), GONE, permanent=True)
        case 429:
            raise Refused("429", LIMIT, permanent=False, wait=wait_of(headers, now), whole_inbox=True)
        case _ if status >= 500:
            raise ResultUnknown(say(TROUBLE, status=status))
        case _ if status >= 400:
            raise Refused(str(status), say(WRONG, detail=detail), permanent=True)
        case _:
            raise Unreachable(say(STRANGE, status=status))


def wait_of(headers: Mapping[str, str], now: int) -> int:
    """For how long the server wants to be left alone, in microseconds: until the instant that it names."""
    reset, after = instant(headers.get("x-ratelimit-reset", "")), whole(headers.get("retry-after", "")) * SECOND
    return min(max(reset - now if reset else after, SECOND), LONGEST_WAIT) if reset or after else 5 * MINUTE
