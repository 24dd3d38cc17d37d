"""What the running server answers at its control socket. In: one line of JSON. Out: the value of the deed it names, or a fault."""

from __future__ import annotations

import msgspec

from sluss.commands.agents import (
    AddAgent,
    AgentKeys,
    AllowPasswords,
    DisableAgent,
    EnableAgent,
    ListAgents,
    ResetAgent,
    ResetFactors,
    WithdrawInvitation,
)
from sluss.commands.answers import ExportAnswers, ImportAnswers
from sluss.commands.backup import MakeBackup
from sluss.commands.contacts import EraseContact, ExportContact, ReapplyErasures
from sluss.commands.house import House
from sluss.commands.inboxes import AddInbox, ListInboxes, PauseInbox, ResumeInbox, TestInbox
from sluss.commands.keys import AddKey, ListKeys, ResealSome, RetireKey
from sluss.commands.outbox import HoldOutbox, LookAtOutbox, ReleaseOutbox
from sluss.commands.outcome import fault_of
from sluss.commands.search import RebuildSearch
from sluss.commands.setup_link import MakeSetupLink
from sluss.control import Fault, Reply

Known = (
    AddAgent
    | DisableAgent
    | EnableAgent
    | ListAgents
    | ResetAgent
    | ResetFactors
    | WithdrawInvitation
    | AgentKeys
    | AllowPasswords
    | AddInbox
    | ListInboxes
    | PauseInbox
    | ResumeInbox
    | TestInbox
    | HoldOutbox
    | LookAtOutbox
    | ReleaseOutbox
    | AddKey
    | ListKeys
    | ResealSome
    | RetireKey
    | MakeBackup
    | ExportContact
    | EraseContact
    | ReapplyErasures
    | MakeSetupLink
    | RebuildSearch
    | ExportAnswers
    | ImportAnswers
)


class Answering:
    """Does deeds in the server's own house."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, line: bytes) -> Reply:
        try:
            deed = msgspec.json.decode(line, type=Known)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Reply(fault=Fault("invalid", f"This is no request that this release knows: {error}."))
        try:
            return Reply(value=await deed.carry_out(self._house))
        except Exception as error:  # noqa: BLE001 - the command at the other end tells its person
            return Reply(fault=fault_of(error))
