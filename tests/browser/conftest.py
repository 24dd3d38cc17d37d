"""What the tests of screens ask for: a stage."""

from __future__ import annotations

import pytest

from tests.browser.stage import Stage
from tests.servers.chromium import NewPage


@pytest.fixture
def stage(new_page: NewPage) -> Stage:
    """A scene in a real browser, without a server."""
    return Stage(new_page)
