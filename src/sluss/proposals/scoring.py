"""How likely two messages are of one matter. In: both, and how many others share what they share. Out: a score, and the reason to tell.

The weights were chosen on the labelled pairs of bench/pairs (`python -m bench.proposals` tells precision and recall).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

import msgspec

from sluss.kernel.clock import HOUR
from sluss.proposals.features import Said

Reason = Literal["text", "code", "phone", "contact", "person"]
THRESHOLD = 50
OFTEN = 3
"""What so many other customers share within the time tells nothing: a template, a newsletter, a number of the company's own."""
LONG, SHORT = 12, 5
_COMMON_NAMES = (
    "anna maria eva karin kristina lena kerstin emma sara erik lars karl anders johan per nils mikael jan peter andersson johansson"
    " karlsson nilsson eriksson larsson olsson persson svensson gustafsson katarzyna malgorzata agnieszka barbara ewa piotr krzysztof"
    " andrzej tomasz pawel michal marcin nowak kowalski kowalska wisniewski wisniewska wojcik kowalczyk kaminski kaminska lewandowski"
    " lewandowska zielinski zielinska john david michael james mary sarah smith jones williams brown taylor johnson wilson davies evans"
    " thomas"
)
COMMON = frozenset(_COMMON_NAMES.split())
_EMPTY_WORDS = (
    "och att det som en ar pa for med den har jag inte om ett men var vi ni min mitt kan ska hej tack nar vad fran till er era skulle"
    " vill mig the and you your is are was have this that with for from my we our it can could would please when what hello hi thanks"
    " thank to of a i in on me not do sie w na nie to jest ze z co jak za po ale czy mam moja moj moje dzien dobry prosze dziekuje od"
    " dla przez mi o sa"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


class Shared(msgspec.Struct, frozen=True):
    """How many other customers share the marks of two messages, by kind of mark; none by default."""

    text: int = 0
    phone: int = 0
    code: int = 0


class Score(msgspec.Struct, frozen=True):
    """From 0 to 100, and the best reason."""

    value: int
    reason: Reason


def score(one: Said, other: Said, shared: Shared = Shared()) -> Score:  # noqa: B008 - frozen
    """How likely it is; from `THRESHOLD` on it is proposed."""
    alike = likeness(one, other)
    weights: dict[Reason, float] = {
        "text": _text(one, other, alike) if shared.text < OFTEN else 0.0,
        "code": 0.5 if one.codes & other.codes and shared.code < OFTEN else 0.0,
        "phone": 0.45 if one.phones & other.phones and shared.phone < OFTEN else 0.0,
        "contact": _contact(one, other),
        "person": _person(one, other),
    }
    total = sum(weights.values()) + _near(one, other) + _topic(one, other) - _against(one, other)
    reason = max(weights, key=lambda key: weights[key])
    return Score(max(0, min(100, round(100 * total))), reason)


def likeness(one: Said, other: Said) -> float:
    """The share of shingles that two texts have in common."""
    either = one.shingles | other.shingles
    return len(one.shingles & other.shingles) / len(either) if either else 0.0


def _text(one: Said, other: Said, alike: float) -> float:
    shorter = min(len(one.words), len(other.words))
    within = len(one.shingles & other.shingles) / max(1, min(len(one.shingles), len(other.shingles)))
    if shorter < SHORT:
        return 0.0
    if shorter < LONG:
        return 0.35 if alike > 0.8 else 0.2 if alike > 0.4 else 0.0
    return 0.55 if alike > 0.85 else 0.48 if alike > 0.5 or within > 0.8 else 0.3 if alike > 0.25 else 0.0


def _contact(one: Said, other: Said) -> float:
    """Known to be the same: by two ways in, hardly two matters at once."""
    if one.contact != other.contact:
        return 0.0
    return 0.42 if one.inbox != other.inbox else 0.25


def _person(one: Said, other: Said) -> float:
    if one.contact == other.contact or not same_name(one, other):
        return 0.0
    return 0.22 if one.full_name <= COMMON else 0.38


def same_name(one: Said, other: Said) -> bool:
    """Whether both bear one full name, or one's address is made of the other's name."""
    mine, theirs = one.full_name, other.full_name
    if min(len(mine), len(theirs)) > 1:
        return len(mine & theirs) > 1
    spelled = {"".join(sorted(mine)), "".join(sorted(mine, reverse=True))}, {"".join(sorted(theirs)), "".join(sorted(theirs, reverse=True))}
    return (len(mine) > 1 and bool(spelled[0] & other.local_name)) or (len(theirs) > 1 and bool(spelled[1] & one.local_name))


def _against(one: Said, other: Said) -> float:
    """Two people who say that they are two, or two references."""
    mine, theirs = one.stated_name, other.stated_name
    against = 0.3 if one.codes and other.codes and not one.codes & other.codes else 0.0
    if min(len(mine), len(theirs)) > 1 and sum(bool(get_close_matches(part, theirs, 1, 0.84)) for part in mine) < 2:
        # A couple or an assistant may well speak of one booking.
        against += 0.1 if one.codes & other.codes else 0.4
    return against


def _near(one: Said, other: Said) -> float:
    apart = abs(one.at - other.at)
    return 0.1 if apart <= HOUR else 0.05 if apart <= 6 * HOUR else 0.0


def _topic(one: Said, other: Said) -> float:
    """Words that carry a meaning, in both."""
    mine, theirs = set(one.words) - _EMPTY, set(other.words) - _EMPTY
    if min(len(mine), len(theirs)) < 2:
        return 0.0
    part = len({word[:5] for word in mine} & {word[:5] for word in theirs}) / min(len(mine), len(theirs))
    return 0.2 if part >= 0.5 else 0.12 if part >= 0.3 else 0.05 if part >= 0.2 else -0.05
