"""The form of a backup: a tar file, or a folder, of a manifest, the database, the files, and on request the secrets.

In: a data folder and a copy of its database. Out: an archive, and back again; every file is checked against its name on the way in.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import msgspec

from sluss.commands.outcome import Stopped
from sluss.kernel import durable

FORM = 1
MANIFEST = "manifest.json"
DATABASE = "sluss.sqlite3"
DUMP = "sluss.dump"
SECRETS = ("sealing.key", "sluss.toml")
_KNOWN = re.compile(r"manifest\.json|sluss\.sqlite3|sluss\.dump|sealing\.key|sluss\.toml|files/[0-9a-f]{2}/[0-9a-f]{2}/([0-9a-f]{64})")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup says about itself. `made_at` in microseconds UTC."""

    form: int = FORM
    release: str
    revision: str
    made_at: int
    files: int
    missing: int
    with_key: bool


class Archive(Protocol):
    """A backup being written."""

    def add(self, name: str, path: Path) -> None: ...
    def write(self, name: str, data: bytes) -> None: ...


@contextmanager
def writing(target: Path) -> Generator[Archive]:
    """A new tar file (`.tar`, `.tar.gz`) or, for any other name, a new folder; readable by its owner only. Nothing is overwritten."""
    if not target.name.endswith((".tar", ".tar.gz", ".tgz")):
        target.mkdir(mode=0o700)
        yield _Folder(target)
        return
    with os.fdopen(durable.create(target), "wb") as file:
        try:
            with tarfile.open(fileobj=file, mode="w" if target.suffix == ".tar" else "w:gz") as tar:
                yield _Tar(tar)
        except BaseException:
            durable.remove([target])
            raise
        file.flush()
        durable.sync(file.fileno())
    durable.sync_folder(target.parent)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, name: str, path: Path) -> None:
        self.write(name, path.read_bytes())

    def write(self, name: str, data: bytes) -> None:
        target = self._path / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        durable.write_new(target, data)


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def add(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._tar.addfile(_entry(name, os.fstat(file.fileno()).st_size), file)

    def write(self, name: str, data: bytes) -> None:
        self._tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def unpack(source: Path, into: Path) -> Manifest:
    """Lay a backup into an empty folder. Raises `Stopped` for anything that is not a whole backup; nothing but known names is written."""
    (into / "files").mkdir(mode=0o700)
    try:
        for name, content in _contents(source):
            _lay_checked(source, into, name, content)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise Stopped(f"The backup {source} cannot be read to its end: {error}. Nothing was changed.") from error
    manifest = _manifest(source, into)
    if not (into / DATABASE).exists() and not (into / DUMP).exists():
        raise Stopped(f"The backup {source} holds no database. It was cut off, or is of something else.")
    return manifest


def _contents(source: Path) -> Generator[tuple[str, Iterable[bytes]]]:
    if source.is_dir():
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            yield _known(source, str(path.relative_to(source))), _pieces(path.open("rb"))
        return
    with tarfile.open(source) as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isreg() else None
            if file is None:
                raise Stopped(f"{source} is no backup of Sluss: it holds {entry.name}.")
            yield _known(source, entry.name), _pieces(file)


def _known(source: Path, name: str) -> str:
    if not _KNOWN.fullmatch(name):
        raise Stopped(f"{source} is no backup of Sluss: it holds {name}.")
    return name


def _pieces(file: IO[bytes]) -> Generator[bytes]:
    with file:
        while piece := file.read(1 << 20):
            yield piece


def _lay_checked(source: Path, into: Path, name: str, content: Iterable[bytes]) -> None:
    digest = _lay(into / name, content)
    known = _KNOWN.fullmatch(name)
    if known is not None and known.group(1) not in {None, digest}:
        raise Stopped(f"The backup {source} is damaged: {name} does not hold what its name says. Use another backup.")


def _lay(target: Path, content: Iterable[bytes]) -> str:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = hashlib.sha256()
    descriptor = durable.create(target)
    try:
        for piece in content:
            digest.update(piece)
            durable.write_all(descriptor, piece)
        durable.sync(descriptor)
    finally:
        os.close(descriptor)
    return digest.hexdigest()


def _manifest(source: Path, into: Path) -> Manifest:
    try:
        found = msgspec.json.decode((into / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise Stopped(f"{source} is no whole backup of Sluss: its manifest is missing or unreadable.") from error
    if found.form != FORM:
        raise Stopped(f"The backup {source} has a form that this release does not know. Restore it with release {found.release}.")
    (into / MANIFEST).unlink()
    return found


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry
