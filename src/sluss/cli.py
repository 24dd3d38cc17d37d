"""The command line. In: words. Out: an exit code; data on standard output, talk on standard error.

Only the family that was asked for is imported, so that `sluss --version` answers at once.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from sluss.commands.families import FAMILIES
from sluss.version import VERSION

HELP = """\
Sluss: customer service where customers already write.

Try it           sluss demo             a living demo, with customers who write
Set up           sluss init             make the data folder and its settings
                 sluss setup-link       a new link for the first sign-in
                 sluss agent            add, list, let in again, shut out
                 sluss inbox            add, list, test, snippet, pause, resume
                 sluss answers          canned answers to and from a file
Run              sluss serve            screens and the work behind them
                 sluss doctor           what is well, what is not, and the fix
                 sluss search           build the search anew, while it serves
Keep safe        sluss backup [FILE]    while it runs, or not
                 sluss restore FILE     nothing is sent until you say so
                 sluss outbox           hold or release what would be sent
                 sluss contact          give or erase what is kept of a person
                 sluss key              renew the key that seals passwords
                 sluss audit            see whether the audit log is whole
Change           sluss migrate          bring the database to this release
                 sluss config           every setting and where it comes from
                 sluss completion       for bash, zsh or fish
                 sluss version

Each has --help. Everything takes --data FOLDER (default: ./data), and --json
where there is something to read by machine."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output went away; the interpreter must not complain about it once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(words: list[str]) -> int:
    first = words[0] if words else "--help"
    if first in {"--help", "-h", "help"} and len(words) < 2:
        print(HELP)
        return 0
    if first in {"--version", "-V", "version"}:
        print(f"sluss {VERSION}")
        return 0
    if first == "help":
        return _run([words[1], "--help"])
    if first not in FAMILIES:
        return _unknown(first)
    family = importlib.import_module("sluss.commands.running")
    code: int = family.run(first, importlib.import_module(f"sluss.commands.{FAMILIES[first]}"), words[1:])
    return code


def _unknown(word: str) -> int:
    close = [name for name in FAMILIES if name.startswith(word[:2])] or list(FAMILIES)
    print(f"sluss: there is no command {word!r}. Did you mean {' or '.join(close[:3])}? `sluss` alone lists them all.", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
