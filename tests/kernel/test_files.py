"""The file store: durable, whole, guarded against a full disk. F5-F10, F57, T97, T99."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sluss.kernel import durable
from sluss.kernel.files import DiskFull, FileDamaged, FileMissing, FileStore, StoreFailed, TooLarge, as_digest, digest_of

LETTER = "Hej, mitt bagage är borta. /Åsa".encode()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files", reserve=0)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 256 kB; where mounting is not allowed, a folder in which no file grows beyond that."""
    folder = Path(tempfile.mkdtemp())
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", folder], capture_output=True, check=False).returncode
        == 0
    )
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def failing(code: int, after: int = 0) -> Callable[[int], None]:
    """An fsync that works `after` times and fails from then on."""
    calls = iter(range(10_000))

    def fsync(descriptor: int) -> None:
        if next(calls) >= after:
            raise OSError(code, os.strerror(code))

    return fsync


def left_aside(store: FileStore) -> list[str]:
    return [path.name for path in (store.folder / "tmp").iterdir()]


def test_what_is_put_can_be_read(store: FileStore) -> None:
    digest = store.put(LETTER)
    assert digest == digest_of(LETTER)
    assert store.read(digest) == LETTER
    assert store.path(digest).relative_to(store.folder) == Path(digest[:2], digest[2:4], digest)
    assert store.size(digest) == len(LETTER)
    assert left_aside(store) == []


def test_only_the_owner_may_look(store: FileStore) -> None:
    path = store.path(store.put(LETTER))
    assert path.stat().st_mode & 0o777 == 0o600
    assert {folder.stat().st_mode & 0o777 for folder in (store.folder, path.parent, path.parent.parent)} == {0o700}


def test_the_same_content_is_written_once(store: FileStore) -> None:
    before = store.path(store.put(LETTER)).stat()
    after = store.path(store.put(LETTER)).stat()
    assert before.st_ino == after.st_ino
    assert before.st_mtime_ns <= after.st_mtime_ns, "it counts as stored just now, so that nobody collects it"


def test_content_that_is_there_already_is_made_durable_all_the_same(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have renamed it a moment ago and not yet synced the folder. F5."""
    digest = store.put(LETTER)
    synced: list[Path] = []
    monkeypatch.setattr(durable, "sync_folder", synced.append)
    store.put(LETTER)
    assert synced == [store.path(digest).parent]


def test_every_folder_and_file_is_synced_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F5: the file, its folder, and the folders above it on their first use."""
    store = FileStore(tmp_path, reserve=0)
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink())))
    path = store.path(store.put(LETTER))
    assert synced[0].startswith(str(tmp_path / "tmp"))
    assert set(synced[1:]) == {str(tmp_path), str(path.parent.parent), str(path.parent)}
    assert synced[-1] == str(path.parent)


def test_a_torn_file_is_replaced_by_the_whole_one(store: FileStore) -> None:
    """F7, F10."""
    digest = store.put(LETTER)
    store.path(digest).write_bytes(LETTER[:5])
    assert store.put(LETTER) == digest
    assert store.verify(digest) == "good"


def test_damaged_content_is_never_served(store: FileStore) -> None:
    """F10: flipped bytes."""
    digest = store.put(LETTER)
    store.path(digest).write_bytes(LETTER[::-1])
    assert store.verify(digest) == "damaged"
    with pytest.raises(FileDamaged, match="backup"):
        store.read(digest)


def test_missing_content_says_so(store: FileStore) -> None:
    """F57: no dangling reference goes unnoticed."""
    digest = digest_of(b"never stored")
    assert (store.verify(digest), store.size(digest), store.delete(digest)) == ("missing", None, False)
    with pytest.raises(FileMissing, match="backup"):
        store.read(digest)


def test_deleted_content_is_gone(store: FileStore) -> None:
    digest = store.put(LETTER)
    assert store.delete(digest)
    assert store.verify(digest) == "missing"
    assert store.put(LETTER) == digest


@pytest.mark.parametrize("text", ["../../etc/passwd", "", "AB" * 32, "ab" * 31, "ab" * 32 + "\n", "ab" * 31 + "/.", "é" * 64])
def test_a_path_is_never_built_from_anything_but_a_digest(text: str) -> None:
    """T97, T99."""
    with pytest.raises(ValueError, match="64 hexadecimal"):
        as_digest(text)
    assert as_digest("ab" * 32) == "ab" * 32


def test_many_are_put_in_order_with_repeats(store: FileStore) -> None:
    letters = [b"%d" % (number % 150) for number in range(200)]
    digests = store.put_many(letters)
    assert digests == [digest_of(letter) for letter in letters]
    assert set(store.digests()) == set(digests)
    assert left_aside(store) == []


def test_each_folder_of_a_batch_is_synced_once(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = [b"%d" % number for number in range(50)]
    store.put_many(letters)
    synced: list[Path] = []
    monkeypatch.setattr(durable, "sync_folder", synced.append)
    digests = store.put_many(letters)
    assert sorted(synced) == sorted({store.path(digest).parent for digest in digests})


def test_eight_threads_put_the_same_and_different_content(store: FileStore) -> None:
    letters = [b"%d" % (number % 40) for number in range(400)]
    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(store.put, letters))
    assert [store.read(digest) for digest in digests] == letters
    assert left_aside(store) == []


