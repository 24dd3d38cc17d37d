"""Programs that tests start: as an unprivileged account, their words in a log, ended with the test process whatever ends it."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000
HOST = "127.0.0.1"
# Below the ports that the system gives to outgoing connections, so that a stopped server finds its own free again.
_PORTS = range(20_000, 32_000)
# Not of the seeded kind, with which all test processes would try the same ports.
_CHANCE = random.SystemRandom()
_given: set[int] = set()


def until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Look every 20 ms until the condition holds; AssertionError naming `what` when it never does."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    msg = f"waited {seconds} s in vain: {what}"
    raise AssertionError(msg)


def free_port() -> int:
    """A TCP port nobody listens on, never given twice by this process."""
    while True:
        port = _CHANCE.choice(_PORTS)
        if port not in _given and not _taken(port):
            _given.add(port)
            return port


def _taken(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind((HOST, port))
        except OSError:
            return True
    return False


def listening(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(2)
        return sock.connect_ex((HOST, port)) == 0


@contextmanager
def folder(name: str, owner: str = "", *, in_memory: bool = False) -> Generator[Path]:
    """A folder that other accounts may enter (pytest's own are for its account alone), removed at the end.

    What need not outlive the machine lies `in_memory` where there is room for it: many small files are copied thirty times as fast there.
    """
    path = Path(tempfile.mkdtemp(prefix=f"sluss-{name}-", dir=MEMORY if in_memory and has_memory() else None))
    path.chmod(0o755)
    if owner and os.geteuid() == 0:
        shutil.chown(path, owner, owner)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def has_memory() -> bool:
    """Whether the machine lends its memory as a disk, and enough of it."""
    return MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM


def as_account(owner: str, end: signal.Signals = signal.SIGTERM) -> list[str]:
    """What to put before a command so that it runs as `owner` (when root) and gets the signal `end` when the test process dies."""
    prefix = ["setpriv", f"--pdeathsig={end.name.removeprefix('SIG')}"]
    if owner and os.geteuid() == 0:
        prefix += [f"--reuid={owner}", f"--regid={owner}", "--init-groups"]
    return [*prefix, "--"]


class Program:
    """One server. `end` is the signal that stops it; its output goes to the file `log`."""

    def __init__(self, command: Sequence[str], log: Path, owner: str = "", end: signal.Signals = signal.SIGTERM) -> None:
        self.command = [*as_account(owner, end), *command]
        self.log = log
        self.end = end
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, ready: Callable[[], object]) -> None:
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/", start_new_session=True
            )
        try:
            until(lambda: not self.running or ready(), f"{self.command} to be ready")
        finally:
            if not self.running or not ready():
                self.stop()
                msg = f"{' '.join(self.command)} did not start:\n{self.said()[-3000:]}"
                raise AssertionError(msg)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, end: signal.Signals | None = None, seconds: float = 20) -> None:
        """Send the signal and wait for the end; whatever is left of its process group is killed."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(end or self.end)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
