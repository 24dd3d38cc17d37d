"""The contract between the templates of invitations, forgotten passwords and identity providers, and whoever fills them. Pure data.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET, POST /forgotten | people/forgotten.html `screen=Forgotten` | `email`; the answer is the same for every address |
| GET, POST /password/{token} | people/password.html `screen=NewPassword` | `password`; 410 with `gone` |
| GET, POST /invitation/{token} | people/invitation.html `screen=Invite`; 410 with `gone` | `name`, `locale`, `password` |
| POST /invitation/{token}/join | people/invitation.html | `password` of the account of that address; empty for who is signed in with it |
| GET, POST /invitation/{token}/provider | people/invitation_provider.html `screen=Vouched` | POST: `name`, `locale` |
| GET /sign-in/oidc?next= | 303 to the provider | |
| GET /sign-in/oidc/callback | 303 onward, or people/sign_in.html with what is wrong | |
| GET /me/identity/new | 303 to the provider | |
| GET, POST /me/identity | people/identity.html `screen=Vouched` | POST: nothing but the yes |
| POST /me/identity/remove | 303 /me | |
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sluss.people.screens import MINIMUM_PASSWORD
from sluss.web.shell import Form


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """`asked` once the form was sent, whatever came of it."""

    form: Form = Form()
    asked: bool = False


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation. `mode`: `new` chooses a password, `join` proves an account that exists, `yes` is signed in with it already.

    `provider` is the button's label where the workspace has one; with `only` it is the only way.
    """

    token: str
    company: str = ""
    by: str = ""
    role: str = ""
    email: str = ""
    mode: Literal["new", "join", "yes"] = "new"
    provider: str = ""
    only: bool = False
    until: int | None = None
    minimum: int = MINIMUM_PASSWORD
    form: Form = Form()
    wait: int = 0
    gone: bool = False


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider told, for the person's own yes. `drops_password`: nobody ever proved to own the address, so the password ends."""

    label: str
    told: str
    company: str = ""
    token: str = ""
    name: str = ""
    drops_password: bool = False
    form: Form = Form()
