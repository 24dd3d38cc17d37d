"""Trouble on command. In: what a test asks for. Out: what a visitor's browser and line do the next times."""

from __future__ import annotations

from typing import Literal

import msgspec

Counted = Literal["lose_answers", "repeat", "stall", "junk", "wrong_token"]


class Faults(msgspec.Struct):
    """All trouble that can be ordered; counts run down to zero, switches stay.

    `offline`: no connection comes about. `cut_stream_after`: the stream breaks once after so many events. `slow_reader`: seconds between
    two looks at the stream. Of what is posted next: `lose_answers` loses the answer of what was stored, `repeat` says it twice, `stall`
    leaves half of it unsaid, `junk` says something else, `wrong_token` says it as somebody whom nobody knows.
    """

    offline: bool = False
    cut_stream_after: int | None = None
    slow_reader: float = 0.0
    lose_answers: int = 0
    repeat: int = 0
    stall: int = 0
    junk: int = 0
    wrong_token: int = 0

    def take(self, name: Counted) -> bool:
        """Whether a counted fault strikes now."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0

    def take_cut(self) -> bool:
        """Whether the stream breaks now, counted down and then over."""
        if self.cut_stream_after is None:
            return False
        self.cut_stream_after = self.cut_stream_after - 1 if self.cut_stream_after > 0 else None
        return self.cut_stream_after is None

    def heal(self) -> None:
        """Ends all trouble."""
        fresh = Faults()
        for name in self.__struct_fields__:
            setattr(self, name, getattr(fresh, name))
