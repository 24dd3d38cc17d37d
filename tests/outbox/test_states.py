"""The pure decision: what every ending makes of every standing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluss.kernel.clock import DAY, MINUTE
from sluss.outbox.states import NEVER, Outcome, Standing, decide, wait_of

NOW = 1_000 * DAY
endings = st.sampled_from(["sent", "refused", "deferred", "unreachable", "unknown", "fault", "stopped"])
standings = st.builds(
    Standing,
    waits=st.integers(0, 60),
    unknowns=st.integers(0, 3),
    by_hand=st.booleans(),
    give_up_at=st.integers(NOW - DAY, NOW + 4 * DAY),
)


@given(standings, endings)
def test_what_may_have_arrived_is_never_called_anything_but_unknown_or_sent(standing: Standing, ending: Any) -> None:
    move = decide(standing, Outcome(ending), NOW)
    assert not standing.in_doubt or move.state in {"unknown", "sent"}


@given(standings, endings)
def test_only_what_is_open_has_a_time_and_none_lies_in_the_past(standing: Standing, ending: Any) -> None:
    move = decide(standing, Outcome(ending), NOW)
    assert (move.due_at == NEVER) or (move.state in {"queued", "unknown"} and move.due_at >= NOW)


@given(standings)
def test_a_second_unknown_result_never_has_a_time(standing: Standing) -> None:
    move = decide(standing, Outcome("unknown"), NOW)
    assert (move.due_at == NOW + 15 * MINUTE) == (standing.unknowns == 0 and not standing.by_hand)


@pytest.mark.parametrize(("waits", "minutes"), [(0, 0.5), (5, 10), (60, 10)])
def test_an_unreachable_network_is_asked_at_least_every_ten_minutes(waits: int, minutes: float) -> None:
    assert wait_of(waits, "unreachable") == minutes * MINUTE
