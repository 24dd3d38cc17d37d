"""Pages and forms of agents and teams. Whatever makes an account, or a way into one, wants fresh proof."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post

from sluss.channels.inboxes import list_inboxes
from sluss.channels.postbox import has_letter_way
from sluss.config import Config
from sluss.kernel.actors import Actor
from sluss.kernel.clock import HOUR
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.actions import NewAgent, change_agent, disable_agent, enable_agent, reset_password
from sluss.people.factors import credential_of, factors_screen, kinds_in
from sluss.people.fresh import require_fresh
from sluss.people.invitations import invite
from sluss.people.once import once
from sluss.people.queries import AgentRow, get_agent, get_team, list_agents, list_teams
from sluss.people.reset import mail_reset
from sluss.people.sessions import Session
from sluss.people.teams import TeamChange, change_team, create_team
from sluss.settings.forms import ids_of, typed_form, with_faults
from sluss.settings.invitation_routes import hand_over, invitation_lines
from sluss.settings.screens import AgentForm, AgentLine, Agents, Choice, TeamForm, TeamLine, Teams
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

LINK_LASTS = 72 * HOUR


@get("/settings/agents", may=ADMINS)
async def agents(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """All agents."""
    screen = await edge.db.read(_agents_screen, who, edge.config)
    return asked.answer("settings/agents.html", asked.page(_("Agents"), "settings"), screen=screen)


@get("/settings/agents/new", may=ADMINS)
async def new_agent(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The form of a new agent."""
    blank = Form(values={"role": "agent", "locale": asked.reader.locale})
    return await _answer_agent(edge, asked, who, 0, blank)


