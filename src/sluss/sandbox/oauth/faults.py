"""Trouble on command. In: what a test asks for. Out: what the double does the next times. Switches stay, counts run down."""

from __future__ import annotations

import msgspec


class Faults(msgspec.Struct):
    """All trouble that can be ordered; `slow` in seconds, `lasts` is what a token is good for in seconds."""

    deny: bool = False
    unchecked: bool = False
    revoked: bool = False
    wrong_nonce: bool = False
    without_renewal: bool = False
    slow: float = 0.0
    lasts: int = 3600
    broken: int = 0
    html: int = 0
    busy: int = 0
    retry_after: int = 0

    def heal(self) -> None:
        """Ends all trouble."""
        for field in msgspec.structs.fields(Faults):
            setattr(self, field.name, field.default)
