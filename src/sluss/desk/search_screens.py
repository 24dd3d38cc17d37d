"""What the search shows. Pure data; instants are µs UTC, ids strings. Marked texts have matches between U+0002 and U+0003."""

from __future__ import annotations

import msgspec

from sluss.customers.screens import Person
from sluss.desk.list_screens import Row


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a case: a message of the customer, an answer of ours, a note or the name of a file, and where it stands.

    `text` has matches between U+0002 and U+0003, as have all marked texts below.
    """

    kind: str
    text: str
    by: str
    at: int
    href: str


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One case found. `name` and `subject` are marked; `excerpts` empty where only these match."""

    row: Row
    name: str = ""
    subject: str = ""
    excerpts: tuple[Excerpt, ...] = ()

    @property
    def excerpt(self) -> str:
        """The best one, or the newest words of the case."""
        return self.excerpts[0].text if self.excerpts else self.row.preview


class FoundContact(msgspec.Struct, frozen=True, kw_only=True):
    """A customer found; `name` and `details` (addresses) are marked."""

    person: Person
    name: str
    details: tuple[str, ...]
    href: str


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """A chip that narrows a search, or takes that back where it is `chosen`. `piece` is the filter text; `count` 0 is not shown."""

    piece: str
    label: str
    count: int
    chosen: bool
    href: str


class FacetGroup(msgspec.Struct, frozen=True):
    """Chips about one thing: chosen, status, inbox, time or has."""

    about: str
    facets: tuple[Facet, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found. Unless `whole`, older mentions were left unread; `problem` says what is wrong with the query, if anything.

    `straight` is the case whose number alone was typed.
    """

    query: str
    hits: tuple[Hit, ...] = ()
    total: int = 0
    whole: bool = True
    after: str = ""
    sort: str = "newest"
    problem: str = ""
    contacts: tuple[FoundContact, ...] = ()
    facets: tuple[FacetGroup, ...] = ()
    rebuilding: bool = False
    straight: int = 0
