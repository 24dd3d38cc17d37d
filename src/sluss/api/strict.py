"""Reading a program's JSON without guessing. In: the bytes of a body. Out: plain values, or one sentence about what is wrong with them."""

from __future__ import annotations

import json
import math
from typing import Any, cast

from litestar import Request
from litestar.datastructures import State

from sluss.kernel.errors import Trouble

DEEPEST = 64


class Unreadable(Trouble):
    """The body is not JSON as everybody reads it alike."""

    status = 400


class NotJson(Trouble):
    """The body says that it is something else."""

    status = 415

    def __init__(self) -> None:
        super().__init__("Send JSON as application/json.")


class StrictCall(Request[Any, Any, State]):
    """A request whose body is JSON in UTF-8, each key once, no deeper than 64, with numbers that exist."""

    async def json(self) -> Any:
        """The body's value. Raises `NotJson` and `Unreadable`."""
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise NotJson
        return read_json(await self.body())


def read_json(body: bytes) -> Any:
    """Plain values. Raises `Unreadable`."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError as error:
        raise Unreadable("The body is not UTF-8 text.") from error
    except RecursionError as error:
        raise Unreadable("The body is nested too deeply.") from error
    except ValueError as error:
        raise Unreadable("The body is not JSON.") from error
    _require_flat(value)
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("A field stands in the body twice.")
    return found


def _no_number(word: str) -> float:
    raise Unreadable(f"{word} is no number in JSON.")


def _number(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _require_flat(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise Unreadable("The body is nested too deeply.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(cast("dict[str, Any]", value).values())
    return [one for one in cast("list[Any]", value) if isinstance(one, dict | list)] if isinstance(value, list) else []
