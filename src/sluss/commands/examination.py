"""One line of the doctor's report."""

from __future__ import annotations

from typing import Literal

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, how it stands, and what to do when it does not stand well."""

    check: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""
