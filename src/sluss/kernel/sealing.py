"""Secrets at rest. In: bytes and what they belong to. Out: a blob that opens only there, and only with the key file of this installation.

A blob is `version (1) | key id (8) | nonce (12) | AES-256-GCM ciphertext and tag`. The header and the place are authenticated, so that
a blob copied to another row, or to another workspace, does not open. The key file lies in the data folder, outside the database.
"""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import os
import threading
from collections.abc import Generator
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sluss.kernel import durable
from sluss.kernel.words import say

KEY_FILE = "sealing.key"

_VERSION = b"\x01"
_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16
_HEADER_BYTES = 1 + _ID_BYTES

Place = tuple[str | int, ...]
"""What a secret belongs to, in a fixed order: `("inbox", workspace_id, inbox_id)`."""


class SealError(Exception):
    """A sealed value cannot be made or opened; the message is a sentence for the administrator."""


class KeyFileUnusable(SealError):
    """The key file is unreadable, malformed or open to others."""


class KeyLost(SealError):
    """The value was sealed with a key that this installation does not have."""


class SealBroken(SealError):
    """The value was changed, or belongs somewhere else."""


class _Key(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    key: bytes
    made_at: int = 0

    def __repr__(self) -> str:
        return f"_Key({self.id})"


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Oldest first: the last one seals, all of them open. `root` is what derived keys come from when their first key was retired."""

    keys: tuple[_Key, ...]
    root: bytes = b""


class Sealer:
    """The keyring of one data folder; safe to call from several threads. A key another process added is found when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._read()

    @classmethod
    def of(cls, data_folder: Path) -> Sealer:
        """The keyring of a data folder, made with one key when there is none."""
        return cls.at(data_folder / KEY_FILE)

    @classmethod
    def at(cls, path: Path) -> Sealer:
        """The keyring of a key file, made with one key when there is none."""
        if not path.exists():
            _create(path)
        return cls(path)

    def seal(self, data: bytes, about: Place) -> bytes:
        """Close bytes with the newest key, for one place only; a key that another process added seals from then on here too."""
        with self._lock:
            self._read_again()
            key = self._keys[-1]
        header, nonce = _VERSION + bytes.fromhex(key.id), os.urandom(_NONCE_BYTES)
        return header + nonce + AESGCM(key.key).encrypt(nonce, data, _bound(header, about))

    def unseal(self, blob: bytes, about: Place) -> bytes:
        """Open what `seal` closed for the same place. Raises `KeyLost` or `SealBroken`."""
        key = self._key_of(key_id(blob))
        nonce = blob[_HEADER_BYTES : _HEADER_BYTES + _NONCE_BYTES]
        try:
            return AESGCM(key.key).decrypt(nonce, blob[_HEADER_BYTES + _NONCE_BYTES :], _bound(blob[:_HEADER_BYTES], about))
        except InvalidTag:
            raise SealBroken(say("This stored secret was changed or belongs to something else. Enter it again.")) from None

    def rotate(self, now: int = 0) -> str:
        """Add a key that seals from now on; the older ones still open. Returns its id. Values are renewed where `is_current` says no."""
        with self._lock, _alone(self.path):
            file = _read(self.path)
            self._write(msgspec.structs.replace(file, keys=(*file.keys, _new_key(now))))
        return self._keys[-1].id

    def retire(self, key_id: str) -> None:
        """Forget an older key; what only it opens is lost. Keys derived for other purposes stay what they are."""
        with self._lock, _alone(self.path):
            file = _read(self.path)
            kept = tuple(key for key in file.keys[:-1] if key.id != key_id)
            self._write(_KeyFile((*kept, file.keys[-1]), root=file.root or file.keys[0].key))

    def rotated_at(self) -> int:
        """When the newest key was made, in microseconds UTC; 0 when that is not known."""
        with self._lock:
            self._read_again()
            return self._keys[-1].made_at

    def is_current(self, blob: bytes) -> bool:
        """Whether a value is sealed with the newest key."""
        with self._lock:
            self._read_again()
            return key_id(blob) == self._keys[-1].id

    def derived(self, purpose: str) -> bytes:
        """A key for one other purpose, the same for as long as the key file lives, also after `rotate`."""
        with self._lock:
            oldest = self._root or self._keys[0].key
        return hmac.digest(oldest, b"sluss " + purpose.encode(), "sha256")

    def key_ids(self) -> list[str]:
        """The ids of all keys, oldest first; ids are no secret."""
        with self._lock:
            self._read_again()
            return [key.id for key in self._keys]

    def _read(self) -> None:
        file = _read(self.path)
        self._keys, self._root, self._seen = file.keys, file.root, _mark(self.path)

    def _read_again(self) -> None:
        """Read the file if another process has changed it; a file that is away for a moment changes nothing."""
        mark = _mark(self.path)
        if mark is not None and mark != self._seen:
            self._read()

    def _write(self, file: _KeyFile) -> None:
        durable.write_over(self.path, msgspec.json.encode(file))
        self._keys, self._root, self._seen = file.keys, file.root, _mark(self.path)

    def _key_of(self, wanted: str) -> _Key:
        with self._lock:
            if not any(key.id == wanted for key in self._keys):
                self._read()
            found = next((key for key in self._keys if key.id == wanted), None)
        if found:
            return found
        raise KeyLost(
            say(
                "This secret was sealed with the key %(key)s, which is not in %(path)s. "
                "Put back the key file that belongs to this database, or enter the secret again.",
                key=wanted,
                path=self.path,
            )
        )


def key_id(blob: bytes) -> str:
    """Which key a value was sealed with."""
    if len(blob) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or blob[:1] != _VERSION:
        raise SealBroken(say("This stored secret is not in a form that Sluss knows. Enter it again."))
    return blob[1:_HEADER_BYTES].hex()


def _mark(path: Path) -> tuple[int, int] | None:
    """Changes with the file."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_ino


def _bound(header: bytes, about: Place) -> bytes:
    return header + msgspec.json.encode(about)


def _new_key(now: int = 0) -> _Key:
    return _Key(os.urandom(_ID_BYTES).hex(), AESGCM.generate_key(256), now)


@contextlib.contextmanager
def _alone(path: Path) -> Generator[None]:
    """Two processes that change the file at once take turns: neither loses the other's key."""
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(path: Path) -> None:
    try:
        durable.write_new(path, msgspec.json.encode(_KeyFile((_new_key(),))))
    except FileExistsError:
        return
    except OSError as error:
        raise KeyFileUnusable(f"The key file {path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> _KeyFile:
    try:
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise KeyFileUnusable(f"The key file {path} cannot be read: {error.strerror}. Put back the one from the backup.") from error
    if mode & 0o077:
        raise KeyFileUnusable(f"The key file {path} can be read by others. Run: chmod 600 {path}")
    try:
        file = msgspec.json.decode(raw, type=_KeyFile)
        for key in file.keys:
            _require_form(key)
    except ValueError as error:
        raise KeyFileUnusable(f"The key file {path} is damaged. Put back the one from the backup.") from error
    if not file.keys:
        raise KeyFileUnusable(f"The key file {path} holds no key. Put back the one from the backup.")
    return file


def _require_form(key: _Key) -> None:
    AESGCM(key.key)
    if len(bytes.fromhex(key.id)) != _ID_BYTES:
        raise ValueError(key.id)
