"""What happens to notices; screens follow these."""

from __future__ import annotations

from sluss.kernel.events import Event


class NoticeChanged(Event, frozen=True, kw_only=True):
    """A notice was written, published, updated, solved or withdrawn."""

    notice_id: int
    state: str


class PublicationChanged(Event, frozen=True, kw_only=True):
    """A publication stands otherwise at its network."""

    notice_id: int
    publication_id: int
    state: str


class NoticeLinked(Event, frozen=True, kw_only=True):
    """A case (`case_id`) is about a notice, or no longer (`linked` False)."""

    notice_id: int
    linked: bool
