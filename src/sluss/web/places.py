"""Pages that one can open from anywhere. In: who reads. Out: their addresses with words, for the settings' left column and the palette."""

from __future__ import annotations

import msgspec

from sluss.web.shell import Viewer


class Place(msgspec.Struct, frozen=True):
    """One page by its address."""

    href: str
    label: str
    icon: str


KEPT: tuple[Place, ...] = (
    Place("/settings/answers", "Canned answers", "file-text"),
    Place("/settings/macros", "Macros", "play"),
)
"""Of the settings what everybody who answers has a hand in."""
SETTINGS: tuple[Place, ...] = (
    Place("/settings", "Overview", "settings"),
    Place("/settings/inboxes", "Inboxes", "inbox"),
    Place("/settings/mail-sign-in", "Mail sign-in", "at-sign"),
    Place("/settings/agents", "Agents", "user"),
    Place("/settings/teams", "Teams", "users"),
    Place("/settings/second-step", "Second step", "shield-check"),
    Place("/settings/provider", "Single sign-on", "user-check"),
    Place("/settings/letters", "Letters", "send"),
    *KEPT,
    Place("/settings/attributes", "Customer details", "user-plus"),
    Place("/settings/cards", "Context cards", "layers"),
    Place("/settings/moderation", "Moderation policy", "shield-alert"),
    Place("/settings/privacy", "Privacy", "shield"),
    Place("/settings/quarantine", "Quarantine", "archive"),
    Place("/settings/health", "Health", "activity"),
    Place("/settings/audit", "Audit log", "history"),
    Place("/settings/tokens", "API tokens", "key-round"),
)
OWN: tuple[Place, ...] = (
    Place("/me", "Your settings", "user"),
    Place("/me/keys", "Your keys", "keyboard"),
    Place("/me/tokens", "Tokens", "key-round"),
    Place("/search", "Search", "search"),
    Place("/customers", "Customers", "users"),
)
OF_READERS: tuple[Place, ...] = (Place("/moderation", "Moderation", "shield-alert"), Place("/notices", "Notices", "megaphone"))


def places_of(viewer: Viewer | None) -> tuple[Place, ...]:
    """Pages that somebody may open."""
    if viewer is None:
        return ()
    if viewer.may_configure:
        return (*OWN, *OF_READERS, *SETTINGS)
    read = OWN if viewer.role == "field" else (*OWN, *OF_READERS)
    return (*read, *KEPT) if viewer.role in {"lead", "agent"} else read
