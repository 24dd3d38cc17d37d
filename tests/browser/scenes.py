"""Every screen in every state worth a picture or a check: template, page, values, and steps to take in the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from sluss.customers import screens as c
from sluss.desk import item_screens as i
from sluss.desk import list_screens as l
from sluss.desk import screens as d
from sluss.desk import search_screens as found
from sluss.people import screens as p
from sluss.settings import screens as t
from sluss.web.assets import Assets
from sluss.web.shell import Form, Page, Problem
from sluss.web.templates import Templates
from tests.browser import bells as b
from tests.browser import chats, talks
from tests.browser import office as o
from tests.browser import publics as u
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


_DRAFT = d.Draft(
    body="Hej Åsa,\n\nJag har flyttat båda biljetterna till den 29 november.",
    revision=3,
    saved_at=s.NOW - 2 * s.MINUTE,
    files=(i.File(id="77", name="Bekräftelse.pdf", size=88_000, media_type="application/pdf"),),
    cc="per@example.se",
)
_FORWARD = d.ForwardForm(
    no=10482,
    message="1",
    told=(("Åsa Lindqvist <asa.l@example.se>", s.NOW - 26 * s.HOUR, "Hej! Bokningen syns inte."),),
    can_whole=True,
    files=(i.File(id="51", name="Kvitto.pdf", size=184_320, media_type="application/pdf"),),
    chosen=("51",),
)


def _with_dialog(template: str, behind: d.Desk | None = None, **values: object) -> Scene:
    """A dialog over the desk, as it arrives."""
    desk = _desk(behind or s.desk(s.case()))
    html = re.sub(r"</?hx-partial[^>]*>", "", _TEMPLATES.render(template, desk.page, **values))
    # As the page itself does with what arrives: put in, then opened.
    return msgspec.structs.replace(
        desk,
        steps=(
            lambda tab: tab.evaluate(
                "html => { document.getElementById('dialogs').innerHTML = html; document.querySelector('#dialogs dialog').showModal(); }",
                html,
            ),
        ),
    )


def _with_news() -> Scene:
    """The line over the composer that says who answered meanwhile."""
    case = s.case(items=s.ASIDE, earlier=0, composer=s.composer(reply=_DRAFT), news=s.NEWS)
    desk = _desk(s.desk(case))
    html = _TEMPLATES.render("desk/news.html", desk.page, case=case)
    return msgspec.structs.replace(
        desk, steps=(lambda tab: tab.evaluate("html => { document.getElementById('news').innerHTML = html; }", html),)
    )


_TEMPLATES = Templates(Assets())
_POLISH = d.Case(
    id="10485",
    no=10485,
    subject="Re: Re: Fwd: Sv: Prośba o fakturę korygującą za przelot LO455 w dniu 14 listopada 2026 oraz zwrot opłaty za bagaż",
    status="snoozed",
    priority="urgent",
    inbox="Obsługa klienta",
    channel_icon="mail",
    channel_label="E-mail",
    opened_at=s.NOW - 3 * s.DAY,
    snoozed_until=s.NOW + 42 * s.HOUR,
    assignee=s.LONG,
    tags=tuple(f"Etykieta numer {n}" for n in range(1, 11)),
    agents=(s.EWA, s.LONG),
    all_tags=tuple(f"Etykieta numer {n}" for n in range(1, 11)),
    items=(
        i.Message(
            id="1",
            at=s.NOW - s.DAY,
            direction="in",
            author=s.LONG,
            text="Dzień dobry,\n\nproszę o fakturę korygującą. Numer: 1234567890123456789012345678901234567890\n\nPozdrawiam",
            channel_icon="mail",
            channel_label="E-mail",
            language="pl",
        ),
    ),
    contact=c.Contact(person=s.LONG),
    composer=s.composer(
        to_name=s.LONG.name, to_address="maximiliana.konstancja.brzeczyszczykiewicz-wawrzyniecka@poczta.example.pl", closed=""
    ),
    banners=(
        d.CaseBanner(
            kind="info",
            text="The sender claims to continue #9870 but is not part of it. Nothing of that case is shown to them.",
            action="See #9870",
            href="/c/9870",
        ),
    ),
)

SCENES: dict[str, Scene] = {
    "desk": _desk(s.desk(s.case())),
    "desk-writing": _desk(s.desk(s.case(composer=s.composer(reply=_DRAFT), earlier=0)), toasts=(s.UNDO,), banners=(s.HOLD, s.FAILING)),
    "desk-note": _desk(s.desk(s.case(composer=s.composer(tab="note", reply=_DRAFT)))),
    "desk-errors": _desk(s.desk(s.case(composer=s.composer(form=s.ERRORS)))),
    "desk-polish": _desk(s.desk(_POLISH)),
    "desk-letter": _desk(
        s.desk(s.case(earlier=0)),
        lambda tab: tab.evaluate("document.querySelector('.letterhead').open = true; document.getElementById('timeline').scrollTop = 0"),
    ),
    "desk-talk": _desk(s.desk(talks.TALK, queue=l.Queue(view=s.VIEWS[0], rows=talks.ROWS, total=4))),
    "desk-public": _desk(u.DESK),
    "desk-public-post": _desk(
        u.WRITING,
        lambda tab: tab.evaluate("document.querySelectorAll('.post, .bubble details').forEach(d => d.open = true); timeline.scrollTop = 0"),
    ),
    "desk-private": _desk(u.CALM),
    "desk-templates": _desk(u.TEMPLATES),
    "desk-elsewhere": _desk(u.CLOSED),
    "desk-deed": _with_dialog("desk/deed.html", u.DESK, deed=u.DEED),
    "desk-react": _with_dialog("desk/deed.html", u.DESK, deed=u.REACT),
    "desk-sluice": _with_dialog("desk/sluice.html", u.DESK, sluice=u.SLUICE),
    "desk-sluice-wrong": _with_dialog("desk/sluice.html", u.DESK, sluice=u.SLUICE_WRONG),
    "desk-exposed": _with_dialog("desk/stopped.html", u.DESK, stopped=u.EXPOSED),
    "desk-aside": _desk(s.desk(s.case(items=s.ASIDE, earlier=0))),
    "desk-people": _desk(s.desk(s.case(composer=s.composer(reply=_DRAFT))), click("[data-everybody]")),
    "desk-news": _with_news(),
    "desk-forward": _with_dialog("desk/forward.html", forward=_FORWARD),
    "desk-stopped": _with_dialog("desk/stopped.html", stopped=d.Stopped(no=10482, op="0" * 26, news=s.NEWS, draft=_DRAFT)),
    "desk-doubtful": _with_dialog(
        "desk/stopped.html", stopped=d.Stopped(no=10482, op="0" * 26, doubtful=True, to="asa.l@example.se", draft=_DRAFT)
    ),
    "desk-crowd": _with_dialog("desk/stopped.html", stopped=d.Stopped(no=10482, op="0" * 26, crowd=14, draft=_DRAFT)),
    "desk-headers": _with_dialog(
        "desk/headers.html",
        source=d.Source("1", "Received: from mx.example\nFrom: =?utf-8?q?=C3=85sa?= <asa.l@example.se>\nSubject: Bokning"),
    ),
    "desk-asking": _desk(
        s.desk(
            s.case(
                items=(*s.MESSAGES, s.aside()),
                here=(l.Here(s.MAJA, "reply"), l.Here(s.EWA, "reading")),
                composer=s.composer(
                    tab="side",
                    can_ask=True,
                    side=d.SideDraft(body="Tack!", to="drift@hotell.example", thread="77", about="Rum 12 den 28 november"),
                ),
            )
        )
    ),
    "desk-list": _desk(s.desk()),
    "desk-empty": _desk(s.desk(queue=l.Queue(view=s.VIEWS[0], rows=(), total=0))),
    "desk-new": _desk(
        s.desk(
            views=s.VIEWS[:4],
            queue=l.Queue(view=s.VIEWS[0], rows=(), total=0),
            unassigned=0,
            first_steps=(
                d.FirstStep(label="Create your account", done=True, href="/me"),
                d.FirstStep(label="Connect a first inbox", done=False, href="/settings/inboxes/new"),
                d.FirstStep(label="Invite a colleague", done=False, href="/settings/agents/new"),
            ),
        )
    ),
    "menu-assign": _desk(s.desk(s.case()), click('[data-action="assign"]')),
    "menu-snooze": _desk(s.desk(s.case()), click('[data-action="snooze-choose"]')),
    "menu-follow": _desk(
        s.desk(s.case(following=True, followers=(s.EWA, s.LONG), could_follow=(c.Person("77", "Karin Holm"),))),
        click("[popovertarget=follow-menu]"),
    ),
    "bell": Scene("notifications/page.html", s.page("Notifications", path="/notifications", section="", bell=2), {"bell": b.BELL}),
    "alerts": Scene("notifications/alerts.html", s.page("How you are told", path="/me/alerts", section="me"), {"screen": b.ALERTS}),
    "menu-tags": _desk(s.desk(s.case()), click('[data-action="tags"]')),
    "sheet": _desk(s.desk(s.case()), lambda tab: tab.keyboard.press("?")),
    "bulk": _desk(
        s.desk(s.case()), lambda tab: tab.evaluate("document.querySelectorAll('.pick input').forEach((b, i) => i < 3 && b.click())")
    ),
    "search": Scene(
        "desk/search.html",
        s.page("Search", section="search"),
        {
            "found": found.Found(
                query="Gdańsk",
                total=214,
                after="x",
                hits=tuple(
                    found.Hit(
                        row=row,
                        name=row.contact.name,
                        subject=row.subject,
                        excerpts=(
                            found.Excerpt(
                                kind="message",
                                text="… resan till \x02Gdańsk\x03 den 28 november, två vuxna och ett barn, syns inte <b>i</b> appen …",
                                by="Åsa Lindqvist",
                                at=s.NOW,
                                href="/c/10482",
                            ),
                        ),
                    )
                    for row in s.ROWS[:6]
                ),
            )
        },
    ),
    "search-none": Scene("desk/search.html", s.page("Search", section="search"), {"found": found.Found(query="xyzzy")}),
    "problem-404": Scene("web/problem.html", s.page("Not found"), {"problem": Problem(status=404, reference="01JD7Z8Q4K")}),
    "problem-500": Scene("web/problem.html", s.page("Error"), {"problem": Problem(status=500, reference="01JD7Z8Q4K")}),
}


def _office(template: str, title: str, screen: object, path: str = "/settings", *steps: Step) -> Scene:
    return Scene(template, s.page(title, path=path, section="me" if path == "/me" else "settings"), {"screen": screen}, steps)


def _door(template: str, title: str, screen: object) -> Scene:
    return Scene(template, Page(title=title, path="/sign-in", workspace="Norrsken Air", zone="Europe/Stockholm"), {"screen": screen})


SCENES.update(
    {
        "sign-in": _door("people/sign_in.html", "Sign in", p.SignIn()),
        "sign-in-wrong": _door("people/sign_in.html", "Sign in", o.SIGN_IN_WRONG),
        "password": _door(
            "people/password.html", "Choose a password", p.NewPassword(token="t", name="Ewa Nowak", email="ewa@norrsken.example")
        ),
        "password-gone": _door("people/password.html", "Choose a password", p.NewPassword(token="t", name="", email="", gone=True)),
        "setup-you": _door("people/setup.html", "Set-up", p.Setup(step="you", token="t")),
        "setup-company": _door("people/setup.html", "Set-up", p.Setup(step="company", token="t", reached=("you",))),
        "setup-inbox": _door("people/setup.html", "Set-up", p.Setup(step="inbox", token="t", reached=("you", "company"))),
        "me": _office("people/me.html", "Your settings", o.ME, "/me"),
        "settings": _office(
            "settings/home.html",
            "Settings",
            t.Home(
                inboxes=4,
                agents=12,
                teams=3,
                quarantined=4,
                troubles=(
                    t.Trouble(text="Bagage cannot send since 13:41.", href="/settings/inboxes/8", state="fail"),
                    t.Trouble(text="4 messages are in quarantine.", href="/settings/quarantine"),
                ),
            ),
        ),
        "inboxes": _office("settings/inboxes.html", "Inboxes", t.Inboxes(lines=o.LINES), "/settings/inboxes"),
        "inboxes-none": _office("settings/inboxes.html", "Inboxes", t.Inboxes(), "/settings/inboxes"),
        "inbox": _office("settings/inbox.html", "Bagage", o.INBOX, "/settings/inboxes/8"),
        "inbox-new": _office(
            "settings/inbox_form.html",
            "Add an inbox",
            t.InboxForm(form=Form(), presets=o.PRESETS, preset="gmail", teams=o.TEAMS, checks=o.RUNNING),
            "/settings/inboxes/new",
        ),
        "inbox-wrong": _office(
            "settings/inbox_form.html",
            "Bokning",
            t.InboxForm(id="7", form=o.VALUES, teams=o.TEAMS, stored=("imap_password", "smtp_password")),
            "/settings/inboxes/7/edit",
        ),
        "inbox-lost": _office("settings/inbox.html", "Bagage", o.UNCONNECTED, "/settings/inboxes/8"),
        "inbox-auths": _office(
            "settings/inbox_form.html", "Add an inbox", t.InboxForm(form=Form(), auths=o.AUTHS, teams=o.TEAMS), "/settings/inboxes/new"
        ),
        "chat-new": _office("settings/chat_form.html", "Add an inbox", chats.NEW, "/settings/inboxes/new"),
        "chat-wrong": _office("settings/chat_form.html", "Webbplatsen", chats.WRONG, "/settings/inboxes/12/edit"),
        "chat": _office("settings/chat.html", "Webbplatsen", chats.PAGE, "/settings/inboxes/12"),
        "chat-empty": _office("settings/chat.html", "Webb", chats.EMPTY, "/settings/inboxes/12", click("details > summary")),
        "mail-sign-in": _office("settings/mail_sign_in.html", "Mail sign-in", o.MAIL_SIGN_IN, "/settings/mail-sign-in"),
        "mail-sign-in-wrong": _office(
            "settings/application_form.html", "Sign-in with Microsoft", o.APPLICATION, "/settings/mail-sign-in/microsoft"
        ),
        "connecting": _office("settings/connecting.html", "Connecting", o.CONNECTING, "/settings/inboxes/8"),
        "agents": _office("settings/agents.html", "Agents", o.AGENTS, "/settings/agents"),
        "agent": _office("settings/agent_form.html", "Ewa Nowak", o.AGENT, "/settings/agents/13"),
        "agent-disable": _office(
            "settings/agent_form.html", "Ewa Nowak", o.AGENT, "/settings/agents/13", click('[popovertarget="disable"]')
        ),
        "teams": _office(
            "settings/teams.html",
            "Teams",
            t.Teams(
                lines=(
                    t.TeamLine(id="1", name="Bokning", agents=("Johan Falk", "Maja Ek"), inboxes=("Bokning", "Obsługa klienta")),
                    t.TeamLine(id="2", name="Bagage", agents=("Ewa Nowak",)),
                )
            ),
            "/settings/teams",
        ),
        "team": _office(
            "settings/team_form.html",
            "Bokning",
            t.TeamForm(
                id="1",
                form=Form(values={"name": "Bokning", "agent": "11\n12", "inbox": "7"}),
                agents=(t.Choice(id="11", label="Johan Falk"), t.Choice(id="12", label="Maja Ek"), t.Choice(id="13", label="Ewa Nowak")),
                inboxes=(
                    t.Choice(id="7", label="Bokning", detail="bokning@norrsken.example"),
                    t.Choice(id="8", label="Bagage", detail="bagage@norrsken.example"),
                ),
            ),
            "/settings/teams/1",
        ),
        "quarantine": _office("settings/quarantine.html", "Quarantine", t.Quarantine(lines=o.ENVELOPES, total=4), "/settings/quarantine"),
        "envelope": _office("settings/envelope.html", "Quarantine", o.ENVELOPE, "/settings/quarantine/1"),
        "health": _office("settings/health.html", "Health", o.HEALTH, "/settings/health"),
        "audit": _office("settings/audit.html", "Audit log", o.AUDIT, "/settings/audit"),
    }
)
