"""Once: the same form sent twice does its work once. In: the form's `op`. Out: the first answer again, for a day.

The key is claimed in the action's own transaction, so an action that fails may be tried again with the same form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import Actor
from sluss.kernel.clock import DAY
from sluss.kernel.errors import Conflict, Invalid
from sluss.kernel.tx import Tx
from sluss.people.models import form_results

P = ParamSpec("P")
R = TypeVar("R")
LONGEST = 32
KEPT = DAY


def once(tx: Tx, who: Actor, op: str, action: Callable[Concatenate[Tx, Actor, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `action(tx, who, …)` for the form `op`, or answer what it answered then.

    `await db.write(once, who, op, assign_case, no, agent_id)`.

    What the action returns must be JSON or a struct, and annotated. A form without an `op` is not a form of ours.
    """
    if not 0 < len(op) <= LONGEST:
        raise Invalid({"op": "Reload the page and try again."})
    name = f"{action.__module__}.{action.__qualname__}"
    if _claim(tx, who, op, name):
        result = action(tx, who, *args, **kwargs)
        tx.run(sa.update(form_results).where(_mine(who, op)).values(result={"of": name, "result": result}))
        return result
    return _answer_again(tx, who, op, (name, action))


def forget_old_forms(tx: Tx) -> int:
    """Remove answers that nobody will ask for again. Returns how many."""
    return tx.run(sa.delete(form_results).where(form_results.c.at < tx.now - KEPT)).rowcount


def _claim(tx: Tx, who: Actor, op: str, name: str) -> bool:
    row = {"workspace_id": who.workspace_id, "agent_id": who.id, "op": op, "at": tx.now, "result": {"of": name, "result": None}}
    if tx.row(sa.select(form_results.c.at).where(_mine(who, op))) is not None:
        return False
    try:
        with tx.attempt():
            tx.run(sa.insert(form_results), row)
    except IntegrityError:
        return False
    return True


def _answer_again(tx: Tx, who: Actor, op: str, action: tuple[str, Callable[..., Any]]) -> Any:
    stored = tx.value(sa.select(form_results.c.result).where(_mine(who, op)))
    if stored is None or stored["of"] != action[0]:
        raise Conflict("This form was already used for something else. Reload the page and try again.")
    return msgspec.convert(stored["result"], _returns(action[1]))


@cache
def _returns(action: Callable[..., Any]) -> Any:
    return get_type_hints(action).get("return", Any)


def _mine(who: Actor, op: str) -> sa.ColumnElement[bool]:
    return (form_results.c.workspace_id == who.workspace_id) & (form_results.c.agent_id == who.id) & (form_results.c.op == op)
