"""What a command says and asks. In: texts and values. Out: data on standard output, talk on standard error, questions only to a person."""

from __future__ import annotations

import getpass
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from sluss.commands.outcome import INTERRUPTED, USAGE, Stopped

COLOURS = {"ok": "32", "warn": "33", "fail": "31", "strong": "1"}


class Terminal:
    """The person, or the script, at the other end."""

    def __init__(self, *, as_json: bool = False, asks: bool = True, colours: bool = True) -> None:
        self.as_json = as_json
        self.asks = asks and sys.stdin is not None and sys.stdin.isatty()
        self._colours = colours and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def say(self, text: str = "") -> None:
        """Talk: progress, hints, what was done."""
        print(text, file=sys.stderr, flush=True)

    def tell(self, text: str = "") -> None:
        """Data for people: what was asked for."""
        print(text, flush=True)

    def give(self, value: Any, text: str = "") -> None:
        """A result: as one line of JSON when that was asked for, else in words."""
        if self.as_json:
            print(msgspec.json.encode(value).decode(), flush=True)
        elif text:
            self.tell(text)

    def give_rows(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """A list: lines of JSON, or columns as wide as their widest entry."""
        if self.as_json:
            for row in rows:
                print(msgspec.json.encode(row).decode())
            return
        cells = [[column.replace("_", " ").upper() for column in columns], *([_shown(row[column]) for column in columns] for row in rows)]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        for line in cells:
            print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())

    def coloured(self, text: str, colour: str) -> str:
        """The text in colour, where standard output shows colours."""
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self._colours and sys.stdout.isatty() else text

    def ask(self, question: str, flag: str, default: str = "") -> str:
        """Ask a person; a script is told which flag is missing."""
        if not self.asks:
            if default:
                return default
            raise Stopped(f"{question} is missing. Give it with {flag}.", USAGE)
        print(f"{question}{f' [{default}]' if default else ''}: ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if not answer:
            raise Stopped("Nothing was entered.", INTERRUPTED)
        return answer.strip() or default

    def ask_secret(self, question: str, flag: str) -> str:
        """Ask for a password without showing it."""
        if not self.asks:
            raise Stopped(f"{question} is missing. Give it with {flag}; a password never stands among the words of a command.", USAGE)
        try:
            return getpass.getpass(f"{question}: ", sys.stderr)
        except EOFError:
            raise Stopped("Nothing was entered.", INTERRUPTED) from None

    def confirm(self, warning: str, word: str, *, yes: bool) -> None:
        """Let a person type a word before something that cannot be taken back; scripts say `--yes`."""
        if yes:
            return
        self.say(warning)
        if not self.asks:
            raise Stopped("Nothing was changed. Add --yes to go ahead.", USAGE)
        if self.ask(f"Type {word} to go ahead", "--yes") != word:
            raise Stopped("Nothing was changed.")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[Any]", value))) or "-"
    return str(value) if value not in {None, ""} else "-"


def _width(text: str) -> int:
    """Columns on a screen: combining marks take none, wide letters two."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
