"""Finding cases. In: what somebody typed: words, a name, an address, `#10482`, `contact:7`. Out: rows with the words around the match.

Only what the reader may see is found, counted or quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from sluss.cases.access import visible_to
from sluss.cases.models import cases, messages, notes
from sluss.desk.around import Around
from sluss.desk.rows import LISTED, Listed, show_rows
from sluss.desk.screens import Found, Hit, Row
from sluss.kernel.search import find_mentions
from sluss.kernel.terms import question_of, words_of
from sluss.kernel.text import fold
from sluss.kernel.tx import Tx
from sluss.web.locale import gettext as _

PAGE = 25
LONGEST = 400
MENTIONS = 1_000
MENTIONS_OF_SOME = 5_000
"""Whoever sees a part of the workspace has the others' mentions filtered out, so more are looked at."""
BEFORE, AROUND = 60, 180
QUOTED = 20_000

_NUMBER = re.compile(r"#?\s*(\d{1,15})")
_CONTACT = re.compile(r"contact:(\d{1,18})")
_WORD = re.compile(r"\w+")


def search(tx: Tx, around: Around, query: str, after: str) -> Found:
    """One page of what was found."""
    asked = " ".join(query.split())
    if not asked:
        return Found(query="")
    if len(asked) > LONGEST:
        return Found(query=asked[:LONGEST], problem=_("Search for fewer words: 400 characters are the limit."))
    mentions = _mentions(tx, around, asked)
    if mentions is None:
        return Found(query=asked, problem=_("Write letters or digits to search for."))
    seen = _visible(tx, around, list(mentions))
    page, cursor = _page(seen, after)
    rows = show_rows(tx, around, _listed(tx, around, page))
    quotes = _quotes(tx, around, [mentions[one] for one in page])
    words = words_of(asked)
    hits = tuple(Hit(row=row, excerpt=_excerpt(row, quotes.get(mentions[int(row.id)], ""), words)) for row in rows)
    return Found(query=asked, hits=hits, total=len(seen), after=cursor)


def _mentions(tx: Tx, around: Around, asked: str) -> dict[int, int] | None:
    """Case ids, best first, each with the document that mentions it (0 for none). None when there is nothing to search for."""
    contact = _CONTACT.fullmatch(asked)
    if contact:
        return dict.fromkeys(_ids(tx, around, cases.c.contact_id == int(contact[1])), 0)
    number = _NUMBER.fullmatch(asked)
    exact = dict.fromkeys(_ids(tx, around, cases.c.number == int(number[1])), 0) if number else {}
    if not words_of(asked):
        return None
    limit = MENTIONS if around.who.inbox_ids is None else MENTIONS_OF_SOME
    found: dict[int, int] = {}
    for one in find_mentions(tx, around.who, question_of(asked), limit):
        found.setdefault(one.case_id, one.id)
    return {case_id: found.get(case_id, 0) for case_id in (*exact, *found)}


def _ids(tx: Tx, around: Around, condition: sa.ColumnElement[bool]) -> list[int]:
    wanted = sa.select(cases.c.id).where(visible_to(around.who), condition).order_by(cases.c.id.desc()).limit(MENTIONS)
    return [row.id for row in tx.rows(wanted)]


def _visible(tx: Tx, around: Around, ids: Sequence[int]) -> list[int]:
    """Those of the cases that the reader may see, in the order given."""
    seen: set[int] = set()
    for start in range(0, len(ids), 500):
        wanted = sa.select(cases.c.id).where(visible_to(around.who), cases.c.id.in_(ids[start : start + 500]))
        seen |= {row.id for row in tx.rows(wanted)}
    return [one for one in ids if one in seen]


def _page(seen: list[int], after: str) -> tuple[list[int], str]:
    """From just after the case that the cursor names; from the start where it is not found any more."""
    start = next((index + 1 for index, one in enumerate(seen) if str(one) == after), 0)
    page = seen[start : start + PAGE]
    return page, str(page[-1]) if start + PAGE < len(seen) else ""


def _listed(tx: Tx, around: Around, ids: Sequence[int]) -> list[Listed]:
    found = {case.id: case for case in tx.structs(Listed, LISTED.where(visible_to(around.who), cases.c.id.in_(ids)))}
    return [found[one] for one in ids]


def _quotes(tx: Tx, around: Around, documents: Sequence[int]) -> Mapping[int, str]:
    """Texts of messages and notes by their ids; the caller may see their cases."""
    m, n, workspace_id = messages.c, notes.c, around.who.workspace_id
    said = sa.select(m.id, sa.func.substr(m.fresh, 1, QUOTED).label("text")).where(m.workspace_id == workspace_id, m.id.in_(documents))
    noted = sa.select(n.id, n.text).where(n.workspace_id == workspace_id, n.id.in_(documents))
    return {row.id: row.text for row in [*tx.rows(said), *tx.rows(noted)]}


def _excerpt(row: Row, quote: str, words: Sequence[str]) -> str:
    """Text around the first match, matches between U+0002 and U+0003; the newest words of the case where the match is in its heading."""
    text = " ".join((quote or row.preview).replace("\x02", "").replace("\x03", "").split())
    matches = [match.span() for match in _WORD.finditer(text) if fold(match.group()).startswith(tuple(words))]
    if not matches:
        return row.preview
    start = max(0, matches[0][0] - BEFORE)
    start = text.find(" ", start) + 1 if start else 0
    shown, end = "", start
    for first, last in [span for span in matches if span[1] <= start + AROUND]:
        shown += f"{text[end:first]}\x02{text[first:last]}\x03"
        end = last
    return ("…" if start else "") + shown + text[end : start + AROUND] + ("…" if len(text) > start + AROUND else "")
