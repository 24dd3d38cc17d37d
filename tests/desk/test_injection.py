"""Words of the query language where the desk and the API expect names, numbers and orders."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sluss.cases.models import cases
from tests.world import Web

WORDS = [
    *("'", '"', "';--", "1;DROP TABLE cases", "1 OR 1=1", "' OR '1'='1", "1) OR (1=1", "number DESC; DELETE FROM cases"),
    *("waiting_since,(SELECT 1)", "(CASE WHEN 1=1 THEN 1 ELSE 2 END)", "1/(SELECT 0)", "pg_sleep(5)", "randomblob(500000000)"),
    *("\\", "%00", "%27%20OR%201=1", "{{1}}", "$1", ":1"),
]
PLACES = [
    *("/inbox/open?sort={}", "/inbox/open?after={}", "/inbox/{}", "/search?q={}", "/search?q=a&after={}", "/c/{}"),
    "/settings/audit?before={}",
]
API = ["/api/v1/cases?status={}", "/api/v1/cases?after={}", "/api/v1/cases?limit={}", "/api/v1/cases/{}"]


@pytest.mark.parametrize("place", PLACES)
async def test_an_order_or_a_name_is_never_code(web: Web, place: str) -> None:
    """T92, T93: answered as unknown or as nothing found, never by the database, and nothing is lost."""
    ewa = await web.sign_in("ewa")
    answers = [(word, (await ewa.get(place.format(word))).status_code) for word in WORDS]
    assert [one for one in answers if one[1] not in {200, 303, 400, 404, 422}] == []
    assert web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(cases))) == 0


@pytest.mark.parametrize("place", API)
async def test_the_api_takes_names_from_a_list(web: Web, place: str) -> None:
    """T92, T106."""
    ewa = await web.sign_in("ewa")
    answers = [(word, (await ewa.get(place.format(word), headers={"accept": "application/json"})).status_code) for word in WORDS]
    assert [one for one in answers if one[1] not in {400, 404, 422}] == []
