"""How much visitors may ask of us (T91). In: who asks, by network and by token. Out: nothing, or how many seconds to wait.

Counted in memory before anything is read or written: a flood of junk costs a look into a dictionary. Each process counts for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Hashable

from sluss.kernel import metrics
from sluss.kernel.errors import Trouble
from sluss.kernel.words import say

REMEMBERED = 20_000
MINUTE, DAY = 60.0, 86_400.0
SMALL = 64_000
"""Bytes of a body that holds no file worth speaking of."""
AT_MOST = 20 * MINUTE
"""How long a large body may take: a slow line sends twenty megabytes in it."""


class TooMuch(Trouble):
    """Wait `seconds` before the next try."""

    status = 429

    def __init__(self, seconds: int, sentence: str = say("That was a lot at once. Wait a moment; what you wrote is kept.")) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Buckets:
    """So many at once, and from then on so many in each span of time, for each key; of keys the latest are remembered."""

    def __init__(self, name: str, most: int, seconds: float) -> None:
        self.name, self.most, self._rate = name, most, most / seconds
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> None:
        """Count one. Raises `TooMuch`."""
        now = time.monotonic()
        left = self._now(key, now)
        if left < 1:
            metrics.visitor_refused(self.name)
            raise TooMuch(max(1, math.ceil((1 - left) / self._rate)))
        self._left[key] = (left - 1, now)
        self._left.move_to_end(key)
        if len(self._left) > REMEMBERED:
            self._left.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        """It was none after all."""
        left, at = self._left.get(key, (self.most, 0.0))
        self._left[key] = (min(self.most, left + 1), at)

    def _now(self, key: Hashable, now: float) -> float:
        left, at = self._left.get(key, (self.most, now))
        return min(self.most, left + (now - at) * self._rate)


class Bodies:
    """What is on its way to us: large things only so many at once of each network, and nothing for ever."""

    def __init__(self, most: int) -> None:
        self.most, self._large = most, Counter[str]()

    @contextlib.asynccontextmanager
    async def arriving(self, network: str, length: str) -> AsyncGenerator[None]:
        """Read one within the block; `length` is what was announced. Raises `TooMuch`, also for one that does not come to its end."""
        small = length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= SMALL
        if not small and self._large[network] >= self.most:
            metrics.visitor_refused("bodies")
            raise TooMuch(10)
        self._large.update([] if small else [network])
        try:
            async with asyncio.timeout(MINUTE if small else AT_MOST):
                yield
        except TimeoutError:
            raise TooMuch(10) from None
        finally:
            self._large.subtract([] if small else [network])
            if not self._large[network]:
                del self._large[network]


class Limits:
    """The counters of one process."""

    def __init__(self) -> None:
        self.looks = Buckets("looks", 60, MINUTE)
        """Of a network: frames, states, embeddings."""
        self.requests = Buckets("requests", 600, MINUTE)
        """Of a network: everything else that strangers ask."""
        self.visits = Buckets("visits", 300, MINUTE)
        """Of a visitor whom this process knows."""
        self.strangers = Buckets("strangers", 60, MINUTE)
        """Of a network: tokens and keys that this process does not know yet, each of which costs a look into the database."""
        self.newcomers = Buckets("newcomers", 10, 10 * MINUTE)
        """Of a network: visitors who write for the first time."""
        self.messages = Buckets("messages", 20, MINUTE)
        self.messages_a_day = Buckets("messages a day", 300, DAY)
        """Of a visitor."""
        self.marks = Buckets("marks", 120, MINUTE)
        """Of a visitor: typing, pages, receipts, names."""
        self.identities = Buckets("identities", 20, MINUTE)
        """Of a network: tokens of the company's own sign-in."""
        self.bodies = Bodies(8)
        """Of a network: messages with files that are being sent just now."""
        self.streams_of_visitor = 6
        self.streams_of_network = 50


class Known:
    """The latest of what was found in the database, so that who was here before is no stranger."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._keys: OrderedDict[Hashable, None] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._keys

    def note(self, key: Hashable) -> None:
        """It is there."""
        self._keys[key] = None
        self._keys.move_to_end(key)
        if len(self._keys) > self._most:
            self._keys.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """It is there no more."""
        self._keys.pop(key, None)


def network_of(address: str) -> str:
    """What is counted together: one address of IPv4, a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network(f"{found}/64", strict=False))
        found = found.ipv4_mapped
    return str(found)
