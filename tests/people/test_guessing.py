"""Guessing passwords: how it is slowed, and whom it does not slow. Counters and a clock that is moved; nothing waits."""

from __future__ import annotations

import asyncio
import random

from sluss.kernel.clock import HOUR, MINUTE, SECOND, TestClock
from sluss.kernel.db import Database
from sluss.kernel.tx import Tx
from sluss.people.throttle import ACCOUNT, EVERYTHING, NETWORK, PAIR, begin_try, forgive, take_slot, try_of
from tests.world import Web, World

JOHAN = "johan@norrsken.test"


def tries(db: Database, count: int, email: str, network: str, device: str = "") -> list[int]:
    """The waits that so many tries in a row are told."""
    return [db.write_now(begin_try, try_of(email, network, device)) for _ in range(count)]


def test_ten_thousand_guesses_from_everywhere_do_not_shut_the_owner_out(db: Database, world: World, clock: TestClock) -> None:
    """T30: spread over 2,500 networks; a browser that is known is never told to wait, and no wait is longer than a minute."""
    chance = random.Random(30)  # noqa: S311 - the same attack every time

    def attack(tx: Tx) -> list[int]:
        return [begin_try(tx, try_of(JOHAN, f"10.{chance.randrange(50)}.{chance.randrange(50)}.0/24")) for _ in range(500)]

    waits: list[int] = []
    for _ in range(20):
        waits += db.write_now(attack)
        assert tries(db, 1, JOHAN, "10.0.0.0/24", "a token of the owner's browser") == [0]
        db.write_now(forgive, try_of(JOHAN, "10.0.0.0/24", "a token of the owner's browser"))
        clock.move(5 * SECOND)
    assert len(waits) == 10_000
    guessed = waits.count(0)
    assert guessed <= ACCOUNT.free + 20
    assert max(waits) <= max(ACCOUNT.longest, PAIR.longest)


async def test_the_owner_signs_in_while_the_account_is_under_attack(web: Web, clock: TestClock) -> None:
    """T30: through the pages, from a browser that signed in before, and from the attacker's own network."""
    known = await web.sign_in("johan")
    await known.post("/sign-out")
    for n in range(200):
        await web.db.write(begin_try, try_of(JOHAN, f"198.51.{n}.0/24"))
        await web.db.write(begin_try, try_of(JOHAN, "127.0.0.0/24"))
    assert (await web.browser().sign_in(JOHAN)).status_code == 429
    assert (await known.sign_in(JOHAN)).status_code == 303


def test_one_network_against_many_accounts_is_slowed(db: Database) -> None:
    """T30: stuffing of stolen pairs."""
    waits = [tries(db, 1, f"a{n}@norrsken.test", "203.0.113.0/24")[0] for n in range(200)]
    assert waits[: NETWORK.free] == [0] * NETWORK.free
    assert all(waits[NETWORK.free :])


def test_many_networks_against_many_accounts_are_given_a_pace(db: Database, clock: TestClock) -> None:
    """T30: each pair once, each network once; the pace is forgotten when the wave is over."""

    def wave(tx: Tx, start: int) -> list[int]:
        return [begin_try(tx, try_of(f"a{n}@norrsken.test", f"net {n}")) for n in range(start, start + 500)]

    waits = [wait for start in range(0, 2000, 500) for wait in db.write_now(wave, start)]
    assert waits[: EVERYTHING.free] == [0] * EVERYTHING.free
    assert set(waits[EVERYTHING.free :]) == {1}
    clock.move(10 * MINUTE)
    assert tries(db, 1, "b@norrsken.test", "another") == [0]


def test_a_wait_grows_ends_and_is_forgotten(db: Database, clock: TestClock) -> None:
    """T30: a delay, never a lock."""
    assert tries(db, PAIR.free + 1, JOHAN, "net") == [0] * PAIR.free + [1]
    waits: list[int] = []
    for _ in range(12):
        waits.append(tries(db, 1, JOHAN, "net")[0])
        clock.move(waits[-1] * SECOND)
        assert tries(db, 1, JOHAN, "net") == [0]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert max(waits) == PAIR.longest
    clock.move(13 * HOUR)
    assert tries(db, PAIR.free + 1, JOHAN, "net") == [0] * PAIR.free + [1]


def test_a_device_of_one_person_opens_no_way_around_for_another(db: Database) -> None:
    """T30: the token counts for one account alone, and guesses with it are slowed as well."""
    assert tries(db, PAIR.free + 1, JOHAN, "net", "token")[-1] == 1
    assert tries(db, 1, "petra@norrsken.test", "net", "token") == [0]


def test_places_come_free_one_by_one(db: Database, clock: TestClock) -> None:
    """T31: at most three within any hour, not three before and three after it turns."""
    taken: list[bool] = []
    for _ in range(8):
        taken.append(db.write_now(take_slot, "target", 3, HOUR))
        clock.move(15 * MINUTE)
    assert taken == [True, True, True, False, True, True, True, False]


async def test_guesses_at_one_moment_are_one_guess_where_the_next_is_due(db: Database, clock: TestClock) -> None:
    """T30: whoever sends many at once gets no more looked at than who sends one after the other."""
    tries(db, PAIR.free, JOHAN, "192.0.2.0/24")
    clock.move(HOUR)
    assert tries(db, 1, JOHAN, "192.0.2.0/24") == [0]
    for _ in range(5):
        clock.move(HOUR)
        waits = await asyncio.gather(*(db.write(begin_try, try_of(JOHAN, "192.0.2.0/24")) for _ in range(16)))
        assert waits.count(0) == 1
