"""Files that survive a power cut. In: bytes and a path. Out: nothing, or an error; whoever gets no error may acknowledge."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Generator, Iterable
from pathlib import Path

NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class SyncFailed(OSError):
    """The disk refused to promise. A later sync may report success over lost pages: it must not be believed."""


def write_new(path: Path, data: bytes) -> None:
    """Make a file of whole content, mode 0600; `FileExistsError` when it is already there, also when two processes race."""
    with _written_aside(path, data) as aside:
        os.link(aside, path)
    sync_folder(path.parent)


def write_over(path: Path, data: bytes) -> None:
    """Make or replace a file, mode 0600: readers see the old content or the new, never a mixture."""
    with _written_aside(path, data) as aside:
        aside.replace(path)
    sync_folder(path.parent)


def create(path: Path) -> int:
    """A descriptor of a new file that only its owner can read."""
    return os.open(path, NEW_FILE, 0o600)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; one call may take only a part of them."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync(descriptor: int) -> None:
    """Wait until a file's bytes are on the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise SyncFailed(error.errno, error.strerror) from error


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)


def remove(paths: Iterable[Path]) -> None:
    """Remove files that may be gone already; what cannot be removed stays for a later sweep."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def _written_aside(path: Path, data: bytes) -> Generator[Path]:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = create(aside)
        try:
            write_all(descriptor, data)
            sync(descriptor)
        finally:
            os.close(descriptor)
        yield aside
    finally:
        remove([aside])
