"""The loop that sends letters. In: rows that are due, a way to post them. Out: mails, and rows that say honestly what became of them.

What a letter says is worked out when it leaves: whoever is shut out by then gets none, an invitation that has ended sends none, and the
token of a link exists from that moment on.

Where several workspaces live, only the installation's own mail server proves an address: a workspace's mailbox can be read by its people.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from sluss.config import Config
from sluss.kernel.actors import Actor, system
from sluss.kernel.clock import SECOND
from sluss.kernel.db import Database
from sluss.kernel.leases import Lease, require
from sluss.kernel.log import get_log
from sluss.kernel.signals import Signals
from sluss.kernel.tx import Tx
from sluss.kernel.words import say
from sluss.kernel.workspaces import get_workspace, workspaces
from sluss.people.actions import require_agent, works_elsewhere
from sluss.people.home import home_of
from sluss.people.invitations import mailed_link
from sluss.people.letter_texts import Facts, words_of
from sluss.people.letters import (
    TOPIC,
    Ending,
    Letter,
    Mail,
    NotPosted,
    Post,
    addressee_of,
    drop_letter,
    due_letters,
    refuse_letter,
    settle_letter,
    take_letter,
)
from sluss.people.links import Whose, new_link
from sluss.people.models import agents
from sluss.people.oidc_providers import find_provider
from sluss.people.reset import answer_requests
from sluss.web.locale import Voice, speaking

PAUSE = 5.0
AT_ONCE = 4
SEND_SECONDS = 900.0
PATHS = {"no-password": "/sign-in"}
SHARED = say(
    "This person works for another company on this server, too. Links for their password leave by the server’s own mail server only, "
    "which its operator names in SLUSS_MAIL_HOST."
)

log = get_log("letters")

Teller = Callable[[Tx, Actor, Letter, str], Facts | None]
"""Says what a letter is about at the moment it leaves, given where links begin; None when there is nothing to say any more."""


class Postman:
    """Sends letters for every workspace.

    `post` carries them; `port` tells where links lead while no address is configured; `tellers` know what letters of other slices say.
    """

    def __init__(
        self,
        db: Database,
        config: Config,
        post: Post,
        port: Callable[[], int] = lambda: 0,
        tellers: Mapping[str, Teller] | None = None,
    ) -> None:
        self._db, self._config, self._post, self._port = db, config, post, port
        self._tellers = tellers or {}

    async def run(self, signals: Signals, lease: Lease) -> None:
        """Send whatever is due, for as long as the lease is held."""
        async for _ in signals.rounds(TOPIC, PAUSE):
            try:
                await self.turn(lease)
            except Exception:
                log.exception("letters_turn_failed")

    async def turn(self, lease: Lease | None = None) -> int:
        """One look at all that is due. Returns how many letters were tried."""
        tried = 0
        while await self._db.write(answer_requests):
            pass
        while due := await self._db.read(due_letters, AT_ONCE):
            await asyncio.gather(*(self._send(lease, workspace_id, letter_id) for workspace_id, letter_id in due))
            tried += len(due)
        return tried

    async def _send(self, lease: Lease | None, workspace_id: int, letter_id: int) -> None:
        taken = await self._db.write(self._take, lease, system(workspace_id), letter_id)
        if taken is None:
            return
        letter, mail = taken
        ending, words = await self._carry(mail)
        await self._db.write(settle_letter, letter, ending, words)
        if ending != "sent":
            log.warning("letter_not_sent", kind=letter.kind, letter=letter.id, ending=ending, reason=words)

    async def _carry(self, mail: Mail) -> tuple[Ending, str]:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return "sent", await self._post(mail)
        except NotPosted as error:
            return error.ending, error.reason
        except TimeoutError:
            return "unknown", say("The mail server did not answer in time.")
        except Exception as error:
            log.exception("letter_failed")
            return "deferred", say("Sluss failed while sending this: %(error)s", error=repr(error)[:300])

    def _take(self, tx: Tx, lease: Lease | None, who: Actor, letter_id: int) -> tuple[Letter, Mail] | None:
        if lease is not None:
            require(tx, lease)
        letter = take_letter(tx, who, letter_id)
        if letter is None:
            return None
        if letter.kind == "reset" and not self._proves(tx) and _is_shared(tx, who, letter):
            refuse_letter(tx, letter, SHARED)
            return None
        facts = self._facts(tx, who, letter)
        if facts is None:
            drop_letter(tx, letter)
            return None
        workspace = get_workspace(tx, who.workspace_id)
        with speaking(Voice(letter.language, workspace.time_zone)):
            words = words_of(letter.kind, facts)
        given: dict[str, Any] = {"workspace_id": who.workspace_id, "token": letter.message_id, "email": letter.email, "name": letter.name}
        given |= {"company": facts.company, "by": int(letter.data.get("by", 0))}
        return letter, Mail(**given, subject=words.subject, text=words.text, written_at=tx.now)

    def _facts(self, tx: Tx, who: Actor, letter: Letter) -> Facts | None:
        """What the letter is about, now; None when there is nobody to write to any more, or nothing to say."""
        company = get_workspace(tx, who.workspace_id).name
        home = home_of(tx, self._config, who.workspace_id, self._port())
        if letter.kind == "invitation":
            return _invitation(tx, who, letter, (company, home), proves=self._proves(tx))
        if letter.agent_id is not None and _has_left(tx, who, letter):
            return None
        if letter.kind in self._tellers:
            told = self._tellers[letter.kind](tx, who, letter, home)
            return msgspec.structs.replace(told, company=told.company or company) if told is not None else None
        provider = find_provider(tx, who) if letter.kind == "no-password" else None
        known: dict[str, Any] = {
            name: value
            for name, value in letter.data.items()
            if name in Facts.__struct_fields__ and name not in {"link", "company", "name"}
        }
        if provider is not None:
            known["label"] = provider.label
        return Facts(company=company, name=letter.name, link=_link(tx, who, letter, home, proves=self._proves(tx)), **known)

    def _proves(self, tx: Tx) -> bool:
        """Whether a link that came to an address shows all workspaces that whoever opened it owns the address."""
        return bool(self._config.mail_host) or int(tx.value(sa.select(sa.func.count()).select_from(workspaces))) == 1


def _invitation(tx: Tx, who: Actor, letter: Letter, place: tuple[str, str], *, proves: bool) -> Facts | None:
    opened = mailed_link(tx, who.workspace_id, letter.invitation_id or 0, proves=proves)
    if opened is None:
        return None
    invitation, token = opened
    mine = (agents.c.workspace_id == who.workspace_id) & (agents.c.id == invitation.invited_by)
    by = str(tx.value(sa.select(agents.c.name).where(mine)) or "") if invitation.invited_by else ""
    link = f"{place[1]}/invitation/{token}"
    facts: dict[str, Any] = {"company": place[0], "name": invitation.name, "role": invitation.role}
    return Facts(**facts, link=link, by=by, until=invitation.expires_at // SECOND * SECOND)


def _has_left(tx: Tx, who: Actor, letter: Letter) -> bool:
    """Whether the agent was shut out meanwhile, or has another address by now."""
    to = addressee_of(tx, who, letter.agent_id or 0)
    return to is None or to.email != letter.email


def _is_shared(tx: Tx, who: Actor, letter: Letter) -> bool:
    return works_elsewhere(tx, who, int(require_agent(tx, who, letter.agent_id or 0).credential_id))


def _link(tx: Tx, who: Actor, letter: Letter, home: str, *, proves: bool) -> str:
    if letter.kind == "reset":
        whose = Whose(who.workspace_id, letter.agent_id or 0, mailed=True, proves=proves)
        return f"{home}/password/{new_link(tx, 'reset', whose)}"
    path = str(letter.data.get("path", "")) or PATHS.get(letter.kind, "")
    return home + path if path else ""
