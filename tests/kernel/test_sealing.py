"""Secrets at rest open only where they belong. T115, F59."""

from __future__ import annotations

from pathlib import Path

import pytest

from sluss.kernel.sealing import KeyFileUnusable, KeyLost, SealBroken, Sealer

PASSWORD = "hunter2 – Åsas IMAP".encode()
HERE = ("inbox", 7, 12)


@pytest.fixture
def sealer(tmp_path: Path) -> Sealer:
    return Sealer.of(tmp_path)


def test_what_is_sealed_opens_again(sealer: Sealer) -> None:
    """T115: the blob does not show the secret, and never looks the same twice."""
    blob = sealer.seal(PASSWORD, HERE)
    assert sealer.unseal(blob, HERE) == PASSWORD
    assert PASSWORD not in blob
    assert blob != sealer.seal(PASSWORD, HERE)
    assert sealer.unseal(sealer.seal(b"", HERE), HERE) == b""


@pytest.mark.parametrize(
    "place", [("inbox", 7, 13), ("inbox", 8, 12), ("inbox", 71, 2), ("inbox", 7, "12"), ("agent", 7, 12), ("inbox", 7), ()]
)
def test_a_blob_moved_to_another_row_does_not_open(sealer: Sealer, place: tuple[str | int, ...]) -> None:
    """T115: another inbox, another workspace, another kind, ids that only look alike when written together."""
    with pytest.raises(SealBroken, match="belongs to something else"):
        sealer.unseal(sealer.seal(PASSWORD, HERE), place)


def test_every_changed_bit_is_noticed(sealer: Sealer) -> None:
    blob = sealer.seal(PASSWORD, HERE)
    for index in range(len(blob)):
        changed = bytearray(blob)
        changed[index] ^= 1
        with pytest.raises((SealBroken, KeyLost)):
            sealer.unseal(bytes(changed), HERE)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"plain text that was never sealed, but is long enough", b"\x01" + bytes(30)])
def test_what_was_never_sealed_is_no_secret(sealer: Sealer, blob: bytes) -> None:
    with pytest.raises(SealBroken):
        sealer.unseal(blob, HERE)


def test_a_cut_blob_is_noticed(sealer: Sealer) -> None:
    blob = sealer.seal(PASSWORD, HERE)
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            sealer.unseal(blob[:length], HERE)


def test_only_the_owner_may_read_the_key_file(sealer: Sealer) -> None:
    assert sealer.path.stat().st_mode & 0o777 == 0o600
    sealer.rotate()
    assert sealer.path.stat().st_mode & 0o777 == 0o600


def test_the_key_file_is_made_once(sealer: Sealer) -> None:
    again = Sealer.of(sealer.path.parent)
    assert again.unseal(sealer.seal(PASSWORD, HERE), HERE) == PASSWORD


def test_after_rotation_old_and_new_open(sealer: Sealer) -> None:
    """F59."""
    old = sealer.seal(PASSWORD, HERE)
    newest = sealer.rotate()
    new = sealer.seal(PASSWORD, HERE)
    reopened = Sealer.of(sealer.path.parent)
    assert [reopened.unseal(blob, HERE) for blob in (old, new)] == [PASSWORD, PASSWORD]
    assert [reopened.is_current(blob) for blob in (old, new)] == [False, True]
    assert reopened.key_ids()[-1] == newest


def test_a_key_added_by_another_process_is_found(sealer: Sealer) -> None:
    """F59: two processes, one rotates."""
    other = Sealer.of(sealer.path.parent)
    other.rotate()
    assert sealer.unseal(other.seal(PASSWORD, HERE), HERE) == PASSWORD
    assert sealer.key_ids() == other.key_ids()


def test_a_lost_key_says_what_to_do(sealer: Sealer) -> None:
    blob = sealer.seal(PASSWORD, HERE)
    sealer.path.unlink()
    with pytest.raises(KeyLost, match="Put back the key file that belongs to this database, or enter the secret again"):
        Sealer.of(sealer.path.parent).unseal(blob, HERE)


def test_a_key_file_open_to_others_is_refused(sealer: Sealer) -> None:
    sealer.path.chmod(0o640)
    with pytest.raises(KeyFileUnusable, match="chmod 600"):
        Sealer.of(sealer.path.parent)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b'{"keys":[]}', b'{"keys":[{"id":"00","key":"AAAA"}]}', b'{"keys":[{"id":"zz","key":""}]}', b"\xff"]
)
def test_a_damaged_key_file_is_refused(sealer: Sealer, raw: bytes) -> None:
    sealer.path.write_bytes(raw)
    with pytest.raises(KeyFileUnusable, match="Put back the one from the backup"):
        Sealer(sealer.path)


def test_keys_do_not_show_in_what_is_logged(sealer: Sealer) -> None:
    assert "key=" not in repr(vars(sealer))
