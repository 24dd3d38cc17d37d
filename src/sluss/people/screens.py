"""The contract between the templates of sign-in, first-run set-up and one's own page, and whoever fills them. Pure data.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /sign-in?next= | people/sign_in.html `screen=SignIn` | `email`, `password`, `next` (a path on this host); 422 with the form, 429 people/sign_in.html with `wait` |
| POST /sign-out | 303 /sign-in | |
| GET, POST /sign-in/again | people/again.html `screen=SignIn` (fragment in a dialog after a 401; answers 204 when done) | `email`, `password` |
| GET, POST /setup/{step}?token= | people/setup.html `screen=Setup`; step = you, company, inbox; 404 when finished | you: `name`, `email`, `password`, `locale`; company: `company`, `zone`, `locale`; inbox: `choice` = mail or later |
| GET /me | people/me.html `screen=Me` | |
| POST /me | | `name`, `locale`, `theme` = system, light or dark, `keys` = on or empty |
| POST /me/theme, POST /me/keys | 204 | `theme`; `keys` = on or off (303 /me/keys where no script asks) |
| GET /me/keys | people/keys.html `screen=Keys` | |
| POST /me/keys/choose, POST /me/keys/reset, POST /me/snooze | 303 /me/keys | `action`, `keys`, `then` = reset; `words` |
| POST /me/password | people/me.html | `current`, `password` |
| POST /me/sessions/{id}/revoke, POST /me/sessions/revoke-others | 303 /me | |

Every POST carries `csrf` and `op`. The set-up and the password page carry their one-time token in the address, and no session.
"""  # noqa: E501 - rows of a table

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.people.factor_screens import Factors, Passkey
from sluss.web.shell import Form

MINIMUM_PASSWORD = 12


class SignIn(msgspec.Struct, frozen=True, kw_only=True):
    """`wait` (seconds) is set when too many tries were made; `notice` says why somebody was sent here.

    `provider` is the label of the workspace's identity provider; with `only` passwords are switched off for all but one administrator.
    """

    form: Form = Form()
    passkey: Passkey | None = None
    next: str = "/"
    notice: str = ""
    wait: int = 0
    provider: str = ""
    only: bool = False


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link. `gone` means used or expired."""

    token: str
    name: str
    email: str
    minimum: int = MINIMUM_PASSWORD
    form: Form = Form()
    gone: bool = False


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """First run. `zones` are IANA names; `reached` are the steps already saved."""

    step: Literal["you", "company", "inbox"]
    token: str
    reached: tuple[str, ...] = ()
    zones: tuple[str, ...] = ("Europe/Stockholm", "Europe/Warsaw", "Europe/London", "UTC")
    minimum: int = MINIMUM_PASSWORD
    form: Form = Form()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser. `device` is in words: “Firefox, Linux”."""

    id: str
    device: str
    address: str
    started_at: int
    seen_at: int
    current: bool = False


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """One's own page: two forms, the factors and the sessions. `provider` is the label of the workspace's, `linked` who one is there."""

    profile: Form
    factors: Factors = Factors()
    password: Form = Form()
    sessions: tuple[Session, ...] = ()
    minimum: int = MINIMUM_PASSWORD
    saved: Literal["", "profile", "password", "factor", "identity"] = ""
    provider: str = ""
    linked: str = ""


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One action: the keys one has (`keys`), those that everybody has (`usual`), those that stay (`also`)."""

    id: str
    label: str
    keys: str
    usual: str
    also: tuple[str, ...] = ()
    fixed: bool = False


class KeyGroup(msgspec.Struct, frozen=True):
    """The actions of one place."""

    name: str
    lines: tuple[KeyLine, ...]


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """One's own keys. `wrong` is an action, what was typed for it, and a sentence; `snooze` are the words of the usual snooze."""

    groups: tuple[KeyGroup, ...]
    wrong: tuple[str, str, str] = ("", "", "")
    snooze: str = ""
    snooze_wrong: str = ""
    saved: str = ""
