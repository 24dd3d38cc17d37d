"""Budgets: how long a function, a file, a template may be, and how much a function may ask for."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import Function, functions

FUNCTION_LINES = 60
FILE_LINES = 350
TEST_FILE_LINES = 400
TEMPLATE_LINES = 120
PARAMETERS = 5
# They say where the function stands, not what is asked of it.
GIVEN = {"self", "cls", "tx", "who"}


def long_functions(path: Path, text: str) -> Iterator[str]:
    for function in functions(text):
        if (lines := length(function)) > FUNCTION_LINES:
            yield f"{function.lineno} {function.name} has {lines} lines, {FUNCTION_LINES} are the limit"


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def long_files(path: Path, text: str) -> Iterator[str]:
    testing = path.parts[0] == "tests"
    limit = TEST_FILE_LINES if testing else FILE_LINES
    if (lines := code_lines(without_tables(text) if testing else text)) > limit:
        yield f"1 {lines} lines of code, {limit} are the limit"


def code_lines(text: str) -> int:
    """Lines that are neither blank nor a comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))


def without_tables(text: str) -> str:
    """The text without its constants: a test's table of cases is data and may be long."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            lines[node.lineno - 1 : node.end_lineno] = [""] * ((node.end_lineno or node.lineno) - node.lineno + 1)
    return "\n".join(lines)


def long_templates(path: Path, text: str) -> Iterator[str]:
    if (lines := len(text.splitlines())) > TEMPLATE_LINES:
        yield f"1 {lines} lines, {TEMPLATE_LINES} are the limit"


def many_parameters(path: Path, text: str) -> Iterator[str]:
    """Keyword-only ones are free, since the call names them."""
    for function in functions(text):
        asked = [each.arg for each in positional(function) if each.arg not in GIVEN]
        if len(asked) > PARAMETERS:
            yield f"{function.lineno} {function.name} asks for {len(asked)} things by position, {PARAMETERS} are the limit"


def positional(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args]
