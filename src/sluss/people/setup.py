"""First run: the one-time link that the command line prints, and the three steps behind it.

Out: a workspace, its first administrator, its name.

The first workspace has the empty host name, which the database allows once: of two first administrators at the same moment one is refused.
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sluss.kernel.actors import system
from sluss.kernel.audit import note_deed
from sluss.kernel.errors import Conflict, Invalid, Missing
from sluss.kernel.tx import Tx
from sluss.kernel.workspaces import NewWorkspace, all_workspaces, brands, create_workspace, get_workspace, workspaces
from sluss.people.actions import NewAgent, create_agent
from sluss.people.links import NOBODY, Link, Whose, find_link, give_link, new_link, use_link
from sluss.people.models import agents
from sluss.web.locale import LOCALES

Step = Literal["you", "company", "inbox"]
STEPS: tuple[Step, ...] = ("you", "company", "inbox")
NAME = 120


class Progress(msgspec.Struct, frozen=True):
    """How far a set-up has come."""

    link: Link
    reached: tuple[Step, ...]

    @property
    def next(self) -> Step:
        """The step that is due."""
        return STEPS[min(len(self.reached), 2)]


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace's name, IANA time zone and language."""

    company: str
    zone: str
    locale: str


def is_set_up(tx: Tx) -> bool:
    """Whether somebody can sign in and the company has a name."""
    if tx.value(sa.select(agents.c.id).limit(1)) is None:
        return False
    return all(workspace.name for workspace in all_workspaces(tx))


def new_setup_link(tx: Tx) -> str:
    """A token for `/setup/you?token=…`, good for 15 minutes; older ones are good no longer.

    Raises `Conflict` when there is nothing to set up.
    """
    if is_set_up(tx):
        raise Conflict("Sluss is set up already. An administrator can add agents under Settings.")
    first = tx.row(sa.select(agents.c.workspace_id, agents.c.id).order_by(agents.c.id).limit(1))
    return new_link(tx, "setup", Whose(first.workspace_id, first.id) if first else NOBODY)


def find_setup(tx: Tx, token: str) -> Progress:
    """How far the set-up behind a token has come. Raises `Missing` for any other token, and when all is done."""
    link = find_link(tx, "setup", token)
    if link is None:
        raise Missing
    if not link.agent_id:
        return Progress(link, ())
    named = bool(get_workspace(tx, link.workspace_id).name)
    return Progress(link, ("you", "company") if named else ("you",))


def set_up_you(tx: Tx, token: str, you: NewAgent, password_hash: str) -> None:
    """The first administrator, in a workspace that has no name yet. Done already: nothing happens."""
    progress = find_setup(tx, token)
    if progress.reached:
        return
    try:
        with tx.attempt():
            workspace_id = create_workspace(tx, NewWorkspace("", language=you.language))
    except IntegrityError:
        raise Conflict("Somebody else is setting Sluss up right now.") from None
    agent_id = create_agent(tx, system(workspace_id), you, password_hash)
    give_link(tx, progress.link, workspace_id, agent_id)


def set_up_company(tx: Tx, token: str, new: Company) -> None:
    """The name by which agents and customers know the workspace."""
    progress = find_setup(tx, token)
    if not progress.reached:
        raise Conflict("Begin with yourself.")
    name = new.company.strip()
    _require_fit(name, new)
    of_workspace = {"name": name, "time_zone": new.zone, "language": new.locale}
    tx.run(sa.update(workspaces).where(workspaces.c.id == progress.link.workspace_id).values(of_workspace))
    tx.run(sa.update(brands).where(brands.c.workspace_id == progress.link.workspace_id, brands.c.name == "").values(name=name))


def finish_setup(tx: Tx, token: str) -> Link:
    """Use the link up. Returns whom it was for; from now on every page of the set-up is missing."""
    if find_setup(tx, token).reached != ("you", "company"):
        raise Conflict("Give the company's name first.")
    link = use_link(tx, "setup", token)
    if link is None:
        raise Missing
    note_deed(tx, system(link.workspace_id), "workspace.setup", ("workspace", link.workspace_id))
    return link


def _require_fit(name: str, new: Company) -> None:
    errors: dict[str, str] = {}
    if not 0 < len(name) <= NAME:
        errors["company"] = "Please give a name of at most 120 characters."
    if new.zone not in available_timezones():
        errors["zone"] = "Choose one of the list."
    if new.locale not in LOCALES:
        errors["locale"] = "Choose one of the list."
    if errors:
        raise Invalid(errors)
