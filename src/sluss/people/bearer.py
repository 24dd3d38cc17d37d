"""Programs at the door. In: a request with `Authorization: Bearer`. Out: the actor it acts as, or a refusal that says what is wanted.

A program has no cookie and no form: whatever cookies come with a token are not looked at.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from sqlalchemy.exc import DBAPIError

from sluss.kernel.errors import Forbidden, Trouble
from sluss.kernel.log import get_log
from sluss.kernel.tokens import hash_of
from sluss.kernel.words import say
from sluss.kernel.writer import StorageFailed
from sluss.people.tokens import PREFIX, USED_EVERY, Holder, find_holder, is_word, touch_token
from sluss.web.edge import Call, Edge
from sluss.web.proxies import client_address, is_trusted
from sluss.web.troubles import TooManyTries

log = get_log("access")

RATE = 10.0
BURST = 100.0
"""Requests a second in the long run, and at once, of each token in each process."""
REMEMBERED = 10_000


class TokenRefused(Trouble):
    """There is no token, or not a good one; which of the two stays unsaid."""

    status = 401

    def __init__(self) -> None:
        super().__init__("This token is not good: it is wrong, was revoked, or has expired. Make a new one on your own page.")
        self.headers = {"WWW-Authenticate": 'Bearer realm="sluss", error="invalid_token"'}


class ScopeMissing(Forbidden):
    """The token is good, and not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__(say("This token may not do this. It needs the scope %(scope)s.", scope=scope))
        self.headers = {"WWW-Authenticate": f'Bearer realm="sluss", error="insufficient_scope", scope="{scope}"'}


class InTheAddress(Trouble):
    """A token stands where every log on the way keeps it."""

    def __init__(self) -> None:
        super().__init__("A token never belongs into an address. Revoke this one, and send the next in the header Authorization.")


class TooManyRequests(TooManyTries):
    """The token has used up its share; `seconds` says how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.sentence = say("Too many requests with this token. Wait a moment.")


class Buckets:
    """What each token may still ask for: it fills up by `RATE` a second, to `BURST` at most."""

    def __init__(self) -> None:
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def take(self, token_id: int, now: float) -> int:
        """Take one request. Returns 0, or how many seconds to wait for it."""
        left, at = self._left.pop(token_id, (BURST, now))
        left = min(BURST, left + (now - at) * RATE)
        self._left[token_id] = (max(left - 1, 0) if left >= 1 else left, now)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return 0 if left >= 1 else math.ceil((1 - left) / RATE)


class Programs:
    """The guard of the API's routes for whoever brings a token."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self._buckets = Buckets()
        self.timer = time.monotonic

    async def admit(self, request: Call, scope: str) -> Holder:
        """The token's holder, or raise. `scope` is what the route asks for; empty asks for nothing."""
        holder = await self._holder(request)
        wait = self._buckets.take(holder.id, self.timer())
        if wait:
            raise TooManyRequests(wait)
        address = client_address(request.scope, self._edge.config)
        if holder.networks and not is_trusted(address, holder.networks):
            raise Forbidden("This token may not be used from where you are.")
        if scope and scope not in holder.scopes:
            raise ScopeMissing(scope)
        await self._touch(holder, address)
        return holder

    async def _holder(self, request: Call) -> Holder:
        kind, _, word = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not is_word(word):
            raise TokenRefused
        holder = await self._edge.db.read(find_holder, hash_of(word))
        if holder is None:
            raise TokenRefused
        return holder

    async def _touch(self, holder: Holder, address: str) -> None:
        """Note now and then that the token is used; who may read, may read while nothing can be stored."""
        now = self._edge.db.clock()
        if holder.used_at is not None and now - holder.used_at < USED_EVERY:
            return
        try:
            await self._edge.db.write_grouped(touch_token, holder.id, address)
        except (StorageFailed, DBAPIError):
            log.warning("token_use_not_noted", id=holder.id)


def refuse_in_address(request: Call) -> None:
    """Raise when the address holds a token."""
    if PREFIX.encode() in request.scope["query_string"].lower():
        raise InTheAddress
