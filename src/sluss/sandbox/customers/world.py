"""The mail world of the demo. In: nothing. Out: servers where the staff's mailboxes lie, and a mailbox for whoever writes."""

from __future__ import annotations

import errno

from sluss.sandbox.customers.company import DOMAIN, INBOXES, MAILBOX_PASSWORD, Servers
from sluss.sandbox.customers.history import CLOSED_DOMAIN
from sluss.sandbox.mail.servers import MailWorld
from sluss.sandbox.mail.world import Mailbox

KEPT = 200


class CustomersWorld(MailWorld):
    """Every address of the made-up domains has a mailbox, the staff's too, but for the one domain that refuses everything."""

    def find(self, address: str) -> Mailbox | None:
        found = super().find(address)
        domain = address.rpartition("@")[2].lower()
        if found is None and domain.endswith(".example") and domain != CLOSED_DOMAIN and (domain != DOMAIN or "+" not in address):
            return self.add(address)
        return found

    def forget_old(self) -> None:
        """Keep memory bounded: what lies far back in a folder was fetched long ago."""
        for mailbox in self._mailboxes.values():
            for folder in mailbox.folders.values():
                folder.remove([mail.uid for mail in folder.mails[:-KEPT]])


async def open_world(wanted: Servers | None) -> CustomersWorld:
    """Start it, on the ports of last time where they are free."""
    world = CustomersWorld()
    for local in INBOXES:
        world.add(f"{local}@{DOMAIN}", MAILBOX_PASSWORD)
    try:
        await world.start(imap_port=wanted.imap_port if wanted else 0, smtp_port=wanted.smtp_port if wanted else 0)
    except OSError as error:
        if wanted is None or error.errno != errno.EADDRINUSE:
            raise
        await world.stop()
        await world.start()
    return world