@post("/settings/agents/new", may=ADMINS)
async def add_agent(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Invite somebody, by a letter; or by a link, which the answer shows this once."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    by_mail = typed.value("by") != "link" and await edge.db.read(has_letter_way, who, edge.config)
    try:
        invitation_id = await edge.db.write(once, who, typed.value("op"), invite, _new_agent(typed), by_mail=by_mail)
    except Invalid as error:
        return await _answer_agent(edge, asked, who, 0, with_faults(typed, error))
    if by_mail:
        return asked.go("/settings/agents")
    handed = await hand_over(edge, asked, who, invitation_id)
    return asked.answer("settings/handed.html", asked.page(_("Invitation"), "settings"), screen=handed)


@get("/settings/agents/{agent_id:int}", may=ADMINS)
async def agent(edge: Edge, asked: Asked, who: Actor, agent_id: int) -> Response[str]:
    """One agent."""
    return await _answer_agent(edge, asked, who, agent_id, None)


@post("/settings/agents/{agent_id:int}", may=ADMINS)
async def save_agent(edge: Edge, asked: Asked, who: Actor, session: Session, agent_id: int) -> Response[Any]:
    """Change an agent; what it changes of their rights takes effect at once."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    try:
        await edge.db.write(once, who, typed.value("op"), change_agent, agent_id, _new_agent(typed))
    except Invalid as error:
        return await _answer_agent(edge, asked, who, agent_id, with_faults(typed, error))
    return asked.go("/settings/agents")


@post("/settings/agents/{agent_id:int}/reset", may=ADMINS, status_code=200)
async def reset_agent(edge: Edge, asked: Asked, who: Actor, session: Session, agent_id: int) -> Response[Any]:
    """A new one-time link, by letter or shown this once. A link that is shown makes the ones before good no longer."""
    await require_fresh(asked, session)
    if await asked.field("by") != "mail":
        return await _show_link(edge, asked, who, agent_id)
    await edge.db.write(once, who, await asked.op(), mail_reset, agent_id)
    screen = await edge.db.read(_agent_screen, who, edge.config, (agent_id, None))
    return _agent_page(asked, msgspec.structs.replace(screen, sent=True))


@post("/settings/agents/{agent_id:int}/disable", may=ADMINS)
async def lock_agent(edge: Edge, asked: Asked, who: Actor, agent_id: int) -> Response[Any]:
    """Sign an agent out everywhere and let them in no more."""
    await edge.db.write(once, who, await asked.op(), disable_agent, agent_id)
    return await asked.back("/settings/agents")


@post("/settings/agents/{agent_id:int}/enable", may=ADMINS)
async def unlock_agent(edge: Edge, asked: Asked, who: Actor, agent_id: int) -> Response[Any]:
    """Let an agent in again."""
    await edge.db.write(once, who, await asked.op(), enable_agent, agent_id)
    return await asked.back("/settings/agents")


@get("/settings/teams", may=ADMINS)
async def teams(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """All teams, and the form for a new one."""
    return _teams_page(asked, await edge.db.read(_teams_screen, who, Form()))


@post("/settings/teams", may=ADMINS)
async def add_team(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """Make a team, then fill it."""
    typed = await typed_form(asked)
    try:
        team_id = await edge.db.write(once, who, typed.value("op"), create_team, typed.value("name"))
    except Invalid as error:
        return _teams_page(asked, await edge.db.read(_teams_screen, who, with_faults(typed, error)), 422)
    return asked.go(f"/settings/teams/{team_id}")


@get("/settings/teams/{team_id:int}", may=ADMINS)
async def team(edge: Edge, asked: Asked, who: Actor, team_id: int) -> Response[str]:
    """One team."""
    return _team_page(asked, await edge.db.read(_team_screen, who, team_id, None))


@post("/settings/teams/{team_id:int}", may=ADMINS)
async def save_team(edge: Edge, asked: Asked, who: Actor, team_id: int) -> Response[Any]:
    """Who belongs to a team, and which inboxes it handles."""
    typed = await typed_form(asked)
    change = TeamChange(name=typed.value("name"), agent_ids=ids_of(typed, "agent"), inbox_ids=ids_of(typed, "inbox"))
    try:
        await edge.db.write(once, who, typed.value("op"), change_team, team_id, change)
    except Invalid as error:
        return _team_page(asked, await edge.db.read(_team_screen, who, team_id, with_faults(typed, error)), 422)
    return asked.go("/settings/teams")


def role_choices() -> tuple[Choice, ...]:
    """Roles, each explained by a sentence."""
    return (
        Choice(id="agent", label=_("Agent"), detail=_("Answers customers in the inboxes of their teams.")),
        Choice(id="lead", label=_("Lead"), detail=_("Answers in every inbox.")),
        Choice(id="reviewer", label=_("Reviewer"), detail=_("Reads the inboxes of their teams and writes notes.")),
        Choice(id="field", label=_("Field staff"), detail=_("Meets customers; does not see the desk.")),
        Choice(id="admin", label=_("Administrator"), detail=_("Answers everywhere and changes these settings.")),
    )


def _new_agent(typed: Form) -> NewAgent:
    language = typed.value("locale") or "en"
    return NewAgent(
        name=typed.value("name"), email=typed.value("email"), role=typed.value("role"), language=language, team_ids=ids_of(typed, "team")
    )


async def _show_link(edge: Edge, asked: Asked, who: Actor, agent_id: int) -> Response[Any]:
    token = await edge.db.write(reset_password, who, agent_id)
    screen = await edge.db.read(_agent_screen, who, edge.config, (agent_id, None))
    link = {"link": f"{asked.origin}/password/{token}", "link_until": edge.db.clock() + LINK_LASTS}
    return _agent_page(asked, msgspec.structs.replace(screen, **link))


async def _answer_agent(edge: Edge, asked: Asked, who: Actor, agent_id: int, form: Form | None) -> Response[str]:
    screen = await edge.db.read(_agent_screen, who, edge.config, (agent_id, form))
    return _agent_page(asked, screen, 422 if screen.form.errors else 200)


def _agent_page(asked: Asked, screen: AgentForm, status: int = 200) -> Response[str]:
    title = screen.form.value("name") if screen.id else _("Add agent")
    return asked.answer("settings/agent_form.html", asked.page(title, "settings"), status, screen=screen)


def _teams_page(asked: Asked, screen: Teams, status: int = 200) -> Response[str]:
    return asked.answer("settings/teams.html", asked.page(_("Teams"), "settings"), status, screen=screen)


def _team_page(asked: Asked, screen: TeamForm, status: int = 200) -> Response[str]:
    return asked.answer("settings/team_form.html", asked.page(screen.form.value("name"), "settings"), status, screen=screen)


def _agents_screen(tx: Tx, who: Actor, config: Config) -> Agents:
    names = {one.id: one.name for one in list_teams(tx, who)}
    roles = {one.id: one.label for one in role_choices()}
    held = kinds_in(tx, who)
    lines = (_agent_line(one, names, roles) for one in list_agents(tx, who))
    return Agents(
        lines=tuple(msgspec.structs.replace(line, factors=held.get(int(line.id), ())) for line in lines),
        invitations=invitation_lines(tx, who, roles, names),
        mails=has_letter_way(tx, who, config),
    )


def _agent_line(one: AgentRow, teams_by_id: dict[int, str], roles: dict[str, str]) -> AgentLine:
    return AgentLine(
        id=str(one.id),
        name=one.name,
        email=one.email,
        role=roles.get(one.role, one.role),
        teams=tuple(teams_by_id[team_id] for team_id in one.team_ids if team_id in teams_by_id),
        seen_at=one.seen_at,
        disabled=one.disabled,
        invited=one.invited,
    )


def _agent_screen(tx: Tx, who: Actor, config: Config, shown: tuple[int, Form | None]) -> AgentForm:
    agent_id, form = shown
    found = get_agent(tx, who, agent_id) if agent_id else None
    return AgentForm(
        form=form or (Form() if found is None else _stored(found)),
        roles=role_choices(),
        teams=tuple(Choice(id=str(one.id), label=one.name) for one in list_teams(tx, who)),
        id=str(agent_id or ""),
        mails=has_letter_way(tx, who, config),
        disabled=found is not None and found.disabled,
        self=agent_id == who.id,
        factors=factors_screen(tx, who, credential_of(tx, who, agent_id)).lines if agent_id else (),
    )


def _stored(one: AgentRow) -> Form:
    chosen = "\n".join(str(team_id) for team_id in one.team_ids)
    return Form(values={"name": one.name, "email": one.email, "role": one.role, "locale": one.language, "team": chosen})


def _teams_screen(tx: Tx, who: Actor, form: Form) -> Teams:
    people = {one.id: one.name for one in list_agents(tx, who)}
    places = {one.id: one.name for one in list_inboxes(tx, who)}
    lines = tuple(
        TeamLine(
            id=str(one.id),
            name=one.name,
            agents=tuple(people[agent_id] for agent_id in one.agent_ids if agent_id in people),
            inboxes=tuple(places[inbox_id] for inbox_id in one.inbox_ids if inbox_id in places),
        )
        for one in list_teams(tx, who)
    )
    return Teams(lines=lines, form=form)


def _team_screen(tx: Tx, who: Actor, team_id: int, form: Form | None) -> TeamForm:
    found = get_team(tx, who, team_id)
    agent_ids, inbox_ids = ("\n".join(str(one) for one in ids) for ids in (found.agent_ids, found.inbox_ids))
    return TeamForm(
        id=str(team_id),
        form=form or Form(values={"name": found.name, "agent": agent_ids, "inbox": inbox_ids}),
        agents=tuple(Choice(id=str(one.id), label=one.name, detail=one.email) for one in list_agents(tx, who) if not one.disabled),
        inboxes=tuple(Choice(id=str(one.id), label=one.name, detail=one.address) for one in list_inboxes(tx, who)),
    )


ROUTES = [agents, new_agent, add_agent, agent, save_agent, reset_agent, lock_agent, unlock_agent, teams, add_team, team, save_team]
