"""Meta's media hosts. In: files that people send. Out: links that give them, until they expire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sluss.sandbox.wire import Answer, Asked

if TYPE_CHECKING:
    from sluss.sandbox.wire import Double


class MediaHost:
    """Files by name, at a door that asks for no token."""

    def __init__(self, double: Double) -> None:
        self._double = double
        self._files = dict[str, tuple[bytes, str]]()
        double.door("GET", "/media/(?P<name>[A-Za-z0-9._-]+)", self._give)

    def put(self, name: str, data: bytes, media_type: str) -> str:
        """Keep a file; returns its link."""
        self._files[name] = (data, media_type)
        return f"{self._double.url}/media/{name}?oe=1"

    def expire(self, name: str) -> None:
        """The link leads nowhere any more."""
        self._files.pop(name, None)

    async def _give(self, _asked: Asked, name: str) -> Answer:
        if name not in self._files:
            return Answer(404, b"URL signature expired", media_type="text/plain")
        data, media_type = self._files[name]
        return Answer(200, data, media_type=media_type)
