"""What a measured server holds: one workspace, one inbox that mail is handed to, a chat, a page, one agent who is signed in."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.server import SECRET
from sluss.channels.inboxes import InboxFields, create_inbox
from sluss.channels.webchat.settings import new_chat_key
from sluss.kernel.actors import system
from sluss.kernel.workspaces import NewWorkspace, all_workspaces, create_workspace
from sluss.people.actions import NewAgent, create_agent
from sluss.people.passwords import hash_now
from sluss.people.sessions import Browser, open_session
from sluss.serving import Host

MADE = "bench.json"
PAGE = "104512345678901"


def set_up(host: Host) -> dict[str, Any]:
    """Make it all, or find it made; says what a measurement needs to know."""
    made = host.folder.path / MADE
    if not made.exists():
        made.write_bytes(msgspec.json.encode(_make(host)))
    return msgspec.json.decode(made.read_bytes(), type=dict[str, Any])


def _make(host: Host) -> dict[str, Any]:
    known = host.db.read_now(all_workspaces)
    workspace_id = known[0].id if known else host.db.write_now(create_workspace, NewWorkspace("Norrsken Air"))
    who = system(workspace_id)
    settings = {"way_in": "listener", "smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_security": "plain"}
    fields = InboxFields(
        name="Bokning", address="bokning@norrsken.example", settings=settings, secrets={"http_secret": SECRET, "password": "x" * 20}
    )
    inbox_id = host.db.write_now(create_inbox, who, host.sealer, "email", fields)
    chat = InboxFields(name="Webbchatt", address=new_chat_key(), settings={"origins": ["https://www.norrsken.example"]})
    host.db.write_now(create_inbox, who, host.sealer, "webchat", chat)
    nowhere = {"page_id": PAGE, "handle": "Norrsken Air", "api": "http://127.0.0.1:1"}
    page = InboxFields(name="Facebook", address=f"facebook-{PAGE}", settings=nowhere, secrets={"token": "x" * 20, "app_secret": SECRET})
    page_id = host.db.write_now(create_inbox, who, host.sealer, "facebook", page)
    agent_id = host.db.write_now(
        create_agent, who, NewAgent(name="Johan Falk", email="johan@norrsken.example", role="admin"), hash_now("a long enough word")
    )
    cookie = host.db.write_now(open_session, workspace_id, agent_id, Browser("bench", "127.0.0.1"), host.config)
    return {"workspace_id": workspace_id, "inbox_id": inbox_id, "cookie": cookie, "chat_key": chat.address, "page_id": page_id}
