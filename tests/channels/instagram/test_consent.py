"""Signing in at Meta: from the app's ID and secret to accounts that can be connected."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from sluss.channels.consenting import Asking, Came
from sluss.channels.contract import Refused
from sluss.channels.instagram.consent import SCOPES, begin, finish
from sluss.channels.registry import check_settings
from sluss.kernel.http import GuardedClient, Policy
from sluss.sandbox.wire import Answer, Asked, Double, told
from tests.channels.instagram.gallery import IG, SECRETS, inbox

BACK = "https://desk.norrsken.test/settings/networks/back"


async def test_accounts_come_with_the_lasting_token_of_their_page() -> None:
    """A page without an account is left out; a code that is refused is told."""
    meta, client = Double(), GuardedClient(Policy(allow_private=True, allow_http=True, ports=None))

    async def trade(asked: Asked) -> Answer:
        return told({"access_token": "long" if asked.form.get("grant_type") else "short"} if asked.form.get("code") != "bad" else {}, 200)

    async def accounts(asked: Asked) -> Answer:
        assert asked.headers["authorization"] == "Bearer long"
        linked = {"id": IG, "username": "norrsken.air"}
        pages = [{"id": "1", "name": "Bare", "access_token": "t1"}, {"id": "204512345678902", "name": "Norrsken Air", "access_token": "t2"}]
        return told({"data": [pages[0], pages[1] | {"instagram_business_account": linked}]})

    meta.door("POST", "/v26.0/oauth/access_token", trade)
    meta.door("GET", "/v26.0/me/accounts", accounts)
    await meta.start()
    connection = msgspec.structs.replace(inbox(), settings={"app_id": "998877665544332", "api": meta.url})
    begun = await begin(connection, Asking(redirect_uri=BACK, state="s1", challenge="c"), client)
    asked = parse_qs(urlsplit(begun.url).query)
    assert (asked["scope"], asked["state"], asked["redirect_uri"]) == ([",".join(SCOPES)], ["s1"], [BACK])
    plain = await begin(
        msgspec.structs.replace(connection, settings={"app_id": "1"}), Asking(redirect_uri=BACK, state="s", challenge=""), client
    )
    assert plain.url.startswith("https://www.facebook.com/v26.0/dialog/oauth?")
    came = Came(code="good", verifier="v", redirect_uri=BACK)
    (found,) = await finish(connection, came, client)
    assert (found.name, found.detail, found.secrets) == ("@norrsken.air", "Norrsken Air", {"token": "t2"})
    assert check_settings("instagram", f"instagram-{IG}", found.settings, SECRETS | found.secrets)[1] == {}
    meta.trouble("status", path="access_token", answer=told({"error": {"message": "This code has been used."}}, 400))
    with pytest.raises(Refused) as refused:
        await finish(connection, came, client)
    assert "This code has been used." in refused.value.reason
    await client.aclose()
    await meta.stop()
