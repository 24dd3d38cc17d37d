"""What the pages about consent at mail providers show. Pure data; instants are µs UTC.

| address | template, values | fields of the POST |
| --- | --- | --- |
| GET /settings/mail-sign-in | settings/mail_sign_in.html `screen=MailSignIn` | |
| GET /settings/mail-sign-in/google, …/microsoft | settings/application_form.html `screen=ApplicationForm` | |
| POST /settings/mail-sign-in | 303 to the overview | `provider`, `client_id`, `client_secret` (empty keeps the stored one), `tenant` |
| POST /settings/mail-sign-in/remove | 303 to the overview | `provider` |
| POST /settings/inboxes/{id}/connect | settings/connecting.html `screen=Connecting`, which leads on to the provider | |
| GET /settings/mail-sign-in/back?state=&code=&error= | 303 to the inbox's page, with `?consent=` | |
"""

from __future__ import annotations

import msgspec

from sluss.web.shell import Form


class ProviderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One provider in the overview. `inboxes` sign in by it; `shared`: the installation brings the application."""

    name: str
    label: str
    entered: bool = False
    shared: bool = False
    client_id: str = ""
    inboxes: int = 0


class MailSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Both providers."""

    lines: tuple[ProviderLine, ...] = ()


class ApplicationForm(msgspec.Struct, frozen=True, kw_only=True):
    """The application at one provider. `redirect_uri` is copied there; empty while nobody knows how people reach Sluss."""

    line: ProviderLine
    form: Form
    redirect_uri: str
    scopes: tuple[str, ...]
    console: str


class Connecting(msgspec.Struct, frozen=True, kw_only=True):
    """On the way to a provider, to give permission for an inbox."""

    label: str
    inbox: str
    address: str
    url: str
