"""Tests must prove something, now and everywhere: they assert, run always, and wait for what happens instead of for the clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Function, functions

# Waiting for a thing to happen fails when it does not; a property for any input is that nothing is raised.
PROVES = re.compile(
    r"^(raises|warns|expect|until|arrives|run_state_machine_as_test|given)$|^_?(assert|check|expect|should|verify|must|wait)_"
)
EXCUSES = {"skip", "skipif", "xfail", "importorskip"}


def proves_nothing(path: Path, text: str) -> Iterator[str]:
    """A call of the file's own function counts when that one asserts."""
    asserting = {function.name for function in functions(text) if any(isinstance(node, ast.Assert) for node in ast.walk(function))}
    for function in functions(text):
        if function.name.startswith("test_") and not _proves(function, asserting - {function.name}):
            yield f"{function.lineno} {function.name} asserts nothing"


def excused(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr in EXCUSES and ast.unparse(node).startswith("pytest."):
            yield f"{node.lineno} {ast.unparse(node)}: every test runs everywhere"


def sleeps(path: Path, text: str) -> Iterator[str]:
    """`asyncio.sleep(0)` only gives the others a turn, and is none; nor is the chance moment before a fault."""
    for node in ast.walk(ast.parse(text)):
        called = ast.unparse(node) if isinstance(node, ast.Call) else ""
        if re.match(r"((time|asyncio|anyio)\.)?sleep\((?!0\))", called) and "random" not in called:
            yield f"{getattr(node, 'lineno', 0)} {called}: wait for what happens, not for the clock"


def _proves(function: Function, asserting: set[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if PROVES.search(called) or called in asserting:
                return True
    return False
