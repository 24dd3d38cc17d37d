"""Which list is asked for. In: a view's key and a filter as an address carries them. Out: a `Chosen`: its scope, and how it is shown.

A filter that cannot be read shows nothing and says why; one that a saved view holds is read as far as the reader knows its names.
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from sluss.cases.filtering.conditions import Reader
from sluss.cases.filtering.names import Names, read_names
from sluss.cases.filtering.narrowing import beyond_statuses, narrow, statuses_in
from sluss.cases.filtering.reading import read_filter
from sluss.cases.filtering.terms import FIELDS, UNFINISHED, All, Part, Wrong, joined, parts_of
from sluss.cases.filtering.writing import write_filter
from sluss.desk.around import Around
from sluss.desk.list_screens import Chip, Narrowing, View
from sluss.desk.saved import SavedView, access_view, may_change
from sluss.desk.views import Scope, scope_of
from sluss.kernel.errors import Missing
from sluss.kernel.tx import Tx


class Chosen(msgspec.Struct, frozen=True):
    """A list: which cases, and what stands above them. `saved` is the view's own row, if it is a saved one."""

    scope: Scope
    narrowing: Narrowing
    saved: SavedView | None = None


def choose(tx: Tx, around: Around, key: str, text: str, zone: str) -> Chosen:
    """The list of a view, narrowed by the filter of the address. Raises `Missing` for a view that is not the reader's."""
    if not key.startswith("v:") and not text.strip():
        return Chosen(scope_of(around, key), Narrowing())
    saved = _saved(tx, around, key)
    scope = scope_of(around, "all" if saved else key)
    reader = Reader(who=around.who, names=names_for(tx, around, saved), now=tx.now, zone=zone)
    try:
        asked = read_filter(text, reader.names).tree
    except Wrong as wrong:
        nothing = msgspec.structs.replace(scope, key=key, among=())
        return Chosen(nothing, Narrowing(text=text, wrong=wrong.wrong, at=wrong.at, meant=meant(text, wrong)), saved)
    own = read_filter(saved.filter, reader.names).tree if saved else All()
    tree = joined(All, [one for one in (own, asked) if one != All()])
    return Chosen(_narrowed(tx, msgspec.structs.replace(scope, key=key, tree=tree, reader=reader)), _show(key, asked, reader.names), saved)


def narrowed_by(tx: Tx, around: Around, saved: SavedView, zone: str) -> Scope:
    """The scope of a saved view alone."""
    return choose(tx, around, saved.key, "", zone).scope


def view_of(saved: SavedView, who_may: bool) -> View:  # noqa: FBT001 - one of two ways to show it
    """A saved view in the column."""
    return View(key=saved.key, label=saved.name, icon=saved.icon, group="saved", shared=saved.share != "me", mine=who_may)


def show_saved(around: Around, saved: tuple[SavedView, ...]) -> tuple[View, ...]:
    """Saved views in the column; how many they hold is asked for later, by whoever looks."""
    return tuple(view_of(one, may_change(around.who, one)) for one in saved)


def _saved(tx: Tx, around: Around, key: str) -> SavedView | None:
    name, _colon, number = key.partition(":")
    if name != "v":
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        raise Missing
    return access_view(tx, around.who, int(number))


def names_for(tx: Tx, around: Around, saved: SavedView | None) -> Names:
    """Names that the reader knows; what a saved view names besides stands for nothing that they can see."""
    names = read_names(tx, around.who)
    if saved is None:
        return names
    ids = _named(saved.filter)
    by_field = {field: {**dict.fromkeys(ids.get(field, ()), ""), **known} for field, known in names.by_field.items()}
    return msgspec.structs.replace(names, by_field=by_field)


def _named(kept: str) -> dict[str, set[int]]:
    """The ids that a kept filter names, by field."""
    found: dict[str, set[int]] = {}
    for piece in kept.replace("(", " ").replace(")", " ").split():
        field, _colon, values = piece.lstrip("-").partition(":")
        if field in FIELDS and FIELDS[field].kind == "named":
            found.setdefault(field, set()).update(int(one[1:]) for one in values.split(",") if one.startswith("#") and one[1:].isdigit())
    return found


def _narrowed(tx: Tx, scope: Scope) -> Scope:
    """Without the statuses that the filter excludes; where what is done with may be in it, only the few that can be."""
    statuses = statuses_in(scope.tree, scope.statuses)
    if not statuses:
        return msgspec.structs.replace(scope, among=())
    small = set(statuses) <= set(UNFINISHED)
    among = None if small or scope.reader is None else narrow(tx, scope.tree, scope.reader)
    return msgspec.structs.replace(scope, statuses=statuses, among=among, tree=beyond_statuses(scope.tree))


def _show(key: str, asked: Part, names: Names) -> Narrowing:
    """The filter of the address as chips, each with the way to the list without it."""
    if asked == All():
        return Narrowing()
    text, parts = write_filter(asked, names), parts_of(asked)
    chips: list[Chip] = []
    for place, part in enumerate(parts):
        rest = write_filter(joined(All, [*parts[:place], *parts[place + 1 :]]), names) if len(parts) > 1 else ""
        chips.append(Chip(text=write_filter(part, names), href=address(key, rest)))
    return Narrowing(text=text, query=urlencode({"f": text}), chips=tuple(chips))


def address(key: str, text: str) -> str:
    """Where a narrowed view stands."""
    return f"/inbox/{key}" + (f"?{urlencode({'f': text})}" if text else "")


def meant(text: str, wrong: Wrong) -> tuple[str, ...]:
    """The whole filter as it would be with each suggestion in its place."""
    rest = text[wrong.at :]
    end = next((n for n, char in enumerate(rest) if char in " ,()" or (char == ":" and n)), len(rest))
    quoted = (f'"{one}"' if " " in one else one for one in wrong.suggestions)
    return tuple(text[: wrong.at] + one + rest[end:] for one in quoted)
