"""Every screen in every state worth a picture or a check: template, page, values, and steps to take in the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from sluss.desk import screens as d
from sluss.web.shell import Page, Problem
from sluss.web.templates import Templates
from tests.browser import samples as s

NOW_ISO = "2026-11-21T13:05:00Z"
Step = Callable[[Any], None]


class Scene(msgspec.Struct, frozen=True):
    """One screen in one state."""

    template: str
    page: Page
    values: dict[str, object]
    steps: tuple[Step, ...] = ()


def click(selector: str) -> Step:
    """Presses something, by selector."""
    return lambda tab: tab.click(selector)


def render(templates: Templates, scene: Scene, theme: str = "light") -> str:
    """The HTML of a scene in a theme."""
    return templates.render(scene.template, msgspec.structs.replace(scene.page, theme=theme), **scene.values)


def _desk(desk: d.Desk, *steps: Step, **page: object) -> Scene:
    title = f"#{desk.case.no} {desk.case.subject} · Mine" if desk.case else "Mine"
    return Scene("desk/inbox.html", s.page(title, **page), {"desk": desk}, steps)


_DRAFT = d.Draft(body="Hej Åsa,\n\nJag har flyttat båda biljetterna till den 29 november.", revision=3, saved_at=s.NOW - 2 * s.MINUTE, files=(d.File(id="77", name="Bekräftelse.pdf", size=88_000, media_type="application/pdf"),), cc="per@example.se")
_POLISH = d.Case(
    id="10485", no=10485, subject="Re: Re: Fwd: Sv: Prośba o fakturę korygującą za przelot LO455 w dniu 14 listopada 2026 oraz zwrot opłaty za bagaż nadwymiarowy", status="snoozed", priority="urgent", inbox="Obsługa klienta", channel_icon="mail", channel_label="E-mail",
    opened_at=s.NOW - 3 * s.DAY, snoozed_until=s.NOW + 42 * s.HOUR, assignee=s.LONG, tags=tuple(f"Etykieta numer {n}" for n in range(1, 11)), agents=(s.EWA, s.LONG), all_tags=tuple(f"Etykieta numer {n}" for n in range(1, 11)),
    items=(d.Message(id="1", at=s.NOW - s.DAY, direction="in", author=s.LONG, text="Dzień dobry,\n\nproszę o fakturę korygującą. Numer: 1234567890123456789012345678901234567890\n\nPozdrawiam", channel_icon="mail", channel_label="E-mail", language="pl"),),
    contact=d.Contact(person=s.LONG), composer=s.composer(to_name=s.LONG.name, to_address="maximiliana.konstancja.brzeczyszczykiewicz-wawrzyniecka@poczta.example.pl", closed=""),
    banners=(d.CaseBanner(kind="info", text="The sender claims to continue #9870 but is not part of it. Nothing of that case is shown to them.", action="See #9870", href="/c/9870"),),
)

SCENES: dict[str, Scene] = {
    "desk": _desk(s.desk(s.case())),
    "desk-writing": _desk(s.desk(s.case(composer=s.composer(reply=_DRAFT), earlier=0)), toasts=(s.UNDO,), banners=(s.HOLD, s.FAILING)),
    "desk-note": _desk(s.desk(s.case(composer=s.composer(tab="note", reply=_DRAFT)))),
    "desk-errors": _desk(s.desk(s.case(composer=s.composer(form=s.ERRORS)))),
    "desk-polish": _desk(s.desk(_POLISH)),
    "desk-list": _desk(s.desk()),
    "desk-empty": _desk(s.desk(queue=d.Queue(view=s.VIEWS[0], rows=(), total=0))),
    "desk-new": _desk(s.desk(views=s.VIEWS[:4], queue=d.Queue(view=s.VIEWS[0], rows=(), total=0), unassigned=0, first_steps=(d.FirstStep(label="Create your account", done=True, href="/me"), d.FirstStep(label="Connect a first inbox", done=False, href="/settings/inboxes/new"), d.FirstStep(label="Invite a colleague", done=False, href="/settings/agents/new")))),
    "menu-assign": _desk(s.desk(s.case()), click('[data-action="assign"]')),
    "menu-snooze": _desk(s.desk(s.case()), click('[data-action="snooze"]')),
    "menu-tags": _desk(s.desk(s.case()), click('[data-action="tags"]')),
    "sheet": _desk(s.desk(s.case()), lambda tab: tab.keyboard.press("?")),
    "bulk": _desk(s.desk(s.case()), lambda tab: tab.evaluate("document.querySelectorAll('.pick input').forEach((b, i) => i < 3 && b.click())")),
    "search": Scene("desk/search.html", s.page("Search", section="search"), {"found": d.Found(query="Gdańsk", total=214, after="x", hits=tuple(d.Hit(row=row, excerpt="… resan till \x02Gdańsk\x03 den 28 november, två vuxna och ett barn, syns inte <b>i</b> appen …") for row in s.rows()[:6]))}),
    "search-none": Scene("desk/search.html", s.page("Search", section="search"), {"found": d.Found(query="xyzzy")}),
    "problem-404": Scene("web/problem.html", s.page("Not found"), {"problem": Problem(status=404, reference="01JD7Z8Q4K")}),
    "problem-500": Scene("web/problem.html", s.page("Error"), {"problem": Problem(status=500, reference="01JD7Z8Q4K")}),
}
