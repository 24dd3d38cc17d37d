"""Files outside the database, named by their content. In: bytes. Out: a digest, given only when the bytes are safe on the disk.

Layout: `<folder>/ab/cd/abcd…` (SHA-256 in hex), `<folder>/tmp/` for what is being written. A file is written aside, synced, renamed, and
its folder synced, so that a name always stands for whole content. The row that names a digest is written after `put` returned.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from io import BufferedReader
from pathlib import Path
from typing import Literal, NewType, Protocol, Self

import msgspec

from sluss.kernel import durable
from sluss.kernel.clock import SECOND
from sluss.kernel.words import say

Digest = NewType("Digest", str)

MAX_MESSAGE = 50_000_000
BATCH = 64

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ASIDE = "gone-"


class StoreError(Exception):
    """The file store could not do what was asked. Nothing that raised may be believed to be stored."""


class DiskFull(StoreError):
    """Storing this would leave less free space than the reserve. It may succeed later."""


class StoreFailed(StoreError):
    """The disk did not keep its word. After a failed sync the store takes nothing more until Sluss is started again."""


class TooLarge(StoreError):
    """More bytes came than the given limit."""


class FileMissing(StoreError):
    """No file has this digest."""


class FileDamaged(StoreError):
    """The bytes on the disk are not those that were stored."""


class Stored(msgspec.Struct, frozen=True):
    """What a finished write stands for: its digest and its size in bytes."""

    digest: Digest
    size: int


def digest_of(data: bytes) -> Digest:
    """SHA-256 in lower-case hex."""
    return Digest(hashlib.sha256(data).hexdigest())


def as_digest(text: str) -> Digest:
    """A text from outside as a digest; `ValueError` when it is none, so that no path is ever built from it."""
    if not _DIGEST.fullmatch(text):
        raise ValueError("A file is named by 64 hexadecimal digits.")
    return Digest(text)


class FileStore:
    """The files of one data folder, for several threads and processes. `reserve` is the free space in bytes that always stays."""

    def __init__(self, folder: Path, *, max_message: int = MAX_MESSAGE, reserve: int | None = None) -> None:
        self.folder = folder
        self._temp = folder / "tmp"
        self._reserve, self._max_message = reserve, max_message
        self._known = bytearray(1 << 16)
        self._lock = threading.Lock()
        self._broken = ""
        for path in (folder, self._temp):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.sync_folder(folder)

    def put(self, data: bytes) -> Digest:
        """Store bytes; returns when they survive a power cut. Storing the same again costs one sync of a folder."""
        return self.put_many([data])[0]

    def put_many(self, items: Sequence[bytes]) -> list[Digest]:
        """Store several at once; digests in the order given. Each folder is synced once. After an error none may be believed stored."""
        digests = [digest_of(item) for item in items]
        self.require_room(sum(map(len, items)))
        with self.errors():
            for start in range(0, len(items), BATCH):
                self._put_batch(dict(zip(digests[start : start + BATCH], items[start : start + BATCH], strict=True)))
        return digests

    def put_stream(self, chunks: Iterable[bytes], limit: int) -> Stored:
        """Store what comes in pieces without holding it in memory; `TooLarge` beyond `limit` bytes."""
        with self.writing(limit) as writing:
            for chunk in chunks:
                writing.write(chunk)
            return writing.finish()

    def writing(self, limit: int) -> Writing:
        """A file to be written piece by piece: `with store.writing(limit) as file: file.write(…); stored = file.finish()`."""
        self.require_room(0)
        return Writing(self._temp / secrets.token_hex(12), limit, self)

    def read(self, digest: Digest) -> bytes:
        """All bytes of a file, checked against its digest: damaged content is never served as good."""
        with self.open(digest) as file:
            data = file.read()
        if digest_of(data) != digest:
            raise FileDamaged(say("The file %(digest)s is damaged on the disk. Restore it from the backup.", digest=digest))
        return data

    def open(self, digest: Digest) -> BufferedReader:
        """The file for reading in pieces, unchecked; whoever streams it may check `verify` first."""
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            raise FileMissing(say("The file %(digest)s is not in the store. Restore it from the backup.", digest=digest)) from None

    def path(self, digest: Digest) -> Path:
        """Where a file of this digest lies, whether or not it exists."""
        return self.folder / digest[:2] / digest[2:4] / digest

    def size(self, digest: Digest) -> int | None:
        """Bytes of a stored file, or None."""
        try:
            return self.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def verify(self, digest: Digest) -> Literal["good", "missing", "damaged"]:
        """Read a file through and compare."""
        try:
            with self.open(digest) as file:
                return "good" if hashlib.file_digest(file, "sha256").hexdigest() == digest else "damaged"
        except FileMissing:
            return "missing"

    def delete(self, digest: Digest) -> bool:
        """Remove a file for good; False when there was none. The caller knows that no row names it."""
        path = self.path(digest)
        with self.errors():
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            durable.sync_folder(path.parent)
        return True

    def collect(self, digest: Digest, before: int) -> Literal["gone", "kept"]:
        """Remove a file that no row names, unless somebody stored the same content since an instant (microseconds UTC).

        It is set aside first and looked at there: whoever stores the same at this moment finds none and writes it anew.
        """
        aside = self._temp / f"{_ASIDE}{digest}"
        with self.errors():
            try:
                self.path(digest).rename(aside)
            except FileNotFoundError:
                return "gone"
            if aside.stat().st_mtime * SECOND >= before:
                self._put_back(aside)
                return "kept"
            durable.remove([aside])
            durable.sync_folder(self.path(digest).parent)
        return "gone"

    def digests(self, before: int | None = None) -> Iterator[Digest]:
        """Every stored file, or those stored last before an instant (microseconds UTC), in no order, without holding the list in memory."""
        for folder in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]"):
            for entry in os.scandir(folder):
                if _DIGEST.fullmatch(entry.name) and (before is None or _is_older(entry, before)):
                    yield Digest(entry.name)

    def sweep(self, before: int) -> int:
        """Remove what was left half-written before an instant (microseconds UTC); returns how many.

        What a collector had set aside when its process ended goes back to its place.
        """
        for path in self._temp.glob(f"{_ASIDE}*"):
            self._put_back(path)
        stale = [path for path in self._temp.iterdir() if not path.name.startswith(_ASIDE) and _is_older(path, before)]
        durable.remove(stale)
        return len(stale)

    def free(self) -> int:
        """Bytes that may be stored before the reserve is touched: negative below it, 0 when hardly any file entries are left."""
        disk = os.statvfs(self.folder)
        if disk.f_files and disk.f_favail < min(1_000, disk.f_files // 100):
            return 0
        reserve = max(2 * self._max_message, disk.f_blocks * disk.f_frsize // 100) if self._reserve is None else self._reserve
        return disk.f_bavail * disk.f_frsize - reserve

    def require_room(self, size: int) -> None:
        """Raises `DiskFull` when storing so many bytes would touch the reserve, `StoreFailed` after a failed sync."""
        if self._broken:
            raise StoreFailed(self._broken)
        free = self.free()
        if free <= size:
            room = f"{size} bytes wanted, {max(free, 0)} left above the reserve"
            raise DiskFull(f"The disk of the data folder is nearly full ({self.folder}): {room}. Free some space.")

    def _put_batch(self, items: dict[Digest, bytes]) -> None:
        new = [digest for digest, data in items.items() if not self._is_there(Stored(digest, len(data)))]
        folders = {self.path(digest).parent for digest in items}
        aside = {digest: self._temp / secrets.token_hex(12) for digest in new}
        try:
            self._write_aside([(aside[digest], items[digest]) for digest in new])
            for digest in new:
                self._rename(aside[digest], digest)
        except BaseException:
            durable.remove(aside.values())
            raise
        for folder in folders:
            durable.sync_folder(folder)

    def _write_aside(self, files: list[tuple[Path, bytes]]) -> None:
        """All are written before the first is synced, so that the disk can take them together."""
        with contextlib.ExitStack() as stack:
            descriptors: list[int] = []
            for path, data in files:
                descriptor = durable.create(path)
                stack.callback(os.close, descriptor)
                descriptors.append(descriptor)
                durable.write_all(descriptor, data)
            for descriptor in descriptors:
                durable.sync(descriptor)

    def settle(self, path: Path, stored: Stored) -> None:
        """Give a synced file its name, unless the same content is there already."""
        if not self._is_there(stored):
            self._rename(path, stored.digest)
        durable.sync_folder(self.path(stored.digest).parent)

    def _is_there(self, stored: Stored) -> bool:
        """Whether the content is there already; then it counts as stored just now, so that nobody collects it before its row is written."""
        try:
            if self.path(stored.digest).stat().st_size != stored.size:
                return False
            os.utime(self.path(stored.digest))
        except FileNotFoundError:
            return False
        return True

    def _put_back(self, aside: Path) -> bool:
        """Give a file that was set aside its name again, unless the same content has been stored meanwhile. False when it is gone."""
        place = self.path(Digest(aside.name.removeprefix(_ASIDE)))
        try:
            with contextlib.suppress(FileExistsError):
                os.link(aside, place)
        except FileNotFoundError:
            return False
        durable.sync_folder(place.parent)
        durable.remove([aside])
        return True

    def _rename(self, path: Path, digest: Digest) -> None:
        self._make_folder(digest)
        path.rename(self.path(digest))

    def _make_folder(self, digest: Digest) -> None:
        """The folder for a digest, itself durable; remembered so that its parents are synced once per process."""
        number = int(digest[:4], 16)
        with self._lock:
            if self._known[number]:
                return
            folder = self.path(digest).parent
            folder.parent.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            durable.sync_folder(folder.parent)
            durable.sync_folder(self.folder)
            self._known[number] = 1

    @contextlib.contextmanager
    def errors(self) -> Generator[None]:
        """Errors of the disk within become `DiskFull` or `StoreFailed`."""
        try:
            yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                message = f"The disk of the data folder is full ({self.folder}). Free some space."
                raise DiskFull(message) from error
            message = f"The disk of the data folder failed ({self.folder}): {error.strerror or error}."
            if isinstance(error, durable.SyncFailed):
                # A second sync may report success over lost pages, so nothing is believed until the disk was looked at.
                self._broken = f"{message} Check the disk, then start Sluss again."
            raise StoreFailed(self._broken or message) from error


def _is_older(file: Path | os.DirEntry[str], before: int) -> bool:
    try:
        return file.stat().st_mtime * SECOND < before
    except FileNotFoundError:
        return False


class Writing:
    """One file on its way into the store. Left without `finish`, it leaves nothing behind."""

    def __init__(self, path: Path, limit: int, store: _Store) -> None:
        self._path, self._limit, self._store = path, limit, store
        self._hash, self._size = hashlib.sha256(), 0
        self._descriptor = -1

    def __enter__(self) -> Self:
        with self._store.errors():
            self._descriptor = durable.create(self._path)
        return self

    def write(self, chunk: bytes) -> None:
        """Add bytes; raises `TooLarge` or `DiskFull` before they are written."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(f"The file is larger than {self._limit} bytes.")
        self._store.require_room(len(chunk))
        self._hash.update(chunk)
        with self._store.errors():
            durable.write_all(self._descriptor, chunk)

    def finish(self) -> Stored:
        """Make it durable under its digest."""
        stored = Stored(Digest(self._hash.hexdigest()), self._size)
        with self._store.errors():
            durable.sync(self._descriptor)
            self._store.settle(self._path, stored)
        return stored

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        durable.remove([self._path])


class _Store(Protocol):
    """What a `Writing` needs of its store."""

    def errors(self) -> AbstractContextManager[None]: ...
    def require_room(self, size: int) -> None: ...
    def settle(self, path: Path, stored: Stored) -> None: ...
