"""Words that must not stand in the tree: unfinished marks, places of one machine, names without meaning, networks in the core."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import line_of

# The bracketed letter keeps each pattern from finding itself.
MARKS = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK|raise N[o]tImplementedError)\b")
PLACES = re.compile(
    r"(?<![\w.])/(?:r[o]ot|h[o]me/[a-z]+|w[o]rk|U[s]ers/\w+|tm[p]/bash_jobs)/[\w.]"
    r"|(?:p[y]pi|p[y]thonhosted|n[p]mjs|d[e]b\.debian|r[u]bygems)\.(?:org|com)|i[n]dex-url[ =]",
    re.IGNORECASE,
)
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc", "tools"}
NETWORKS = "email|webchat|facebook|messenger|instagram|whatsapp|telegram|mastodon|bluesky|twitter|x|sms|voice|phone"
ASKS = re.compile(r"(\b|_)(channel|network|kind)(\b|_)")
TEMPLATE_ASKS = re.compile(rf"\b(?:channel|network|kind)\w*\s*(?:==|!=|(?:not )?in)\s*[\[(]?\s*['\"](?:{NETWORKS})['\"]")


def unfinished(path: Path, text: str) -> Iterator[str]:
    for found in MARKS.finditer(text):
        yield f"{line_of(text, found.start())} {found[0]}: finish it, or write an issue"


def machine_places(path: Path, text: str) -> Iterator[str]:
    for found in PLACES.finditer(text):
        yield f"{line_of(text, found.start())} {found[0]!r} is true on one machine only"


def empty_name(path: Path, text: str) -> Iterator[str]:
    for name in {*path.parts[:-1], path.stem} & EMPTY_NAMES:
        yield f"1 {name!r} says nothing: name the thing it is about"


def network_in_code(path: Path, text: str) -> Iterator[str]:
    """`if inbox.channel == "email"`: capabilities are declared in the contract, and the core asks those."""
    for node in ast.walk(ast.parse(text)):
        asked, answers = _question(node)
        if asked is not None and ASKS.search(ast.unparse(asked)) and (named := _networks(answers)):
            yield f"{asked.lineno} asks for {', '.join(named)}: ask for a capability of the channel"


def network_in_template(path: Path, text: str) -> Iterator[str]:
    for found in TEMPLATE_ASKS.finditer(text):
        yield f"{line_of(text, found.start())} {found[0]!r}: ask for a capability of the channel"


def _question(node: ast.AST) -> tuple[ast.expr | None, list[ast.AST]]:
    """What is compared, and with what; both ways round, and as `match`."""
    if isinstance(node, ast.Match):
        return node.subject, [case.pattern for case in node.cases]
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        plain = [side for side in sides if not _networks([side])]
        return (plain[0] if plain else None), [side for side in sides if side not in plain]
    return None, []


def _networks(nodes: list[ast.AST]) -> list[str]:
    inside = (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))
    return [str(part.value) for part in inside if re.fullmatch(NETWORKS, str(part.value))]
