"""Secrets at rest. In: bytes and what they belong to. Out: a blob that opens only there, and only with the key file of this installation.

A blob is `version (1) | key id (8) | nonce (12) | AES-256-GCM ciphertext and tag`. The header and the place are authenticated, so that
a blob copied to another row, or to another workspace, does not open. The key file lies in the data folder, outside the database.
"""

from __future__ import annotations

import hmac
import os
import threading
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


class _Key(msgspec.Struct, frozen=True):
    id: str
    key: bytes

    def __repr__(self) -> str:
        return f"_Key({self.id})"


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Oldest first: the last one seals, all of them open."""

    keys: tuple[_Key, ...]


class Sealer:
    """The keyring of one data folder; safe to call from several threads. A key another process added is found when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._keys = _read(path)

    @classmethod
    def of(cls, data_folder: Path) -> Sealer:
        """The keyring of a data folder, made with one key when there is none."""
        path = data_folder / KEY_FILE
        if not path.exists():
            _create(path)
        return cls(path)

    def seal(self, data: bytes, about: Place) -> bytes:
        """Close bytes with the newest key, for one place only."""
        with self._lock:
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

    def rotate(self) -> str:
        """Add a key that seals from now on; the older ones still open. Returns its id. Values are renewed where `is_current` says no."""
        with self._lock:
            keys = (*_read(self.path), _new_key())
            durable.write_over(self.path, msgspec.json.encode(_KeyFile(keys)))
            self._keys = keys
        return keys[-1].id

    def is_current(self, blob: bytes) -> bool:
        """Whether a value is sealed with the newest key."""
        with self._lock:
            return key_id(blob) == self._keys[-1].id

    def derived(self, purpose: str) -> bytes:
        """A key for one other purpose, the same for as long as the key file lives, also after `rotate`."""
        with self._lock:
            oldest = self._keys[0].key
        return hmac.digest(oldest, b"sluss " + purpose.encode(), "sha256")

    def key_ids(self) -> list[str]:
        """The ids of all keys, oldest first; ids are no secret."""
        with self._lock:
            return [key.id for key in self._keys]

    def _key_of(self, wanted: str) -> _Key:
        with self._lock:
            if not any(key.id == wanted for key in self._keys):
                self._keys = _read(self.path)
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


def _bound(header: bytes, about: Place) -> bytes:
    return header + msgspec.json.encode(about)


def _new_key() -> _Key:
    return _Key(os.urandom(_ID_BYTES).hex(), AESGCM.generate_key(256))


def _create(path: Path) -> None:
    try:
        durable.write_new(path, msgspec.json.encode(_KeyFile((_new_key(),))))
    except FileExistsError:
        return
    except OSError as error:
        raise KeyFileUnusable(f"The key file {path} cannot be written: {error.strerror}.") from error


def _read(path: Path) -> tuple[_Key, ...]:
    try:
        mode, raw = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise KeyFileUnusable(f"The key file {path} cannot be read: {error.strerror}. Put back the one from the backup.") from error
    if mode & 0o077:
        raise KeyFileUnusable(f"The key file {path} can be read by others. Run: chmod 600 {path}")
    try:
        keys = msgspec.json.decode(raw, type=_KeyFile).keys
        for key in keys:
            _require_form(key)
    except ValueError as error:
        raise KeyFileUnusable(f"The key file {path} is damaged. Put back the one from the backup.") from error
    if not keys:
        raise KeyFileUnusable(f"The key file {path} holds no key. Put back the one from the backup.")
    return keys


def _require_form(key: _Key) -> None:
    AESGCM(key.key)
    if len(bytes.fromhex(key.id)) != _ID_BYTES:
        raise ValueError(key.id)
