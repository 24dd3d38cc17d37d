"""Personal data in what we are about to say in public. In: a draft. Out: nothing, or `Exposed` until it is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sluss.channels.inboxes import Inbox
from sluss.kernel.errors import Conflict
from sluss.language.guard import digest_of, find_personal, masked

SHAPES = "own_shapes"
"""The inbox's setting that holds a company's own shapes of numbers, as `find_personal` reads them."""


class Found(msgspec.Struct, frozen=True):
    """One thing of a kind, as it stands in the draft."""

    kind: str
    text: str


class Exposed(Conflict):
    """The draft would show personal data to everybody; nothing was sent. `digest` names exactly these, for whoever confirms them."""

    def __init__(self, found: Sequence[Found], digest: str, shown: str) -> None:
        super().__init__("Not sent: everybody could read the personal data in this answer.")
        self.found, self.digest, self.shown = tuple(found), digest, shown


def require_discreet(text: str, inbox: Inbox, confirmed: str = "") -> None:
    """Raise `Exposed` where a text for the public holds personal data that nobody has confirmed."""
    findings = find_personal(text, shapes_of(inbox))
    digest = digest_of(text, findings)
    if findings and digest != confirmed:
        raise Exposed([Found(one.kind, text[one.start : one.end]) for one in findings], digest, masked(text, findings))


def shapes_of(inbox: Inbox) -> tuple[str, ...]:
    """What a company's own numbers look like, where it has said so."""
    found: list[Any] = inbox.settings.get(SHAPES) or []
    return tuple(str(one) for one in found)
