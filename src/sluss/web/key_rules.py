"""Which keys somebody may choose for an action. In: keys as they are typed, or as a browser spells them. Out: one spelling, or why not.

No key that writes a letter on some keyboard with AltGr or a dead key, none that the browser has, none that another action has.
"""

from __future__ import annotations

from collections.abc import Mapping

from sluss.kernel.errors import Trouble
from sluss.kernel.words import say
from sluss.web.keys import BY_ID, KEYS, Context, Key, keys_of

ALTGR = frozenset("[]{}\\|@~€$£¤µąćęłńóśźżĄĆĘŁŃÓŚŹŻ²³")
DEAD = frozenset("´`^¨~")
_SHIFTED = ("shift+", "shift-", "⇧")


class Refused(Trouble):
    """A key that this action cannot have, and why."""

    status = 422


def read_keys(typed: str) -> str:
    """One spelling of what somebody typed or pressed: `SHIFT + E`, `Shift-e` and `E` with Shift are `Shift+e`. Empty is no key."""
    joined = typed.strip().replace(" + ", "+").replace("+ ", "+").replace(" +", "+") if len(typed.strip()) > 1 else typed.strip()
    return " ".join(_one(step) for step in joined.split())


def allow_keys(action: str, keys: str, own: Mapping[str, str]) -> None:
    """Raise `Refused` unless this agent may have these keys for this action."""
    key = BY_ID.get(action)
    if key is None or key.fixed:
        raise Refused("This action keeps its key.")
    if not keys:
        return
    steps = keys.split(" ")
    if len(steps) > 2:
        raise Refused("One key, or two one after the other.")
    for step in steps:
        _allow_step(step)
    other = other_with(action, keys, own)
    if other is not None:
        raise Refused(say("“%(reason)s” has this key. Change that one first.", reason=other.label))


def other_with(action: str, keys: str, own: Mapping[str, str]) -> Key | None:
    """Another action, within reach of this one, that the keys would reach as well or that they would cut off."""
    mine = BY_ID[action].context
    for key in KEYS:
        if key.id != action and not _apart(mine, key.context) and any(_meet(keys, one) for one in keys_of(key.id, own)):
            return key
    return None


def _one(step: str) -> str:
    lowered = step.lower()
    for mark in _SHIFTED:
        if lowered.startswith(mark) and len(step) > len(mark):
            return f"Shift+{lowered.removeprefix(mark)}"
    return lowered if len(step) == 1 else step


def _allow_step(step: str) -> None:
    bare = step.removeprefix("Shift+")
    lowered = step.lower()
    if "alt" in lowered or "option" in lowered or bare in ALTGR:
        raise Refused("This key needs AltGr on some keyboards, where letters are written with it. Choose another.")
    if bare in DEAD:
        raise Refused("This key waits for a letter on many keyboards. Choose another.")
    if lowered.startswith(("ctrl", "cmd", "⌘", "control", "meta")):
        raise Refused("Ctrl and ⌘ belong to the browser. Choose a key without them.")
    if len(bare) != 1 or not bare.isprintable():
        raise Refused("This key means something in every page, or is none. Choose a letter, a digit or a sign.")
    if step != bare and not bare.isalpha():
        raise Refused("Press the sign itself: Shift is told only with a letter.")


def _apart(one: Context, other: Context) -> bool:
    """Whether two contexts never hold at once. While writing, single keys are letters."""
    return one != other and ("writing" in {one, other} or {one, other} == {"row", "thread"})


def _meet(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other} ") or other.startswith(f"{one} ")
