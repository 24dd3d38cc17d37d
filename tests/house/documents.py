"""The documents against the tree: links that lead somewhere, settings that are described, vendored files with their papers."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, line_of

LINK = re.compile(r"!?\[[^\]\n]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)")
HEADING = re.compile(r"^#+\s+(.+?)\s*#*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
OUTSIDE = ("http://", "https://", "mailto:")


def dead_links(path: Path, text: str) -> Iterator[str]:
    """A link to a file that is not there, or to a heading that the file does not have."""
    for found in LINK.finditer(without_code(text)):
        target = found[1]
        if not target.startswith(OUTSIDE) and not _leads_somewhere(path, text, target):
            yield f"{line_of(text, text.find(found[0]))} {target} leads nowhere"


def _leads_somewhere(path: Path, text: str, target: str) -> bool:
    name, _, anchor = target.partition("#")
    there = (ROOT / path.parent / name) if name else None
    if there is not None and not there.exists():
        return False
    if not anchor or (there is not None and there.suffix != ".md"):
        return True
    return anchor in anchors(there.read_text(encoding="utf-8") if there else text)


def anchors(text: str) -> set[str]:
    """As code hosts make them: lower case, without punctuation, dashes for spaces."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(without_code(text))}


def without_code(text: str) -> str:
    """The text with fenced blocks blanked, its positions kept."""
    return FENCE.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)


def undescribed(names: list[str], document: str) -> list[str]:
    """Settings that the document does not name in code marks, as `SLUSS_PORT`."""
    return [name for name in names if not re.search(rf"`{name}[`= ]", document)]


def without_papers(names: list[str], paper: str, licences: list[str]) -> Iterator[str]:
    """Vendored files whose row in the table lacks version or licence, or names a licence file that is not there."""
    for name in names:
        row = next((line for line in paper.splitlines() if line.startswith("|") and name in line), "")
        if not re.search(r"\| *v?\d+\.\d+[^|]*\|", row):
            yield f"{name}: no row with its version"
        if not any(licence in row for licence in licences):
            yield f"{name}: no licence file beside it"
