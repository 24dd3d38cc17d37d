"""Where a mailbox is reached by IMAP, and where it keeps what was sent. In: an inbox's settings. Out: a server, a folder's name."""

from __future__ import annotations

import re

from sluss.channels.email.dial import Place
from sluss.channels.email.imap_client import ImapClient
from sluss.channels.email.imap_words import encoded_name
from sluss.channels.email.settings import InboxSettings


def imap_place(settings: InboxSettings, *, allow_private: bool) -> Place:
    return Place(settings.imap_host, settings.imap_port, settings.imap_security, settings.certificate, allow_private)


async def sent_folder(client: ImapClient, settings: InboxSettings) -> str:
    """The encoded name of the folder for sent mail; empty when there is none."""
    if settings.sent_folder:
        return encoded_name(settings.sent_folder)
    folders = await client.folders()
    marked = next((name for flags, name in folders if "\\SENT" in flags), "")
    return marked or next((name for _, name in folders if _SENT_NAME.fullmatch(name)), "")


_SENT_NAME = re.compile(r"(?:INBOX[./])?(?:Sent(?: Items| Messages| Mail)?|Skickat|Skickade|Wys&AUI-ane)", re.IGNORECASE)
