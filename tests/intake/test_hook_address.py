"""Whoever posts to an address that no inbox can have is told that there is nothing, and costs nothing."""

from __future__ import annotations

import pytest

from tests.world import Web


@pytest.mark.parametrize("path", ["/hooks/99999999999999999999/1", "/hooks/1/99999999999999999999", "/hooks/1/-1", "/hooks/0/0"])
async def test_a_number_that_no_database_holds_is_a_missing_inbox(web: Web, path: str) -> None:
    answer = await (await web.sign_in("ewa")).client.post(path, content=b"x")
    assert answer.status_code == 404
