"""How letters leave: by the installation's own mail server, else by a mail inbox of the workspace. In: `Mail`. Out: a mail sent.

Of the inboxes the chosen one is taken if it works, else the first that does. A letter to a customer leaves by the inbox that it names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.channels.addressing import fold_address
from sluss.channels.contract import LETTER, Address, Connection, Outbound, Refused, ResultUnknown, Unreachable
from sluss.channels.models import inboxes
from sluss.channels.registry import channel_named, new_channel
from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.db import Database
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.people.letters import Mail, NotPosted, chosen_letter_inbox

BY = "email"
"""The network that letters go by."""
NO_WAY = say("No mail server is set for letters, and no mail inbox works. Connect an inbox, or set SLUSS_MAIL_HOST.")


class Carrier(msgspec.Struct, frozen=True):
    """An inbox that can carry letters. `works` says that its last attempts to send did."""

    id: int
    name: str
    address: str
    works: bool


class Postbox:
    """Posts letters for one process. `connection` opens an inbox."""

    def __init__(self, db: Database, config: Config, connection: Callable[[int, int], Awaitable[Connection]]) -> None:
        self._db, self._config, self._connection = db, config, connection
        # Where the installation's own server stands is its operator's decision, not a workspace's.
        self._own = new_channel(BY, allow_private=True) if config.mail_host else None

    async def post(self, mail: Mail) -> str:
        """Send one letter. Returns the server's words; raises `NotPosted`."""
        connection = await self._way(mail)
        try:
            # Only the installation's own server has the inbox 0.
            channel = channel_named(BY) if connection.inbox_id or self._own is None else self._own
            sent = await channel.send(connection, _outbound(mail, connection), _nothing)
        except Refused as error:
            raise NotPosted("refused" if error.permanent else "deferred", error.reason) from error
        except Unreachable as error:
            raise NotPosted("deferred", error.reason) from error
        except ResultUnknown as error:
            raise NotPosted("unknown", error.reason) from error
        return sent.detail

    async def _way(self, mail: Mail) -> Connection:
        named = await self._db.read(_named, system(mail.workspace_id), mail.by) if mail.by else None
        if named is None and self._config.mail_host:
            return _of_installation(self._config, mail.workspace_id)
        carrier = named or await self._db.read(letter_carrier, system(mail.workspace_id))
        if carrier is None:
            raise NotPosted("deferred", NO_WAY)
        connection = await self._connection(mail.workspace_id, carrier.id)
        # A copy among the sent mails of the inbox would look like an answer to a customer.
        return msgspec.structs.replace(connection, settings=connection.settings | {"sent_copy": False})


def letter_carrier(tx: Tx, who: Actor) -> Carrier | None:
    """The inbox that letters of the workspace leave by now."""
    found = letter_carriers(tx, who)
    chosen = chosen_letter_inbox(tx, who)
    working = [one for one in found if one.works]
    return next((one for one in working if one.id == chosen), working[0] if working else None)


def letter_carriers(tx: Tx, who: Actor) -> list[Carrier]:
    """Every mail inbox that is connected and not paused, oldest first."""
    c = inboxes.c
    mine = (c.workspace_id == who.workspace_id) & (c.channel == BY) & c.enabled & c.archived_at.is_(None)
    rows = tx.rows(sa.select(c.id, c.name, c.address, c.send_failures, c.paused_until).where(mine).order_by(c.id))
    return [Carrier(row.id, row.name, row.address, row.paused_until is None or row.paused_until <= tx.now) for row in rows]


def _named(tx: Tx, who: Actor, inbox_id: int) -> Carrier | None:
    return next((one for one in letter_carriers(tx, who) if one.id == inbox_id and one.works), None)


def has_letter_way(tx: Tx, who: Actor, config: Config) -> bool:
    """Whether letters can leave at all; else links are shown to hand over."""
    return bool(config.mail_host) or letter_carrier(tx, who) is not None


def _of_installation(config: Config, workspace_id: int) -> Connection:
    address = fold_address(config.mail_from) or fold_address(config.mail_user)
    if not address:
        raise NotPosted("deferred", say("SLUSS_MAIL_FROM is not a mail address, and letters need one to come from."))
    settings: dict[str, Any] = {"smtp_host": config.mail_host, "smtp_port": config.mail_port, "smtp_security": config.mail_security}
    settings |= {"smtp_user": config.mail_user, "sent_copy": False, "way_in": "listener"}
    secrets = {"smtp_password": config.mail_password}
    return Connection(workspace_id=workspace_id, inbox_id=0, name="", address=address, settings=settings, secrets=secrets, channel=BY)


def _outbound(mail: Mail, connection: Connection) -> Outbound:
    sender = Address(connection.address, clean_line(mail.company))
    recipient = Address(mail.email, clean_line(mail.name))
    domain = connection.address.rpartition("@")[2]
    return Outbound(
        external_id=f"{LETTER}{mail.token}@{domain}",
        recipient=recipient,
        sender=sender,
        reply_to=sender,
        to=(recipient,),
        subject=clean_line(mail.subject),
        text=mail.text,
        sent_at=mail.written_at,
        automatic=True,
    )


async def _nothing() -> None:
    """The row says `sending` already."""
