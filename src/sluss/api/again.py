"""The same request again. In: a key of the program's own. Out: the first answer, for a day; the work is done once.

The key is claimed in the transaction of the work: what failed may be tried again under the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.api.models import api_answers
from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx

P = ParamSpec("P")
KEPT = DAY


class Asking(msgspec.Struct, frozen=True):
    """A request: its key, empty where it has none, and what it asks for."""

    key: str
    digest: bytes

    @classmethod
    def of(cls, key: str | None, *asked: Any) -> Asking:
        """A request for something."""
        return cls(key or "", hashlib.sha256(msgspec.json.encode(asked)).digest())


class Answered(msgspec.Struct, frozen=True):
    """What came of it; `again` when it was done before."""

    value: Any
    again: bool = False


def under_key(
    tx: Tx, who: Actor, asking: Asking, action: Callable[Concatenate[Tx, Actor, P], Any], *args: P.args, **kwargs: P.kwargs
) -> Answered:
    """Run `action(tx, who, …)`, or answer what it answered under this key. Another request under it is a `Conflict`."""
    if asking.key and not _claim(tx, who, asking):
        return _answer_again(tx, who, asking)
    value = msgspec.to_builtins(action(tx, who, *args, **kwargs))
    if asking.key:
        tx.run(sa.update(api_answers).where(_mine(who, asking)).values(answer=value))
    return Answered(value)


def forget_old_answers(tx: Tx) -> int:
    """Remove answers that nobody will ask for again. Returns how many."""
    return tx.run(sa.delete(api_answers).where(api_answers.c.at < tx.now - KEPT)).rowcount


def _claim(tx: Tx, who: Actor, asking: Asking) -> bool:
    if tx.row(sa.select(api_answers.c.at).where(_mine(who, asking))) is not None:
        return False
    row = {"workspace_id": who.workspace_id, "agent_id": who.id, "key": asking.key, "at": tx.now, "asked": asking.digest}
    try:
        with tx.attempt():
            tx.run(sa.insert(api_answers), row | {"answer": None})
    except IntegrityError:
        return False
    return True


def _answer_again(tx: Tx, who: Actor, asking: Asking) -> Answered:
    stored = tx.row(sa.select(api_answers.c.asked, api_answers.c.answer).where(_mine(who, asking)))
    if stored is None or stored.asked != asking.digest:
        raise Conflict("This Idempotency-Key was used for another request. Choose a new one for each.")
    return Answered(stored.answer, again=True)


def _mine(who: Actor, asking: Asking) -> sa.ColumnElement[bool]:
    return (api_answers.c.workspace_id == who.workspace_id) & (api_answers.c.agent_id == who.id) & (api_answers.c.key == asking.key)
