"""A disk of its own that can be filled, and one that breaks its word. In: a folder, a process. Out: room, no room, errors of sync."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path


class SmallDisk:
    """A file system in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self, left: int) -> None:
        """Take all room but so many bytes."""
        page = b"\0" * 4096
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while self._room() > left:
                file.write(page * max(1, min(256, (self._room() - left) // 4096)))

    def free(self) -> None:
        self._ballast.unlink()

    def _room(self) -> int:
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize


@contextmanager
def small_disk(path: Path, megabytes: int) -> Generator[SmallDisk]:
    """Needs root, as every machine of the tests gives it."""
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(path)], check=True)
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@asynccontextmanager
async def syncs_fail(pid: int) -> AsyncGenerator[None]:
    """Within the block the disk answers each promise that is asked of it with an error (EIO), as a dying one does."""
    calls = "fsync,fdatasync"
    command = ["strace", "-f", "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO", "-o", "/dev/null"]
    tracer = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    assert tracer.stderr
    said = await tracer.stderr.readline()
    assert b"attached" in said, said
    try:
        yield
    finally:
        tracer.terminate()
        await tracer.communicate()
