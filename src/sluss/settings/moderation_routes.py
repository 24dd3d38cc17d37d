"""Pages and forms of the moderation policy. In: requests of administrators. Out: pages, redirects; see `moderation_screens.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, cast, get_args

from litestar import Response, get, post
from litestar.response.redirect import Redirect

from sluss.kernel.actors import Actor
from sluss.kernel.errors import Invalid, Missing
from sluss.kernel.text import clean_line
from sluss.kernel.tx import Tx
from sluss.moderation.rules import DEFAULTS, Habits, Rule, save_habits, save_rule
from sluss.moderation.wordings import LANGUAGES, WHY
from sluss.people.once import once
from sluss.replies.approval import set_approval
from sluss.settings.forms import typed_form, with_faults
from sluss.settings.moderation_queries import policy_screen, rule_screen
from sluss.web.edge import Asked, Edge
from sluss.web.locale import Voice, speaking
from sluss.web.locale import gettext as _
from sluss.web.policy import ADMINS
from sluss.web.shell import Form

P = ParamSpec("P")
R = TypeVar("R")
Who = Literal["agents", "leads"]
ByItself = Literal["flag", "hide"]
UpTo = Literal["ask", "hide", "delete"]


@get("/settings/moderation", may=ADMINS)
async def policy(edge: Edge, asked: Asked, who: Actor) -> Response[str]:
    """The policy."""
    screen = await _read(edge, asked, policy_screen, who)
    return asked.answer("settings/moderation.html", asked.page(_("Moderation policy"), "settings"), screen=screen)


@post("/settings/moderation", may=ADMINS, status_code=200)
async def save_policy(edge: Edge, asked: Asked, who: Actor) -> Response[Any]:
    """What holds for all rules."""
    typed = await typed_form(asked)
    try:
        habits = Habits(
            hide=cast("Who", _one_of(typed, "hide", Who)),
            delete=cast("Who", _one_of(typed, "delete", Who)),
            sites=tuple(
                clean_line(one).lower().removeprefix("https://").removeprefix("www.").rstrip("/") for one in _lines(typed, "sites")
            ),
            fine=tuple(clean_line(one).lower() for one in _lines(typed, "fine")),
            most=_number(typed, "most"),
            proposal_hours=_number(typed, "proposal_hours"),
            reach=_number(typed, "reach"),
        )
        await edge.db.write(once, who, typed.value("op"), save_habits, habits)
    except Invalid as error:
        screen = await _read(edge, asked, policy_screen, who, with_faults(typed, error))
        return asked.answer("settings/moderation.html", asked.page(_("Moderation policy"), "settings"), 422, screen=screen)
    return asked.go("/settings/moderation")


@post("/settings/moderation/approval", may=ADMINS)
async def save_approval(edge: Edge, asked: Asked, who: Actor) -> Redirect:
    """Whose public answers wait at an inbox."""
    inbox = await asked.field("inbox")
    if not inbox.isdecimal() or len(inbox) > 19:
        raise Missing
    await edge.db.write(once, who, await asked.op(), set_approval, int(inbox), await asked.field("whose"))
    return asked.go("/settings/moderation")


@get("/settings/moderation/rules/{rule:str}", may=ADMINS)
async def rule_page(edge: Edge, asked: Asked, who: Actor, rule: str) -> Response[str]:
    """One rule."""
    screen = await _read(edge, asked, rule_screen, who, rule)
    return asked.answer("settings/moderation_rule.html", asked.page(screen.title, "settings"), screen=screen)


@post("/settings/moderation/rules/{rule:str}", may=ADMINS, status_code=200)
async def save(edge: Edge, asked: Asked, who: Actor, rule: str) -> Response[Any]:
    """Write it anew."""
    typed = await typed_form(asked)
    if rule not in DEFAULTS:
        raise Missing
    try:
        await edge.db.write(once, who, typed.value("op"), save_rule, _rule(typed, rule))
    except Invalid as error:
        screen = await _read(edge, asked, rule_screen, who, rule, with_faults(typed, error))
        return asked.answer("settings/moderation_rule.html", asked.page(screen.title, "settings"), 422, screen=screen)
    return asked.go("/settings/moderation")


def _rule(typed: Form, name: str) -> Rule:
    """What was typed; what says the same as ours stays ours, so that it goes on being translated."""
    before = DEFAULTS[name]
    told = {language: typed.value(f"text-{language}").strip() for language in LANGUAGES}
    own = {language: text for language, text in told.items() if text and text != WHY[name][language]}
    return Rule(
        name=name,
        enabled=typed.value("enabled") == "1",
        title=_kept(typed.value("title"), before.title),
        plain=_kept(typed.value("plain"), before.plain),
        texts=own,
        by_itself=cast("ByItself", _one_of(typed, "by_itself", ByItself)),
        wait_minutes=_number(typed, "wait_minutes"),
        up_to=cast("UpTo", _one_of(typed, "up_to", UpTo)),
        words=tuple(clean_line(one).lower() for one in _lines(typed, "words")),
    )


def _kept(typed: str, ours: str) -> str:
    return ours if typed.strip() == _(ours) else typed


def _one_of(typed: Form, name: str, choices: Any) -> str:
    if typed.value(name) not in get_args(choices):
        raise Invalid({name: "Choose one of these."})
    return typed.value(name)


def _number(typed: Form, name: str) -> int:
    text = typed.value(name).strip()
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Invalid({name: "Write a whole number."})
    return int(text)


def _lines(typed: Form, name: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in typed.value(name).splitlines() if one.strip()))


async def _read(edge: Edge, asked: Asked, read: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A query that speaks the reader's language."""
    voice = Voice(asked.reader.locale, asked.reader.zone)

    def speak(tx: Tx) -> R:
        with speaking(voice):
            return read(tx, *args, **kwargs)

    return await edge.db.read(speak)


ROUTES: list[Any] = [policy, save_policy, save_approval, rule_page, save]
