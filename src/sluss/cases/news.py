"""News of what networks show: edits, removals, reactions, windows, other names. In: happenings, whole sets. Out: rows moved, never back.

News of an utterance that has not come yet is kept, and counts when it comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from sluss.cases.barring import bar_threads
from sluss.cases.early import Early, keep_early, take_early
from sluss.cases.faces import change_message, change_post, react
from sluss.cases.known import threads_by_key
from sluss.cases.named import Key, Named, named_messages
from sluss.cases.posts import save_bystanders
from sluss.cases.renaming import rename_person, rename_thread
from sluss.cases.standings import open_windows
from sluss.channels.contract import Address
from sluss.channels.happenings import Barred, Bystander, Changed, Happening, Known, Opened, Reacted, Renamed
from sluss.contacts.actions import call_as_said, find_identities
from sluss.contacts.profiles import save_profiles
from sluss.kernel.actors import Actor
from sluss.kernel.tx import Tx

__all__ = ["News", "apply_news", "threads_named"]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What an inbox's network told, beside messages."""

    inbox_id: int
    network: str
    value: Happening


def apply_news(tx: Tx, who: Actor, news: Sequence[News], came: Collection[Key] = ()) -> None:
    """Apply news; also what was told before of the messages and threads that have just come (`came`: their keys)."""
    kept = take_early(tx, who, came)
    told = [*news, *(News(inbox_id=one.inbox_id, network="", value=one.value) for one in kept)]
    for person in (one for one in news if isinstance(one.value, Renamed)):
        _rename(tx, who, person)
    save_bystanders(tx, who, [(one.inbox_id, one.value) for one in told if isinstance(one.value, Bystander)])
    _apply_changes(tx, who, told)
    _open(tx, who, told)
    bar_threads(tx, who, [(one.inbox_id, one.value) for one in told if isinstance(one.value, Barred)])
    _meet(tx, who, told)


def threads_named(keys: Iterable[tuple[int, str]]) -> set[Key]:
    """As `came`, threads by inbox and the network's key."""
    return {(inbox_id, f"thread {key}") for inbox_id, key in keys if key}


def _apply_changes(tx: Tx, who: Actor, told: Sequence[News]) -> None:
    changes = [(one.inbox_id, one.value) for one in told if isinstance(one.value, Changed | Reacted)]
    found = named_messages(tx, who, {(inbox_id, one.external_id) for inbox_id, one in changes})
    early: list[Early] = []
    for inbox_id, one in sorted(changes, key=lambda change: change[1].at):
        meant = found.get((inbox_id, one.external_id))
        if not _apply(tx, who, (inbox_id, one), meant):
            early.append(Early(inbox_id, one.external_id, one))
    keep_early(tx, who, early)


def _apply(tx: Tx, who: Actor, told: tuple[int, Changed | Reacted], meant: Named | None) -> bool:
    """False for news of something that nobody has seen yet."""
    inbox_id, one = told
    if isinstance(one, Reacted):
        if meant is not None:
            react(tx, who, meant, one)
        return meant is not None
    if meant is not None:
        change_message(tx, who, meant, one)
    return change_post(tx, who, inbox_id, one) or meant is not None


def _open(tx: Tx, who: Actor, told: Sequence[News]) -> None:
    opened: dict[Key, int] = {}
    for one in told:
        if isinstance(one.value, Opened) or (isinstance(one.value, Reacted) and one.value.opens and one.value.thread_key):
            key = one.inbox_id, one.value.thread_key
            opened[key] = max(one.value.at, opened.get(key, 0))
    threads = threads_by_key(tx, who, opened.keys())
    open_windows(tx, who, {threads[key]: at for key, at in opened.items() if key in threads})
    missing = [(key, at) for key, at in opened.items() if key not in threads]
    keep_early(tx, who, [Early(key[0], f"thread {key[1]}", Opened(thread_key=key[1], at=at)) for key, at in missing])


def _meet(tx: Tx, who: Actor, told: Sequence[News]) -> None:
    """People get names and handles; whom we do not know is nobody to us."""
    for network in {one.network for one in told if isinstance(one.value, Known)}:
        met = {one.value.person.address: one.value for one in told if one.network == network and isinstance(one.value, Known)}
        meet_people(tx, who, network, list(met.values()))


def meet_people(tx: Tx, who: Actor, network: str, met: Sequence[Known]) -> None:
    """Call people of a network as it tells, and keep what it tells of them."""
    found = find_identities(tx, who, network, [one.person.address for one in met])
    known = {found[one.person.address].id: (found[one.person.address], one) for one in met if one.person.address in found}
    save_profiles(tx, who, {one: told.profile for one, (_, told) in known.items()})
    said = {one: (identity, told.person.name or told.profile.handle) for one, (identity, told) in known.items()}
    call_as_said(tx, who, {one: told for one, told in said.items() if told[1] and told[1] != told[0].name})


def _rename(tx: Tx, who: Actor, one: News) -> None:
    if isinstance(one.value, Renamed):
        if one.value.what == "person":
            rename_person(tx, who, one.network, (Address(one.value.before), Address(one.value.after)))
        else:
            rename_thread(tx, who, one.inbox_id, (one.value.before, one.value.after))
