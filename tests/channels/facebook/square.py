"""What tests of Facebook share: the page of Norrsken Air at a double, payloads, and answers to Anna."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sluss.channels.contract import Address, Connection, Delivered, Outbound, Posted, Understood
from sluss.channels.facebook.understanding import understand_page
from sluss.sandbox.graph.people import ANNA
from sluss.sandbox.graph.server import APP_ID, APP_SECRET, TOKEN, VERIFY, GraphDouble

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_795_262_400_000_000
PAGE = "104512345678901"
ADDRESS = f"facebook-{PAGE}"
SECRETS = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY}


def payload(name: str) -> Any:
    """An example as it is kept."""
    return msgspec.json.decode((PAYLOADS / f"{name}.json").read_bytes())


def inbox(network: GraphDouble | None = None, hook: str = "", **settings: Any) -> Connection:
    """The inbox of the page, at the double where there is one."""
    api = {"api": network.url} if network is not None else {}
    known = {"page_id": PAGE, "app_id": APP_ID, "handle": "Norrsken Air", "human_agent": True, **api, **settings}
    return Connection(
        workspace_id=1, inbox_id=7, name="Norrsken Air", address=ADDRESS, settings=known, secrets=SECRETS, channel="facebook", hook=hook
    )


def read(body: Any, **settings: Any) -> list[Understood]:
    """A body as it is understood."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return understand_page(Delivered(external_key="k", raw=raw, received_at=NOW), inbox(**settings))


def posted(body: bytes, headers: dict[str, str]) -> Posted:
    """A request to the inbox's address."""
    return Posted(headers=headers, body=body, received_at=NOW)


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
