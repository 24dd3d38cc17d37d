"""What tests of Instagram share: the account of Norrsken Air at a double, payloads, and answers to Anna."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sluss.channels.contract import Address, Connection, Delivered, Outbound, Understood
from sluss.channels.instagram.understanding import understand_account
from sluss.sandbox.graph.people import ANNA
from sluss.sandbox.graph.server import APP_SECRET, TOKEN, VERIFY, GraphDouble

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_795_262_400_000_000
IG = "17841400000000001"
ADDRESS = f"instagram-{IG}"
SECRETS = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY}


def payload(name: str) -> Any:
    """The body of an example."""
    return msgspec.json.decode((PAYLOADS / f"{name}.json").read_bytes())["body"]


def inbox(network: GraphDouble | None = None, hook: str = "", **settings: Any) -> Connection:
    """The inbox of the account, at the double where there is one."""
    api = {"api": network.url} if network is not None else {}
    known = {"ig_id": IG, "handle": "@norrsken.air", "human_agent": True, **api, **settings}
    return Connection(
        workspace_id=1, inbox_id=7, name="Norrsken Air", address=ADDRESS, settings=known, secrets=SECRETS, channel="instagram", hook=hook
    )


def read(body: Any, **settings: Any) -> list[Understood]:
    """A body as it is understood."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return understand_account(Delivered(external_key="k", raw=raw, received_at=NOW), inbox(**settings))


def outbound(text: str = "Vi letar.", *, public: bool = False, **more: Any) -> Outbound:
    """An answer to Anna."""
    usual: dict[str, Any] = {
        "external_id": "ours-1@sluss.invalid",
        "recipient": Address(ANNA.id, ANNA.name),
        "sender": Address(ADDRESS, "Norrsken Air"),
        "reply_to": Address(ADDRESS),
        "to": (Address(ANNA.id, ANNA.name),),
        "subject": "",
        "text": text,
        "sent_at": NOW,
        "thread_key": f"dm:{ANNA.id}",
        "visibility": "public" if public else "private",
    }
    return Outbound(**usual | more)
