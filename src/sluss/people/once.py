"""Once: the same form sent twice does its work once. In: the form's `op`. Out: the first answer again, for a day.

The key is claimed in the action's own transaction, so an action that fails may be tried again with the same form.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_type_hints

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


class Reused(Conflict):
    """A form that did its work came again with something else in it. Nothing was done this time."""

    def __init__(self) -> None:
        super().__init__("This form was used already, with something else in it. Look whether it is still to be done, then send again.")


class _Done(msgspec.Struct, frozen=True):
    of: str
    digest: str


LONGEST = 32
KEPT = DAY
_SECRET = frozenset({"secrets", "secret", "password", "password_hash"})
# Never stored: what is kept of a secret cannot be guessed at by whoever gets the database.
_VEIL = secrets.token_bytes(32)


def once(tx: Tx, who: Actor, op: str, action: Callable[Concatenate[Tx, Actor, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `action(tx, who, …)` for the form `op`, or answer what it answered then.

    `await db.write(once, who, op, assign_case, no, agent_id)`.

    What the action returns must be JSON or a struct, and annotated. A form without an `op` is not a form of ours. The same form with
    other arguments (found with Back and filled in anew) is `Reused`: its answer would be about something else. A struct may tell by
    `essence()` what of it makes two forms the same.
    """
    if not 0 < len(op) <= LONGEST:
        raise Invalid({"op": "Reload the page and try again."})
    done = _Done(f"{action.__module__}.{action.__qualname__}", _digest(action, args, kwargs))
    if _claim(tx, who, op, done):
        result = action(tx, who, *args, **kwargs)
        tx.run(sa.update(form_results).where(_mine(who, op)).values(result={"of": done.of, "with": done.digest, "result": result}))
        return result
    return _answer_again(tx, who, op, (done, action))


def was_used(tx: Tx, who: Actor, op: str) -> bool:
    """Whether the form of an `op` has done its work already."""
    return bool(op) and tx.row(sa.select(form_results.c.at).where(_mine(who, op))) is not None


def forget_old_forms(tx: Tx) -> int:
    """Remove answers that nobody will ask for again. Returns how many."""
    return tx.run(sa.delete(form_results).where(form_results.c.at < tx.now - KEPT)).rowcount


def _claim(tx: Tx, who: Actor, op: str, done: _Done) -> bool:
    row = {"workspace_id": who.workspace_id, "agent_id": who.id, "op": op, "at": tx.now}
    row |= {"result": {"of": done.of, "with": done.digest, "result": None}}
    if tx.row(sa.select(form_results.c.at).where(_mine(who, op))) is not None:
        return False
    try:
        with tx.attempt():
            tx.run(sa.insert(form_results), row)
    except IntegrityError:
        return False
    return True


def _answer_again(tx: Tx, who: Actor, op: str, asked: tuple[_Done, Callable[..., Any]]) -> Any:
    done, action = asked
    stored = tx.value(sa.select(form_results.c.result).where(_mine(who, op)))
    if stored is None or stored["of"] != done.of:
        raise Conflict("This form was already used for something else. Reload the page and try again.")
    # What an earlier release stored has no digest.
    if stored.get("with", done.digest) != done.digest:
        raise Reused
    return msgspec.convert(stored["result"], _returns(action))


def _digest(action: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What the arguments say, so that two forms can be told apart; secrets only as far as this process can recognise them."""
    given = inspect.signature(action).bind(None, None, *args, **kwargs).arguments
    told = {name: _told(value) for name, value in list(given.items())[2:] if name != "password_hash"}
    return hashlib.blake2b(msgspec.json.encode(_veiled(told), order="sorted"), digest_size=16).hexdigest()


def _told(value: Any) -> Any:
    essence = getattr(value, "essence", None)
    return msgspec.to_builtins(essence() if callable(essence) else value, str_keys=True, enc_hook=lambda one: type(one).__name__)


def _veiled(value: Any) -> Any:
    if isinstance(value, Mapping):
        found = cast("Mapping[str, Any]", value)
        return {name: _veil(one) if name in _SECRET else _veiled(one) for name, one in found.items()}
    return value


def _veil(value: Any) -> str:
    return hmac.new(_VEIL, msgspec.json.encode(value, order="sorted"), "sha256").hexdigest()


@cache
def _returns(action: Callable[..., Any]) -> Any:
    return get_type_hints(action).get("return", Any)


def _mine(who: Actor, op: str) -> sa.ColumnElement[bool]:
    return (form_results.c.workspace_id == who.workspace_id) & (form_results.c.agent_id == who.id) & (form_results.c.op == op)
