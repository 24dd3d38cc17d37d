"""Hooks of an inbox that takes posted mail: proven over the raw bytes, for this inbox, once."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
import sqlalchemy as sa

from sluss.channels.email.http_in import SIGNATURE_HEADER, signature_of
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.intake.models import envelopes
from sluss.kernel.clock import DAY, TestClock
from sluss.kernel.tx import Tx
from tests.world import Web

SECRET, OTHER = "of this test, twenty", "of another inbox here"
RAW = b"From: asa@customer.example\r\nMessage-ID: <1@customer.example>\r\n\r\nHej"
GOOD = signature_of(RAW, SECRET)
HEX = GOOD.removeprefix("sha256=")


def make(tx: Tx, web: Web, who: str, address: str, secret: str) -> str:
    """The address that a provider posts to, for an inbox with a secret of its own."""
    actor = web.world.people[who]
    assert web.edge.keyring
    settings = {"way_in": "http", "smtp_host": "smtp.norrsken.example"}
    fields = InboxFields(name=address, address=address, settings=settings, secrets={"http_secret": secret})
    return f"/hooks/{actor.workspace_id}/{create_inbox(tx, actor, web.edge.keyring, 'email', fields)}"


@pytest.fixture
def hook(web: Web) -> str:
    return web.db.write_now(make, web, "ewa", "post@norrsken.test", SECRET)


def stored(web: Web) -> int:
    return int(web.db.read_now(lambda tx: tx.value(sa.select(sa.func.count()).select_from(envelopes))))


def _without_reference(page: str) -> str:
    """Each answer carries the number under which the log has it."""
    return re.sub("<code>[0-9a-f]{16}</code>", "", page)


def wrong_signatures() -> dict[str, list[tuple[str, str]]]:
    """Twenty-five ways not to prove where a hook comes from."""
    name = SIGNATURE_HEADER
    sha1 = hmac.new(SECRET.encode(), RAW, hashlib.sha1).hexdigest()
    values = {
        "empty": "",
        "only the prefix": "sha256=",
        "no prefix": HEX,
        "prefix of another": f"sha1={HEX}",
        "upper prefix": f"SHA256={HEX}",
        "upper digits": f"sha256={HEX.upper()}",
        "short": GOOD[:-1],
        "long": f"{GOOD}0",
        "twice in one": f"{GOOD},{GOOD}",
        "good after wrong": f"sha256={'0' * 64},{GOOD}",
        "zeros": f"sha256={'0' * 64}",
        "of nothing": signature_of(b"", SECRET),
        "of another body": signature_of(RAW + b" ", SECRET),
        "of another secret": signature_of(RAW, OTHER),
        "of an empty secret": signature_of(RAW, ""),
        "weaker hash": f"sha1={sha1}",
        "weaker hash, other name": f"sha256={sha1}",
        "plain hash": f"sha256={hashlib.sha256(RAW).hexdigest()}",
        "secret itself": SECRET,
        "quoted": f'"{GOOD}"',
        "with a space inside": GOOD.replace("=", "= "),
        "percent": GOOD.replace("=", "%3D"),
        "null": f"{GOOD[:20]}\\0{GOOD[20:]}",
    }
    return {"absent": [], "other header": [("X-Hub-Signature-256", GOOD)]} | {kind: [(name, value)] for kind, value in values.items()}


@pytest.mark.parametrize("kind", wrong_signatures())
async def test_an_unproven_hook_is_nobodys(web: Web, hook: str, kind: str) -> None:
    """T85: each is answered as an inbox that does not exist, and nothing is kept."""
    answer = await web.browser().client.post(hook, content=RAW, headers=wrong_signatures()[kind])
    missing = await web.browser().client.post(f"{hook}9", content=RAW, headers={SIGNATURE_HEADER: GOOD})
    assert (answer.status_code, missing.status_code) == (404, 404)
    assert _without_reference(answer.text) == _without_reference(missing.text)
    assert stored(web) == 0


def test_there_are_enough_ways_to_be_wrong() -> None:
    """T85: twenty-five."""
    assert len(wrong_signatures()) == 25


async def test_two_different_signatures_prove_nothing(web: Web, hook: str) -> None:
    """T85: whichever of them a proxy would have looked at."""
    both = [(SIGNATURE_HEADER, GOOD), (SIGNATURE_HEADER, f"sha256={'0' * 64}")]
    answers = [await web.browser().client.post(hook, content=RAW, headers=headers) for headers in (both, both[::-1])]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert stored(web) == 0


async def test_a_proven_hook_is_kept_once_however_late_it_comes_again(web: Web, hook: str, clock: TestClock) -> None:
    """T86: known by what it holds, for ever; the network gets the same answer."""
    for days in (0, 0, 1, 60):
        clock.move(days * DAY)
        answer = await web.browser().client.post(hook, content=RAW, headers={SIGNATURE_HEADER: GOOD})
        assert answer.status_code == 202
    assert stored(web) == 1


@pytest.mark.parametrize("who", ["ewa", "marek"])
async def test_a_hook_for_one_inbox_opens_no_other(web: Web, hook: str, who: str) -> None:
    """T88: rightly signed by one customer of ours, posted to another's address, in this workspace or that."""
    other = web.db.write_now(make, web, who, f"{who}@else.test", OTHER)
    crossed = f"{other.rpartition('/')[0]}/{hook.rpartition('/')[2]}"
    for path in (other, crossed if who == "marek" else other):
        assert (await web.browser().client.post(path, content=RAW, headers={SIGNATURE_HEADER: GOOD})).status_code == 404
    assert stored(web) == 0


async def test_the_body_is_proven_as_it_came(web: Web, hook: str) -> None:
    """T87: odd bytes are neither read nor put in order before they are proven."""
    for raw in (b"\xff\xfe\0{", b'{"a":1,"a":2}' * 1000, b"[" * 100_000, b"\xef\xbb\xbf\r\n", b"NaN"):
        answer = await web.browser().client.post(hook, content=raw, headers={SIGNATURE_HEADER: signature_of(raw, SECRET)})
        assert answer.status_code == 202
    assert stored(web) == 5
