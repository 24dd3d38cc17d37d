"""Run the measurements: `bin/bench [--quick] [--write]`. `--write` keeps the figures in docs/performance.md."""

from __future__ import annotations

import argparse
import platform
import sqlite3
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import admit, footprint, history, hooks, presence
from bench.figures import Figure, as_table

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
START, END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measures Sluss, each figure beside the limit that binds it.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load: to see that it runs, not for figures")
    parser.add_argument("--write", action="store_true", help="keep the figures in docs/performance.md")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    measures: Sequence[Callable[[int], list[Figure]]] = (admit.measure, hooks.measure, history.measure, footprint.measure, presence.measure)
    for measure in measures:
        found = measure(10 if chosen.quick else 1)
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
