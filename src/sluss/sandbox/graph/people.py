"""Who is there. In: names. Out: people with the numbers and handles under which Meta's networks know them."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True):
    """Somebody with an account; `shy` means that Meta does not tell programs who they are."""

    id: str
    name: str
    handle: str = ""
    followers: int = 120
    verified: bool = False
    shy: bool = False

    @property
    def as_author(self) -> dict[str, str]:
        """As `from` says it on a page."""
        return {"id": self.id, "name": self.name}


ANNA = Person("7712345678901234", "Anna Berg", "annaberg")
BO = Person("7799000000000001", "Bo Ek", "bo.ek")
SHY = Person("7799000000000002", "Cecilia Lund", "cecilia.l", shy=True)
