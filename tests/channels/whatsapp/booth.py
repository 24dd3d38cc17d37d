"""What tests of WhatsApp share: a number of Norrsken Air at a double, Anna with a telephone, and payloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sluss.channels.contract import Address, Connection, Delivered, Outbound, Understood
from sluss.channels.whatsapp.understanding import understand_event
from sluss.sandbox.graph.server import APP_SECRET, TOKEN, VERIFY, GraphDouble
from sluss.sandbox.graph.whatsapp import PHONE, WABA

PAYLOADS = Path(__file__).parent / "payloads"
NOW = 1_795_262_400_000_000
OURS = "k3vq7zmsa4xg2tbn5ydc6wpe@sluss.invalid"
"""A key as Sluss gives it to what it sends."""


def payload(name: str) -> Any:
    """The body of an example."""
    return msgspec.json.decode((PAYLOADS / f"{name}.json").read_bytes())["body"]


def inbox(double: GraphDouble | None = None, hook: str = "", **settings: Any) -> Connection:
    """The inbox of the number, at the double where there is one."""
    api = {"api": double.url} if double is not None else {}
    return Connection(
        workspace_id=1,
        inbox_id=7,
        name="Norrsken Air",
        address=f"whatsapp-{PHONE}",
        settings={"phone_number_id": PHONE, "waba_id": WABA, **api, **settings},
        secrets={"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY},
        channel="whatsapp",
        hook=hook,
    )


def read(body: Any) -> list[Understood]:
    """A body as it is understood."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return understand_event(Delivered(external_key="u", raw=raw, received_at=NOW), inbox())


def told(field: str = "messages", **value: Any) -> dict[str, Any]:
    """A body about this number with one change."""
    contacts = {"contacts": [{"profile": {"name": "Anna Berg"}, "wa_id": "46701234567", "user_id": "SE.13491208655302741918"}]}
    whole = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE}, **contacts, **value}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [{"field": field, "value": whole}]}]}


def message(**content: Any) -> dict[str, Any]:
    """A body with one message of Anna's."""
    usual = {"from": "46701234567", "from_user_id": "SE.13491208655302741918", "id": "wamid.1", "timestamp": "1795262400"}
    return told(messages=[usual | content])


def outbound(text: str = "Vi letar.", thread_key: str = "dm:se.13491208655302741918", **more: Any) -> Outbound:
    """An answer to Anna."""
    anna = Address("se.13491208655302741918", "Anna Berg")
    usual: dict[str, Any] = {
        "external_id": OURS,
        "recipient": anna,
        "sender": Address(f"whatsapp-{PHONE}", "Norrsken Air"),
        "reply_to": Address(f"whatsapp-{PHONE}"),
        "to": (anna,),
        "subject": "",
        "text": text,
        "sent_at": NOW,
        "thread_key": thread_key,
    }
    return Outbound(**usual | more)
