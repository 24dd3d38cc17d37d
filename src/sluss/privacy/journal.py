"""The journal of erasures: a file beside the database, so that a restored backup, which is older, can be brought up to it.

In: ids, and marks of erased messages. Out: the same, after a restore. Nothing in it says who anybody was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from sluss.kernel import durable

NAME = "erasures.journal"


class Begun(msgspec.Struct, frozen=True, kw_only=True, tag="begun"):
    """From here on the contact of this id is erased; `mode` as in `erasing`, `at` in microseconds UTC."""

    erasure: int
    workspace: int
    contact: int
    mode: str
    at: int


class Marked(msgspec.Struct, frozen=True, kw_only=True, tag="marked"):
    """Marks of messages that are gone, in hex: what is delivered again under one of them stays gone."""

    workspace: int
    erasure: int
    marks: tuple[str, ...]


class Journal:
    """The journal of one data folder. A line is on the disk before anything it tells of is removed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def add(self, *lines: Begun | Marked) -> None:
        """Append lines. What a dying process left of a last line is ended first."""
        data = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            durable.write_all(descriptor, b"\n" + data if torn else data)
            durable.sync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            durable.sync_folder(self.path.parent)

    def begun(self) -> dict[int, Begun]:
        """Every erasure, by its id."""
        return {line.erasure: line for line in self.lines() if isinstance(line, Begun)}

    def lines(self) -> Iterator[Begun | Marked]:
        """All lines but torn ones, oldest first."""
        if not self.path.exists():
            return
        for line in self.path.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(line, type=Begun | Marked)
            except msgspec.DecodeError:
                continue


def marked(workspace_id: int, erasure_id: int, marks: Sequence[bytes]) -> Marked:
    """A line of marks."""
    return Marked(workspace=workspace_id, erasure=erasure_id, marks=tuple(mark.hex() for mark in marks))
