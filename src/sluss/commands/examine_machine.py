"""The machine under Sluss: folder, disk, clock, port, limits, files of the program. In: settings. Out: findings."""

from __future__ import annotations

import os
import resource
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import sluss
from sluss.commands.examination import Finding
from sluss.config import Config
from sluss.control import NotAnswered, is_running
from sluss.kernel.folder import DataFolder
from sluss.kernel.sealing import Sealer, SealError
from sluss.version import VERSION

GB = 1 << 30
FILES_WANTED = 4_096
BUILT = 1_790_000_000
"""A moment in 2026, in seconds: a clock before it is wrong."""

NETWORKED = {"nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p", "glusterfs"}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def examine_machine(config: Config) -> list[Finding]:
    """Look at everything outside the database."""
    folder = DataFolder(config.folder)
    return [
        *_folder(folder),
        *_disk(folder),
        *_key(folder, config.sealing_key),
        _sqlite(config),
        _port(config, folder),
        _limit(),
        _clock(),
        _parts(),
        _https(config),
    ]


def _folder(folder: DataFolder) -> Iterator[Finding]:
    if not folder.path.is_dir():
        yield Finding("folder", "fail", f"there is no {folder.path}", "Run `sluss init`, or name another with --data.")
        return
    mode = folder.path.stat().st_mode & 0o777
    if not os.access(folder.path, os.W_OK | os.X_OK):
        yield Finding("folder", "fail", f"{folder.path} cannot be written", "Run as the user that owns it, or change its owner.")
    elif mode & 0o077:
        yield Finding("folder", "warn", f"others on this machine can look into {folder.path}", f"chmod 700 {folder.path}")
    else:
        yield Finding("folder", "ok", f"{folder.path}, for its owner only")
    kind = _file_system(folder.path.resolve())
    if kind in NETWORKED:
        yield Finding("disk kind", "fail", f"{folder.path} lies on {kind}", "Locks do not hold there: use a local disk, or PostgreSQL.")
    yield _running(folder)


def _running(folder: DataFolder) -> Finding:
    try:
        running = is_running(folder.socket)
    except NotAnswered as error:
        return Finding("server", "warn", str(error))
    return Finding("server", "ok", "runs here" if running else "does not run here")


def _file_system(path: Path) -> str:
    """The kind of the mounted disk that a path lies on."""
    best, kind = "", ""
    for line in Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines() if Path("/proc/mounts").exists() else ():
        place, found = line.split(" ")[1:3]
        inside = str(path) == place or str(path).startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):
            best, kind = place, found
    return kind


def _disk(folder: DataFolder) -> Iterator[Finding]:
    place = next((path for path in (folder.path, *folder.path.absolute().parents) if path.exists()), Path("/"))
    disk = os.statvfs(place)
    free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    words = f"{free / GB:.1f} GB free of {total / GB:.0f} GB"
    reserve = max(100_000_000, total // 100)
    if free < reserve:
        yield Finding("disk", "fail", words, "New mail is refused (and stays at the mail server) until there is room: free some space.")
    elif free < 2 * reserve + GB:
        yield Finding("disk", "warn", words, "Free some space soon.")
    else:
        yield Finding("disk", "ok", words)
    if disk.f_files and disk.f_favail < disk.f_files // 50:
        yield Finding("disk files", "warn", f"only {disk.f_favail} more files fit on the disk", "Remove small files, or use a larger disk.")


def _key(folder: DataFolder, path: Path) -> Iterator[Finding]:
    if not folder.path.is_dir():
        return
    if not path.exists():
        state = "fail" if folder.database.exists() else "warn"
        fix = "Put back your copy of sealing.key, or enter the passwords of the inboxes again."
        yield Finding("sealing key", state, f"{path} is missing", fix)
        return
    try:
        keys = Sealer(path).key_ids()
        yield Finding("sealing key", "ok", f"{len(keys)} in {path.name}; keep a copy apart from backups")
    except SealError as error:
        yield Finding("sealing key", "fail", str(error))


def _sqlite(config: Config) -> Finding:
    version = sqlite3.sqlite_version
    if config.database_url:
        return Finding("sqlite", "ok", f"{version}, not used")
    if sqlite3.sqlite_version_info < (3, 37):
        return Finding("sqlite", "fail", f"{version} knows no strict tables", "Use a Python with SQLite 3.37 or newer, or PostgreSQL.")
    known = " (has the WAL-reset fault, which one writing process never meets)" if sqlite3.sqlite_version_info < (3, 51, 3) else ""
    return Finding("sqlite", "ok", f"{version}{known}")


def _port(config: Config, folder: DataFolder) -> Finding:
    place = f"{config.host}:{config.port}"
    with socket.socket(socket.AF_INET6 if ":" in config.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            if folder.socket.exists() and _running(folder).detail == "runs here":
                return Finding("port", "ok", f"{place} is taken, as it should be while Sluss runs here")
            return Finding("port", "fail", f"{place}: {error.strerror}", "Stop what listens there, or set another port with SLUSS_PORT.")
    return Finding("port", "ok", f"{place} is free")


def _limit() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES_WANTED:
        fix = "Raise it (LimitNOFILE=65536 in a systemd unit): every open desk holds one."
        return Finding("open files", "warn", f"at most {hard}", fix)
    return Finding("open files", "ok", "as many as wanted" if hard == resource.RLIM_INFINITY else f"at most {hard}")


def _clock() -> Finding:
    if time.time() < BUILT:
        return Finding(
            "clock", "fail", time.strftime("it shows %Y-%m-%d %H:%M UTC", time.gmtime()), "Set the clock (timedatectl set-ntp true)."
        )
    return Finding("clock", "ok", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()))


def _parts() -> Finding:
    """The program's own files: a broken installation misses fonts or templates first."""
    static = Path(sluss.__file__).parent / "web" / "static"
    missing = [kind for kind in ("css", "js", "woff2") if next(static.rglob(f"*.{kind}"), None) is None]
    if missing:
        return Finding("program", "fail", f"no {', '.join(missing)} files in {static}", "Install Sluss again.")
    return Finding("program", "ok", f"release {VERSION}, styles, scripts and fonts are there")


def _https(config: Config) -> Finding:
    if config.https:
        return Finding("https", "ok", config.base_url)
    if config.host in LOOPBACK and not config.base_url:
        return Finding("https", "ok", "only this machine is served; localhost counts as safe")
    fix = "Put a web server with a certificate before it and set SLUSS_BASE_URL=https://…; see docs/operating.md."
    return Finding("https", "warn", "people sign in over plain HTTP: passwords and sessions can be read on the way", fix)
