"""What a browser test asks for: `office`, a running Sluss with its staff (one for each module), and `desk`, somebody signed in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.place import Place
from tests.servers.chromium import NewPage

Desk = Callable[..., Page]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("office"))
    place.start()
    yield place
    place.stop()


@pytest.fixture
def desk(office: Place, new_page: NewPage) -> Desk:
    """`desk("johan", "/inbox/open", width=390)`: a page of a new browser, where Johan is signed in."""

    def sit_down(key: str = "johan", path: str = "/inbox/open", **size: Any) -> Page:
        return office.enter(new_page(base_url=office.url, **size), key, path)

    return sit_down
