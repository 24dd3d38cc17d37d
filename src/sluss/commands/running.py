"""Running one command of a family. In: its words. Out: an exit code, and one clear sentence instead of a traceback."""

from __future__ import annotations

import argparse
import io
import sys
from typing import Any, NoReturn, Protocol

from sluss.commands.outcome import FAILED, USAGE, Stopped, fault_of, stopped_by
from sluss.commands.terminal import Terminal
from sluss.config import BadSetting
from sluss.kernel.errors import Trouble
from sluss.kernel.folder import FolderTaken
from sluss.kernel.log import configure
from sluss.kernel.sealing import SealError


class Family(Protocol):
    """What a module of commands offers. `describe` adds arguments; `run` returns an exit code."""

    def describe(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, asked: argparse.Namespace, terminal: Terminal) -> int: ...


class Parser(argparse.ArgumentParser):
    """Refuses wrong words with one sentence and where to look."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise Stopped(f"{self.prog}: {message}. `{self.prog} --help` shows what it takes.", USAGE)


def run(name: str, family: Family, words: list[str]) -> int:
    """Parse the words of one command and carry it out."""
    _speak_utf8()
    parser = Parser(prog=f"sluss {name}")
    shared = parser.add_argument_group("everywhere")
    shared.add_argument("--data", metavar="FOLDER", help="the data folder (SLUSS_DATA; default: data)")
    shared.add_argument("--json", action="store_true", help="results as JSON on standard output")
    shared.add_argument("--no-input", action="store_true", help="ask nothing; name what is missing instead")
    shared.add_argument("--no-color", action="store_true", help="no colours (also NO_COLOR)")
    try:
        family.describe(parser)
        asked = parser.parse_args(_with_shared_first(words))
        terminal = Terminal(as_json=asked.json, asks=not asked.no_input, colours=not asked.no_color)
        configure("warning")
        return family.run(asked, terminal)
    except SystemExit as end:  # argparse ends the program itself after --help
        return int(end.code or 0)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, whatever happened
        return _complain(error)


_SHARED = {"--json", "--no-input", "--no-color"}


def _with_shared_first(words: list[str]) -> list[str]:
    """Options of the whole command are understood wherever they stand, also after a sub-command."""
    first: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            rest += [word, *left]
        elif word in _SHARED or word.startswith("--data="):
            first.append(word)
        elif word == "--data":
            first += [word, *([value] if (value := next(left, None)) is not None else [])]
        else:
            rest.append(word)
    return first + rest


def _complain(error: Exception) -> int:
    stopped = _understood(error)
    print(stopped.sentence, file=sys.stderr)
    return stopped.code


def _understood(error: Exception) -> Stopped:
    if isinstance(error, Stopped):
        return error
    if isinstance(error, Trouble):
        return stopped_by(fault_of(error))
    if isinstance(error, BadSetting):
        return Stopped(str(error), USAGE)
    if isinstance(error, FolderTaken | SealError):
        return Stopped(str(error))
    if isinstance(error, PermissionError):
        return Stopped(f"{error.filename} may not be used: {error.strerror}. Run the command as the user that Sluss runs as.")
    return Stopped(
        f"It did not work: {error or type(error).__name__} ({type(error).__name__}). `sluss doctor` looks for the cause.", FAILED
    )


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
