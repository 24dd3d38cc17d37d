"""`sluss config`: every setting, its value and where that came from."""

from __future__ import annotations

import argparse
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from sluss.commands.outcome import NOT_FOUND, OK, Stopped
from sluss.commands.terminal import Terminal
from sluss.config import PREFIX, load
from sluss.config import describe as describe_settings

_SECRET = re.compile(r"token|password|secret|key")
_IN_URL = re.compile(r"(://[^:/@]+:)[^@]+@")


def describe(parser: argparse.ArgumentParser) -> None:
    """Say what `config` takes."""
    parser.description = (
        "List every setting with its value and where it came from: the command line, the environment, the file, or the default."
    )
    parser.add_argument("name", nargs="?", help="one setting only, as port or SLUSS_PORT")


def run(asked: argparse.Namespace, terminal: Terminal) -> int:
    """List settings."""
    given = {"data": asked.data} if asked.data else {}
    values = msgspec.structs.asdict(load(given))
    in_file = _in_file(str(values["data"]))
    rows = [_row(name, meaning, (values, given, in_file)) for name, _, meaning in describe_settings()]
    wanted = (asked.name or "").upper().removeprefix(PREFIX)
    chosen = [row for row in rows if not wanted or row["setting"] == PREFIX + wanted]
    if not chosen:
        raise Stopped(f"There is no setting {asked.name}. `sluss config` lists them all.", NOT_FOUND)
    terminal.give_rows(chosen, ("setting", "value", "origin", "meaning"))
    return OK


def _row(variable: str, meaning: str, known: tuple[dict[str, Any], dict[str, Any], set[str]]) -> dict[str, Any]:
    values, given, in_file = known
    name = variable.removeprefix(PREFIX).lower()
    origin = "option" if name in given else "environment" if variable in os.environ else "file" if name in in_file else "default"
    return {"setting": variable, "value": _safe(name, values[name]), "origin": origin, "meaning": meaning}


def _safe(name: str, value: Any) -> Any:
    """Secrets are named, never shown."""
    if _SECRET.search(name) and value:
        return "(set)"
    return _IN_URL.sub(r"\1…@", value) if isinstance(value, str) else value


def _in_file(data: str) -> set[str]:
    file = Path(os.environ.get(f"{PREFIX}CONFIG") or Path(data) / "sluss.toml")
    return set(tomllib.loads(file.read_text())) if file.exists() else set()
