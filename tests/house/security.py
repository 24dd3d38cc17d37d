"""docs/security.md against the tests: which test proves which row. Run `python -m tests.house.security` to write the tables anew.

In: `threats.toml` and the docstrings of test functions. Out: the tables, and what is wrong with them.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, files

ROWS = Path(__file__).with_name("threats.toml")
PAGE = ROOT / "docs/security.md"
BEGIN, END = "<!-- rows: begin -->", "<!-- rows: end -->"
NAMED = re.compile(r"\b([TF])(\d{1,3})(?:\s*[-–]\s*\1?(\d{1,3}))?\b")
SHOWN = 3

Tests = dict[str, list[str]]
"""Tests by row, each as `tests/path.py: test_name`."""


def rows() -> dict[str, dict[str, str]]:
    return tomllib.loads(ROWS.read_text(encoding="utf-8"))


def rows_named(docstring: str) -> Iterator[str]:
    """Rows that a docstring names, alone (`T44`) or as a range (`T76-T81`)."""
    for letter, first, last in NAMED.findall(docstring):
        for number in range(int(first), int(last or first) + 1):
            yield f"{letter}{number}"


def tests_by_row() -> Tests:
    """What the docstrings of test functions say."""
    found: Tests = {}
    for path in files("tests", suffix=".py"):
        for name, docstring in _documented((ROOT / path).read_text(encoding="utf-8")):
            for row in dict.fromkeys(rows_named(docstring)):
                found.setdefault(row, []).append(f"{path.as_posix()}: {name}")
    return found


def _documented(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""


def unproven(known: dict[str, dict[str, str]], tests: Tests) -> Iterator[str]:
    """Rows that are due and that no test names, rows said to wait or lack proof although a test names them, and rows that nobody knows."""
    for row, about in known.items():
        excuse = about.get("waits") or about.get("lacks", "")
        if row not in tests and not excuse:
            yield f"{row} ({about['what']}): no test names it"
        if row in tests and excuse:
            yield f"{row} is said to lack {excuse}, and yet {tests[row][0]} names it"
    for row in tests.keys() - known.keys():
        yield f"{row} is no row, but {tests[row][0]} names it"


def tables(known: dict[str, dict[str, str]], tests: Tests) -> str:
    """Both tables as Markdown."""
    parts = [("Threats", "T"), ("Faults", "F")]
    return "\n\n".join(f"### {title}\n\n{_table(letter, known, tests)}" for title, letter in parts)


def _table(letter: str, known: dict[str, dict[str, str]], tests: Tests) -> str:
    lines = [f"| {row} | {about['what']} | {_proof(about, tests.get(row, []))} |" for row, about in known.items() if row[0] == letter]
    return "\n".join(["| row | what | proven by |", "| --- | --- | --- |", *lines])


def _proof(about: dict[str, str], tests: list[str]) -> str:
    if "waits" in about:
        return f"*waits for {about['waits']}*"
    if "lacks" in about:
        return f"**not proven**: {about['lacks']}"
    first = sorted(tests)[:SHOWN]
    more = f", and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
    return ", ".join(f"`{one.removeprefix('tests/')}`" for one in first) + more


def written(page: str, inside: str) -> str:
    """The page with its tables replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{inside}\n\n{END}{after}"


def main() -> None:
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), tables(rows(), tests_by_row())), encoding="utf-8")


if __name__ == "__main__":
    main()
