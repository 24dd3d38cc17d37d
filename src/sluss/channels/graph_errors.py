"""What Meta's errors mean. In: status, headers and body of an answer. Out: an exception, with a sentence that says what to do.

The codes are those of Facebook, Messenger and Instagram; another network of Meta's brings a table of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from sluss.channels.contract import Refused, ResultUnknown, Unreachable
from sluss.channels.said import an_object, objects, read_object, whole
from sluss.kernel.clock import MINUTE, SECOND
from sluss.kernel.words import say

Way = Literal["never", "again", "wait", "reconnect", "unknown"]
WAIT = 5 * MINUTE
LONGEST_WAIT = 24 * 60 * MINUTE


class Verdict(msgspec.Struct, frozen=True):
    """What one error means: `never` the same again, `again` later, `wait` for the limit, `reconnect`, or nobody knows whether it went.

    `least` is how long to wait where Meta does not say, in microseconds.
    """

    way: Way
    sentence: str
    whole_inbox: bool = False
    least: int = 0


_LIMIT = Verdict(
    "wait", say("Meta's limit for this account is used up. Sluss goes on by itself when Meta allows it again."), whole_inbox=True
)
_RIGHTS = Verdict("reconnect", say("Meta does not let this app do that any more. Connect the account again, and give all permissions."))
_PASSING = Verdict("again", say("Meta has a passing trouble."))
_GONE = Verdict("never", say("What this answers is not there any more, or Meta does not show it to this app."))
_WINDOW = Verdict(
    "never", say("Meta's time for an answer to this person is over. Wait until the person writes again, or answer by another way.")
)
_PERSON = Verdict("never", say("This person cannot be reached: the account is closed, or has blocked yours."))

VERDICTS: dict[tuple[int, int | None], Verdict] = {
    (1, 1357046): Verdict("unknown", say("Meta reports a passing trouble, after which messages have been seen to arrive.")),
    (1, None): _PASSING,
    (2, None): _PASSING,
    (1200, None): _PASSING,
    **{(code, None): _LIMIT for code in (4, 17, 32, 613, 80001, 80002, 80006)},
    (10, 2018278): _WINDOW,
    (10, 2534022): _WINDOW,
    (10, 2018300): Verdict("never", say("Another program holds this conversation at Meta. Take it over there, or answer there.")),
    (10, None): _RIGHTS,
    (100, 33): _GONE,
    (100, 2018001): _PERSON,
    (100, 2534014): _PERSON,
    (100, None): Verdict("never", say("Meta does not take this in this form.")),
    (190, 458): Verdict("reconnect", say("The app was removed from the account. Connect the account again.")),
    (190, 460): Verdict("reconnect", say("The password was changed, which ends every connection. Connect the account again.")),
    (190, 463): Verdict("reconnect", say("The connection has run out. Connect the account again.")),
    (190, None): Verdict("reconnect", say("Meta does not accept the token any more. Connect the account again.")),
    (102, None): Verdict("reconnect", say("Meta does not accept the token any more. Connect the account again.")),
    (200, None): _RIGHTS,
    (230, None): _RIGHTS,
    (368, None): Verdict(
        "wait", say("Meta has blocked this account for its rules. See its support inbox there."), whole_inbox=True, least=60 * MINUTE
    ),
    (551, None): _PERSON,
    (10900, None): Verdict("never", say("A private answer has been given to this already; Meta allows one.")),
    (10903, None): Verdict("never", say("Meta does not allow a private answer to this person.")),
    (2018344, None): Verdict("never", say("An administrator of the page must accept Meta's terms first.")),
}


def verdict_on(error: Mapping[str, Any], also: Mapping[tuple[int, int | None], Verdict] | None = None) -> Verdict | None:
    """What is known of an error body's `error`; `also` counts before what all of Meta has in common. None for a code nobody told of."""
    code, subcode = whole(error.get("code")), whole(error.get("error_subcode"))
    for table in (also or {}, VERDICTS):
        found = table.get((code, subcode)) or table.get((code, None))
        if found is not None:
            return found
    return None


def raise_for(
    status: int, headers: Mapping[str, str], said: Mapping[str, Any], also: Mapping[tuple[int, int | None], Verdict] | None = None
) -> None:
    """Raise what an answer of 400 and above means. What has no error that can be read is `ResultUnknown` from 500 on."""
    error = an_object(said.get("error"))
    if not error:
        _raise_for_status(status, headers)
        return
    found = verdict_on(error, also) or _unknown_code(status, error)
    code, reason = _code_of(error), _reason(found, error)
    match found.way:
        case "unknown":
            raise ResultUnknown(reason)
        case "again":
            raise Refused(code, reason, permanent=False)
        case "wait":
            raise Refused(code, reason, permanent=False, wait=max(wait_of(headers), found.least), whole_inbox=found.whole_inbox)
        case "reconnect":
            raise Refused(code, reason, permanent=False, whole_inbox=True, reconnect=True)
        case "never":
            raise Refused(code, reason, permanent=True)


def wait_of(headers: Mapping[str, str]) -> int:
    """For how long the network wants to be left alone, in microseconds: what its headers say, else some minutes."""
    after = headers.get("retry-after", "")
    seconds = int(after[:6]) * SECOND if after.isdigit() else 0
    minutes = max((whole(one.get("estimated_time_to_regain_access")) for one in _business(headers)), default=0) * MINUTE
    return min(max(seconds, minutes) or WAIT, LONGEST_WAIT)


def usage_of(headers: Mapping[str, str]) -> int:
    """How much of the limits is used, in percent: the worst of what the headers tell, 0 when they tell nothing."""
    told = [*_business(headers), read_object(headers.get("x-app-usage", "")) or {}]
    return max((whole(one.get(name)) for one in told for name in ("call_count", "total_time", "total_cputime")), default=0)


def _raise_for_status(status: int, headers: Mapping[str, str]) -> None:
    if status == 429:
        raise Refused("429", _LIMIT.sentence, permanent=False, wait=wait_of(headers), whole_inbox=True)
    if status >= 500:
        raise ResultUnknown(say("Meta answered with an error of its own (%(status)s).", status=status))
    raise Unreachable(say("What answered does not speak as Meta does (%(status)s). Check the address of the interface.", status=status))


def _unknown_code(status: int, error: Mapping[str, Any]) -> Verdict:
    """A code that this release does not know: Meta's own word on whether it passes, else the status."""
    code = whole(error.get("code"))
    if 200 <= code <= 299:
        return _RIGHTS
    return _PASSING if error.get("is_transient") is True or status >= 500 else Verdict("never", say("Meta refuses this."))


def _code_of(error: Mapping[str, Any]) -> str:
    subcode = whole(error.get("error_subcode"))
    return f"{whole(error.get('code'))}/{subcode}" if subcode else str(whole(error.get("code")))


def _reason(found: Verdict, error: Mapping[str, Any]) -> str:
    """Our sentence, and what Meta says to people, with the mark by which its support finds the case."""
    theirs = next((text for name in ("error_user_msg", "message") if isinstance(text := error.get(name), str) and text.strip()), "")
    trace = error.get("fbtrace_id")
    mark = f" [{trace[:40]}]" if isinstance(trace, str) and trace else ""
    if not theirs:
        return found.sentence
    return say("%(reason)s Meta says: %(said)s", reason=found.sentence, said=" ".join(theirs.split())[:300] + mark)


def _business(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    told = read_object(headers.get("x-business-use-case-usage", "")) or {}
    return [one for items in told.values() for one in objects(items)]
