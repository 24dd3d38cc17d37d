"""The files of the project, as git lists them: tracked ones, and new ones that it does not ignore."""

import ast
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
BINARY = {".png", ".jpg", ".gif", ".ico", ".woff2", ".mo", ".pdf", ".zip"}
Rule = Callable[[Path, str], Iterator[str]]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def project_files() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(Path(name) for name in listed.splitlines() if (ROOT / name).is_file()))


def files(*folders: str, suffix: str = "", but: str = "\0") -> list[Path]:
    """Text files below the folders (none: everywhere) with that suffix, without those that have `but` in their path."""
    return [
        path
        for path in project_files()
        if (not folders or path.parts[0] in folders)
        and path.name.endswith(suffix)
        and path.suffix not in BINARY
        and but not in path.as_posix()
    ]


def offences(rule: Rule, paths: list[Path]) -> list[str]:
    """What the rule finds in these files, as `path:line what`."""
    return [f"{path}:{found}" for path in paths for found in rule(path, (ROOT / path).read_text(encoding="utf-8"))]


def check_none(found: Iterable[str]) -> None:
    """Fails with every offence on a line of its own."""
    listed = list(found)
    assert not listed, "\n" + "\n".join(listed)


def functions(text: str) -> Iterator[Function]:
    return (node for node in ast.walk(ast.parse(text)) if isinstance(node, Function))


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
