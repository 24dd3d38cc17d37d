"""Chats of the cast, on both databases."""

from __future__ import annotations

import pytest

from tests.visitor.ground import Ground, make_ground
from tests.world import Web


@pytest.fixture
async def ground(web: Web) -> Ground:
    return await make_ground(web)
