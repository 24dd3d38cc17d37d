"""What the product's code must not do: run what came in, read formats that do, hand words to a shell. In: its source. Out: offences."""

import ast
from collections.abc import Iterator
from pathlib import Path

RUNNING = {"eval", "exec", "compile", "__import__", "execfile"}
FORMATS = {"pickle", "cPickle", "dill", "marshal", "shelve", "jsonpickle", "yaml", "xml", "lxml", "defusedxml", "xmlrpc", "plistlib"}
SHELLS = {"os.system", "os.popen", "os.execl", "os.spawnl", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput"}
TABLES = {"src/sluss/cli.py", "src/sluss/channels/registry.py", "src/sluss/web/assets.py"}
"""Files that load a module late, by a name that stands in a table of ours."""
PROGRAMS = {"src/sluss/commands/postgres.py"}
"""Files that start other programs, with a list of words and without a shell."""


def runs_what_came_in(path: Path, text: str) -> Iterator[str]:
    """Names of code made from data, and formats whose reading runs code or fetches."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNNING:
            yield f"{node.lineno} {node.func.id}: dispatch by a table"
        for name in _imported(node):
            if name.partition(".")[0] in FORMATS:
                yield f"{getattr(node, 'lineno', 0)} {name}: JSON only"
        late = isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "import_module"}
        if isinstance(node, ast.Call) and late and path.as_posix() not in TABLES:
            yield f"{node.lineno} a module by its name: dispatch by a table"


def uses_a_shell(path: Path, text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and any(keyword.arg == "shell" for keyword in node.keywords):
            yield f"{node.lineno} shell=: words in a list"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in SHELLS:
            yield f"{node.lineno} {ast.unparse(node)}: words in a list"
        if "subprocess" in _imported(node) and path.as_posix() not in PROGRAMS:
            yield f"{getattr(node, 'lineno', 0)} subprocess: only {', '.join(PROGRAMS)} starts programs"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [one.name for one in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
