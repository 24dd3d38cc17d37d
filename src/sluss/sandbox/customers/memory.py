"""What the demo remembers between two starts. In: matters, ports, the password. Out: one file in the data folder, for its owner only."""

from __future__ import annotations

from pathlib import Path

import msgspec

from sluss.kernel import durable
from sluss.sandbox.customers.company import Servers
from sluss.sandbox.customers.matters import Matter

FILE = "demo.json"
MATTERS = 300


class Memory(msgspec.Struct, kw_only=True):
    """All of it. `written` are the instants (microseconds UTC) of the new matters of the last hour.

    `sights` are numbers of cases that are worth a look, by what there is to see.
    """

    workspace_id: int
    password: str
    seed: int
    servers: Servers | None = None
    matters: list[Matter] = msgspec.field(default_factory=list[Matter])
    written: list[int] = msgspec.field(default_factory=list[int])
    sights: dict[str, str] = msgspec.field(default_factory=dict[str, str])


def load_memory(folder: Path) -> Memory | None:
    """The memory of a data folder; None where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Memory)
    except (OSError, msgspec.DecodeError):
        return None


def keep_memory(folder: Path, memory: Memory) -> None:
    """Write it down. Matters that are long over are forgotten first."""
    over = [matter for matter in memory.matters if matter.stage == "done"]
    for matter in over[: max(0, len(memory.matters) - MATTERS)]:
        memory.matters.remove(matter)
    durable.write_over(folder / FILE, msgspec.json.encode(memory))