def test_a_stream_is_stored_without_knowing_its_size(store: FileStore) -> None:
    stored = store.put_stream([LETTER[:7], b"", LETTER[7:]], limit=len(LETTER))
    assert (stored.digest, stored.size) == (digest_of(LETTER), len(LETTER))
    assert store.read(stored.digest) == LETTER


def test_a_stream_beyond_its_limit_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(TooLarge, match="30 bytes"):
        store.put_stream([LETTER], limit=30)
    assert (left_aside(store), list(store.digests())) == ([], [])


def test_a_broken_stream_leaves_nothing(store: FileStore) -> None:
    def chunks() -> Iterator[bytes]:
        yield LETTER
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put_stream(chunks(), limit=1_000)
    assert left_aside(store) == []


def test_only_old_leftovers_are_swept(store: FileStore) -> None:
    """F1: a killed process left a half-written file."""
    for name, seconds in (("old", 100), ("new", 300)):
        (store.folder / "tmp" / name).write_bytes(b"half")
        os.utime(store.folder / "tmp" / name, (seconds, seconds))
    assert store.sweep(before=200_000_000) == 1
    assert left_aside(store) == ["new"]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_failed_sync_is_never_believed_later(store: FileStore, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """F6: EIO at the file, or at a folder; then the disk claims to be well again."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(errno.EIO, after))
        with pytest.raises(StoreFailed, match="Check the disk"):
            store.put(LETTER)
    with pytest.raises(StoreFailed, match="start Sluss again"):
        store.put(LETTER)
    assert left_aside(store) == []


def test_a_failed_sync_of_a_stream_is_an_error(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """F6."""
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(StoreFailed):
        store.put_stream([LETTER], limit=100)
    assert (left_aside(store), list(store.digests())) == ([], [])


def test_no_room_at_sync_is_a_full_disk_and_passes(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: delayed allocation reports a full disk late; the store goes on when there is room."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", failing(errno.ENOSPC))
        with pytest.raises(DiskFull):
            store.put(LETTER)
    assert store.read(store.put(LETTER)) == LETTER


def test_a_read_only_disk_is_an_error(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """F9."""

    def refuse(path: Path) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    monkeypatch.setattr(durable, "create", refuse)
    with pytest.raises(StoreFailed, match="Read-only"):
        store.put(LETTER)


def test_the_store_refuses_before_the_disk_is_full(small_disk: Path) -> None:
    """F8: the reserve stays free, what is stored stays readable, and room made helps at once."""
    store = FileStore(small_disk / "files", reserve=0)
    store = FileStore(small_disk / "files", reserve=store.free() - 100_000)
    kept = [store.put(bytes([number]) * 20_000) for number in range(3)]
    with pytest.raises(DiskFull, match="Free some space"):
        store.put(b"x" * 60_000)
    with pytest.raises(DiskFull):
        store.put_stream([b"y" * 10_000] * 9, limit=90_000)
    assert [store.read(digest)[:1] for digest in kept] == [b"\0", b"\1", b"\2"]
    store.delete(kept[0])
    assert store.put(b"z" * 20_000)


FILL = """
import pathlib, resource, sys
from sluss.kernel.files import DiskFull, FileStore
resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))
store = FileStore(pathlib.Path(sys.argv[1]), reserve=0)
store.free = lambda: 10**9
kept = store.put(b"kept")
try:
    store.put(b"x" * 300_000)
except DiskFull as full:
    print("full", store.read(kept).decode(), len(list(store.digests())), list((store.folder / "tmp").iterdir()), store.put(b"small") != "")
"""


def test_a_disk_that_is_full_in_the_middle_of_a_write_leaves_nothing_half(small_disk: Path) -> None:
    """F7, F8: the guard looks away, the n-th write fails."""
    done = subprocess.run([sys.executable, "-c", FILL, small_disk], capture_output=True, text=True, check=True)
    assert done.stdout == "full kept 1 [] True\n"


def disk_of(monkeypatch: pytest.MonkeyPatch, *, blocks: int, free: int, entries: int = 0, free_entries: int = 0) -> None:
    """Pretend a disk with blocks of one byte."""
    disk = os.statvfs_result((1, 1, blocks, free, free, entries, free_entries, free_entries, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: disk)


@pytest.mark.parametrize(("max_message", "reserve"), [(10_000, 20_000), (1_000, 10_000)])
def test_the_reserve_is_two_messages_or_a_hundredth_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_message: int, reserve: int
) -> None:
    """F8."""
    disk_of(monkeypatch, blocks=1_000_000, free=reserve + len(LETTER))
    store = FileStore(tmp_path, max_message=max_message)
    assert store.free() == len(LETTER)
    with pytest.raises(DiskFull):
        store.put(LETTER)
    assert store.put(LETTER[:-1])


def test_hardly_any_file_entries_left_is_a_full_disk(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """F9."""
    disk_of(monkeypatch, blocks=1_000_000, free=900_000, entries=1_000_000, free_entries=10)
    with pytest.raises(DiskFull):
        store.put(LETTER)


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    durable.write_new(tmp_path / "key", b"first")
    with pytest.raises(FileExistsError):
        durable.write_new(tmp_path / "key", b"second")
    durable.write_over(tmp_path / "key", b"third")
    assert (tmp_path / "key").read_bytes() == b"third"
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]
