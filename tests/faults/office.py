"""What a server under fault holds, and Johan who answers everybody. In: an opened host. Out: replies, each noted after its commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.cases.models import cases
from sluss.channels.email.channel import EmailChannel
from sluss.channels.inboxes import InboxFields, create_inbox, list_inboxes
from sluss.kernel.actors import Actor, system
from sluss.kernel.errors import Conflict
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, all_workspaces, create_workspace
from sluss.people.actions import NewAgent, create_agent
from sluss.people.queries import list_agents
from sluss.people.sessions import Browser, open_session
from sluss.replies.sending import SendReply, send_reply
from sluss.serving import Host

ADDRESS = "bokning@norrsken.example"
CHAT = "chat-norrsken00000001"
PASSWORD = "of this test only"
HTTP_SECRET = "of this test only, and long enough"


def set_up(host: Host, smtp_port: int) -> tuple[dict[str, Any], Actor]:
    """The workspace, its inbox and Johan, made at the first start."""
    workspaces = host.db.read_now(all_workspaces)
    workspace_id = workspaces[0].id if workspaces else host.db.write_now(_make, host, smtp_port)
    inbox = host.db.read_now(list_inboxes, system(workspace_id))[0]
    johan = host.db.read_now(list_agents, system(workspace_id))[0]
    EmailChannel.capabilities = msgspec.structs.replace(EmailChannel.capabilities, undo_seconds=0)
    who = Actor(workspace_id, "agent", johan.id, johan.name, "agent", inbox_ids=None)
    cookie = host.db.write_now(open_session, workspace_id, johan.id, Browser("test", "127.0.0.1"), host.config)
    return {"workspace_id": workspace_id, "inbox_id": inbox.id, "cookie": cookie}, who


def _make(tx: Tx, host: Host, smtp_port: int) -> int:
    workspace_id = create_workspace(tx, NewWorkspace("Norrsken Air"))
    settings = {"way_in": "listener", "smtp_host": "127.0.0.1", "smtp_port": smtp_port, "smtp_security": "plain", "smtp_user": ADDRESS}
    fields = InboxFields(
        name="Bokning", address=ADDRESS, settings=settings, secrets={"http_secret": HTTP_SECRET, "smtp_password": PASSWORD}
    )
    create_inbox(tx, system(workspace_id), host.sealer, "email", fields)
    create_inbox(tx, system(workspace_id), host.sealer, "webchat", InboxFields(name="Webbchatt", address=CHAT))
    create_agent(tx, system(workspace_id), NewAgent(name="Johan Falk", email="johan@norrsken.example", role="lead"), "no password")
    return workspace_id


async def answer_customers(host: Host, who: Actor) -> None:
    """Answer whoever waits, a few at a time; what was promised to be sent stands in the file `answered` as soon as it is."""
    with (Path(host.config.data) / "answered").open("ab", buffering=0) as answered:
        async for _ in host.edge.signals.rounds("events", 0.2):
            for case_id, active_at in await host.db.read(_waiting, who):
                reply = SendReply(op=f"{case_id ^ active_at:x}", case_id=case_id, text="Hej! Vi tittar på det.\n\nJohan", anyway=True)
                try:
                    departure = await host.db.write(send_reply, who, reply)
                except Conflict:
                    continue
                answered.write(f"{departure.message_id}\n".encode())


def _waiting(tx: Tx, who: Actor) -> list[tuple[int, int]]:
    mine = (cases.c.workspace_id == who.workspace_id) & (cases.c.status == "open")
    return [tuple(row) for row in tx.rows(sa.select(cases.c.id, cases.c.active_at).where(mine).order_by(cases.c.id).limit(5))]
