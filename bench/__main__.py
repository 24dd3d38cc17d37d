"""Run the measurements: `bin/bench [--quick] [--write]`. `--write` keeps the figures in docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import admit, browser, chat, desk, footprint, history, hooks, presence, search, social
from bench.figures import Figure, as_table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
START, END = "<!-- figures -->", "<!-- end of figures -->"

PARTS: Mapping[str, Callable[[int], list[Figure]]] = {
    "admit": admit.measure,
    "hooks": hooks.measure,
    "social": social.measure,
    "history": history.measure,
    "desk": desk.measure,
    "search": search.measure,
    "presence": presence.measure,
    "chat": chat.measure,
    "browser": browser.measure,
    "footprint": footprint.measure,
}


def main() -> None:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures Sluss, each figure beside the limit that binds it.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load: to see that it runs, not for figures")
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/performance.md")
    parser.add_argument("only", nargs="*", metavar="part", help=f"some of {', '.join(PARTS)}; all of them without")
    chosen = parser.parse_args()
    if unknown := [one for one in chosen.only if one not in PARTS]:
        parser.error(f"there is no part {unknown[0]}: choose of {', '.join(PARTS)}")
    if chosen.write and chosen.only:
        parser.error("only all figures together are kept: leave out the parts, or --write")
    figures: list[Figure] = []
    for part in chosen.only or PARTS:
        found = PARTS[part](10 if chosen.quick else 1)
        figures += found
        print(as_table(found), flush=True)
    if chosen.write:
        _keep(figures)
    if any(one.fits is False for one in figures):
        sys.exit("A figure misses its bound.")


def _keep(figures: Sequence[Figure]) -> None:
    before = PAGE.read_text()
    head, _, rest = before.partition(START)
    _, _, tail = rest.partition(END)
    machine = (
        f"{platform.machine()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, two cores, load generator included."
    )
    PAGE.write_text(f"{head}{START}\n\n{machine}\n\n{as_table(figures)}\n\n{END}{tail}")


main()
