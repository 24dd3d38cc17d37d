"""What is said after a deed, and the way back. In: the form that did its work, what was before. Out: a toast."""

from __future__ import annotations

from collections.abc import Mapping

from sluss.customers.deeds import Fields
from sluss.web.locale import gettext as _
from sluss.web.shell import Toast

BACK: Mapping[str, str] = {
    "name": "name",
    "language": "language",
    "zone": "zone",
    "identities": "identities/remove",
    "identities/remove": "identities",
    "identities/verify": "identities/doubt",
    "identities/doubt": "identities/verify",
    "notes": "notes/remove",
    "notes/change": "notes/change",
    "notes/pin": "notes/pin",
    "notes/remove": "notes/restore",
    "notes/restore": "notes/remove",
    "attributes": "attributes",
    "consents": "consents",
}
"""Which form takes a deed back, with what the deed returned in its fields."""


def told(path: str, contact_id: int, given: Fields, before: dict[str, str]) -> Toast:
    """The toast after a deed."""
    texts = {
        "name": _("Renamed"),
        "language": _("The language is changed"),
        "zone": _("The time zone is changed"),
        "identities": _("The address is added"),
        "identities/remove": _("The address is removed"),
        "identities/verify": _("Marked as verified by you"),
        "identities/doubt": _("No longer verified"),
        "notes": _("The note is saved"),
        "notes/change": _("The note is changed"),
        "notes/pin": _("Pinned") if given.pinned else _("No longer pinned"),
        "notes/remove": _("The note is removed"),
        "notes/restore": _("The note is back"),
        "attributes": _("Saved"),
        "consents": _("Written down"),
    }
    return Toast(text=texts[path], undo_url=f"/customers/{contact_id}/{BACK[path]}", fields=before)


def piece_of(path: str, given: Fields) -> str:
    """The name of a form on the panel, to find it again when something is wrong with it."""
    key = {"notes/change": given.note, "attributes": given.attribute, "consents": given.purpose}.get(path)
    return f"{path}:{key}" if key is not None else path
