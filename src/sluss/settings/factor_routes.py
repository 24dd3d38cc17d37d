"""The second step at sign-in, as administrators see it: of whom it is demanded, and letting somebody in who lost theirs."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid
from sluss.kernel.tx import Tx
from sluss.people.factors import change_rule, kinds_in, reset_factors
from sluss.people.fresh import require_fresh
from sluss.people.once import once
from sluss.people.queries import list_agents
from sluss.people.rules import rule_of
from sluss.people.sessions import Session
from sluss.settings.forms import typed_form, with_faults
from sluss.settings.screens import Choice, SecondStep
from sluss.web.edge import Asked, Edge
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form


@get("/settings/second-step", may=ADMINS)
async def second_step(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """Of whom a second step is demanded, and who has none yet."""
    return _answer(asked, await edge.db.read(_screen, who, None))


@post("/settings/second-step", may=ADMINS)
async def save_second_step(edge: Edge, asked: Asked, who: Actor, session: Session) -> Response[Any]:
    """Change the rule; it holds at once, after the days of grace."""
    await require_fresh(asked, session)
    typed = await typed_form(asked)
    days = typed.value("grace_days").strip()
    grace = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else -1
    try:
        await edge.db.write(once, who, typed.value("op"), change_rule, typed.value("factor_for"), grace)
    except Invalid as error:
        return _answer(asked, await edge.db.read(_screen, who, with_faults(typed, error)), 422)
    return asked.go("/settings/second-step?saved=1")


@post("/settings/agents/{agent_id:int}/factors/reset", may=ADMINS)
async def reset_agent_factors(edge: Edge, asked: Asked, who: Actor, session: Session, agent_id: int) -> Response[Any]:
    """Take a locked-out agent's factors away; their password alone lets them in to set up new ones."""
    await require_fresh(asked, session)
    await edge.db.write(once, who, await asked.op(), reset_factors, agent_id)
    return asked.go(f"/settings/agents/{agent_id}")


def _answer(asked: Asked, screen: SecondStep, status: int = 200) -> Response[str]:
    return asked.answer("settings/second_step.html", asked.page(_("Second step"), "settings"), status, screen=screen)


def _screen(tx: Tx, who: Actor, form: Form | None) -> SecondStep:
    rule = rule_of(tx, who.workspace_id)
    held = kinds_in(tx, who)
    people = [one for one in list_agents(tx, who) if not one.disabled]
    stored = Form(values={"factor_for": rule.factor_for, "grace_days": str(rule.grace_days)})
    without = tuple(Choice(id=str(one.id), label=one.name, detail=one.email) for one in people if one.id not in held)
    return SecondStep(form=form or stored, choices=_choices(), agents=len(people), without=without)


def _choices() -> tuple[Choice, ...]:
    return (
        Choice(id="nobody", label=_("Nobody"), detail=_("Everybody may set one up, on their own page.")),
        Choice(id="admins", label=_("Administrators"), detail=_("A stolen password of theirs does the most harm.")),
        Choice(id="everyone", label=_("Everyone"), detail=_("Whoever has none is led to set one up when they sign in.")),
    )


ROUTES = [second_step, save_second_step, reset_agent_factors]
