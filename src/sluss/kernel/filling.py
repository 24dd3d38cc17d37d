"""Named fields in texts that people write: `{{agent.name}}`. In: a text and the values of its fields. Out: the text with them filled in.

There is no logic, no expression and no attribute: what is not exactly a known name stays as it was written, and what a value says is
never read as a field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_FIELD = re.compile(r"\{\{[ \t]*([a-z]{1,40}\.[a-z]{1,40})[ \t]*\}\}")
_ANY = re.compile(r"\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its known fields filled in, in one pass."""
    return _FIELD.sub(lambda found: values.get(found[1], found[0]), text)


def unknown_fields(text: str, names: Collection[str]) -> list[str]:
    """What looks like a field and is none of these names, as it was written, each once."""
    found = dict.fromkeys(one[0] for one in _ANY.finditer(text))
    return [one for one in found if not ((known := _FIELD.fullmatch(one)) and known[1] in names)]
