"""The one registry of keys. In: an agent's own keys. Out: what the page, its tooltips, `kbd` hints, the `?` sheet and the palette show.

A new action is one line here and, where pressing its `[data-action]` is not enough, `action("id", run)` in a browser module.
Keys are spelled as `event.key` says them: `e`, `Shift+e`, `Ctrl+Enter`, `g i` (one after the other).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

Context = Literal["everywhere", "list", "row", "case", "thread", "writing", "palette"]


class Key(msgspec.Struct, frozen=True):
    """One action. `also` are keys that it always has, beside the one an agent may choose; `fixed` ones have no choice.

    `go` is the address it opens. `listed` puts it among the palette's actions; `icon` is shown there.
    """

    id: str
    label: str
    keys: str
    context: Context
    icon: str = "corner-down-left"
    go: str = ""
    also: tuple[str, ...] = ()
    fixed: bool = False
    listed: bool = True


KEYS: tuple[Key, ...] = (
    Key("palette", "Find or do anything", "Ctrl+k", "everywhere", "search", fixed=True, listed=False),
    Key("search", "Search", "/", "everywhere", "search"),
    Key("sheet", "Keyboard shortcuts", "?", "everywhere", "keyboard"),
    Key("mine", "Go to Mine", "g i", "everywhere", "user", "/inbox/mine"),
    Key("unassigned", "Go to Unassigned", "g u", "everywhere", "user-x", "/inbox/unassigned"),
    Key("open", "Go to All open", "g o", "everywhere", "inbox", "/inbox/open"),
    Key("customers", "Go to Customers", "g c", "everywhere", "users", "/customers"),
    Key("mentioned", "Go to Mentioned", "g m", "everywhere", "at-sign", "/inbox/mentioned"),
    Key("following", "Go to Following", "g f", "everywhere", "bookmark", "/inbox/following"),
    Key("notifications", "Go to Notifications", "g n", "everywhere", "bell", "/notifications"),
    Key("begin", "New conversation", "c", "everywhere", "pencil", "/conversations/new"),
    Key("undo", "Undo", "Ctrl+z", "everywhere", "undo-2", fixed=True, listed=False),
    Key("escape", "Close or go up", "Escape", "everywhere", fixed=True, listed=False),
    Key("next", "Next case", "j", "list", also=("ArrowDown",), listed=False),
    Key("previous", "Previous case", "k", "list", also=("ArrowUp",), listed=False),
    Key("enter", "Open the case", "o", "row", also=("Enter",), listed=False),
    Key("select", "Select the case", "x", "row", listed=False),
    Key("select-range", "Select up to here", "Shift+x", "row", listed=False),
    Key("select-all", "Select all", "* a", "list", "check"),
    Key("select-none", "Select none", "* n", "list", "x"),
    Key("first", "First case", "Home", "row", fixed=True, listed=False),
    Key("last", "Last case", "End", "row", fixed=True, listed=False),
    Key("reply", "Reply", "r", "case", "reply"),
    Key("note", "Write a note", "n", "case", "lock"),
    Key("side", "Ask aside", "d", "case", "users"),
    Key("forward", "Forward", "f", "case", "forward"),
    Key("sluice", "Move to private", "l", "case", "globe-lock"),
    Key("solve", "Solve", "e", "case", "check"),
    Key("solve-next", "Solve and go to the next", "Shift+e", "case", "check"),
    Key("snooze", "Snooze", "z", "case", "alarm-clock"),
    Key("snooze-choose", "Snooze until…", "Shift+z", "case", "alarm-clock"),
    Key("assign", "Assign", "a", "case", "user"),
    Key("assign-me", "Assign to me", "i", "case", "user-check"),
    Key("status", "Change status", "s", "case", "circle-dot"),
    Key("tags", "Change tags", "t", "case", "tag"),
    Key("priority", "Change priority", "p", "case", "flag"),
    Key("more", "More actions", ".", "case", "ellipsis"),
    Key("macro", "Run a macro", "m", "case", "play"),
    Key("merge", "Merge with another case", "Shift+m", "case", "git-merge"),
    Key("watch", "Follow, or stop following", "w", "case", "bookmark"),
    Key("panel", "Customer panel", "h", "case", "panel-right"),
    Key("copy", "Copy the case number", "Shift+c", "case", "copy"),
    Key("next-case", "Next conversation", "Shift+j", "case", "chevron-down"),
    Key("previous-case", "Previous conversation", "Shift+k", "case", "chevron-up"),
    Key("message-down", "Next message", "PageDown", "thread", fixed=True, listed=False),
    Key("message-up", "Previous message", "PageUp", "thread", fixed=True, listed=False),
    Key("oldest", "First message", "Home", "thread", fixed=True, listed=False),
    Key("newest", "Newest message", "End", "thread", fixed=True, listed=False),
    Key("quote", "Quote the selected text", "q", "thread", "reply", listed=False),
    Key("send", "Send", "Ctrl+Enter", "writing", fixed=True, listed=False),
    Key("send-solve", "Send and solve", "Ctrl+Shift+Enter", "writing", fixed=True, listed=False),
    Key("ready", "Canned answers and macros", "/", "writing", fixed=True, listed=False),
    Key("leave", "Leave the text, keep the draft", "Escape", "writing", fixed=True, listed=False),
)
BY_ID: Mapping[str, Key] = {key.id: key for key in KEYS}

_PRINTED = {
    "ArrowDown": "↓",
    "ArrowUp": "↑",
    "Enter": "↵",
    "Escape": "Esc",
    "PageDown": "PgDn",
    "PageUp": "PgUp",
}


def keys_of(action: str, own: Mapping[str, str]) -> tuple[str, ...]:
    """Every key of an action for an agent, the one that is printed first; none where it was switched off."""
    key = BY_ID[action]
    chosen = key.keys if key.fixed else own.get(action, key.keys)
    return (*((chosen,) if chosen else ()), *key.also)


def caps(keys: str) -> list[str]:
    """What is printed on the keys of a spelling, one cap each: `Shift+e` is Shift, E."""
    parts = [part for step in keys.split(" ") for part in (step.split("+") if len(step) > 1 else [step])]
    return [_PRINTED.get(part, part.upper() if len(part) == 1 else part) for part in parts]
