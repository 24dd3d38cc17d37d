"""Points at which a test can break the process. In: `SLUSS_FAULT=point:kill` or `point:kill:7`. Out: nothing, unless that point is named.

Without the variable a point costs one look-up; nothing else in Sluss reads it.
"""

from __future__ import annotations

import os
import signal
from functools import cache
from itertools import count

POINTS = ("blob-written", "envelope-stored", "understood", "claimed", "handed-over", "accepted")
"""Those on the way of a message and its answer; load alone passes them all."""
ON_ORDER = ("erased-some",)
"""Those that somebody's order leads past."""


def point(name: str) -> None:
    """Pass a point; the process is killed here at the pass that the variable names (the first unless it says otherwise)."""
    armed = _armed()
    if armed is not None and armed[0] == name and next(armed[2]) == armed[1]:
        os.kill(os.getpid(), signal.SIGKILL)


@cache
def _armed() -> tuple[str, int, count[int]] | None:
    wanted = os.environ.get("SLUSS_FAULT", "")
    if not wanted:
        return None
    name, _, rest = wanted.partition(":")
    deed, _, passes = rest.partition(":")
    if name not in POINTS + ON_ORDER or deed != "kill":
        raise ValueError(f"SLUSS_FAULT names no fault: {wanted}")
    return name, int(passes or 1), count(1)
