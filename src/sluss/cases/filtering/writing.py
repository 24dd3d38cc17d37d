"""From a filter to its text. In: a tree, names. Out: the one canonical way to write it; reading it gives the same tree again.

`keep_filter` writes ids instead of names: what is stored outlives a rename.
"""

from __future__ import annotations

import re

from sluss.cases.filtering.names import Names
from sluss.cases.filtering.terms import FIELDS, ME, NOBODY, Filter, Not, Part, Some, Term
from sluss.kernel.text import fold

_PLAIN = re.compile(r'[^\s()",:\\-][^\s()",\\]*')


def write_filter(found: Filter | Part, names: Names) -> str:
    """As people read it. A name that more than one thing bears, or that is gone, is written as its id."""
    tree, words = (found.tree, found.words) if isinstance(found, Filter) else (found, ())
    return " ".join([*(one for one in [_write(tree, names)] if one), *(_word(word) for word in words)])


def keep_filter(tree: Part) -> str:
    """As it is stored."""
    return _write(tree, None)


def quoted(text: str) -> str:
    """A value as it stands in a filter, in quotes where it needs them."""
    if _PLAIN.fullmatch(text):
        return text
    return f'"{_escaped(text)}"'


def name_of(field: str, key: int, names: Names | None) -> str:
    """How a value of a named field is written."""
    if key in {ME, NOBODY} and field == "assignee":
        return "me" if key == ME else "nobody"
    name = names.of(field).get(key) if names else None
    if names is None or not name or _is_shared(field, name, names):
        return f"#{key}"
    return quoted(name)


def _is_shared(field: str, name: str, names: Names) -> bool:
    """Whether the name alone would lead elsewhere, or to more than one."""
    spelled = fold(name)
    taken = spelled in {"me", "nobody", "none"} or name.startswith("#")
    return taken or sum(fold(other) == spelled for other in names.of(field).values()) > 1


def _write(part: Part, names: Names | None) -> str:
    if isinstance(part, Term):
        named = FIELDS[part.field].kind == "named"
        values = [name_of(part.field, int(one), names) if named else quoted(str(one)) for one in part.values]
        return f"{part.field}:{','.join(values)}"
    if isinstance(part, Not):
        inner = _write(part.part, names)
        return f"-{inner}" if isinstance(part.part, Term) else f"-({inner})"
    if isinstance(part, Some):
        return " OR ".join(_write(one, names) for one in part.parts)
    return " ".join(f"({_write(one, names)})" if isinstance(one, Some) else _write(one, names) for one in part.parts)


def _word(text: str) -> str:
    """A word to search for; what would be read as something else stands in quotes."""
    return text if _PLAIN.fullmatch(text) and text not in {"OR", "NOT", "AND"} and ":" not in text else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
