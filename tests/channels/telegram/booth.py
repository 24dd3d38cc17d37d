"""What tests of Telegram share: a bot of Norrsken Air at a double, Anna with a telephone, and payloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from sluss.channels.contract import Address, Connection, Delivered, Outbound, Understood
from sluss.channels.telegram.understanding import understand_update
from sluss.sandbox.telegram.network import Telegram
from sluss.sandbox.telegram.people import Group, Person

PAYLOADS = Path(__file__).parent / "payloads"
TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET = "sluss-tg-secret-of-many-letters"
NOW = 1_795_262_400_000_000
ANNA = Person(id=77001122, first="Anna", last="Berg", username="annab", language="sv")
PAWEL = Person(id=77001199, first="Paweł", last="Żak", language="pl")
OWNER = Person(id=900, first="Butiken")
CREW = Group(id=-4242, title="Norrsken resenärer")
SUPER = Group(id=-1_001_234_567_890, title="Norrsken resenärer", username="norrskenfolk")


def payload(name: str) -> Any:
    """The body of an example."""
    return msgspec.json.decode((PAYLOADS / f"telegram_{name}.json").read_bytes())["body"]


def inbox(network: Telegram | None = None, hook: str = "", **settings: Any) -> Connection:
    """The inbox of the bot, at the double where there is one."""
    api = {"api": network.url} if network is not None else {}
    return Connection(
        workspace_id=1,
        inbox_id=7,
        name="Norrsken Air",
        address="telegram-110201543",
        settings={"handle": "@norrsken_bot", **api, **settings},
        secrets={"token": TOKEN, "hook_secret": SECRET},
        channel="telegram",
        hook=hook,
    )


def read(update: Any, **settings: Any) -> list[Understood]:
    """An update as it is understood."""
    raw = update if isinstance(update, bytes) else msgspec.json.encode(update)
    return understand_update(Delivered(external_key="u", raw=raw, received_at=NOW), inbox(**settings))


def outbound(text: str = "Vi letar.", thread_key: str = "dm:77001122", **more: Any) -> Outbound:
    """An answer to Anna."""
    usual: dict[str, Any] = {
        "external_id": "ours-1@sluss.invalid",
        "recipient": Address("77001122", "Anna Berg"),
        "sender": Address("telegram-110201543", "Norrsken Air"),
        "reply_to": Address("telegram-110201543"),
        "to": (Address("77001122", "Anna Berg"),),
        "subject": "",
        "text": text,
        "sent_at": NOW,
        "thread_key": thread_key,
    }
    return Outbound(**usual | more)
